//! Single-use refresh tokens of a session (S11).

use sea_orm::entity::prelude::*;

use crate::ids::SessionId;
use crate::values::{Digest, Sealed};

/// Single-use refresh tokens of a session (S11).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_token")]
pub struct Model {
    /// Digest of the token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Digest,
    /// Its session: the family.
    pub session_id: SessionId,
    /// When issued.
    pub issued_at: DateTimeUtc,
    /// When exchanged, once.
    pub used_at: Option<DateTimeUtc>,
    /// The token it was exchanged for, for the 20 s of grace.
    pub successor: Option<Sealed>,
}

impl ActiveModelBehavior for ActiveModel {}
