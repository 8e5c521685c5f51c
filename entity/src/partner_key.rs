//! A credential of a partner (OP-2).

use sea_orm::entity::prelude::*;

use crate::codes::Signing;
use crate::ids::{PartnerId, PartnerKeyId};
use crate::values::{Digest, Sealed, Words};

/// A credential of a partner (OP-2).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "partner_key")]
pub struct Model {
    /// Id, the public half of the key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PartnerKeyId,
    /// Whose.
    pub partner_id: PartnerId,
    /// What the partner calls it.
    pub name: String,
    /// Digest of the secret half.
    pub secret_digest: Digest,
    /// What it may do.
    #[sea_orm(column_type = "Json")]
    pub scopes: Words,
    /// When made.
    pub created_at: DateTimeUtc,
    /// End of its life.
    pub expires_at: Option<DateTimeUtc>,
    /// Last use, to the minute.
    pub last_used_at: Option<DateTimeUtc>,
    /// When revoked, at once.
    pub revoked_at: Option<DateTimeUtc>,
    /// Whether requests are signed.
    pub signing: Signing,
    /// The whole key, sealed, where it signs: a signature is checked with what made it.
    pub sealed_key: Option<Sealed>,
    /// Networks it may be used from; none is everywhere.
    #[sea_orm(column_type = "Json")]
    pub allowed_networks: Option<Words>,
    /// Counts changes.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
