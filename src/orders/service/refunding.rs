//! Refunds as they come in (OR-4). One that is faster than its order waits for it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::codes::OrderStatus;
use entity::ids::{MemberId, OrderId, PartnerId, RefundId};
use entity::values::{Digest, Fen};
use entity::{order_refund, order_refund_line, sales_order};

use super::arrivals::regions_of;
use super::effects::Effects;
use super::taking_back::{Sold, Surroundings};
use super::{deducting, rows};
use crate::app::App;
use crate::db::{self, Tx};
use crate::http::chunks::each_by_itself;
use crate::http::problem::Refusal;
use crate::http::{Code, Error, Result};
use crate::kernel::actor::Actor;
use crate::orders::rules::content::{Number, RefundIn, check_refund};
use crate::orders::rules::spelling::canonical_refund;
use crate::orders::{error, store};
use crate::tiers::service as tiers;

/// What became of a refund that was sent.
#[derive(Clone, Debug)]
pub struct RefundResult {
    /// In one word.
    pub outcome: RefundOutcome,
    /// The refund.
    pub refund: Option<RefundId>,
    /// Its order, once that is here.
    pub order: Option<OrderId>,
    /// Where the refund stands.
    pub state: Option<RefundState>,
    /// Points it took back.
    pub points_reversed: i64,
    /// Points that it could not take back because they were used: to be deducted from the money.
    pub shortfall_points: i64,
    /// What those are worth.
    pub shortfall_fen: Fen,
    /// Of the points that paid for the order, those that it gave back.
    pub points_returned: i64,
}

/// What became of a refund, in one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// It is new.
    Created,
    /// It stood already.
    Unchanged,
    /// It cannot stand.
    Refused(Box<Refusal>),
}

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// It was booked.
    Applied,
    /// Its order is not here, or not paid yet.
    Waiting,
    /// It is kept and changes nothing, for this reason.
    WithoutEffect(Code),
}

/// A refund that may be booked.
#[derive(Clone, Debug)]
pub(super) struct Arriving {
    pub refund: RefundIn,
    fingerprint: Digest,
}

/// Takes in refunds of a partner: each gets its own result, in the sequence given. A resend changes nothing.
///
/// # Errors
/// Only when the database is away; what was booked before stays, and a resend finds it.
pub async fn ingest_refunds(
    app: &App,
    partner: PartnerId,
    refunds: Vec<RefundIn>,
) -> Result<Vec<RefundResult>> {
    let now = app.clock.now();
    let mut answers = Vec::with_capacity(refunds.len());
    let mut arriving = Vec::with_capacity(refunds.len());
    for refund in refunds {
        match check_refund(&refund, now) {
            Ok(()) => {
                arriving.push(Arriving::new(app, refund));
                answers.push(None);
            }
            Err(error) => answers.push(Some(RefundResult::refused(error.refusal()))),
        }
    }
    let settle = async |part: &[Arriving]| {
        db::in_tx(&app.db, async |tx| book(tx, app, partner, part).await).await
    };
    let refuse = |_: &Arriving, refusal| RefundResult::refused(refusal);
    let mut settled = each_by_itself(&arriving, settle, refuse).await?.into_iter();
    app.bell.ring();
    Ok(answers.into_iter().filter_map(|answer| answer.or_else(|| settled.next())).collect())
}

impl RefundResult {
    fn refused(refusal: Refusal) -> Self {
        Self {
            outcome: RefundOutcome::Refused(Box::new(refusal)),
            refund: None,
            order: None,
            state: None,
            points_reversed: 0,
            shortfall_points: 0,
            shortfall_fen: Fen(0),
            points_returned: 0,
        }
    }

    fn plainly_refused(code: Code) -> Self {
        Self::refused(Error::from(code).refusal())
    }

    pub(super) fn standing(
        outcome: RefundOutcome,
        row: &order_refund::Model,
        order: &sales_order::Model,
    ) -> Self {
        Self {
            outcome,
            refund: Some(row.id),
            order: Some(order.id).filter(|_| order.version > 0),
            state: Some(RefundState::of(row)),
            points_reversed: row.points_reversed,
            shortfall_points: row.shortfall_points,
            shortfall_fen: row.shortfall_fen,
            points_returned: row.points_returned,
        }
    }

    /// What the ledger made of it.
    pub(super) const fn take_from(&mut self, row: &order_refund::Model) {
        self.points_reversed = row.points_reversed;
        self.shortfall_points = row.shortfall_points;
        self.shortfall_fen = row.shortfall_fen;
        self.points_returned = row.points_returned;
    }
}

impl RefundState {
    /// As stored.
    #[must_use]
    pub fn of(row: &order_refund::Model) -> Self {
        match row.refused.as_deref() {
            Some(code) => Self::WithoutEffect(error::named(code).unwrap_or(error::ORDER_CANCELLED)),
            None if row.applied_at.is_some() => Self::Applied,
            None => Self::Waiting,
        }
    }
}

/// What is to be done with a refund.
pub(super) enum Settled {
    /// Nothing: it stood before, or cannot stand.
    Stands(Box<RefundResult>),
    /// It is new; its row says whether it was booked, waits or has no effect.
    New(Box<(order_refund::Model, Vec<order_refund_line::Model>)>),
}

impl Arriving {
    pub fn new(app: &App, refund: RefundIn) -> Self {
        let fingerprint = app.vault.index("refund", &canonical_refund(&refund));
        Self { refund, fingerprint }
    }

    /// Decides on a refund of `sold` and, where that is paid, takes back what goes back with it: in memory, so that a
    /// preview does what booking does.
    pub fn settle(
        &self,
        partner: PartnerId,
        stands: Option<&order_refund::Model>,
        sold: &mut Sold,
        around: &Surroundings<'_>,
        effects: &mut Effects,
    ) -> Settled {
        if let Some(row) = stands {
            return Settled::Stands(Box::new(again(row, self, partner, &sold.order)));
        }
        let refuse = |code| Settled::Stands(Box::new(RefundResult::plainly_refused(code)));
        if sold.order.version > 0 && sold.order.partner_id != partner {
            return refuse(error::ORDER_NUMBER_TAKEN);
        }
        let refund = &self.refund;
        let mut row = rows::refund(refund, &self.fingerprint, sold.order.id, partner, around.now);
        let lines = rows::refund_lines(refund, row.id, around.now);
        match sold.order.status {
            OrderStatus::Placed => {}
            OrderStatus::Cancelled => row.refused = Some(error::ORDER_CANCELLED.code.to_owned()),
            OrderStatus::Paid => {
                let wish = rows::as_refund(&row, &lines);
                if let Err(code) = sold.refund(&mut row, &wish, around, effects) {
                    return refuse(code);
                }
            }
        }
        Settled::New(Box::new((row, lines)))
    }
}

async fn book(
    tx: &Tx,
    app: &App,
    partner: PartnerId,
    batch: &[Arriving],
) -> Result<Vec<RefundResult>> {
    let now = app.clock.now();
    let mut desk = Desk::open(tx, app, partner, batch).await?;
    let stores = desk.orders.values().filter_map(|sold| sold.order.store_id);
    let regions = regions_of(tx, &HashMap::new(), stores).await?;
    let around = Surroundings { app, regions: &regions, actor: Actor::partner(partner), now };
    let mut effects = Effects::default();
    let mut results: Vec<RefundResult> =
        batch.iter().map(|arriving| desk.handle(arriving, &around, &mut effects)).collect();
    let new = desk.write(tx).await?;
    let short = rows::fall_short(app, new, &effects.write(tx, app, now).await?);
    store::update_refunds(tx, short.clone()).await?;
    for result in &mut results {
        if let Some(row) = short.iter().find(|row| Some(row.id) == result.refund) {
            result.take_from(row);
        }
    }
    Ok(results)
}

/// The orders and refunds of a batch, locked.
struct Desk {
    partner: PartnerId,
    orders: HashMap<Number, Sold>,
    refunds: HashMap<Number, order_refund::Model>,
    /// New refunds by number, with their lines.
    new: BTreeMap<Number, Vec<order_refund_line::Model>>,
    changed: BTreeSet<Number>,
}

impl Desk {
    async fn open(tx: &Tx, app: &App, partner: PartnerId, batch: &[Arriving]) -> Result<Self> {
        let now = app.clock.now();
        let wanted: BTreeMap<Number, &RefundIn> =
            batch.iter().map(|arriving| (arriving.refund.order(), &arriving.refund)).collect();
        let numbers: Vec<&Number> = wanted.keys().collect();
        let mut stored = store::lock_orders(tx, &numbers).await?;
        let missing = wanted.iter().filter(|(number, _)| !stored.contains_key(*number));
        let unseen: Vec<sales_order::Model> = missing
            .map(|(number, refund)| rows::unseen_order(number, refund, partner, now))
            .collect();
        store::insert_orders(tx, unseen.clone()).await?;
        stored.extend(unseen.into_iter().map(|row| (number_of(&row), row)));
        let members: BTreeSet<MemberId> = stored.values().filter_map(|row| row.member_id).collect();
        let receipts = stored.values().filter_map(deducting::receipt).collect();
        let payers = deducting::payers(tx, &receipts).await?;
        deducting::lock(tx, &members.iter().copied().chain(payers).collect()).await?;
        tiers::settle_in(tx, app, &members.into_iter().collect::<Vec<_>>()).await?;
        let sold = Sold::load(tx, app, stored.into_values().collect()).await?;
        let orders = sold.into_iter().map(|sold| (number_of(&sold.order), sold)).collect();
        let numbers: BTreeSet<&Number> =
            batch.iter().map(|arriving| &arriving.refund.number).collect();
        let numbers: Vec<&Number> = numbers.into_iter().collect();
        let refunds = store::refunds_by_number(tx, &numbers).await?;
        let (new, changed) = (BTreeMap::new(), BTreeSet::new());
        Ok(Self { partner, orders, refunds, new, changed })
    }

    fn handle(
        &mut self,
        arriving: &Arriving,
        around: &Surroundings<'_>,
        effects: &mut Effects,
    ) -> RefundResult {
        let refund = &arriving.refund;
        let number = refund.order();
        let Some(sold) = self.orders.get_mut(&number) else {
            return RefundResult::plainly_refused(crate::http::codes::FAULT);
        };
        let stands = self.refunds.get(&refund.number);
        let (row, lines) = match arriving.settle(self.partner, stands, sold, around, effects) {
            Settled::Stands(result) => return *result,
            Settled::New(new) => *new,
        };
        if row.applied_at.is_some() {
            self.changed.insert(number);
        }
        let result = RefundResult::standing(RefundOutcome::Created, &row, &sold.order);
        self.new.insert(refund.number.clone(), lines);
        self.refunds.insert(refund.number.clone(), row);
        result
    }

    /// Writes all of it and gives the new refunds.
    async fn write(mut self, tx: &Tx) -> Result<Vec<order_refund::Model>> {
        let (mut orders, mut lines) = (Vec::new(), Vec::new());
        for number in &self.changed {
            if let Some(sold) = self.orders.remove(number) {
                orders.push(sold.order);
                lines.extend(sold.lines);
            }
        }
        let new = self.new.keys().filter_map(|number| self.refunds.get(number).cloned());
        let new: Vec<order_refund::Model> = new.collect();
        store::insert_refunds(tx, new.clone()).await?;
        store::insert_refund_lines(tx, self.new.into_values().flatten().collect()).await?;
        store::update_orders(tx, orders).await?;
        store::update_lines(tx, lines).await?;
        Ok(new)
    }
}

fn number_of(order: &sales_order::Model) -> Number {
    Number { channel: order.channel, external_no: order.external_no.clone() }
}

/// A refund number that came before.
fn again(
    row: &order_refund::Model,
    arriving: &Arriving,
    partner: PartnerId,
    order: &sales_order::Model,
) -> RefundResult {
    if row.partner_id != partner {
        return RefundResult::plainly_refused(error::ORDER_NUMBER_TAKEN);
    }
    if row.fingerprint != arriving.fingerprint {
        return RefundResult::plainly_refused(error::REFUND_NUMBER_REUSED);
    }
    RefundResult::standing(RefundOutcome::Unchanged, row, order)
}
