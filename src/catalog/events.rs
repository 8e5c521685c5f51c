//! What the catalogue and its stock tell the world.

use chrono::{DateTime, Utc};
use entity::codes::ProductState;
use entity::ids::ProductId;
use entity::{product, stock_level};
use serde::Serialize;
use utoipa::ToSchema;

use crate::events::{About, Event, Kind};

/// A product is new or has changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "product_id": "prd_0698v9qe00t134m6ou6d8h2lak", "style_code": "D100", "version": 3, "state": "active"
}))]
pub struct ProductChanged {
    /// Which.
    pub product_id: ProductId,
    /// Its style number: read the rest by it.
    pub style_code: String,
    /// The sender's number of it.
    pub version: i64,
    /// Whether it is still sold.
    pub state: ProductState,
}

/// The stock of a SKU in a store has changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "sku_code": "D100-RED-M", "store_code": "SH001", "on_hand": 4, "held": 1, "available": 3, "short": 0, "version": 17
}))]
pub struct StockChanged {
    /// Of what.
    pub sku_code: String,
    /// Where.
    pub store_code: String,
    /// Pieces there.
    pub on_hand: i64,
    /// Of these, pieces that are promised.
    pub held: i64,
    /// The others.
    pub available: i64,
    /// Pieces that left beyond what was known to be there.
    pub short: i64,
    /// Counts the moves: what comes with a lower number is older.
    pub version: i64,
}

/// A product is new or has changed.
pub const PRODUCT_CHANGED: Kind<ProductChanged> = Kind::offered(
    "product.changed",
    About::Nobody,
    "商品新增或变更",
    "a product is new or has changed",
);

/// The stock of a SKU in a store has changed: once a batch, however many moves were in it.
pub const STOCK_CHANGED: Kind<StockChanged> = Kind::offered(
    "stock.changed",
    About::Nobody,
    "门店 SKU 库存变动",
    "the stock of a SKU in a store has changed",
);

pub(super) fn product_changed(row: &product::Model, at: DateTime<Utc>) -> Event {
    let payload = ProductChanged {
        product_id: row.id,
        style_code: row.style_code.clone(),
        version: row.version,
        state: row.state,
    };
    PRODUCT_CHANGED.event(&payload, None, at)
}

pub(super) fn stock_changed(
    row: &stock_level::Model,
    sku_code: &str,
    store_code: &str,
    at: DateTime<Utc>,
) -> Event {
    let payload = StockChanged {
        sku_code: sku_code.to_owned(),
        store_code: store_code.to_owned(),
        on_hand: row.on_hand,
        held: row.held,
        available: row.on_hand - row.held,
        short: row.short,
        version: row.version,
    };
    STOCK_CHANGED.event(&payload, None, at)
}
