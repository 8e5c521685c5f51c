//! The multiplier of points that a tier had from an instant on, until the next one.

use sea_orm::entity::prelude::*;

/// The multiplier of points that a tier had from an instant on, until the next one. Rows stay when a tier is deleted.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_multiplier")]
pub struct Model {
    /// Code of the tier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tier: String,
    /// First instant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub valid_from: DateTimeUtc,
    /// Place in the ladder.
    pub rank: i32,
    /// In ten-thousandths.
    pub multiplier_bps: i64,
}

impl ActiveModelBehavior for ActiveModel {}
