//! A region of the company (OG-1).

use sea_orm::entity::prelude::*;

use crate::ids::RegionId;

/// A region of the company (OG-1).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "region")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RegionId,
    /// The retailer's own code, unique.
    pub code: String,
    /// Name shown.
    pub name: String,
}

impl ActiveModelBehavior for ActiveModel {}
