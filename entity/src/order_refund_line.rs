//! A line of a refund.

use sea_orm::entity::prelude::*;

use crate::ids::{RefundId, RefundLineId};
use crate::values::Fen;

/// A line of a refund.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "order_refund_line")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefundLineId,
    /// Its refund.
    pub refund_id: RefundId,
    /// Line of the order.
    pub line_no: i32,
    /// Pieces.
    pub quantity: i32,
    /// Amount.
    pub amount_fen: Fen,
}

impl ActiveModelBehavior for ActiveModel {}
