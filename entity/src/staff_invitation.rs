//! A one-time link by which staff set their password.

use sea_orm::entity::prelude::*;

use crate::ids::{InvitationId, StaffId};
use crate::values::Digest;

/// A one-time link by which staff set their password.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "staff_invitation")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvitationId,
    /// Whom it invites.
    pub staff_id: StaffId,
    /// Digest of the token in the link, unique.
    pub token_digest: Digest,
    /// End of its life.
    pub expires_at: DateTimeUtc,
    /// When used, once.
    pub used_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
