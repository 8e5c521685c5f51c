//! An identifier of a member: it belongs to one member, always (ID-2).

use sea_orm::entity::prelude::*;

use crate::codes::IdentifierKind;
use crate::ids::{IdentifierId, MemberId};
use crate::values::{Digest, Sealed};

/// An identifier of a member: it belongs to one member, always (ID-2).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "member_identifier")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IdentifierId,
    /// Whose.
    pub member_id: MemberId,
    /// Kind.
    pub kind: IdentifierKind,
    /// App id or channel; empty where the kind has none.
    pub scope: String,
    /// Blind index; unique with kind and scope (PV-5).
    pub digest: Digest,
    /// The identifier itself, sealed (PV-5).
    pub sealed: Sealed,
    /// Last four characters, for phones and cards.
    pub last4: Option<String>,
    /// When its owner proved it; none when only a third party said so.
    pub verified_at: Option<DateTimeUtc>,
    /// When made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
