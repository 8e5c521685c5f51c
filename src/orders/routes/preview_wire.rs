//! What a refund would do, on the wire (PT-6).

use chrono::{DateTime, Utc};
use entity::ids::{MemberId, OrderId};
use entity::values::Fen;
use serde::Serialize;
use utoipa::ToSchema;

use super::refund_wire::{RefundItemResult, RefundItemState, word};
use crate::orders::service::{PlannedLine, RefundPlan, TierPlan};
use crate::points::service::Foreseen;

/// What of a line would go back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"line_no": 1, "quantity": 1, "amount_fen": 53900, "points": 539, "campaign_points": 0,
    "growth": 539}))]
pub struct RefundPreviewLine {
    /// Number in the order.
    pub line_no: i32,
    /// Pieces.
    pub quantity: i64,
    /// Money.
    pub amount_fen: Fen,
    /// Points.
    pub points: i64,
    /// Of the points, those that a campaign had added.
    pub campaign_points: i64,
    /// Growth value.
    pub growth: i64,
}

impl From<PlannedLine> for RefundPreviewLine {
    fn from(line: PlannedLine) -> Self {
        Self {
            line_no: line.line_no,
            quantity: line.quantity,
            amount_fen: line.amount,
            points: line.points,
            campaign_points: line.campaign_points,
            growth: line.growth,
        }
    }
}

/// What would go back of points: pending, available, debt and shortfall together are what the lines say.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"pending": 0, "available": 339, "debt": 200, "shortfall": 0, "shortfall_fen": 0,
    "available_after": -200}))]
pub struct RefundPreviewPoints {
    /// Out of what is pending still.
    pub pending: i64,
    /// Out of what can be spent.
    pub available: i64,
    /// Used already: owed afterwards, and paid by what comes in next.
    pub debt: i64,
    /// Used already, and by configuration not owed but to be deducted from the money given back.
    pub shortfall: i64,
    /// What the shortfall is worth, in fen.
    pub shortfall_fen: i64,
    /// What she could spend afterwards.
    pub available_after: i64,
}

impl RefundPreviewPoints {
    fn new(points: &Foreseen, shortfall_fen: Fen) -> Self {
        Self {
            pending: points.pending,
            available: points.available,
            debt: points.debt,
            shortfall: points.shortfall,
            shortfall_fen: shortfall_fen.0,
            available_after: points.available_after,
        }
    }
}

/// What a refund would do to the member's tier. It never lowers a tier at once; it may cost her the renewal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"code": "gold", "name": "金卡", "until": "2027-03-15T04:00:00Z", "spent_fen": 513_000,
    "spent_after_fen": 459_100, "growth": 5130, "growth_after": 4591, "keeps": true, "keeps_after": false}))]
pub struct RefundPreviewTier {
    /// Code of the tier in force.
    pub code: String,
    /// Its name.
    pub name: String,
    /// End of it; absent for the joining tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// Paid less refunded in the last 12 months, now.
    pub spent_fen: Fen,
    /// The same after the refund.
    pub spent_after_fen: Fen,
    /// Growth value now.
    pub growth: i64,
    /// Growth value after the refund.
    pub growth_after: i64,
    /// Whether what she has by now keeps the tier she earned at its end; absent where nothing ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keeps: Option<bool>,
    /// The same after the refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keeps_after: Option<bool>,
}

impl From<TierPlan> for RefundPreviewTier {
    fn from(plan: TierPlan) -> Self {
        let (keeps, keeps_after) = plan.keeps.unzip();
        Self {
            code: plan.code,
            name: plan.name,
            until: plan.until,
            spent_fen: plan.spent.0,
            spent_after_fen: plan.spent.1,
            growth: plan.growth.0,
            growth_after: plan.growth.1,
            keeps,
            keeps_after,
        }
    }
}

/// What booking a refund now would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "result": "applied", "order_id": "ord_0698v9qe00t134m6ou6d8h2lak", "member_id": "mem_0698v9qe00t134m6ou6d8h2lak",
    "points_reversed": 539,
    "lines": [{"line_no": 1, "quantity": 1, "amount_fen": 53900, "points": 539, "campaign_points": 0, "growth": 539}],
    "points": {"pending": 0, "available": 339, "debt": 200, "shortfall": 0, "shortfall_fen": 0, "available_after": -200},
    "growth_reversed": 539,
    "tier": {"code": "gold", "name": "金卡", "until": "2027-03-15T04:00:00Z", "spent_fen": 513_000,
        "spent_after_fen": 459_100, "growth": 5130, "growth_after": 4591, "keeps": true, "keeps_after": false}
}))]
pub struct RefundPreview {
    /// What booking would answer. `unchanged`: the refund stands already; the plan is empty then, as it is for one that
    /// would wait for its order or have no effect.
    pub result: RefundItemResult,
    /// Why it would have no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Our id of its order, once that is here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// Whose points and growth would go back; absent when the order is nobody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_id: Option<MemberId>,
    /// Points that it would take back; of one that stands, that it took back.
    pub points_reversed: i64,
    /// By line; lines of which nothing would go back are left out.
    pub lines: Vec<RefundPreviewLine>,
    /// What it would do to her points.
    pub points: RefundPreviewPoints,
    /// Growth value that it would take back.
    pub growth_reversed: i64,
    /// What it would do to her tier; absent when it would change nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<RefundPreviewTier>,
}

impl From<RefundPlan> for RefundPreview {
    fn from(plan: RefundPlan) -> Self {
        let result = &plan.result;
        Self {
            result: word(&result.outcome, result.state),
            reason: result.state.map(RefundItemState::of).and_then(|(_, reason)| reason),
            order_id: result.order,
            member_id: plan.member,
            points_reversed: result.points_reversed,
            points: RefundPreviewPoints::new(&plan.points, result.shortfall_fen),
            growth_reversed: plan.growth.points,
            lines: plan.lines.into_iter().map(Into::into).collect(),
            tier: plan.tier.map(Into::into),
        }
    }
}
