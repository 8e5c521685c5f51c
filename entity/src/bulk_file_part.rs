//! A piece of a file of an import or export (OP-4).

use sea_orm::entity::prelude::*;

use crate::codes::BulkFile;
use crate::ids::BulkRunId;

/// A piece of a file, sealed: rows of people. In the database, where every replica reaches it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "bulk_file_part")]
pub struct Model {
    /// Of which import or export.
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: BulkRunId,
    /// Of which file.
    #[sea_orm(primary_key, auto_increment = false)]
    pub file: BulkFile,
    /// Where it stands in the file: rows before it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// What stands in it; opened only by `kernel::vault`.
    pub content: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
