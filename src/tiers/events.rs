//! What tiers tell the world. Payloads hold codes and numbers only.

use chrono::{DateTime, Utc};
use entity::ids::MemberId;
use entity::tier::Model as Tier;
use serde_json::json;

use super::rules::{Keep, Step, rank};
use crate::events::Event;

/// `tier.upgraded`, `tier.lowered` or `tier.renewed` 1: the tier in force changed, or began anew. None where neither
/// happened: what she earned below a pin or a better card is no news.
pub(super) fn of_step(tiers: &[Tier], member: MemberId, step: &Step) -> Option<Event> {
    use entity::codes::TierCause::Renewal;
    let (before, after) = (rank(tiers, &step.from), rank(tiers, &step.to));
    let kind = match after.cmp(&before) {
        std::cmp::Ordering::Greater => "tier.upgraded",
        std::cmp::Ordering::Less => "tier.lowered",
        std::cmp::Ordering::Equal if step.cause == Renewal && step.to == step.earned => {
            "tier.renewed"
        }
        std::cmp::Ordering::Equal => return None,
    };
    let payload = json!({
        "from": step.from, "to": step.to, "cause": step.cause, "until": step.holds_until,
    });
    Some(Event { kind, version: 1, member_id: Some(member), payload, occurred_at: step.at })
}

/// `tier.expiring` 1: at `until` she goes down to `to` unless one of the two is no longer missing.
pub(super) fn expiring(
    member: MemberId,
    (from, to): (&str, &str),
    keep: &Keep,
    at: DateTime<Utc>,
) -> Event {
    let payload = json!({
        "from": from, "to": to, "until": keep.until,
        "missing_spend_fen": keep.missing_spend, "missing_growth": keep.missing_growth,
    });
    Event { kind: "tier.expiring", version: 1, member_id: Some(member), payload, occurred_at: at }
}
