//! What members bought, as running totals and by business day (OR-4, TR-1).

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::ids::MemberId;
use entity::values::Fen;
use entity::{member_spend as spend, member_total as total};

use crate::db::{Conn, Tx};
use crate::http::Result;
use crate::members::store;

/// What a paid order, a refund or a cancellation changes in a member's totals.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// Whose.
    pub member: MemberId,
    /// Business time of the order.
    pub at: DateTime<Utc>,
    /// Business day of the order (also for its refunds).
    pub day: NaiveDate,
    /// 1 for a paid order, -1 for a cancelled one, 0 for a refund.
    pub orders: i64,
    /// Paid, negative when cancelled.
    pub paid: Fen,
    /// Refunded.
    pub refunded: Fen,
}

/// Adds to totals and to spend by day; one row a member and day, multi-row statements. The dates of the first and the
/// latest order follow paid orders; after a cancellation [`set_order_dates_in`] says what they are.
///
/// # Errors
/// The database's.
pub async fn book_purchases_in(tx: &Tx, purchases: &[Purchase]) -> Result<()> {
    let mut totals: BTreeMap<MemberId, total::Model> = BTreeMap::new();
    let mut days: BTreeMap<(MemberId, NaiveDate), spend::Model> = BTreeMap::new();
    for purchase in purchases {
        let entry = totals.entry(purchase.member).or_insert_with(|| nothing(purchase.member));
        add_total(entry, purchase);
        let day = days.entry((purchase.member, purchase.day)).or_insert_with(|| spend::Model {
            member_id: purchase.member,
            day: purchase.day,
            paid_fen: Fen(0),
            refunded_fen: Fen(0),
        });
        day.paid_fen.0 += purchase.paid.0;
        day.refunded_fen.0 += purchase.refunded.0;
    }
    let totals: Vec<total::Model> = totals.into_values().collect();
    let days: Vec<spend::Model> = days.into_values().collect();
    store::totals::add_totals(tx, &totals).await?;
    store::totals::add_spend(tx, &days).await?;
    Ok(())
}

/// A member and the business times of her first and latest paid order; none when no paid order is left.
pub type OrderDates = (MemberId, Option<(DateTime<Utc>, DateTime<Utc>)>);

/// Sets the first and the latest business time of paid orders of members of whom an order was cancelled.
///
/// # Errors
/// The database's.
pub async fn set_order_dates_in(tx: &Tx, dates: &[OrderDates]) -> Result<()> {
    let row = |(member, dates): &OrderDates| {
        let (first_order_at, last_order_at) = dates.unzip();
        total::Model { first_order_at, last_order_at, ..nothing(*member) }
    };
    let rows: BTreeMap<MemberId, total::Model> =
        dates.iter().map(|dates| (dates.0, row(dates))).collect();
    let rows: Vec<total::Model> = rows.into_values().collect();
    Ok(store::totals::set_order_dates(tx, &rows).await?)
}

const fn nothing(member_id: MemberId) -> total::Model {
    total::Model {
        member_id,
        order_count: 0,
        paid_fen: Fen(0),
        refunded_fen: Fen(0),
        first_order_at: None,
        last_order_at: None,
    }
}

fn add_total(total: &mut total::Model, purchase: &Purchase) {
    total.order_count += purchase.orders;
    total.paid_fen.0 += purchase.paid.0;
    total.refunded_fen.0 += purchase.refunded.0;
    if purchase.orders > 0 {
        let at = purchase.at;
        total.first_order_at = Some(total.first_order_at.map_or(at, |first| first.min(at)));
        total.last_order_at = Some(total.last_order_at.map_or(at, |last| last.max(at)));
    }
}

/// Paid less refunded since a business day, for each member (0 where nothing).
///
/// # Errors
/// The database's.
pub async fn spent_since(
    db: &impl Conn,
    members: &[MemberId],
    day: NaiveDate,
) -> Result<HashMap<MemberId, Fen>> {
    let spent = store::totals::spent_since(db, members, day).await?;
    let of = |member: &MemberId| (*member, spent.get(member).copied().unwrap_or_default());
    Ok(members.iter().map(of).collect())
}

/// Paid less refunded on each business day since `since`, for each member; days of nothing are absent.
///
/// # Errors
/// The database's.
pub async fn spend_by_day(
    db: &impl Conn,
    members: &[MemberId],
    since: NaiveDate,
) -> Result<HashMap<MemberId, Vec<(NaiveDate, Fen)>>> {
    let mut days: HashMap<MemberId, Vec<(NaiveDate, Fen)>> = HashMap::new();
    for row in store::totals::spend_by_day(db, members, since).await? {
        let net = Fen(row.paid_fen.0 - row.refunded_fen.0);
        days.entry(row.member_id).or_default().push((row.day, net));
    }
    Ok(days)
}

/// The running totals of a member; zeros when she never bought.
///
/// # Errors
/// The database's.
pub async fn total(db: &impl Conn, member: MemberId) -> Result<total::Model> {
    Ok(store::totals::total(db, member).await?.unwrap_or_else(|| nothing(member)))
}

/// The running totals of members; those who never bought are absent.
///
/// # Errors
/// The database's.
pub async fn totals_of(
    db: &impl Conn,
    members: &[MemberId],
) -> Result<HashMap<MemberId, total::Model>> {
    let rows = store::totals::totals(db, members).await?;
    Ok(rows.into_iter().map(|row| (row.member_id, row)).collect())
}
