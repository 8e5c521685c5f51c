//! What members tell the world. Payloads hold ids, words and numbers only.

use chrono::{DateTime, Utc};
use entity::codes::IdentifierKind;
use entity::ids::MemberId;
use serde_json::{Value, json};

use super::rules::Clash;
use crate::events::Event;

/// `member.created` 1: somebody who was unknown has a row from now on. `source`: how she came.
pub(super) fn created(member: MemberId, source: &str, at: DateTime<Utc>) -> Event {
    event("member.created", member, json!({ "source": source }), at)
}

/// `member.identifier_conflict` 1: an identifier came with her name and belongs to `owner`; the same member when she has
/// another one of a kind of which she may have one.
pub(super) fn identifier_conflict(clash: Clash, at: DateTime<Utc>) -> Event {
    let payload = json!({ "identifier_kind": clash.kind, "owner": clash.owner });
    event("member.identifier_conflict", clash.member, payload, at)
}

/// `member.identifier_moved` 1: she proved an identifier that `from` had by hearsay.
pub(super) fn identifier_moved(
    member: MemberId,
    from: MemberId,
    kind: IdentifierKind,
    at: DateTime<Utc>,
) -> Event {
    let payload = json!({ "identifier_kind": kind, "from": from });
    event("member.identifier_moved", member, payload, at)
}

/// `member.profile_changed` 1: `fields` names what differs.
pub(super) fn profile_changed(member: MemberId, fields: &[&str], at: DateTime<Utc>) -> Event {
    event("member.profile_changed", member, json!({ "fields": fields }), at)
}

fn event(kind: &'static str, member: MemberId, payload: Value, at: DateTime<Utc>) -> Event {
    Event { kind, version: 1, member_id: Some(member), payload, occurred_at: at }
}
