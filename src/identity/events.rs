//! What identity tells the world. Payloads hold ids and words only.

use chrono::{DateTime, Utc};
use entity::ids::MemberId;
use serde_json::{Value, json};

use crate::events::Event;

/// `member.registered` 1: she signed in for the first time. `source`: where.
pub(super) fn registered(member: MemberId, source: &str, at: DateTime<Utc>) -> Event {
    event("member.registered", member, json!({ "source": source }), at)
}

/// `member.signed_in` 1: a device of hers has a session from now on. `source`: where.
pub(super) fn signed_in(member: MemberId, source: &str, at: DateTime<Utc>) -> Event {
    event("member.signed_in", member, json!({ "source": source }), at)
}

/// `member.merged` 1: two members are one; `winner` stays, everything of `loser` is hers.
pub(super) fn merged(winner: MemberId, loser: MemberId, at: DateTime<Utc>) -> Event {
    event("member.merged", winner, json!({ "winner": winner, "loser": loser }), at)
}

fn event(kind: &'static str, member: MemberId, payload: Value, at: DateTime<Utc>) -> Event {
    Event { kind, version: 1, member_id: Some(member), payload, occurred_at: at }
}
