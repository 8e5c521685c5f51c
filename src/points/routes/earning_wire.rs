//! Wire types of earning rules.

use chrono::{DateTime, Utc};
use entity::codes::Ledger;
use entity::ids::RuleId;
use entity::values::Fen;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::version_wire::{PointsBudget, VersionAuthors, VersionPhase, plain_code};
use crate::http::text::plain;
use crate::points::rules::{Issues, MOST};
use crate::points::service::{Rule, RuleDraft, Span};

/// The terms of an earning rule (PT-2).
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "fen_per_unit": 100, "tier_multiplied": true, "order_cap": 5_000, "day_cap": 10_000,
    "excluded_categories": ["礼品卡"], "months_valid": 12, "settles_after_days": 7, "budget": {"per_day": 500_000}
}))]
pub struct EarningRuleTerms {
    /// Fen paid for one point.
    #[garde(range(min = 1, max = 100_000_000))]
    #[schema(minimum = 1, maximum = 100_000_000)]
    pub fen_per_unit: i64,
    /// Whether the multiplier of the tier applies.
    #[garde(skip)]
    pub tier_multiplied: bool,
    /// Most that one order may earn; no limit without it.
    #[garde(range(min = 1, max = MOST))]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_cap: Option<i64>,
    /// Most that one member may earn in a business day; no limit without it.
    #[garde(range(min = 1, max = MOST))]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day_cap: Option<i64>,
    /// Categories that earn nothing.
    #[garde(length(max = 100), inner(custom(plain::<64>)))]
    #[serde(default)]
    #[schema(max_items = 100)]
    pub excluded_categories: Vec<String>,
    /// Months until what it grants runs out, to the end of that month; never without it.
    #[garde(range(min = 1, max = 120))]
    #[schema(minimum = 1, maximum = 120)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub months_valid: Option<i32>,
    /// Days that what it grants stays pending, for returns; 0 is at once.
    #[garde(range(min = 0, max = 365))]
    #[schema(minimum = 0, maximum = 365)]
    pub settles_after_days: i32,
    /// What it may issue, campaigns included.
    #[garde(dive)]
    #[serde(default)]
    pub budget: PointsBudget,
}

impl From<EarningRuleTerms> for RuleDraft {
    fn from(terms: EarningRuleTerms) -> Self {
        Self {
            fen_per_unit: Fen(terms.fen_per_unit),
            tier_multiplied: terms.tier_multiplied,
            order_cap: terms.order_cap,
            day_cap: terms.day_cap,
            excluded_categories: terms.excluded_categories,
            months_valid: terms.months_valid,
            settles_after_days: terms.settles_after_days,
            budget: terms.budget.into(),
        }
    }
}

/// A version of an earning rule.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "rul_0698v9qe00t134m6ou6d8h2lak", "code": "purchase_points", "version": 2, "ledger": "points",
    "phase": "running",
    "terms": {"fen_per_unit": 100, "tier_multiplied": true, "excluded_categories": ["礼品卡"],
        "months_valid": 12, "settles_after_days": 7, "budget": {"total": 1_000_000}},
    "issued": 41_200, "left": 958_800, "starts_at": "2026-11-01T16:00:00Z",
    "authors": {"created_by": "stf_0698v9qe00t134m6ou6d8h2lak", "created_at": "2026-11-01T02:00:00Z"}
}))]
pub struct EarningRuleVersion {
    /// Id of the version, as movements name it.
    pub id: RuleId,
    /// Name of the rule, the same over versions.
    pub code: String,
    /// Its number, from 1. The newest that is in force at the business time of an order applies.
    pub version: i32,
    /// What it grants.
    pub ledger: Ledger,
    /// Where it stands.
    pub phase: VersionPhase,
    /// Its terms; they never change.
    pub terms: EarningRuleTerms,
    /// Counted against the total budget so far, over all versions.
    pub issued: i64,
    /// What the total budget leaves; nought has stopped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<i64>,
    /// First instant in force.
    pub starts_at: DateTime<Utc>,
    /// First instant no longer in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTime<Utc>>,
    /// Who wrote and who stopped it.
    pub authors: VersionAuthors,
}

impl From<Rule> for EarningRuleVersion {
    fn from(Rule { row, phase, issued }: Rule) -> Self {
        let budget = row.budget();
        let authors = VersionAuthors {
            created_by: row.created_by,
            created_at: row.created_at,
            stopped_by: row.stopped_by,
            stopped_at: row.stopped_at,
        };
        let terms = EarningRuleTerms {
            fen_per_unit: row.fen_per_unit.0,
            tier_multiplied: row.tier_multiplied,
            order_cap: row.order_cap,
            day_cap: row.day_cap,
            excluded_categories: row.excluded_categories.0,
            months_valid: row.months_valid,
            settles_after_days: row.settles_after_days,
            budget: budget.into(),
        };
        Self {
            id: row.id,
            code: row.code,
            version: row.version,
            ledger: row.ledger,
            phase: phase.into(),
            terms,
            issued,
            left: budget.total.map(|total| (total - issued).max(0)),
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            authors,
        }
    }
}

/// A new earning rule.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "code": "opening_week", "ledger": "points",
    "terms": {"fen_per_unit": 50, "tier_multiplied": true, "months_valid": 12, "settles_after_days": 7, "budget": {"total": 1_000_000}}
}))]
pub struct AddEarningRuleRequest {
    /// Name of the rule: small letters, digits and underscores, unique for ever.
    #[garde(custom(plain_code))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z][a-z0-9_]*$")]
    pub code: String,
    /// What it grants. Of several rules of one ledger the one that began last applies.
    #[garde(skip)]
    pub ledger: Ledger,
    /// Its terms.
    #[garde(dive)]
    pub terms: EarningRuleTerms,
    /// First instant in force, not in the past; now without it.
    #[garde(skip)]
    pub starts_at: Option<DateTime<Utc>>,
    /// First instant no longer in force; it never ends without it.
    #[garde(skip)]
    pub ends_at: Option<DateTime<Utc>>,
}

/// A change of an earning rule: its next version.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "after_version": 1,
    "terms": {"fen_per_unit": 100, "tier_multiplied": true, "excluded_categories": ["礼品卡"], "months_valid": 12, "settles_after_days": 7}
}))]
pub struct ChangeEarningRuleRequest {
    /// The newest version that was read: a change that came in between is not lost.
    #[garde(range(min = 1))]
    #[schema(minimum = 1)]
    pub after_version: i32,
    /// Its terms, all of them.
    #[garde(dive)]
    pub terms: EarningRuleTerms,
    /// First instant in force, not in the past; now without it.
    #[garde(skip)]
    pub starts_at: Option<DateTime<Utc>>,
    /// First instant no longer in force; then older versions apply that have not ended.
    #[garde(skip)]
    pub ends_at: Option<DateTime<Utc>>,
}

impl AddEarningRuleRequest {
    pub(super) const fn span(&self) -> Span {
        Span { starts_at: self.starts_at, ends_at: self.ends_at }
    }
}

impl ChangeEarningRuleRequest {
    pub(super) const fn span(&self) -> Span {
        Span { starts_at: self.starts_at, ends_at: self.ends_at }
    }
}
