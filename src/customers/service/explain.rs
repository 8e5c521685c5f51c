//! One movement of points explained with the names that people know (PT-3, PT-8).

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::codes::{AuditAction, Ledger, TransferKind};
use entity::ids::{MemberId, OrderId, StoreId, TransferId};

use super::orders::store_names;
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::customers::rules::{Grant, Other, Part, Purchase, Story};
use crate::http::Result;
use crate::members::service as members;
use crate::orders::service::{OrderHeading, headings};
use crate::points::service::{
    self as ledger, Explanation, HistoryEntry, LotMove, LotPart, StoredLot, StoredTransfer,
};
use crate::staff::service::StaffRef;
use crate::tiers::service as tiers;

/// A movement explained.
#[derive(Clone, Debug)]
pub struct Explained {
    /// What the ledger says.
    pub ledger: Explanation,
    /// The same for people.
    pub story: Story,
    /// Name of the store behind the movement.
    pub store: Option<String>,
}

/// Explains a movement to the shopper whose it is.
///
/// # Errors
/// `not_found` also for somebody else's (S1).
pub async fn explain(app: &App, member: MemberId, id: TransferId) -> Result<Explained> {
    let explanation = ledger::explain(app.db.read(), member, id).await?;
    told(app, explanation).await
}

/// Explains a movement of a customer to staff.
///
/// # Errors
/// `not_found` also outside the caller's data scope, or for a movement of somebody else.
pub async fn explain_customers(
    app: &App,
    who: (&StaffRef, &Author),
    customer: MemberId,
    id: TransferId,
) -> Result<Explained> {
    let customer = members::show_in_scope(app, who, customer, "points_movement").await?;
    explain(app, customer.id, id).await
}

/// Explains any movement to support.
///
/// # Errors
/// `not_found`.
pub async fn explain_any(app: &App, author: &Author, id: TransferId) -> Result<Explained> {
    let explanation = ledger::explain_any(app.db.read(), id).await?;
    let read = Line::new(AuditAction::MemberRead).about(explanation.holder).of(id);
    audit::write(app, author, read.word("part", "points_movement")).await?;
    told(app, explanation).await
}

async fn told(app: &App, explanation: Explanation) -> Result<Explained> {
    let names = Names::load(app, &explanation).await?;
    let transfer = &explanation.transfer;
    let parts = explanation.parts.items.iter().map(|it| names.part(app, it)).collect();
    let later = explanation.resolved_by.items.iter().map(|it| names.other(app, it)).collect();
    let story = Story {
        kind: transfer.kind,
        title: explanation.entry.title(),
        points: transfer.amount,
        day: app.calendar.day(transfer.occurred_at),
        purchase: names.purchase(app, transfer.order_id),
        grant: match &explanation.made {
            Some(lot) => Some(grant(app, &explanation, lot, &names).await?),
            None => None,
        },
        parts,
        more: explanation.parts.more,
        original: explanation.original.as_ref().map(|it| names.other(app, it)),
        resolved_by: later,
    };
    let place = transfer.store_id.and_then(|id| names.stores.get(&id).cloned());
    Ok(Explained { ledger: explanation, story, store: place })
}

async fn grant(
    app: &App,
    explanation: &Explanation,
    lot: &StoredLot,
    names: &Names,
) -> Result<Grant> {
    let rule = explanation.rule.as_ref();
    let tier_bps = match rule.filter(|rule| rule.tier_multiplied) {
        Some(_) => {
            let at = [(explanation.holder, explanation.transfer.occurred_at)];
            let held = tiers::tiers_at(app.db.read(), &at).await?.pop().flatten();
            held.map(|held| held.multiplier_bps)
        }
        None => None,
    };
    Ok(Grant {
        rule: rule.map(|rule| (rule.code.clone(), rule.version)),
        tier_bps,
        campaign: campaign(app, &explanation.transfer, names).await?,
        settles: (!lot.settled).then(|| app.calendar.day(lot.settles_at)),
        last_day: last_day(app, lot.expires_at),
        left: lot.remaining,
        went: explanation.went.items.iter().map(|it| names.went(app, it)).collect(),
        more: explanation.went.more,
    })
}

/// Name of the campaign behind an earning of points, and the points it added.
async fn campaign(
    app: &App,
    transfer: &StoredTransfer,
    names: &Names,
) -> Result<Option<(String, i64)>> {
    if (transfer.ledger, transfer.kind) != (Ledger::Points, TransferKind::Earn) {
        return Ok(None);
    }
    let order = transfer.order_id.and_then(|id| names.orders.get(&id));
    let Some((id, points)) = order.and_then(|order| order.campaign) else { return Ok(None) };
    let name = ledger::campaign_name(app.db.read(), id).await?;
    Ok(name.map(|name| (name, points)))
}

/// The instant a lot runs out is the first one after its last day.
fn last_day(app: &App, expires_at: Option<DateTime<Utc>>) -> Option<NaiveDate> {
    expires_at.map(|at| app.calendar.day(at - TimeDelta::milliseconds(1)))
}

/// The orders and stores that an explanation names.
struct Names {
    orders: HashMap<OrderId, OrderHeading>,
    stores: HashMap<StoreId, String>,
}

impl Names {
    async fn load(app: &App, explanation: &Explanation) -> Result<Self> {
        let around = [Some(&explanation.transfer), explanation.original.as_ref()];
        let around = around.into_iter().flatten().chain(&explanation.resolved_by.items);
        let mut orders: BTreeSet<OrderId> = around.filter_map(|row| row.order_id).collect();
        orders.extend(explanation.parts.items.iter().filter_map(|part| part.order_id));
        orders.extend(explanation.went.items.iter().filter_map(|went| went.order_id));
        let orders = headings(app.db.read(), &orders).await?;
        let mut stores: BTreeSet<StoreId> = orders.values().filter_map(|it| it.store).collect();
        stores.extend(explanation.transfer.store_id);
        let stores = store_names(app, stores).await?;
        Ok(Self { orders, stores })
    }

    fn purchase(&self, app: &App, order: Option<OrderId>) -> Option<Purchase> {
        let heading = self.orders.get(&order?)?;
        Some(Purchase {
            order: heading.id,
            external_no: heading.external_no.clone(),
            day: app.calendar.day(heading.occurred_at),
            store: heading.store.and_then(|id| self.stores.get(&id).cloned()),
        })
    }

    fn part(&self, app: &App, part: &LotPart) -> Part {
        Part {
            transfer: part.transfer_id,
            points: part.points,
            purchase: self.purchase(app, part.order_id),
            earned: app.calendar.day(part.earned_at),
            last_day: last_day(app, part.expires_at),
        }
    }

    fn went(&self, app: &App, went: &LotMove) -> Other {
        Other {
            transfer: went.transfer_id,
            kind: went.kind,
            title: ledger::title(went.kind, went.source, went.points),
            points: went.points.saturating_abs(),
            day: app.calendar.day(went.occurred_at),
            purchase: self.purchase(app, went.order_id),
        }
    }

    fn other(&self, app: &App, row: &StoredTransfer) -> Other {
        Other {
            transfer: row.id,
            kind: row.kind,
            title: HistoryEntry::of(row).title(),
            points: row.amount,
            day: app.calendar.day(row.occurred_at),
            purchase: self.purchase(app, row.order_id),
        }
    }
}
