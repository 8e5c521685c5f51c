//! A customer as her guide sees her. Every use case begins with the data scope of who asks (S1, GD-1).

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::{AuditAction, IdentifierKind, Ledger};
use entity::ids::{MemberId, OrderId};
use entity::values::{Fen, PersonName};
use entity::{member, member_total};

use super::orders::{OrderSeen, guide_names, orders, store_names};
use super::standing::{PointsSummary, summary};
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::http::Result;
use crate::members::service::{self as members, MaskedIdentifier, MemberFilter};
use crate::orders::service::{self as orders_service, SizeKept};
use crate::points::service::{self as ledger, HistoryEntry, HistoryPosition};
use crate::staff::service::{StaffRef, scope_of};

/// Which customers a guide looks for.
#[derive(Clone, Debug, Default)]
pub struct CustomerSearch {
    /// Beginning of the name or nickname.
    pub name: Option<String>,
    /// Last four digits of a phone.
    pub phone_last4: Option<String>,
    /// Bought before, but not in this many days.
    pub sleeping_days: Option<u16>,
    /// The last of the page before.
    pub after: Option<MemberId>,
}

impl CustomerSearch {
    /// What is searched by; never the words themselves.
    fn words(&self) -> Vec<&'static str> {
        let name = self.name.is_some().then_some("name");
        let phone = self.phone_last4.is_some().then_some("phone_last4");
        let sleeping = self.sleeping_days.is_some().then_some("sleeping_days");
        [name, phone, sleeping].into_iter().flatten().collect()
    }
}

/// A customer in a list.
#[derive(Clone, Debug)]
pub struct CustomerInList {
    /// Her row.
    pub member: member::Model,
    /// Her phone, masked.
    pub phone: Option<String>,
    /// Points in the ledger.
    pub points: i64,
    /// Her totals; none when she never bought.
    pub total: Option<member_total::Model>,
}

/// What her orders say of how she buys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// Paid an order on average; none without orders.
    pub average_order: Option<Fen>,
    /// Whole days between orders on average; none before the second.
    pub days_between: Option<i64>,
}

/// A customer seen whole (ID-6).
#[derive(Clone, Debug)]
pub struct Customer {
    /// Her row.
    pub member: member::Model,
    /// What she can be found by, masked.
    pub identifiers: Vec<MaskedIdentifier>,
    /// Her home store.
    pub store: Option<String>,
    /// Who follows her.
    pub guide: Option<PersonName>,
    /// Points and tier.
    pub points: PointsSummary,
    /// Totals of all paid orders.
    pub total: member_total::Model,
    /// How she buys.
    pub rhythm: Rhythm,
    /// What she bought last.
    pub last_orders: Vec<OrderSeen>,
    /// The sizes she kept, the latest first.
    pub sizes: Vec<SizeKept>,
}

/// Orders that the whole view shows.
const LAST_ORDERS: u64 = 5;

/// Customers whom `staff` may see, the newest first.
///
/// # Errors
/// The database's.
pub async fn customers(
    app: &App,
    (staff, author): (&StaffRef, &Author),
    search: CustomerSearch,
    limit: u64,
) -> Result<Vec<CustomerInList>> {
    let days = |days| app.clock.now() - TimeDelta::days(i64::from(days));
    let searched = Line::new(AuditAction::MemberSearched).naming("by", &search.words());
    let filter = MemberFilter {
        name_prefix: search.name,
        phone_last4: search.phone_last4,
        quiet_since: search.sleeping_days.map(days),
        after: search.after,
        ..MemberFilter::default()
    };
    let db = app.db.read();
    let rows = members::list_in_scope(db, scope_of(staff), &filter, limit).await?;
    audit::write(app, author, searched.gave_page(rows.len(), limit)).await?;
    let ids: Vec<MemberId> = rows.iter().map(|row| row.id).collect();
    let identifiers = members::identifiers_of(db, app, &ids).await?;
    let balances = ledger::balances(db, &ids, Ledger::Points).await?;
    let mut totals = members::totals_of(db, &ids).await?;
    let mut phones: HashMap<MemberId, String> =
        identifiers.into_iter().filter_map(|(id, all)| Some((id, phone(&all)?))).collect();
    let row = |member: member::Model| CustomerInList {
        phone: phones.remove(&member.id),
        points: balances.get(&member.id).map_or(0, |balance| balance.available),
        total: totals.remove(&member.id),
        member,
    };
    Ok(rows.into_iter().map(row).collect())
}

fn phone(identifiers: &[MaskedIdentifier]) -> Option<String> {
    let phone = identifiers.iter().find(|found| found.kind == IdentifierKind::Phone);
    phone.map(|found| found.masked.clone())
}

/// One customer seen whole.
///
/// # Errors
/// `not_found` also outside the caller's data scope.
pub async fn customer(app: &App, who: (&StaffRef, &Author), id: MemberId) -> Result<Customer> {
    let db = app.db.read();
    let member = members::show_in_scope(app, who, id, "profile").await?;
    let total = members::total(db, member.id).await?;
    let stores = store_names(app, member.store_id.into_iter().collect::<BTreeSet<_>>()).await?;
    let guides = guide_names(app, member.guide_id.into_iter().collect::<BTreeSet<_>>()).await?;
    Ok(Customer {
        identifiers: members::identifiers(db, app, member.id).await?,
        store: stores.into_values().next(),
        guide: guides.into_values().next(),
        points: summary(app, &member).await?,
        rhythm: rhythm(&total),
        last_orders: orders(app, member.id, None, LAST_ORDERS).await?,
        sizes: orders_service::sizes_kept(db, member.id).await?,
        total,
        member,
    })
}

fn rhythm(total: &member_total::Model) -> Rhythm {
    let orders = total.order_count;
    let span = total.last_order_at.zip(total.first_order_at).map(|(last, first)| last - first);
    Rhythm {
        average_order: (orders > 0).then(|| Fen(total.paid_fen.0 / orders)),
        days_between: span.filter(|_| orders > 1).map(|span| span.num_days() / (orders - 1)),
    }
}

/// A customer's points.
///
/// # Errors
/// `not_found` also outside the caller's data scope.
pub async fn points_of(
    app: &App,
    who: (&StaffRef, &Author),
    id: MemberId,
) -> Result<PointsSummary> {
    summary(app, &members::show_in_scope(app, who, id, "points").await?).await
}

/// A customer's points history, latest business time first.
///
/// # Errors
/// `not_found` also outside the caller's data scope.
pub async fn history_of(
    app: &App,
    who: (&StaffRef, &Author),
    id: MemberId,
    after: Option<HistoryPosition>,
    limit: u64,
) -> Result<Vec<HistoryEntry>> {
    let member = members::show_in_scope(app, who, id, "points_history").await?;
    ledger::history(app.db.read(), member.id, after, limit).await
}

/// A customer's orders, latest business time first.
///
/// # Errors
/// `not_found` also outside the caller's data scope.
pub async fn orders_of(
    app: &App,
    who: (&StaffRef, &Author),
    id: MemberId,
    after: Option<(DateTime<Utc>, OrderId)>,
    limit: u64,
) -> Result<Vec<OrderSeen>> {
    let member = members::show_in_scope(app, who, id, "orders").await?;
    orders(app, member.id, after, limit).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(orders: i64, paid: i64, first: &str, last: &str) -> member_total::Model {
        member_total::Model {
            member_id: MemberId::new(DateTime::UNIX_EPOCH),
            order_count: orders,
            paid_fen: Fen(paid),
            refunded_fen: Fen(0),
            first_order_at: first.parse().ok(),
            last_order_at: last.parse().ok(),
        }
    }

    #[test]
    fn how_she_buys_follows_from_her_totals() {
        let day = "2026-03-01T00:00:00Z";
        let check = |total, average: Option<i64>, days_between| {
            let expected = Rhythm { average_order: average.map(Fen), days_between };
            assert_eq!(rhythm(&total), expected);
        };
        check(total(0, 0, "", ""), None, None);
        check(total(1, 999, day, day), Some(999), None);
        check(total(3, 1_000, day, "2026-03-12T23:00:00Z"), Some(333), Some(5));
    }
}
