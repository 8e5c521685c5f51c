//! Points and tier on the wire (PT-8, TR-3).

use chrono::{DateTime, Utc};
use entity::codes::TierPart;
use entity::values::Fen;
use serde::Serialize;
use utoipa::ToSchema;

use crate::customers::service::PointsSummary;
use crate::points::service::Expiring;

/// A tier that a member holds.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"code": "gold", "name": "金卡", "since": "2026-03-15T04:00:00Z", "until": "2027-03-15T04:00:00Z", "by": "earned", "earned": "gold"}))]
pub struct MemberTier {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Start of it.
    pub since: DateTime<Utc>,
    /// End of it; absent for the joining tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// What gives it: her own purchases, a paid card, or head office.
    pub by: TierPart,
    /// Code of the tier that she has earned by herself.
    pub earned: String,
}

/// What keeping the earned tier needs until its end: either is enough.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"until": "2027-03-15T04:00:00Z", "missing_spend_fen": 487_000, "missing_growth": 4870}))]
pub struct MissingToKeep {
    /// Until when.
    pub until: DateTime<Utc>,
    /// Spending still missing, in fen; 0 when the tier is safe.
    pub missing_spend_fen: Fen,
    /// Growth value still missing; 0 when the tier is safe.
    pub missing_growth: i64,
}

/// The next tier and what is missing: either is enough.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"code": "diamond", "name": "钻石", "missing_spend_fen": 1_500_000, "missing_growth": 14_870}))]
pub struct MissingForTier {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Spending still missing, in fen.
    pub missing_spend_fen: Fen,
    /// Growth value still missing.
    pub missing_growth: i64,
}

/// Points that run out together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"at": "2027-03-31T16:00:00Z", "points": 599}))]
pub struct ExpiringPoints {
    /// From this instant they cannot be spent.
    pub at: DateTime<Utc>,
    /// How many.
    pub points: i64,
}

/// A member's points and tier.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "available": 1840, "pending": 0, "frozen": 0, "debt": 0,
    "expires_next": {"at": "2027-03-31T16:00:00Z", "points": 599},
    "expiring": [{"at": "2027-03-31T16:00:00Z", "points": 599}, {"at": "2027-04-30T16:00:00Z", "points": 1241}],
    "growth": 5130, "spent_fen": 513_000,
    "tier": {"code": "gold", "name": "金卡", "since": "2026-03-15T04:00:00Z", "until": "2027-03-15T04:00:00Z", "by": "earned", "earned": "gold"},
    "next_tier": {"code": "diamond", "name": "钻石", "missing_spend_fen": 1_487_000, "missing_growth": 14_870}
}))]
pub struct MemberPoints {
    /// What can be spent now; below zero after points were taken back that had been spent already.
    pub available: i64,
    /// Granted, not yet to be spent.
    pub pending: i64,
    /// Held for checkouts.
    pub frozen: i64,
    /// How many the next earnings pay back first; 0 unless `available` is below zero.
    pub debt: i64,
    /// What runs out first; absent when nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_next: Option<ExpiringPoints>,
    /// What runs out when, soonest first.
    pub expiring: Vec<ExpiringPoints>,
    /// Growth value.
    pub growth: i64,
    /// Paid less refunded in the last 12 months, in fen.
    pub spent_fen: Fen,
    /// Her tier.
    pub tier: MemberTier,
    /// The next tier; absent at the highest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_tier: Option<MissingForTier>,
    /// What keeping the tier that she earned needs; absent for the joining tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_tier: Option<MissingToKeep>,
}

impl From<PointsSummary> for MemberPoints {
    fn from(PointsSummary { balance, expiring, standing }: PointsSummary) -> Self {
        Self {
            available: balance.available,
            pending: balance.pending,
            frozen: balance.frozen,
            debt: balance.available.min(0).saturating_neg(),
            expires_next: expiring.first().copied().map(Into::into),
            expiring: expiring.into_iter().map(Into::into).collect(),
            growth: standing.growth,
            spent_fen: standing.spent,
            tier: MemberTier {
                code: standing.tier.code,
                name: standing.tier.name,
                since: standing.since,
                until: standing.until,
                by: standing.part,
                earned: standing.earned,
            },
            keep_tier: standing.keep.map(|keep| MissingToKeep {
                until: keep.until,
                missing_spend_fen: keep.missing_spend,
                missing_growth: keep.missing_growth,
            }),
            next_tier: standing.next.map(|next| MissingForTier {
                code: next.tier.code,
                name: next.tier.name,
                missing_spend_fen: next.missing_spend,
                missing_growth: next.missing_growth,
            }),
        }
    }
}

impl From<Expiring> for ExpiringPoints {
    fn from(Expiring { at, amount }: Expiring) -> Self {
        Self { at, points: amount }
    }
}
