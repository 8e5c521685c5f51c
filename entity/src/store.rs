//! A store (OG-1).

use sea_orm::entity::prelude::*;

use crate::ids::{RegionId, StoreId};

/// A store (OG-1).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "store")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoreId,
    /// Its region.
    pub region_id: RegionId,
    /// The retailer's own code, unique.
    pub code: String,
    /// Name shown.
    pub name: String,
    /// City shown.
    pub city: String,
}

impl ActiveModelBehavior for ActiveModel {}
