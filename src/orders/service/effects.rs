//! What a batch of orders and refunds changes elsewhere, gathered and written together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::codes::{CreditKind, Ledger, Source, TransferKind};
use entity::ids::{MemberId, OrderId, RegionId};
use entity::sales_order;
use entity::values::Fen;
use uuid::Uuid;

use super::super::{events as told, store};
use crate::app::App;
use crate::db::Tx;
use crate::events::{self, Event};
use crate::guides::service::{self as guides, Credit};
use crate::http::{Error, Result};
use crate::kernel::actor::Actor;
use crate::members::service::{self as members, Purchase};
use crate::points::service::{
    self as points, Act, Counter, Deduction, Granter, Movement, Return, Short,
};
use crate::tiers::service as tiers;

/// Points that refunds and cancellations could not take back because they were used and, by configuration, are not owed
/// (PT-6), and points that they could not give back because a till had; by what caused it as the ledger keeps it.
pub(super) type Shortfalls = HashMap<String, i64>;

/// Something to be told, and the cause whose shortfall it has to tell.
pub(super) struct Told {
    pub event: Event,
    pub cause: Option<String>,
}

/// Effects in the order in which they came about.
#[derive(Default)]
pub(super) struct Effects {
    pub movements: Vec<Movement>,
    /// What budgets issued.
    counted: BTreeMap<Counter, i64>,
    /// What goes back to budgets.
    returns: Vec<Return>,
    pub purchases: Vec<Purchase>,
    pub credits: Vec<Credit>,
    pub events: Vec<Told>,
    /// Members who may have reached a higher tier, and the order that did it.
    pub reached: Vec<(MemberId, Option<OrderId>)>,
    /// Members whose first or latest order may be another one now.
    pub redated: BTreeSet<MemberId>,
}

/// What caused something to be taken back.
pub(super) struct Cause {
    pub source: Source,
    pub id: Uuid,
    /// The id as the ledger keeps it.
    pub text: String,
    pub at: DateTime<Utc>,
    pub actor: Actor,
    /// What happens to points that are spent already.
    pub short: Short,
}

/// What points given back are known by in the ledger: the same cause takes back what the order earned.
pub(super) fn returned_under(cause: &str) -> String {
    format!("{cause}/points")
}

impl Told {
    /// Something that no shortfall changes.
    pub const fn plain(event: Event) -> Self {
        Self { event, cause: None }
    }

    /// Something that tells what the cause took back.
    pub fn caused(event: Event, cause: &Cause) -> Self {
        Self { event, cause: Some(cause.text.clone()) }
    }

    fn with(mut self, app: &App, shortfalls: &Shortfalls) -> Event {
        let Some(cause) = self.cause else { return self.event };
        if let Some(short) = shortfalls.get(&cause).copied() {
            told::fall_short(&mut self.event, short, points::fen_of(app, short));
        }
        if let Some(short) = shortfalls.get(&returned_under(&cause)).copied() {
            told::return_less(&mut self.event, short);
        }
        self.event
    }
}

impl Effects {
    /// Points or growth go back, if there are any.
    pub fn reverse(
        &mut self,
        order: &sales_order::Model,
        ledger: Ledger,
        amount: i64,
        cause: &Cause,
    ) {
        let Some(member) = order.member_id.filter(|_| amount > 0) else { return };
        // Growth cannot be spent: there is no shortfall to report.
        let short = if ledger == Ledger::Growth { Short::Debt } else { cause.short };
        let act = Act::Reverse {
            source: Source::Order,
            source_id: order.id.to_string(),
            kind: TransferKind::Earn,
            amount,
            short,
        };
        self.movements.push(Movement {
            member,
            ledger,
            act,
            source: cause.source,
            source_id: cause.text.clone(),
            occurred_at: cause.at,
            order: Some(order.id),
            store: order.store_id,
            actor: cause.actor,
        });
    }

    /// Points that paid for an order go back to whoever used them, if there are any: as many as a till has not given
    /// back by itself.
    pub fn return_points(
        &mut self,
        order: &sales_order::Model,
        deduction: Option<&Deduction>,
        amount: i64,
        cause: &Cause,
    ) {
        let Some(deduction) = deduction.filter(|_| amount > 0) else { return };
        let act = Act::Reverse {
            source: deduction.source,
            source_id: deduction.source_id.clone(),
            kind: deduction.kind,
            amount,
            short: Short::Report,
        };
        self.movements.push(Movement {
            member: deduction.member,
            ledger: Ledger::Points,
            act,
            source: cause.source,
            source_id: returned_under(&cause.text),
            occurred_at: cause.at,
            order: Some(order.id),
            store: order.store_id,
            actor: cause.actor,
        });
    }

    /// Budgets issued points.
    pub fn count(&mut self, changes: BTreeMap<Counter, i64>) {
        for (counter, by) in changes {
            *self.counted.entry(counter).or_default() += by;
        }
    }

    /// Points that a rule or a campaign granted go back to its budget (PT-6).
    pub fn give_back(
        &mut self,
        app: &App,
        order: &sales_order::Model,
        by: Option<Granter>,
        amount: i64,
    ) {
        let (Some(member), Some(by)) = (order.member_id, by) else { return };
        if amount > 0 {
            let day = app.calendar.day(order.occurred_at);
            self.returns.push(Return { member, day, by, amount });
        }
    }

    /// The totals of the order's member change, on the business day of the order.
    pub fn purchase(
        &mut self,
        app: &App,
        order: &sales_order::Model,
        orders: i64,
        paid: Fen,
        refunded: Fen,
    ) {
        let Some(member) = order.member_id else { return };
        let (at, day) = (order.occurred_at, app.calendar.day(order.occurred_at));
        self.purchases.push(Purchase { member, at, day, orders, paid, refunded });
    }

    /// The order's guide gets or loses credit, in the period of the order: so the boards of a period end the same
    /// whatever came first (L8).
    pub fn credit(
        &mut self,
        order: &sales_order::Model,
        region: Option<RegionId>,
        kind: CreditKind,
        cause: Uuid,
        amount: Fen,
    ) {
        let Some(guide) = order.guide_id.filter(|_| amount.0 != 0) else { return };
        self.credits.push(Credit {
            kind,
            cause,
            guide,
            store: order.store_id,
            region,
            amount,
            at: order.occurred_at,
        });
    }

    /// Writes all of it. A movement that the ledger refuses undoes the whole batch, so that its item can be found.
    pub async fn write(mut self, tx: &Tx, app: &App, now: DateTime<Utc>) -> Result<Shortfalls> {
        if !self.returns.is_empty() {
            self.count(points::returned(tx, &self.returns).await?);
        }
        points::count_in(tx, &self.counted, now).await?;
        let mut shortfalls = Shortfalls::new();
        let answers = points::post_in(tx, app, &self.movements).await?;
        for (movement, answer) in self.movements.iter().zip(answers) {
            let short = answer.map_err(Error::from)?.shortfall;
            if short > 0 {
                shortfalls.insert(movement.source_id.clone(), short);
            }
        }
        if !self.purchases.is_empty() {
            members::book_purchases_in(tx, &self.purchases).await?;
        }
        self.redate(tx).await?;
        guides::credit_in(tx, &self.credits, now).await?;
        if !self.reached.is_empty() {
            tiers::upgrade_in(tx, app, &self.reached).await?;
        }
        let told = self.events.into_iter().map(|told| told.with(app, &shortfalls)).collect();
        events::publish(tx, told, now).await?;
        Ok(shortfalls)
    }

    async fn redate(&self, tx: &Tx) -> Result<()> {
        if self.redated.is_empty() {
            return Ok(());
        }
        let ids: Vec<MemberId> = self.redated.iter().copied().collect();
        let between = store::paid_between(tx, &ids).await?;
        let dates = ids.iter().map(|id| (*id, between.get(id).copied()));
        members::set_order_dates_in(tx, &dates.collect::<Vec<_>>()).await
    }
}
