//! Wire types of points campaigns.

use chrono::{DateTime, Utc};
use entity::codes::Channel;
use entity::ids::CampaignId;
use entity::values;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::version_wire::{PointsBudget, VersionAuthors, VersionPhase, plain_code};
use crate::http::text::plain;
use crate::points::rules::{Issues, MOST};
use crate::points::service::{Campaign, CampaignDraft, Span};

/// When and where a campaign holds; what is absent or empty asks for nothing, and all that is given must be met.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"days_of_month": [8, 18, 28], "tiers": ["gold", "diamond"]}))]
pub struct CampaignTerms {
    /// Days of the business week, 1 is Monday.
    #[garde(length(max = 7), inner(range(min = 1, max = 7)))]
    #[schema(max_items = 7)]
    pub weekdays: Vec<u8>,
    /// Days of the business month, such as every 8th.
    #[garde(length(max = 31), inner(range(min = 1, max = 31)))]
    #[schema(max_items = 31)]
    pub days_of_month: Vec<u8>,
    /// Only in the month of her birthday.
    #[garde(skip)]
    pub birthday_month: bool,
    /// Only what is paid for goods of these categories.
    #[garde(length(max = 100), inner(custom(plain::<64>)))]
    #[schema(max_items = 100)]
    pub categories: Vec<String>,
    /// Codes of stores.
    #[garde(length(max = 1000), inner(custom(plain::<64>)))]
    #[schema(max_items = 1000)]
    pub stores: Vec<String>,
    /// Codes of tiers, as she had it at the business time.
    #[garde(length(max = 20), inner(custom(plain::<32>)))]
    #[schema(max_items = 20)]
    pub tiers: Vec<String>,
    /// Where the order was placed.
    #[garde(length(max = 10))]
    #[schema(max_items = 10)]
    pub channels: Vec<Channel>,
    /// Only while she has no other paid order.
    #[garde(skip)]
    pub first_order: bool,
}

impl From<CampaignTerms> for values::CampaignConditions {
    fn from(terms: CampaignTerms) -> Self {
        Self {
            weekdays: terms.weekdays,
            days_of_month: terms.days_of_month,
            birthday_month: terms.birthday_month,
            categories: terms.categories,
            stores: terms.stores,
            tiers: terms.tiers,
            channels: terms.channels,
            first_order: terms.first_order,
        }
    }
}

impl From<values::CampaignConditions> for CampaignTerms {
    fn from(terms: values::CampaignConditions) -> Self {
        Self {
            weekdays: terms.weekdays,
            days_of_month: terms.days_of_month,
            birthday_month: terms.birthday_month,
            categories: terms.categories,
            stores: terms.stores,
            tiers: terms.tiers,
            channels: terms.channels,
            first_order: terms.first_order,
        }
    }
}

/// What a campaign gives, to whom, and how much in all.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "双十一双倍积分", "multiplier_bps": 20_000, "conditions": {"weekdays": [6, 7]}, "bonus_cap": 2_000,
    "budget": {"total": 1_000_000, "per_day": 50_000, "per_member": 2_000}
}))]
pub struct PointsCampaignPlan {
    /// Name shown to shoppers.
    #[garde(custom(plain::<100>))]
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// How many times as many points, in 1/10000: 20000 doubles them. On top of the tier's multiplier.
    #[garde(range(min = 10_001, max = 1_000_000))]
    #[schema(minimum = 10_001, maximum = 1_000_000)]
    pub multiplier_bps: i64,
    /// When and where it holds.
    #[garde(dive)]
    #[serde(default)]
    pub conditions: CampaignTerms,
    /// Most that it may add to one order; no limit without it.
    #[garde(range(min = 1, max = MOST))]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bonus_cap: Option<i64>,
    /// What it may add in all.
    #[garde(dive)]
    #[serde(default)]
    pub budget: PointsBudget,
}

impl From<PointsCampaignPlan> for CampaignDraft {
    fn from(plan: PointsCampaignPlan) -> Self {
        Self {
            name: plan.name,
            multiplier_bps: plan.multiplier_bps,
            conditions: plan.conditions.into(),
            bonus_cap: plan.bonus_cap,
            budget: plan.budget.into(),
        }
    }
}

/// A version of a points campaign.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "cmp_0698v9qe00t134m6ou6d8h2lak", "code": "double_11", "version": 1, "phase": "running",
    "plan": {"name": "双十一双倍积分", "multiplier_bps": 20_000,
        "conditions": {"weekdays": [], "days_of_month": [], "birthday_month": false, "categories": [], "stores": [],
            "tiers": [], "channels": [], "first_order": false},
        "budget": {"total": 1_000_000}},
    "issued": 1_000_000, "left": 0, "starts_at": "2026-11-10T16:00:00Z", "ends_at": "2026-11-11T16:00:00Z",
    "authors": {"created_by": "stf_0698v9qe00t134m6ou6d8h2lak", "created_at": "2026-11-01T02:00:00Z"}
}))]
pub struct PointsCampaignVersion {
    /// Id of the version.
    pub id: CampaignId,
    /// Name of the campaign for programs, the same over versions.
    pub code: String,
    /// Its number, from 1. The newest that is in force at the business time of an order applies.
    pub version: i32,
    /// Where it stands.
    pub phase: VersionPhase,
    /// What it gives; that never changes.
    pub plan: PointsCampaignPlan,
    /// Counted against the total budget so far, over all versions.
    pub issued: i64,
    /// What the total budget leaves; nought has stopped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<i64>,
    /// First instant in force.
    pub starts_at: DateTime<Utc>,
    /// First instant no longer in force.
    pub ends_at: DateTime<Utc>,
    /// Who wrote and who stopped it.
    pub authors: VersionAuthors,
}

impl From<Campaign> for PointsCampaignVersion {
    fn from(Campaign { row, phase, issued }: Campaign) -> Self {
        let budget = row.budget();
        let authors = VersionAuthors {
            created_by: row.created_by,
            created_at: Some(row.created_at),
            stopped_by: row.stopped_by,
            stopped_at: row.stopped_at,
        };
        let plan = PointsCampaignPlan {
            name: row.name,
            multiplier_bps: row.multiplier_bps,
            conditions: row.conditions.into(),
            bonus_cap: row.bonus_cap,
            budget: budget.into(),
        };
        Self {
            id: row.id,
            code: row.code,
            version: row.version,
            phase: phase.into(),
            plan,
            issued,
            left: budget.total.map(|total| (total - issued).max(0)),
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            authors,
        }
    }
}

/// A new campaign.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "code": "double_11", "plan": {"name": "双十一双倍积分", "multiplier_bps": 20_000, "budget": {"total": 1_000_000}},
    "starts_at": "2036-11-10T16:00:00Z", "ends_at": "2036-11-11T16:00:00Z"
}))]
pub struct AddPointsCampaignRequest {
    /// Name for programs: small letters, digits and underscores, unique for ever.
    #[garde(custom(plain_code))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z][a-z0-9_]*$")]
    pub code: String,
    /// What it gives.
    #[garde(dive)]
    pub plan: PointsCampaignPlan,
    /// First instant in force, not in the past; now without it.
    #[garde(skip)]
    pub starts_at: Option<DateTime<Utc>>,
    /// First instant no longer in force.
    #[garde(skip)]
    pub ends_at: DateTime<Utc>,
}

/// A change of a campaign: its next version.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "after_version": 1,
    "plan": {"name": "双十一双倍积分", "multiplier_bps": 30_000, "budget": {"total": 2_000_000}},
    "ends_at": "2036-11-12T16:00:00Z"
}))]
pub struct ChangePointsCampaignRequest {
    /// The newest version that was read: a change that came in between is not lost.
    #[garde(range(min = 1))]
    #[schema(minimum = 1)]
    pub after_version: i32,
    /// What it gives, all of it.
    #[garde(dive)]
    pub plan: PointsCampaignPlan,
    /// First instant in force, not in the past; now without it.
    #[garde(skip)]
    pub starts_at: Option<DateTime<Utc>>,
    /// First instant no longer in force; then older versions apply that have not ended.
    #[garde(skip)]
    pub ends_at: DateTime<Utc>,
}

impl AddPointsCampaignRequest {
    pub(super) const fn span(&self) -> Span {
        Span { starts_at: self.starts_at, ends_at: Some(self.ends_at) }
    }
}

impl ChangePointsCampaignRequest {
    pub(super) const fn span(&self) -> Span {
        Span { starts_at: self.starts_at, ends_at: Some(self.ends_at) }
    }
}
