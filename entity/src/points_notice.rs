//! What members were told about points that run out soon (PT-3): each thing once.

use sea_orm::entity::prelude::*;

use crate::ids::AccountId;

/// What members were told about points that run out soon (PT-3): each thing once.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "points_notice")]
pub struct Model {
    /// Whose account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// When the points run out.
    #[sea_orm(primary_key, auto_increment = false)]
    pub expires_at: DateTimeUtc,
    /// How many days before.
    #[sea_orm(primary_key, auto_increment = false)]
    pub days: i32,
    /// How many points it was about.
    pub points: i64,
    /// When it was said.
    pub announced_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
