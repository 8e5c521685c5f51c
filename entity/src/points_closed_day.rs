//! A business day whose movements have been added up (PT-9): nothing is booked on it any more.

use sea_orm::entity::prelude::*;

/// A business day whose movements have been added up (PT-9): nothing is booked on it any more.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "points_closed_day")]
pub struct Model {
    /// The business day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Date,
    /// When that was done.
    pub closed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
