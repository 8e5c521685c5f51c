//! A third party (OP-2).

use sea_orm::entity::prelude::*;

use crate::ids::PartnerId;

/// A third party (OP-2).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "partner")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PartnerId,
    /// Name, unique.
    pub name: String,
    /// When made.
    pub created_at: DateTimeUtc,
    /// When all its keys were stopped.
    pub disabled_at: Option<DateTimeUtc>,
    /// Requests a minute for each of its keys; none is the configuration's.
    pub requests_per_minute: Option<i32>,
    /// Counts changes.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
