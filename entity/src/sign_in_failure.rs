//! Wrong passwords for one account from one network (S7).

use sea_orm::entity::prelude::*;

use crate::values::Digest;

/// Wrong passwords for one account from one network (S7): others, and the same account elsewhere, are not slowed down.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_failure")]
pub struct Model {
    /// Keyed digest of account and network: the account need not exist.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Digest,
    /// Wrong passwords in a row.
    pub failures: i32,
    /// The latest one.
    pub failed_at: DateTimeUtc,
    /// No attempt counts before this time.
    pub blocked_until: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
