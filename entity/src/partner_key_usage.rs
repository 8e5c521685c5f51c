//! How much a credential was used on one business day (OP-2).

use sea_orm::entity::prelude::*;

use crate::ids::PartnerKeyId;

/// How much a credential was used on one business day (OP-2).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "partner_key_usage")]
pub struct Model {
    /// Which.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: PartnerKeyId,
    /// Business day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Date,
    /// Requests that were let in.
    pub requests: i64,
    /// Requests that were refused for being too many.
    pub limited: i64,
}

impl ActiveModelBehavior for ActiveModel {}
