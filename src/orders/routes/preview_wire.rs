//! What a refund would do, on the wire (PT-6).

use chrono::{DateTime, Utc};
use entity::ids::{MemberId, OrderId};
use entity::values::Fen;
use serde::Serialize;
use utoipa::ToSchema;

use super::refund_wire::{RefundItemResult, RefundItemState, word};
use crate::orders::service::{PlannedLine, RefundPlan};
use crate::points::service::Foreseen;
use crate::tiers::service::{Foreseen as TierPlan, Keep, Outlook};

/// What of a line would go back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"line_no": 1, "quantity": 1, "amount_fen": 53900, "points": 539, "campaign_points": 0,
    "growth": 539, "points_returned": 0}))]
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
    /// Of the points that paid for the order, those that would be given back.
    pub points_returned: i64,
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
            points_returned: line.points_returned,
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

/// What keeps a tier at its end, and what becomes of it, if nothing else is booked for her until then.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"until": "2027-03-15T04:00:00Z", "missing_spend_fen": 40_900, "missing_growth": 409,
    "tier_then": "silver", "tier_name_then": "银卡"}))]
pub struct RefundPreviewTierEnd {
    /// When what she has earned by herself is looked at again; the grace is in it.
    pub until: DateTime<Utc>,
    /// Missing on the spend track to keep it.
    pub missing_spend_fen: Fen,
    /// Missing on the growth track; either track is enough.
    pub missing_growth: i64,
    /// Code of the tier that will be in force then.
    pub tier_then: String,
    /// Its name.
    pub tier_name_then: String,
}

/// What a member has to show for her tier.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"spent_fen": 459_100, "growth": 4591, "end": {"until": "2027-03-15T04:00:00Z",
    "missing_spend_fen": 40_900, "missing_growth": 409, "tier_then": "silver", "tier_name_then": "银卡"}}))]
pub struct RefundPreviewStanding {
    /// Paid less refunded in the last 12 months.
    pub spent_fen: Fen,
    /// Growth value.
    pub growth: i64,
    /// The end of what she has earned by herself; absent for the joining tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<RefundPreviewTierEnd>,
}

impl From<Outlook> for RefundPreviewStanding {
    fn from(outlook: Outlook) -> Self {
        let end = |(keep, (code, name)): (Keep, (String, String))| RefundPreviewTierEnd {
            until: keep.until,
            missing_spend_fen: keep.missing_spend,
            missing_growth: keep.missing_growth,
            tier_then: code,
            tier_name_then: name,
        };
        Self {
            spent_fen: outlook.spent,
            growth: outlook.growth,
            end: outlook.keep.zip(outlook.then).map(end),
        }
    }
}

/// What a refund would do to the member's tier. It never lowers a tier at once; it may cost her the renewal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"code": "gold", "name": "金卡", "until": "2027-03-15T04:00:00Z",
    "now": {"spent_fen": 513_000, "growth": 5130, "end": {"until": "2027-03-15T04:00:00Z", "missing_spend_fen": 0,
        "missing_growth": 0, "tier_then": "gold", "tier_name_then": "金卡"}},
    "after": {"spent_fen": 459_100, "growth": 4591, "end": {"until": "2027-03-15T04:00:00Z",
        "missing_spend_fen": 40_900, "missing_growth": 409, "tier_then": "silver", "tier_name_then": "银卡"}}}))]
pub struct RefundPreviewTier {
    /// Code of the tier in force, which stays in force.
    pub code: String,
    /// Its name.
    pub name: String,
    /// End of it; absent for the joining tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// As things are.
    pub now: RefundPreviewStanding,
    /// After the refund.
    pub after: RefundPreviewStanding,
}

impl From<TierPlan> for RefundPreviewTier {
    fn from(plan: TierPlan) -> Self {
        Self {
            code: plan.code,
            name: plan.name,
            until: plan.until,
            now: plan.now.into(),
            after: plan.after.into(),
        }
    }
}

/// What booking a refund now would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "result": "applied", "order_id": "ord_0698v9qe00t134m6ou6d8h2lak", "member_id": "mem_0698v9qe00t134m6ou6d8h2lak",
    "points_reversed": 539,
    "points_returned": 500,
    "lines": [{"line_no": 1, "quantity": 1, "amount_fen": 53900, "points": 539, "campaign_points": 0, "growth": 539,
        "points_returned": 500}],
    "points": {"pending": 0, "available": 339, "debt": 200, "shortfall": 0, "shortfall_fen": 0, "available_after": -200},
    "growth_reversed": 539,
    "tier": {"code": "silver", "name": "银卡", "now": {"spent_fen": 53_900, "growth": 539},
        "after": {"spent_fen": 0, "growth": 0}}
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
    /// Of the points that paid for the order, those that it would give back to whoever used them; of one that stands,
    /// that it gave back.
    pub points_returned: i64,
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
            points_returned: result.points_returned,
            points: RefundPreviewPoints::new(&plan.points, result.shortfall_fen),
            growth_reversed: plan.growth.points,
            lines: plan.lines.into_iter().map(Into::into).collect(),
            tier: plan.tier.map(Into::into),
        }
    }
}
