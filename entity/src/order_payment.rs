//! A payment of an order.

use sea_orm::entity::prelude::*;

use crate::ids::{OrderId, PaymentId};
use crate::values::Fen;

/// A payment of an order.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "order_payment")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    /// Its order.
    pub order_id: OrderId,
    /// Tender, as the sender calls it.
    pub method: String,
    /// Amount.
    pub paid_fen: Fen,
}

impl ActiveModelBehavior for ActiveModel {}
