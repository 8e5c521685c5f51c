//! A line of an order (OR-1).

use sea_orm::entity::prelude::*;

use crate::ids::{OrderId, OrderLineId};
use crate::values::Fen;

/// A line of an order (OR-1).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "order_line")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderLineId,
    /// Its order.
    pub order_id: OrderId,
    /// Number in the order, from 1.
    pub line_no: i32,
    /// SKU as sent.
    pub sku_code: String,
    /// Whether the catalogue had it when it came.
    pub sku_known: bool,
    /// Style.
    pub style_code: Option<String>,
    /// Name as sent or from the catalogue.
    pub name: String,
    /// Colour.
    pub colour: Option<String>,
    /// Size.
    pub size: Option<String>,
    /// Category.
    pub category: Option<String>,
    /// Season.
    pub season: Option<String>,
    /// Price band.
    pub price_band: Option<String>,
    /// Style tag.
    pub style_tag: Option<String>,
    /// Pieces bought.
    pub quantity: i32,
    /// List price of all pieces.
    pub list_fen: Fen,
    /// Paid for all pieces, after every discount.
    pub paid_fen: Fen,
    /// Its share of the points earned (PT-6).
    pub points: i64,
    /// Its share of the growth earned (PT-6).
    pub growth: i64,
    /// Pieces returned so far.
    pub refunded_quantity: i32,
    /// Refunded so far.
    pub refunded_fen: Fen,
    /// Points taken back so far.
    pub points_reversed: i64,
    /// Growth taken back so far.
    pub growth_reversed: i64,
    /// How many of its points the campaign granted.
    pub campaign_points: i64,
    /// How many of the points that paid for the order paid for it (PT-6).
    pub deducted_points: i64,
    /// How many of those were given back so far.
    pub deducted_returned: i64,
}

impl ActiveModelBehavior for ActiveModel {}
