//! The transaction in which orders are booked: load and lock the set, decide, write the set.
//!
//! Rows are locked in one sequence everywhere: stored orders by number, then members, then new orders by number, then
//! accounts. An order that is new to us is inserted; when somebody else inserts it first, the unique number refuses
//! the statement and the chunk runs again.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::codes::{CreditKind, OrderStatus};
use entity::ids::{MemberId, OrderId, PartnerId, RefundId};
use entity::values::Fen;
use entity::{order_line, order_payment, order_refund, sales_order};

use super::arrivals::{Arriving, Known, OrderOutcome, OrderResult};
use super::deciding::{Change, Decided, Groups, Plan, Stored, decide_all, who};
use super::effects::{Effects, Told};
use super::taking_back::{Sold, Surroundings};
use super::{deducting, earnings, rows};
use crate::app::App;
use crate::db::Tx;
use crate::http::Result;
use crate::kernel::actor::Actor;
use crate::members::service as members;
use crate::orders::rules::content::Number;
use crate::orders::{error, events, store};
use crate::tiers::service as tiers;

/// Books orders; the results are in their sequence.
///
/// # Errors
/// A unique key that refused a number inserted meanwhile: run it again. The database's.
pub(super) async fn book(
    tx: &Tx,
    app: &App,
    partner: PartnerId,
    batch: &[Arriving],
    known: &Known,
) -> Result<Vec<OrderResult>> {
    let now = app.clock.now();
    let mut groups = Groups::new();
    for (i, arriving) in batch.iter().enumerate() {
        groups.entry(&arriving.order.number).or_default().push(i);
    }
    let stored = Stored::load(tx, app, batch, &groups).await?;
    let (Decided { outcomes, plans }, mut standing) = decide_all(partner, batch, &groups, stored);
    let around = Surroundings { app, regions: &known.regions, actor: Actor::partner(partner), now };
    let mut writes = Writes::default();
    let mut effects = Effects::default();
    let members = name(tx, app, partner, batch, &plans).await?;
    writes.take(batch, plans, &members, known, partner, now);
    writes.settle(tx, &around, &mut effects).await?;
    standing.extend(writes.standing());
    let refunds = writes.write(tx).await?;
    let short = rows::fall_short(app, refunds, &effects.write(tx, app, now).await?);
    store::update_refunds(tx, short).await?;
    Ok(outcomes
        .into_iter()
        .zip(batch)
        .map(|(outcome, item)| result(outcome, item, &standing))
        .collect())
}

fn result(
    outcome: OrderOutcome,
    arriving: &Arriving,
    standing: &HashMap<Number, sales_order::Model>,
) -> OrderResult {
    if let OrderOutcome::Refused(refusal) = outcome {
        return OrderResult::refused(*refusal);
    }
    let order = standing.get(&arriving.order.number);
    OrderResult {
        outcome,
        order: order.map(|order| order.id),
        member: order.and_then(|order| order.member_id),
        points: order.map_or(0, |order| order.points),
        campaign_points: order.map_or(0, |order| order.campaign_points),
        warnings: arriving.warnings.clone(),
    }
}

/// Finds or makes the members of orders that are written anew, and locks those of orders that are void now: what is
/// posted afterwards cannot miss a merge. Gives the member of each plan.
async fn name(
    tx: &Tx,
    app: &App,
    partner: PartnerId,
    batch: &[Arriving],
    plans: &[Plan],
) -> Result<Vec<Option<MemberId>>> {
    let mut people = Vec::new();
    let mut stand: Vec<Option<MemberId>> = Vec::with_capacity(plans.len());
    let mut asked = Vec::new();
    for (i, plan) in plans.iter().enumerate() {
        let sent = match plan.change {
            Change::New | Change::Fill(_) => plan.named.and_then(|i| who(&batch[i])),
            Change::Touch(_) | Change::Cancel(..) => None,
        };
        stand.push(plan.change.member());
        if let Some(sent) = sent {
            people.push(sent);
            asked.push(i);
        }
    }
    let receipts = plans.iter().filter_map(|plan| plan.receipt(partner)).collect();
    let payers = deducting::payers(tx, &receipts).await?;
    deducting::lock(tx, &stand.iter().flatten().copied().chain(payers).collect()).await?;
    if !people.is_empty() {
        let found = members::resolve_in(tx, app, &people).await?;
        for (i, member) in asked.into_iter().zip(found) {
            stand[i] = member.or(stand[i]);
        }
    }
    let named: BTreeSet<MemberId> = stand.iter().flatten().copied().collect();
    tiers::settle_in(tx, app, &named.into_iter().collect::<Vec<_>>()).await?;
    Ok(stand)
}

impl Change {
    /// Whose the stored order is, where what is posted depends on it.
    fn member(&self) -> Option<MemberId> {
        match self {
            Self::New | Self::Touch(_) => None,
            Self::Fill(row) | Self::Cancel(row, _) => row.member_id,
        }
    }
}

/// Whether the numbers of new orders are ours before anything else is locked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Claimed {
    #[default]
    No,
    Yes,
}

/// Rows to be written.
#[derive(Default)]
struct Writes {
    /// Orders that are new to us.
    new: Vec<Sold>,
    /// Whether the rows of new orders stand already.
    claimed: Claimed,
    /// Orders whose row stands and whose lines come anew.
    filled: Vec<Sold>,
    /// Orders that were paid and are void now, with the time of it.
    cancelled: Vec<(Sold, DateTime<Utc>)>,
    /// Orders of which only the version moves on.
    touched: Vec<sales_order::Model>,
    /// Orders whose stored lines and payments go.
    cleared: Vec<OrderId>,
    payments: Vec<order_payment::Model>,
    /// Refunds that waited for their order.
    refunds: Vec<order_refund::Model>,
}

impl Writes {
    fn take(
        &mut self,
        batch: &[Arriving],
        plans: Vec<Plan>,
        members: &[Option<MemberId>],
        known: &Known,
        partner: PartnerId,
        now: DateTime<Utc>,
    ) {
        for (plan, member) in plans.into_iter().zip(members) {
            let arriving = &batch[plan.item];
            match plan.change {
                Change::New => {
                    let mut order = rows::order(arriving, OrderId::new(now), partner, now);
                    order.points_receipt = plan.receipt;
                    let sold = self.content(order, *member, arriving, known, now);
                    self.new.push(sold);
                }
                Change::Fill(row) => {
                    let mut order = rows::order(arriving, row.id, partner, now);
                    order.points_receipt = plan.receipt;
                    if row.version > 0 {
                        order.received_at = row.received_at;
                        self.cleared.push(row.id);
                    }
                    let sold = self.content(order, *member, arriving, known, now);
                    self.filled.push(sold);
                }
                Change::Touch(row) => self.touched.push(moved_on(row, arriving, now)),
                Change::Cancel(row, lines) => {
                    let sold = Sold::new(moved_on(row, arriving, now), lines);
                    self.cancelled.push((sold, arriving.order.occurred_at));
                }
            }
        }
    }

    fn content(
        &mut self,
        mut order: sales_order::Model,
        member: Option<MemberId>,
        arriving: &Arriving,
        known: &Known,
        now: DateTime<Utc>,
    ) -> Sold {
        order.member_id = member;
        let line =
            |line: &super::LineIn| rows::line(line, order.id, known.skus.get(&line.sku_code), now);
        let mut lines: Vec<order_line::Model> = arriving.order.lines.iter().map(line).collect();
        lines.sort_unstable_by_key(|line| line.line_no);
        self.payments.extend(rows::payments(&arriving.order, order.id, now));
        Sold::new(order, lines)
    }

    /// Earns, books the refunds that waited, takes back what was cancelled.
    async fn settle(
        &mut self,
        tx: &Tx,
        around: &Surroundings<'_>,
        effects: &mut Effects,
    ) -> Result<()> {
        let paid = |sold: &Sold| sold.order.status == OrderStatus::Paid;
        let all: Vec<&Sold> = self.new.iter().chain(&self.filled).filter(|it| paid(it)).collect();
        let prepared = earnings::prepare(tx, around.app, &all).await?;
        if prepared.draws_on_budgets() {
            // Budgets are locked after new orders: somebody else may hold one of our numbers and wait for a budget.
            store::insert_orders(tx, self.new.iter().map(|sold| sold.order.clone()).collect())
                .await?;
            self.claimed = Claimed::Yes;
        }
        let mut paid: Vec<&mut Sold> =
            self.new.iter_mut().chain(&mut self.filled).filter(|it| paid(it)).collect();
        earnings::earn(tx, around.app, prepared, &mut paid, around.actor, effects).await?;
        for sold in &paid {
            sell(sold, around, effects);
        }
        let cancelled = self.cancelled.iter_mut().map(|(sold, _)| sold);
        let all = self.new.iter_mut().chain(&mut self.filled).chain(cancelled);
        deducting::attach(tx, around.app, all).await?;
        for sold in self.new.iter_mut().chain(&mut self.filled) {
            if sold.order.status == OrderStatus::Cancelled {
                sold.arrive_void(around, effects);
            }
        }
        self.refunds = settle_waiting(tx, &mut self.filled, around, effects).await?;
        for (sold, at) in &mut self.cancelled {
            sold.cancel(*at, around, effects);
        }
        Ok(())
    }

    fn standing(&self) -> impl Iterator<Item = (Number, sales_order::Model)> {
        let cancelled = self.cancelled.iter().map(|(sold, _)| sold);
        let sold = self.new.iter().chain(&self.filled).chain(cancelled).map(|sold| &sold.order);
        sold.chain(&self.touched).map(|order| {
            let (channel, external_no) = (order.channel, order.external_no.clone());
            (Number { channel, external_no }, order.clone())
        })
    }

    /// Writes all of it and gives the refunds that waited.
    async fn write(self, tx: &Tx) -> Result<Vec<order_refund::Model>> {
        let (new, mut lines) = parted(self.new);
        let (mut changed, filled_lines) = parted(self.filled);
        let cancelled = self.cancelled.into_iter().map(|(sold, _)| sold).collect();
        let (cancelled, cancelled_lines) = parted(cancelled);
        lines.extend(filled_lines);
        changed.extend(cancelled);
        changed.extend(self.touched);
        match self.claimed {
            Claimed::No => store::insert_orders(tx, new).await?,
            Claimed::Yes => changed.extend(new),
        }
        store::update_orders(tx, changed).await?;
        store::clear_content(tx, &self.cleared).await?;
        store::insert_lines(tx, lines).await?;
        store::update_lines(tx, cancelled_lines).await?;
        store::insert_payments(tx, self.payments).await?;
        store::update_refunds(tx, self.refunds.clone()).await?;
        Ok(self.refunds)
    }
}

fn moved_on(
    mut row: sales_order::Model,
    arriving: &Arriving,
    now: DateTime<Utc>,
) -> sales_order::Model {
    row.version = arriving.order.version;
    row.fingerprint = arriving.fingerprint.clone();
    row.updated_at = now;
    row
}

fn parted(sold: Vec<Sold>) -> (Vec<sales_order::Model>, Vec<order_line::Model>) {
    let mut lines = Vec::new();
    let order = |sold: Sold| {
        lines.extend(sold.lines);
        sold.order
    };
    let orders = sold.into_iter().map(order).collect();
    (orders, lines)
}

/// What a paid order changes besides the ledgers.
fn sell(sold: &Sold, around: &Surroundings<'_>, effects: &mut Effects) {
    let order = &sold.order;
    effects.purchase(around.app, order, 1, order.paid_fen, Fen(0));
    let region = order.store_id.and_then(|id| around.regions.get(&id).copied());
    effects.credit(order, region, CreditKind::Sale, order.id.0, order.paid_fen);
    effects.reached.extend(order.member_id.map(|member| (member, Some(order.id))));
    effects.events.push(Told::plain(events::paid(order)));
}

/// Books the refunds that came before their orders; of orders that are not paid yet they go on waiting. Only an order
/// whose row stood before can have any: whoever stores a refund of an unseen order stores a row of the order.
async fn settle_waiting(
    tx: &Tx,
    filled: &mut [Sold],
    around: &Surroundings<'_>,
    effects: &mut Effects,
) -> Result<Vec<order_refund::Model>> {
    let decided = filled.iter_mut().filter(|sold| sold.order.status != OrderStatus::Placed);
    let mut decided: HashMap<OrderId, &mut Sold> =
        decided.map(|sold| (sold.order.id, sold)).collect();
    let ids: Vec<OrderId> = decided.keys().copied().collect();
    let mut waiting = store::refunds_of(tx, &ids).await?;
    waiting.retain(|refund| refund.applied_at.is_none() && refund.refused.is_none());
    let refund_ids: Vec<RefundId> = waiting.iter().map(|refund| refund.id).collect();
    let parts = store::refund_lines_of(tx, &refund_ids).await?;
    for refund in &mut waiting {
        let sold = refund.order_id.and_then(|id| decided.get_mut(&id));
        let Some(sold) = sold else { continue };
        let parts = parts.get(&refund.id).map_or(&[][..], Vec::as_slice);
        let booked = if refund.partner_id != sold.order.partner_id {
            Err(error::ORDER_NUMBER_TAKEN)
        } else if sold.order.status == OrderStatus::Cancelled {
            Err(error::ORDER_CANCELLED)
        } else {
            let wish = rows::as_refund(refund, parts);
            sold.refund(refund, &wish, around, effects)
        };
        refund.refused = booked.err().map(|code| code.code.to_owned());
    }
    Ok(waiting)
}
