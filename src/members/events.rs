//! What members tell the world. Payloads hold ids, words and numbers only.

use chrono::{DateTime, Utc};
use entity::codes::IdentifierKind;
use entity::ids::MemberId;
use serde::Serialize;
use utoipa::ToSchema;

use super::rules::Clash;
use crate::events::{About, Event, Kind};

/// Somebody who was unknown has a row from now on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"source": "pos"}))]
pub struct MemberCreated {
    /// How she came.
    pub source: String,
}

/// An identifier came with her name and belongs to somebody else.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"identifier_kind": "phone", "owner": "mem_0698v9qe00t134m6ou6d8h2lak"}))]
pub struct IdentifierConflict {
    /// Of which kind.
    pub identifier_kind: IdentifierKind,
    /// Whose it is; the same member when she has another one of a kind of which she may have one.
    pub owner: MemberId,
}

/// She proved an identifier that somebody else had by hearsay.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"identifier_kind": "phone", "from": "mem_0698v9qe00t134m6ou6d8h2lak"}))]
pub struct IdentifierMoved {
    /// Of which kind.
    pub identifier_kind: IdentifierKind,
    /// Who had it.
    pub from: MemberId,
}

/// Her profile differs from before.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"fields": ["nickname", "sizes"]}))]
pub struct ProfileChanged {
    /// Names of what differs; the values are personal and stay in the house.
    pub fields: Vec<String>,
}

/// A member was made.
pub const CREATED: Kind<MemberCreated> = Kind::offered(
    "member.created",
    About::Member,
    "新建会员，来自订单、导入或登录",
    "a member was made, by an order, an import or a sign-in",
);

/// An identifier is claimed twice.
pub const IDENTIFIER_CONFLICT: Kind<IdentifierConflict> = Kind::inside(
    "member.identifier_conflict",
    About::Member,
    "随会员而来的标识已属于他人",
    "an identifier came with a member and belongs to another one",
);

/// An identifier went over.
pub const IDENTIFIER_MOVED: Kind<IdentifierMoved> = Kind::inside(
    "member.identifier_moved",
    About::Member,
    "会员证实了他人名下未经证实的标识",
    "a member proved an identifier that another one had by hearsay",
);

/// A profile changed.
pub const PROFILE_CHANGED: Kind<ProfileChanged> = Kind::offered(
    "member.profile_changed",
    About::Member,
    "会员资料有变，只列出字段名",
    "a member's profile changed; only the names of the fields are told",
);

pub(super) fn created(member: MemberId, source: &str, at: DateTime<Utc>) -> Event {
    CREATED.event(&MemberCreated { source: source.to_owned() }, member, at)
}

pub(super) fn identifier_conflict(clash: Clash, at: DateTime<Utc>) -> Event {
    let payload = IdentifierConflict { identifier_kind: clash.kind, owner: clash.owner };
    IDENTIFIER_CONFLICT.event(&payload, clash.member, at)
}

pub(super) fn identifier_moved(
    member: MemberId,
    from: MemberId,
    kind: IdentifierKind,
    at: DateTime<Utc>,
) -> Event {
    IDENTIFIER_MOVED.event(&IdentifierMoved { identifier_kind: kind, from }, member, at)
}

pub(super) fn profile_changed(member: MemberId, fields: &[&str], at: DateTime<Utc>) -> Event {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    PROFILE_CHANGED.event(&ProfileChanged { fields }, member, at)
}
