//! A kind of paid membership card (TR-2b): data, not code.

use sea_orm::entity::prelude::*;

use crate::values::Fen;

/// A kind of paid membership card (TR-2b): data, not code.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "membership_plan")]
pub struct Model {
    /// Code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    /// Name shown.
    pub name: String,
    /// Code of the tier that it gives.
    pub tier: String,
    /// Months that one card lasts: 1, 3 or 12.
    pub months: i32,
    /// What it costs.
    pub price_fen: Fen,
    /// Since when it is not sold any more.
    pub stopped_at: Option<DateTimeUtc>,
    /// Counts changes; its `ETag`.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
