//! The first answer to a request with an Idempotency-Key, committed with its effect (PT-5).

use sea_orm::entity::prelude::*;

use crate::values::Digest;

/// The first answer to a request with an Idempotency-Key, committed with its effect (PT-5).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_record")]
pub struct Model {
    /// Digest of principal, method, route and key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Digest,
    /// Digest of the request.
    pub fingerprint: Digest,
    /// Which run holds it.
    pub owner: Uuid,
    /// Until when the run may finish.
    pub lease_until: DateTimeUtc,
    /// HTTP status of the answer; none while it runs.
    pub status: Option<i32>,
    /// The answer, byte for byte.
    pub body: Option<String>,
    /// First seen.
    pub created_at: DateTimeUtc,
    /// When it may be forgotten.
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
