//! The upgrade gift that a member got for a tier: once for ever (TR-2).

use sea_orm::entity::prelude::*;

use crate::ids::MemberId;

/// The upgrade gift that a member got for a tier: once for ever (TR-2).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_gift")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: MemberId,
    /// Code of the tier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tier: String,
    /// How many points.
    pub points: i64,
    /// When.
    pub given_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
