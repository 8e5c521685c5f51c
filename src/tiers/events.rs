//! What tiers tell the world. Payloads hold codes and numbers only.

use chrono::{DateTime, Utc};
use entity::codes::TierCause;
use entity::ids::MemberId;
use entity::tier::Model as Tier;
use entity::values::Fen;
use serde::Serialize;
use utoipa::ToSchema;

use super::rules::{Keep, Step, rank};
use crate::events::{About, Event, Kind};

/// The tier in force changed, or began anew.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"from": "basic", "to": "silver", "cause": "spend", "until": "2027-11-21T16:00:00Z"}))]
pub struct TierStepped {
    /// Code of the tier before.
    pub from: String,
    /// Code of the tier after.
    pub to: String,
    /// Why.
    pub cause: TierCause,
    /// End of it; none for one that stays.
    pub until: Option<DateTime<Utc>>,
}

/// A tier ends soon.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "from": "silver", "to": "basic", "until": "2026-12-21T16:00:00Z", "missing_spend_fen": 20000, "missing_growth": 200
}))]
pub struct TierExpiring {
    /// Code of the tier that she has.
    pub from: String,
    /// Code of the tier that she goes down to.
    pub to: String,
    /// When, unless one of the two is no longer missing.
    pub until: DateTime<Utc>,
    /// Missing on the spend track.
    pub missing_spend_fen: Fen,
    /// Missing on the growth track.
    pub missing_growth: i64,
}

/// A higher tier is in force.
pub const UPGRADED: Kind<TierStepped> =
    Kind::offered("tier.upgraded", About::Member, "会员升级", "a member reached a higher tier");

/// A lower tier is in force.
pub const LOWERED: Kind<TierStepped> =
    Kind::offered("tier.lowered", About::Member, "会员降级", "a member went down to a lower tier");

/// The same tier began anew.
pub const RENEWED: Kind<TierStepped> =
    Kind::offered("tier.renewed", About::Member, "会员保级", "a member's tier began anew");

/// A tier ends soon.
pub const EXPIRING: Kind<TierExpiring> = Kind::offered(
    "tier.expiring",
    About::Member,
    "等级即将到期，数据说明保级所差",
    "a member's tier ends soon; the data say what is missing to keep it",
);

/// The tier in force changed, or began anew. None where neither happened: what she earned below a pin or a better card
/// is no news.
pub(super) fn of_step(tiers: &[Tier], member: MemberId, step: &Step) -> Option<Event> {
    let (before, after) = (rank(tiers, &step.from), rank(tiers, &step.to));
    let kind = match after.cmp(&before) {
        std::cmp::Ordering::Greater => UPGRADED,
        std::cmp::Ordering::Less => LOWERED,
        std::cmp::Ordering::Equal if step.cause == TierCause::Renewal && step.to == step.earned => {
            RENEWED
        }
        std::cmp::Ordering::Equal => return None,
    };
    let payload = TierStepped {
        from: step.from.clone(),
        to: step.to.clone(),
        cause: step.cause,
        until: step.holds_until,
    };
    Some(kind.event(&payload, member, step.at))
}

/// At `until` she goes down to `to` unless one of the two is no longer missing.
pub(super) fn expiring(
    member: MemberId,
    (from, to): (&str, &str),
    keep: &Keep,
    at: DateTime<Utc>,
) -> Event {
    let payload = TierExpiring {
        from: from.to_owned(),
        to: to.to_owned(),
        until: keep.until,
        missing_spend_fen: keep.missing_spend,
        missing_growth: keep.missing_growth,
    };
    EXPIRING.event(&payload, member, at)
}
