//! A refund of an order (OR-4). One that arrives before its order waits here.

use sea_orm::entity::prelude::*;

use crate::codes::Channel;
use crate::ids::{OrderId, PartnerId, RefundId};
use crate::values::{Digest, Fen};

/// A refund of an order (OR-4). One that arrives before its order waits here.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "order_refund")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefundId,
    /// Where.
    pub channel: Channel,
    /// Refund number there, unique in its channel.
    pub external_no: String,
    /// The order's number there.
    pub order_external_no: String,
    /// The order; of one that is not here yet, the row of version 0 that holds its number.
    pub order_id: Option<OrderId>,
    /// Digest of the content.
    pub fingerprint: Digest,
    /// Who sent it.
    pub partner_id: PartnerId,
    /// Business time.
    pub occurred_at: DateTimeUtc,
    /// Refunded.
    pub amount_fen: Fen,
    /// When its effects were booked; none while it waits.
    pub applied_at: Option<DateTimeUtc>,
    /// Why it could not be applied when its order came.
    pub refused: Option<String>,
    /// Points it took back.
    pub points_reversed: i64,
    /// Points that it could not take back because they were used (PT-6); none where they become debt.
    pub shortfall_points: i64,
    /// What those are worth, at the rate of the day: to be deducted from the money given back.
    pub shortfall_fen: Fen,
    /// First received.
    pub received_at: DateTimeUtc,
    /// Of the points that paid for the order, those that it gave back (PT-6).
    pub points_returned: i64,
}

impl ActiveModelBehavior for ActiveModel {}
