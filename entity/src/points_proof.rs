//! What the last proof of the ledgers found (PT-9).

use sea_orm::entity::prelude::*;

/// What the last proof of the ledgers found (PT-9).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "points_proof")]
pub struct Model {
    /// Of what: there is one row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// How many differences.
    pub differences: i64,
    /// When it ended.
    pub proved_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
