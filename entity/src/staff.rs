//! A person on the staff (OG-1).

use sea_orm::entity::prelude::*;

use crate::codes::{StaffRole, StaffStatus};
use crate::ids::{RegionId, StaffId, StoreId};
use crate::values::PersonName;

/// A person on the staff (OG-1).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "staff")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StaffId,
    /// Number that staff sign in with, unique.
    pub staff_no: String,
    /// Name shown.
    pub name: PersonName,
    /// Role.
    pub role: StaffRole,
    /// Store of guides and managers.
    pub store_id: Option<StoreId>,
    /// Region of regional managers.
    pub region_id: Option<RegionId>,
    /// May she sign in.
    pub status: StaffStatus,
    /// argon2id PHC string; none until the invitation is accepted.
    pub password: Option<String>,
    /// When made.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
