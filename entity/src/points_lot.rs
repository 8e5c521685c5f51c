//! Points earned together: one expiry, one settling time (PT-3).

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, LotId, OrderId, TransferId};

/// Points earned together: one expiry, one settling time (PT-3).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "points_lot")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LotId,
    /// Whose account.
    pub account_id: AccountId,
    /// The transfer that made it.
    pub transfer_id: TransferId,
    /// The order that paid for it.
    pub order_id: Option<OrderId>,
    /// How many at first.
    pub amount: i64,
    /// How many are left.
    pub remaining: i64,
    /// Whether they can be spent.
    pub settled: bool,
    /// When they can be spent.
    pub settles_at: DateTimeUtc,
    /// When they run out; none is never.
    pub expires_at: Option<DateTimeUtc>,
    /// When something happens to it by itself: settling while pending, running out afterwards; none when nothing is left.
    pub due_at: Option<DateTimeUtc>,
    /// Business time of earning.
    pub earned_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
