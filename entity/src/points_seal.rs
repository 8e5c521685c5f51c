//! That accounts from before the codes were sealed, once (L7).

use sea_orm::entity::prelude::*;

use crate::ids::AccountId;
use crate::values::Mac;

/// That accounts from before the codes were sealed, once (L7).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "points_seal")]
pub struct Model {
    /// Of what: there is one row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// All accounts up to and with this one are done; none at the beginning.
    pub upto: Option<AccountId>,
    /// How many were sealed.
    pub accounts: i64,
    /// When all were; from then on none may be without a code.
    pub finished_at: Option<DateTimeUtc>,
    /// Over the whole row.
    pub mac: Mac,
}

impl ActiveModelBehavior for ActiveModel {}
