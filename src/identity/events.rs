//! What identity tells the world. Payloads hold ids and words only.

use chrono::{DateTime, Utc};
use entity::ids::MemberId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::events::{About, Event, Kind};

/// How somebody came in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"source": "mini_program"}))]
pub struct MemberCame {
    /// Where.
    pub source: String,
}

/// Two members are one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "winner": "mem_0698v9qe00t134m6ou6d8h2lak", "loser": "mem_0698v9qe00t134m6ou6d8h2lak"
}))]
pub struct MembersMerged {
    /// Who stays: the event is about her.
    pub winner: MemberId,
    /// Who is hers from now on; the id leads to the winner.
    pub loser: MemberId,
}

/// She signed in for the first time.
pub const REGISTERED: Kind<MemberCame> = Kind::offered(
    "member.registered",
    About::Member,
    "会员首次登录",
    "a member signed in for the first time",
);

/// A device of hers has a session from now on.
pub const SIGNED_IN: Kind<MemberCame> = Kind::inside(
    "member.signed_in",
    About::Member,
    "会员在一台设备上登录",
    "a device of a member has a session from now on",
);

/// Two members are one; everything of the loser is the winner's.
pub const MERGED: Kind<MembersMerged> = Kind::offered(
    "member.merged",
    About::Member,
    "两个会员合并为一个，loser 的一切归 winner",
    "two members are one: everything of the loser is the winner's",
);

pub(super) fn registered(member: MemberId, source: &str, at: DateTime<Utc>) -> Event {
    REGISTERED.event(&MemberCame { source: source.to_owned() }, member, at)
}

pub(super) fn signed_in(member: MemberId, source: &str, at: DateTime<Utc>) -> Event {
    SIGNED_IN.event(&MemberCame { source: source.to_owned() }, member, at)
}

pub(super) fn merged(winner: MemberId, loser: MemberId, at: DateTime<Utc>) -> Event {
    MERGED.event(&MembersMerged { winner, loser }, winner, at)
}
