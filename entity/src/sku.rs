//! A style in one colour and size.

use sea_orm::entity::prelude::*;

use crate::codes::ProductState;
use crate::ids::{ProductId, SkuId};

/// A style in one colour and size.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sku")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SkuId,
    /// Its style.
    pub product_id: ProductId,
    /// The retailer's SKU code, unique.
    pub code: String,
    /// Colour.
    pub colour: String,
    /// Size.
    pub size: String,
    /// Whether it is still sold.
    pub state: ProductState,
    /// Its place among the SKUs of its style, as they were sent.
    pub position: i32,
}

impl ActiveModelBehavior for ActiveModel {}
