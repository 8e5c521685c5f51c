//! A style of the catalogue (OR-5).

use sea_orm::entity::prelude::*;

use crate::ids::ProductId;
use crate::values::Fen;

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
}

impl ActiveModelBehavior for ActiveModel {}
