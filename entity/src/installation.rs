//! What a database says of itself.

use sea_orm::entity::prelude::*;

/// What a database says of itself.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "installation")]
pub struct Model {
    /// What is said: `mode`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// `live` or `sandbox`.
    pub value: String,
}

impl ActiveModelBehavior for ActiveModel {}
