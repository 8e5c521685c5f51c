//! What orders tell the world: ids and amounts.

use chrono::{DateTime, Utc};
use entity::{order_refund, sales_order};
use serde_json::{Value, json};

use crate::events::Event;

/// `order.paid` 1: an order is paid; what it granted stands in the ledgers.
pub(super) fn paid(order: &sales_order::Model) -> Event {
    let payload = json!({
        "order_id": order.id,
        "channel": order.channel,
        "store_id": order.store_id,
        "guide_id": order.guide_id,
        "paid_fen": order.paid_fen,
        "points": order.points,
        "growth": order.growth,
        "points_receipt_no": order.points_receipt,
    });
    about("order.paid", order, payload, order.occurred_at)
}

/// `order.refunded` 1: a refund was booked. `points_reversed` is what it really took back, `shortfall_points` what it
/// could not, `points_returned` what it gave back of the points that paid for the order.
pub(super) fn refunded(order: &sales_order::Model, refund: &order_refund::Model) -> Event {
    let payload = json!({
        "order_id": order.id,
        "refund_id": refund.id,
        "amount_fen": refund.amount_fen,
        "points_reversed": refund.points_reversed,
        "shortfall_points": 0,
        "shortfall_fen": 0,
        "points_returned": refund.points_returned,
    });
    about("order.refunded", order, payload, refund.occurred_at)
}

/// `order.cancelled` 1: a paid order is void; whatever was left of what it granted was taken back, as far as
/// `shortfall_points` does not say otherwise.
pub(super) fn cancelled(
    order: &sales_order::Model,
    amount_fen: i64,
    (points_reversed, points_returned): (i64, i64),
    at: DateTime<Utc>,
) -> Event {
    let payload = json!({
        "order_id": order.id,
        "amount_fen": amount_fen,
        "points_reversed": points_reversed,
        "shortfall_points": 0,
        "shortfall_fen": 0,
        "points_returned": points_returned,
    });
    about("order.cancelled", order, payload, at)
}

/// `order.voided` 1: an order that named points was void before anybody had paid it. Points that are used under that number
/// at the same moment are found by it.
pub(super) fn voided(order: &sales_order::Model) -> Event {
    let payload = json!({"order_id": order.id, "points_receipt_no": order.points_receipt});
    about("order.voided", order, payload, order.occurred_at)
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

fn about(
    kind: &'static str,
    order: &sales_order::Model,
    payload: Value,
    occurred_at: DateTime<Utc>,
) -> Event {
    Event { kind, version: 1, member_id: order.member_id, payload, occurred_at }
}
