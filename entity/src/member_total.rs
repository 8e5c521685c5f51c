//! Running totals of a member over paid orders (OR-4).

use sea_orm::entity::prelude::*;

use crate::ids::MemberId;
use crate::values::Fen;

/// Running totals of a member over paid orders (OR-4).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "member_total")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: MemberId,
    /// Paid orders not cancelled.
    pub order_count: i64,
    /// Paid, before refunds.
    pub paid_fen: Fen,
    /// Refunded.
    pub refunded_fen: Fen,
    /// First paid order.
    pub first_order_at: Option<DateTimeUtc>,
    /// Latest paid order.
    pub last_order_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
