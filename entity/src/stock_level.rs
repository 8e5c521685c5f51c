//! Pieces of a SKU in a store (OR-5).

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{SkuId, StockLevelId, StoreId};

/// Pieces of a SKU in a store (OR-5).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_level")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockLevelId,
    /// Of what.
    pub sku_id: SkuId,
    /// Where.
    pub store_id: StoreId,
    /// Pieces there, never below `held`.
    pub on_hand: i64,
    /// Of these, pieces that are promised, never below zero.
    pub held: i64,
    /// Pieces that left beyond what was known to be there; `on_hand - short` is the sum of the moves.
    pub short: i64,
    /// Number of moves.
    pub version: i64,
    /// As of when it was counted last.
    pub counted_at: Option<DateTime<Utc>>,
    /// Last move.
    pub updated_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}
