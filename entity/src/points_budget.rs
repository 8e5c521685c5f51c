//! How many points a rule or campaign has issued, against its budget (PT-2b).

use sea_orm::entity::prelude::*;

/// How many points a rule or campaign has issued, against its budget (PT-2b).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "points_budget")]
pub struct Model {
    /// Whose and over what: `campaign/double_11/all`, `…/2026-11-11`, `…/mem_…`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub counter: String,
    /// Points issued less those taken back.
    pub issued: i64,
    /// Last change.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
