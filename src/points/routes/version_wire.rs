//! Wire types that rules and campaigns share.

use chrono::{DateTime, Utc};
use entity::ids::StaffId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::points::rules::{Budget, MOST, Phase};
use crate::points::service::Listed;

/// Where a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VersionPhase {
    /// It begins later.
    Planned,
    /// It lies in its span; an older version in its span gives way to a newer one.
    Running,
    /// It is over, or was stopped.
    Ended,
}

impl From<Phase> for VersionPhase {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Planned => Self::Planned,
            Phase::Running => Self::Running,
            Phase::Ended => Self::Ended,
        }
    }
}

impl From<VersionPhase> for Phase {
    fn from(phase: VersionPhase) -> Self {
        match phase {
            VersionPhase::Planned => Self::Planned,
            VersionPhase::Running => Self::Running,
            VersionPhase::Ended => Self::Ended,
        }
    }
}

/// The most points that may be issued (PT-2b). Counting begins with the first version that has the budget.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"total": 1_000_000, "per_day": 50_000, "per_member": 2_000}))]
pub struct PointsBudget {
    /// In all, over the versions.
    #[garde(range(min = 1, max = MOST))]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
    /// In a business day.
    #[garde(range(min = 1, max = MOST))]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_day: Option<i64>,
    /// To one member.
    #[garde(range(min = 1, max = MOST))]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_member: Option<i64>,
}

impl From<PointsBudget> for Budget {
    fn from(PointsBudget { total, per_day, per_member }: PointsBudget) -> Self {
        Self { total, per_day, per_member }
    }
}

impl From<Budget> for PointsBudget {
    fn from(Budget { total, per_day, per_member }: Budget) -> Self {
        Self { total, per_day, per_member }
    }
}

/// Who wrote a version, and who stopped it.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "created_by": "stf_0698v9qe00t134m6ou6d8h2lak", "created_at": "2026-11-01T02:00:00Z"
}))]
pub struct VersionAuthors {
    /// Who wrote it; absent for what came with the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<StaffId>,
    /// When it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<DateTime<Utc>>,
    /// Who stopped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<StaffId>,
    /// When it was stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<DateTime<Utc>>,
}

/// Which versions a list shows.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VersionQuery {
    /// Only those in this phase; the newest version of each code without it.
    #[garde(skip)]
    #[param(inline)]
    pub phase: Option<VersionPhase>,
    /// Where to read on: `next_cursor` of the page before.
    #[garde(length(max = 512))]
    pub cursor: Option<String>,
    /// Rows a page.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "default_limit")]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub limit: u64,
}

pub(super) const fn default_limit() -> u64 {
    20
}

/// What a list is asked for; one row more than the page tells whether there is another.
pub(super) fn listed(phase: Option<VersionPhase>, after: Option<String>, limit: u64) -> Listed {
    Listed { phase: phase.map(Into::into), after, limit: limit + 1 }
}

/// 1 to 64 small letters, digits and underscores, a letter first.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde's signature")]
pub(super) fn plain_code(text: &str, (): &()) -> garde::Result {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    if first && text.len() <= 64 && text.bytes().all(plain) {
        return Ok(());
    }
    Err(garde::Error::new("1 to 64 small letters, digits and underscores, a letter first"))
}
