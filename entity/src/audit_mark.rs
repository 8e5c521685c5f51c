//! Where the chain of the audit log begins and ends.

use sea_orm::entity::prelude::*;

use crate::values::Mac;

/// Where the chain of the audit log begins and ends.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_mark")]
pub struct Model {
    /// `head`: the last line. `start`: the last one that was deleted because its time was over.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Its number; 0 before the first.
    pub seq: i64,
    /// Its link.
    pub link: Mac,
    /// When it became the mark.
    pub marked_at: DateTimeUtc,
    /// Over the whole row.
    pub mac: Mac,
}

impl ActiveModelBehavior for ActiveModel {}
