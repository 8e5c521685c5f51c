//! What orders tell the world: ids and amounts.

use chrono::{DateTime, Utc};
use entity::codes::Channel;
use entity::ids::{OrderId, RefundId, StaffId, StoreId};
use entity::values::Fen;
use entity::{order_refund, sales_order};
use serde::Serialize;
use utoipa::ToSchema;

use crate::events::{About, Event, Kind};

/// An order is paid; what it granted stands in the ledgers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "order_id": "ord_0698v9qe00t134m6ou6d8h2lak", "channel": "pos",
    "store_id": "sto_0698v9qe00t134m6ou6d8h2lak", "guide_id": "stf_0698v9qe00t134m6ou6d8h2lak",
    "paid_fen": 53900, "points": 539, "growth": 539, "points_receipt_no": null
}))]
pub struct OrderPaid {
    /// Which.
    pub order_id: OrderId,
    /// Where it was placed.
    pub channel: Channel,
    /// In which store.
    pub store_id: Option<StoreId>,
    /// Whose sale it is.
    pub guide_id: Option<StaffId>,
    /// What was paid.
    pub paid_fen: Fen,
    /// Points that it granted.
    pub points: i64,
    /// Growth value that it granted.
    pub growth: i64,
    /// The number under which points paid for it.
    pub points_receipt_no: Option<String>,
}

/// A refund was booked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "order_id": "ord_0698v9qe00t134m6ou6d8h2lak", "refund_id": "rfd_0698v9qe00t134m6ou6d8h2lak",
    "amount_fen": 53900, "points_reversed": 539, "shortfall_points": 0, "shortfall_fen": 0, "points_returned": 0
}))]
pub struct OrderRefunded {
    /// Of which order.
    pub order_id: OrderId,
    /// Which.
    pub refund_id: RefundId,
    /// What was given back.
    pub amount_fen: Fen,
    /// Points that it really took back.
    pub points_reversed: i64,
    /// Points that it could not take back.
    pub shortfall_points: i64,
    /// Their worth.
    pub shortfall_fen: Fen,
    /// Points given back of those that paid for the order.
    pub points_returned: i64,
}

/// A paid order is void; whatever was left of what it granted was taken back, as far as `shortfall_points` does not say
/// otherwise.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "order_id": "ord_0698v9qe00t134m6ou6d8h2lak", "amount_fen": 53900, "points_reversed": 539,
    "shortfall_points": 0, "shortfall_fen": 0, "points_returned": 0
}))]
pub struct OrderCancelled {
    /// Which.
    pub order_id: OrderId,
    /// What was given back.
    pub amount_fen: Fen,
    /// Points that it really took back.
    pub points_reversed: i64,
    /// Points that it could not take back.
    pub shortfall_points: i64,
    /// Their worth.
    pub shortfall_fen: Fen,
    /// Points given back of those that paid for the order.
    pub points_returned: i64,
}

/// An order that named points was void before anybody had paid it. Points that are used under that number at the same
/// moment are found by it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"order_id": "ord_0698v9qe00t134m6ou6d8h2lak", "points_receipt_no": "C-1"}))]
pub struct OrderVoided {
    /// Which.
    pub order_id: OrderId,
    /// The number under which points were to pay for it.
    pub points_receipt_no: Option<String>,
}

/// An order is paid.
pub const PAID: Kind<OrderPaid> = Kind::offered(
    "order.paid",
    About::PerhapsMember,
    "订单已付款；发放的积分与成长值见数据",
    "an order is paid; the data say what it granted",
);

/// A refund was booked.
pub const REFUNDED: Kind<OrderRefunded> = Kind::offered(
    "order.refunded",
    About::PerhapsMember,
    "退款已入账；数据说明实际收回与退回的积分",
    "a refund was booked; the data say which points it took back and gave back",
);

/// A paid order is void.
pub const CANCELLED: Kind<OrderCancelled> = Kind::offered(
    "order.cancelled",
    About::PerhapsMember,
    "已付款订单作废，剩余部分全部收回",
    "a paid order is void: whatever was left of it was taken back",
);

/// An order is void that nobody had paid.
pub const VOIDED: Kind<OrderVoided> = Kind::inside(
    "order.voided",
    About::PerhapsMember,
    "未付款而使用积分的订单作废",
    "an order that named points is void before it was paid",
);

pub(super) fn paid(order: &sales_order::Model) -> Event {
    let payload = OrderPaid {
        order_id: order.id,
        channel: order.channel,
        store_id: order.store_id,
        guide_id: order.guide_id,
        paid_fen: order.paid_fen,
        points: order.points,
        growth: order.growth,
        points_receipt_no: order.points_receipt.clone(),
    };
    PAID.event(&payload, order.member_id, order.occurred_at)
}

pub(super) fn refunded(order: &sales_order::Model, refund: &order_refund::Model) -> Event {
    let payload = OrderRefunded {
        order_id: order.id,
        refund_id: refund.id,
        amount_fen: refund.amount_fen,
        points_reversed: refund.points_reversed,
        shortfall_points: 0,
        shortfall_fen: Fen(0),
        points_returned: refund.points_returned,
    };
    REFUNDED.event(&payload, order.member_id, refund.occurred_at)
}

pub(super) fn cancelled(
    order: &sales_order::Model,
    amount_fen: i64,
    (points_reversed, points_returned): (i64, i64),
    at: DateTime<Utc>,
) -> Event {
    let payload = OrderCancelled {
        order_id: order.id,
        amount_fen: Fen(amount_fen),
        points_reversed,
        shortfall_points: 0,
        shortfall_fen: Fen(0),
        points_returned,
    };
    CANCELLED.event(&payload, order.member_id, at)
}

pub(super) fn voided(order: &sales_order::Model) -> Event {
    let points_receipt_no = order.points_receipt.clone();
    let payload = OrderVoided { order_id: order.id, points_receipt_no };
    VOIDED.event(&payload, order.member_id, order.occurred_at)
}

/// What the ledger could not take back, told by the event of the refund or cancellation that wanted it.
pub(super) fn fall_short(event: &mut Event, points: i64, fen: i64) {
    if let Some(planned) = event.payload["points_reversed"].as_i64() {
        event.payload["points_reversed"] = (planned - points).into();
        event.payload["shortfall_points"] = points.into();
        event.payload["shortfall_fen"] = fen.into();
    }
}

/// What a till had given back by itself.
pub(super) fn return_less(event: &mut Event, points: i64) {
    if let Some(planned) = event.payload["points_returned"].as_i64() {
        event.payload["points_returned"] = (planned - points).into();
    }
}
