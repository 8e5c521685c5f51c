//! What a refund would take back, before anybody books it (PT-6): the same decisions on rows that nobody locks or writes.

use std::collections::HashMap;

use entity::codes::{Ledger, TransferKind};
use entity::ids::{MemberId, PartnerId};
use entity::order_line;
use entity::values::Fen;

use super::arrivals::regions_of;
use super::effects::Effects;
use super::refunding::{Arriving, RefundOutcome, RefundResult, Settled};
use super::rows;
use super::taking_back::{Sold, Surroundings};
use crate::app::App;
use crate::db::Conn;
use crate::http::{Error, Result};
use crate::kernel::actor::Actor;
use crate::kernel::apportion::share;
use crate::members::service::Purchase;
use crate::orders::rules::content::{RefundIn, check_refund};
use crate::orders::store;
use crate::points::service::{self as points, Act, Foreseen};
use crate::tiers::service::{self as tiers, Foreseen as TierPlan};

/// What of a line would go back with a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedLine {
    /// Number in the order.
    pub line_no: i32,
    /// Pieces.
    pub quantity: i64,
    /// Money.
    pub amount: Fen,
    /// Points.
    pub points: i64,
    /// Of the points, those that a campaign had added.
    pub campaign_points: i64,
    /// Growth.
    pub growth: i64,
    /// Of the points that paid for the order, those given back.
    pub points_returned: i64,
}

/// What a refund would do.
#[derive(Clone, Debug)]
pub struct RefundPlan {
    /// What booking would answer, now; its refund has no id yet.
    pub result: RefundResult,
    /// Whose points and growth go back.
    pub member: Option<MemberId>,
    /// By line; lines of which nothing would go back are left out.
    pub lines: Vec<PlannedLine>,
    /// What it would do to her points.
    pub points: Foreseen,
    /// What it would do to her growth value.
    pub growth: Foreseen,
    /// What it would do to her tier; none for a refund of nobody's order or without effect.
    pub tier: Option<TierPlan>,
}

/// Plans a refund: what booking it now would do and answer. Nothing is written.
///
/// # Errors
/// What booking would refuse.
pub async fn preview_refund(app: &App, partner: PartnerId, refund: RefundIn) -> Result<RefundPlan> {
    let now = app.clock.now();
    check_refund(&refund, now)?;
    let db = app.db.read();
    let arriving = Arriving::new(app, refund);
    let number = arriving.refund.order();
    let order = match store::order_by_number(db, &number).await? {
        Some(order) => order,
        None => rows::unseen_order(&number, &arriving.refund, partner, now),
    };
    let stands = store::refunds_by_number(db, &[&arriving.refund.number]).await?;
    let mut sold =
        Sold::load(db, app, vec![order]).await?.pop().ok_or_else(|| Error::fault("no order"))?;
    let regions = regions_of(db, &HashMap::new(), sold.order.store_id.into_iter()).await?;
    let around = Surroundings { app, regions: &regions, actor: Actor::partner(partner), now };
    let (mut effects, before) = (Effects::default(), sold.lines.clone());
    let stands = stands.get(&arriving.refund.number);
    let result = match arriving.settle(partner, stands, &mut sold, &around, &mut effects) {
        Settled::Stands(result) => *result,
        Settled::New(new) => RefundResult {
            refund: None,
            ..RefundResult::standing(RefundOutcome::Created, &new.0, &sold.order)
        },
    };
    if let RefundOutcome::Refused(refusal) = result.outcome {
        return Err(Error::Refused(refusal));
    }
    planned(db, app, result, &sold, &before, &effects).await
}

async fn planned(
    db: &impl Conn,
    app: &App,
    result: RefundResult,
    sold: &Sold,
    before: &[order_line::Model],
    effects: &Effects,
) -> Result<RefundPlan> {
    let foreseen = points::foresee(db, app, &effects.movements).await?;
    let (mut points, mut growth) = (Foreseen::default(), Foreseen::default());
    let mut returned = Foreseen::default();
    for (movement, foreseen) in effects.movements.iter().zip(foreseen) {
        match (movement.ledger, &movement.act) {
            (Ledger::Growth, _) => growth = foreseen?,
            (Ledger::Points, Act::Reverse { kind: TransferKind::Earn, .. }) => points = foreseen?,
            (Ledger::Points, _) => {
                returned = foreseen?;
                // Of the same account: a movement that takes back comes after and knows better.
                if sold.order.member_id == Some(movement.member) {
                    points.available_after = returned.available_after;
                }
            }
        }
    }
    let mut result = result;
    if result.refund.is_none() {
        result.points_returned -= returned.shortfall;
        result.points_reversed -= points.shortfall;
        result.shortfall_points = points.shortfall;
        result.shortfall_fen = Fen(points::fen_of(app, points.shortfall));
    }
    let tier = match effects.purchases.first() {
        Some(purchase) => Some(tier_plan(db, app, purchase, &growth).await?),
        None => None,
    };
    Ok(RefundPlan {
        result,
        member: sold.order.member_id,
        lines: before.iter().zip(&sold.lines).filter_map(difference).collect(),
        points,
        growth,
        tier,
    })
}

/// Tiers are not lowered by a refund; whether the one she has is renewed at its end may depend on it.
async fn tier_plan(
    db: &impl Conn,
    app: &App,
    purchase: &Purchase,
    growth: &Foreseen,
) -> Result<TierPlan> {
    let less = tiers::Less {
        day: purchase.day,
        spent: Fen(purchase.refunded.0 - purchase.paid.0),
        // What is pending does not count yet.
        growth: growth.available + growth.debt,
    };
    tiers::foresee(db, app, purchase.member, &less).await
}

/// Of the points taken back from a line, those that the campaign had added.
fn bonus(line: &order_line::Model) -> i64 {
    share(line.campaign_points, line.points_reversed, line.points)
}

fn difference((before, after): (&order_line::Model, &order_line::Model)) -> Option<PlannedLine> {
    let line = PlannedLine {
        line_no: after.line_no,
        quantity: i64::from(after.refunded_quantity - before.refunded_quantity),
        amount: Fen(after.refunded_fen.0 - before.refunded_fen.0),
        points: after.points_reversed - before.points_reversed,
        campaign_points: bonus(after) - bonus(before),
        growth: after.growth_reversed - before.growth_reversed,
        points_returned: after.deducted_returned - before.deducted_returned,
    };
    let moved = [line.quantity, line.amount.0, line.points, line.growth, line.points_returned];
    let nothing = moved.iter().all(|it| *it == 0);
    (!nothing).then_some(line)
}
