//! How far a schedule has been turned into jobs.

use sea_orm::entity::prelude::*;

/// How far a schedule has been turned into jobs.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job_schedule")]
pub struct Model {
    /// Its name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The latest slot that was dealt with: the next one is later.
    pub last_slot: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
