//! What a member paid and got back by business day: the rolling window of TR-1.

use sea_orm::entity::prelude::*;

use crate::ids::MemberId;
use crate::values::Fen;

/// What a member paid and got back by business day: the rolling window of TR-1.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "member_spend")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: MemberId,
    /// Business day of the order.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Date,
    /// Paid.
    pub paid_fen: Fen,
    /// Refunded of it, whenever that was.
    pub refunded_fen: Fen,
}

impl ActiveModelBehavior for ActiveModel {}
