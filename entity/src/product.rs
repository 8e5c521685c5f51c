//! A style of the catalogue (OR-5).

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::codes::ProductState;
use crate::ids::ProductId;
use crate::values::{Digest, Fen, SizeChart};

/// A style of the catalogue (OR-5).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "product")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProductId,
    /// The retailer's style number, unique.
    pub style_code: String,
    /// Name shown.
    pub name: String,
    /// Category, such as 连衣裙.
    pub category: String,
    /// Season, such as 2026春.
    pub season: String,
    /// Price band.
    pub price_band: String,
    /// Style tag, such as 通勤.
    pub style_tag: String,
    /// List price.
    pub list_fen: Fen,
    /// Material, such as 桑蚕丝 100%.
    pub material: Option<String>,
    /// Measures by size.
    pub size_chart: Option<SizeChart>,
    /// Whether it is still sold.
    pub state: ProductState,
    /// The sender's number of it; 0 when we loaded it ourselves.
    pub version: i64,
    /// Digest of what the sender said.
    pub fingerprint: Option<Digest>,
    /// Last change.
    pub updated_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}
