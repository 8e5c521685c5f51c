//! How the last proof of the audit log ended.

use sea_orm::entity::prelude::*;

/// How the last proof of the audit log ended.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_proof")]
pub struct Model {
    /// Of what: there is one row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// How many faults it found.
    pub faults: i64,
    /// When it ended.
    pub proved_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
