//! Refunds and cancellations against an order whose row is locked (PT-6).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::codes::{CreditKind, Ledger, OrderStatus, Source};
use entity::ids::{OrderId, RefundId, RegionId, StoreId};
use entity::values::Fen;
use entity::{order_line, order_refund, sales_order};
use uuid::Uuid;

use super::super::rules::returns::{Refund, Returned, TakenBack, taken_back};
use super::super::{events, store};
use super::effects::{Cause, Effects, Told};
use super::{deducting, rows};
use crate::app::App;
use crate::config::Clawback;
use crate::db::Conn;
use crate::http::{Code, Result};
use crate::kernel::actor::Actor;
use crate::kernel::apportion::share;
use crate::points::service::{Deduction, Granter, Short};

/// An order with its lines and what came back of it.
#[derive(Clone, Debug)]
pub(super) struct Sold {
    pub order: sales_order::Model,
    pub lines: Vec<order_line::Model>,
    pub returned: Returned,
    /// The points that paid for it beside the money, once they are used.
    pub deduction: Option<Deduction>,
}

/// What a refund or cancellation takes back with it.
pub(super) struct Surroundings<'a> {
    pub app: &'a App,
    pub regions: &'a HashMap<StoreId, RegionId>,
    pub actor: Actor,
    pub now: DateTime<Utc>,
}

/// Points and growth of an order that were taken back, and points that were given back.
#[derive(Clone, Copy)]
struct Reversed {
    points: i64,
    /// Of the points, those that the campaign had granted.
    bonus: i64,
    growth: i64,
    /// Points that had paid for it.
    deducted: i64,
}

impl Reversed {
    const fn since(self, before: Self) -> Self {
        Self {
            points: self.points - before.points,
            bonus: self.bonus - before.bonus,
            growth: self.growth - before.growth,
            deducted: self.deducted - before.deducted,
        }
    }
}

/// What goes back with a refund or a cancellation.
struct GivenBack {
    earned: Reversed,
    orders: i64,
    paid: Fen,
    refunded: Fen,
    credit: Fen,
}

impl Surroundings<'_> {
    fn cause(&self, source: Source, id: Uuid, text: String, at: DateTime<Utc>) -> Cause {
        let short = match self.app.config.points.clawback {
            Clawback::Debt => Short::Debt,
            Clawback::Shortfall => Short::Report,
        };
        Cause { source, id, text, at, actor: self.actor, short }
    }
}

impl Sold {
    /// An order of which nothing came back yet.
    pub fn new(order: sales_order::Model, lines: Vec<order_line::Model>) -> Self {
        let returned = Returned::nothing(lines.len());
        Self { order, lines, returned, deduction: None }
    }

    /// Loads the lines of `orders`, the refunds that were booked on them and the points that paid for them.
    pub async fn load(
        tx: &impl Conn,
        app: &App,
        orders: Vec<sales_order::Model>,
    ) -> Result<Vec<Self>> {
        let ids: Vec<OrderId> = orders.iter().map(|order| order.id).collect();
        let mut lines = store::lines_of(tx, &ids).await?;
        let refunded = orders.iter().filter(|order| order.refunded_at.is_some());
        let refunded: Vec<OrderId> = refunded.map(|order| order.id).collect();
        let refunds = store::refunds_of(tx, &refunded).await?;
        let applied: Vec<_> = refunds.iter().filter(|row| row.applied_at.is_some()).collect();
        let applied_ids: Vec<RefundId> = applied.iter().map(|refund| refund.id).collect();
        let parts = store::refund_lines_of(tx, &applied_ids).await?;
        let mut by_order: HashMap<OrderId, Vec<Refund>> = HashMap::new();
        for refund in applied {
            let parts = parts.get(&refund.id).map_or(&[][..], Vec::as_slice);
            if let Some(order) = refund.order_id {
                by_order.entry(order).or_default().push(rows::as_refund(refund, parts));
            }
        }
        let sold = |order: sales_order::Model| {
            let mut sold = Self::new(order, Vec::new());
            sold.lines = lines.remove(&sold.order.id).unwrap_or_default();
            sold.recall(by_order.get(&sold.order.id).map_or(&[], Vec::as_slice))?;
            Ok(sold)
        };
        let mut sold = orders.into_iter().map(sold).collect::<Result<Vec<Self>>>()?;
        deducting::attach(tx, app, sold.iter_mut()).await?;
        Ok(sold)
    }

    fn recall(&mut self, refunds: &[Refund]) -> Result<()> {
        let bought = rows::as_bought(&self.lines);
        self.returned = Returned::nothing(bought.len());
        for refund in refunds {
            self.returned.add(&bought, refund)?;
        }
        Ok(())
    }

    /// Points and growth taken back so far. A line's bonus goes back in proportion to its points: a function of how far
    /// the line was taken back, so that the sequence of refunds does not matter (L8).
    fn reversed(&self) -> Reversed {
        let sum = |of: fn(&order_line::Model) -> i64| self.lines.iter().map(of).sum::<i64>();
        Reversed {
            points: sum(|line| line.points_reversed),
            bonus: sum(|line| share(line.campaign_points, line.points_reversed, line.points)),
            growth: sum(|line| line.growth_reversed),
            deducted: sum(|line| line.deducted_returned),
        }
    }

    /// Books one refund of a paid order.
    ///
    /// # Errors
    /// `refund_exceeds_paid`, `refund_line_unknown`; then nothing has changed.
    pub fn refund(
        &mut self,
        row: &mut order_refund::Model,
        refund: &Refund,
        around: &Surroundings<'_>,
        effects: &mut Effects,
    ) -> std::result::Result<(), Code> {
        let bought = rows::as_bought(&self.lines);
        self.returned.add(&bought, refund)?;
        let before = self.reversed();
        self.take_back();
        let earned = self.reversed().since(before);
        self.order.refunded_fen = Fen(self.returned.fen());
        self.order.refunded_at = self.order.refunded_at.max(Some(row.occurred_at));
        self.order.updated_at = around.now;
        row.applied_at = Some(around.now);
        row.points_reversed = if self.order.member_id.is_some() { earned.points } else { 0 };
        row.points_returned = earned.deducted;
        let back = GivenBack {
            earned,
            orders: 0,
            paid: Fen(0),
            refunded: row.amount_fen,
            credit: row.amount_fen,
        };
        let cause = around.cause(Source::Refund, row.id.0, row.id.to_string(), row.occurred_at);
        self.give_back(&back, &cause, around, effects);
        effects.events.push(Told::caused(events::refunded(&self.order, row), &cause));
        Ok(())
    }

    /// Takes back whatever is left of a paid order that was cancelled.
    pub fn cancel(&mut self, at: DateTime<Utc>, around: &Surroundings<'_>, effects: &mut Effects) {
        let left = Fen(self.order.paid_fen.0 - self.order.refunded_fen.0);
        let refunded = Fen(-self.order.refunded_fen.0);
        let before = self.reversed();
        self.void(at);
        let earned = self.reversed().since(before);
        let back = GivenBack {
            earned,
            orders: -1,
            paid: Fen(-self.order.paid_fen.0),
            refunded,
            credit: left,
        };
        let order = self.order.id;
        let cause = around.cause(Source::Order, order.0, order.to_string(), at);
        self.give_back(&back, &cause, around, effects);
        effects.redated.extend(self.order.member_id);
        let told = events::cancelled(&self.order, left.0, (earned.points, earned.deducted), at);
        effects.events.push(Told::caused(told, &cause));
    }

    fn give_back(
        &self,
        back: &GivenBack,
        cause: &Cause,
        around: &Surroundings<'_>,
        effects: &mut Effects,
    ) {
        let Reversed { points, bonus, growth, deducted } = back.earned;
        // What comes back first need not be owed.
        effects.return_points(&self.order, self.deduction.as_ref(), deducted, cause);
        effects.reverse(&self.order, Ledger::Points, points, cause);
        effects.reverse(&self.order, Ledger::Growth, growth, cause);
        let order = &self.order;
        effects.give_back(around.app, order, order.points_rule_id.map(Granter::Rule), points);
        effects.give_back(around.app, order, order.growth_rule_id.map(Granter::Rule), growth);
        effects.give_back(around.app, order, order.campaign_id.map(Granter::Campaign), bonus);
        effects.purchase(around.app, &self.order, back.orders, back.paid, back.refunded);
        let region = self.order.store_id.and_then(|id| around.regions.get(&id).copied());
        let credit = Fen(-back.credit.0);
        effects.credit(&self.order, region, CreditKind::Refund, cause.id, credit);
    }

    /// Books an order that was void when it came: nothing of it but the points that paid for it.
    pub fn arrive_void(&mut self, around: &Surroundings<'_>, effects: &mut Effects) {
        self.void(self.order.occurred_at);
        let order = self.order.id;
        let at = self.order.occurred_at;
        let cause = around.cause(Source::Order, order.0, order.to_string(), at);
        let back = self.reversed().deducted;
        effects.return_points(&self.order, self.deduction.as_ref(), back, &cause);
        if self.order.points_receipt.is_some() {
            effects.events.push(Told::plain(events::voided(&self.order)));
        }
    }

    /// Gives back the points of what was returned before they were used: once for each order, for its points are used
    /// once.
    pub fn catch_up(&mut self, around: &Surroundings<'_>, effects: &mut Effects) {
        let before = self.reversed();
        match self.order.status {
            OrderStatus::Placed => return,
            OrderStatus::Paid => self.take_back(),
            OrderStatus::Cancelled => {
                for line in &mut self.lines {
                    line.deducted_returned = line.deducted_points;
                }
            }
        }
        let back = self.reversed().since(before).deducted;
        let order = self.order.id;
        let cause = around.cause(Source::Order, order.0, format!("{order}/late"), around.now);
        effects.return_points(&self.order, self.deduction.as_ref(), back, &cause);
    }

    /// Brings the lines to where all refunds have brought them.
    fn take_back(&mut self) {
        let bought = rows::as_bought(&self.lines);
        for (line, back) in self.lines.iter_mut().zip(taken_back(&bought, &self.returned)) {
            set(line, back);
        }
    }

    /// Nothing is left of a cancelled order, whether it had granted anything or not.
    pub fn void(&mut self, at: DateTime<Utc>) {
        self.order.status = OrderStatus::Cancelled;
        self.order.refunded_fen = self.order.paid_fen;
        self.order.refunded_at = Some(at);
        for line in &mut self.lines {
            let all = TakenBack {
                quantity: i64::from(line.quantity),
                fen: line.paid_fen.0,
                points: line.points,
                growth: line.growth,
                deducted: line.deducted_points,
            };
            set(line, all);
        }
    }
}

fn set(line: &mut order_line::Model, back: TakenBack) {
    line.refunded_quantity = i32::try_from(back.quantity).unwrap_or(line.quantity);
    line.refunded_fen = Fen(back.fen);
    line.points_reversed = back.points;
    line.growth_reversed = back.growth;
    line.deducted_returned = back.deducted;
}
