//! A signed-in device.

use sea_orm::entity::prelude::*;

use crate::codes::{Audience, PrincipalKind};
use crate::ids::SessionId;

/// A signed-in device.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// Member or staff.
    pub principal_kind: PrincipalKind,
    /// Whose.
    pub principal_id: Uuid,
    /// The surface it is good for.
    pub audience: Audience,
    /// What the client called the device.
    pub device: String,
    /// Sign-in.
    pub created_at: DateTimeUtc,
    /// Latest refresh.
    pub last_seen_at: DateTimeUtc,
    /// Absolute end (S11).
    pub expires_at: DateTimeUtc,
    /// When it was ended.
    pub revoked_at: Option<DateTimeUtc>,
    /// When it was ended or given to another owner: for a while after, no cached copy of it counts.
    pub changed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
