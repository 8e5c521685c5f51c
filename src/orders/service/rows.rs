//! Rows of what came in.

use chrono::{DateTime, Utc};
use entity::codes::OrderStatus;
use entity::ids::{OrderId, OrderLineId, PartnerId, PaymentId, RefundId, RefundLineId};
use entity::values::{Digest, Fen};
use entity::{order_line, order_payment, order_refund, order_refund_line, sales_order};

use super::super::rules::content::{LineIn, Number, OrderIn, RefundIn};
use super::super::rules::returns::{Bought, Part, Refund};
use super::super::rules::versions::Goods;
use super::arrivals::Arriving;
use super::effects::{Shortfalls, returned_under};
use crate::app::App;
use crate::catalog::service::SkuInfo;
use crate::points::service as points;

/// A new order, nothing earned and nobody named yet.
pub(super) fn order(
    arriving: &Arriving,
    id: OrderId,
    partner: PartnerId,
    now: DateTime<Utc>,
) -> sales_order::Model {
    let order = &arriving.order;
    sales_order::Model {
        id,
        channel: order.number.channel,
        external_no: order.number.external_no.clone(),
        version: order.version,
        fingerprint: arriving.fingerprint.clone(),
        status: order.status,
        member_id: None,
        partner_id: partner,
        store_id: arriving.place.store,
        guide_id: arriving.place.guide,
        occurred_at: order.occurred_at,
        list_fen: Fen(order.lines.iter().map(|line| line.list.0).sum()),
        paid_fen: order.paid,
        refunded_fen: Fen(0),
        refunded_at: None,
        points: 0,
        growth: 0,
        received_at: now,
        updated_at: now,
        points_rule_id: None,
        growth_rule_id: None,
        campaign_id: None,
        campaign_points: 0,
        points_receipt: order.points_receipt.clone(),
        deducted_points: 0,
    }
}

/// An order of which only a refund was seen: version 0, its number and nothing else.
pub(super) fn unseen_order(
    number: &Number,
    refund: &RefundIn,
    partner: PartnerId,
    now: DateTime<Utc>,
) -> sales_order::Model {
    sales_order::Model {
        id: OrderId::new(now),
        channel: number.channel,
        external_no: number.external_no.clone(),
        version: 0,
        fingerprint: Digest(String::new()),
        status: OrderStatus::Placed,
        member_id: None,
        partner_id: partner,
        store_id: None,
        guide_id: None,
        occurred_at: refund.occurred_at,
        list_fen: Fen(0),
        paid_fen: Fen(0),
        refunded_fen: Fen(0),
        refunded_at: None,
        points: 0,
        growth: 0,
        received_at: now,
        updated_at: now,
        points_rule_id: None,
        growth_rule_id: None,
        campaign_id: None,
        campaign_points: 0,
        points_receipt: None,
        deducted_points: 0,
    }
}

/// A new line: what was not sent comes from the catalogue.
pub(super) fn line(
    line: &LineIn,
    order_id: OrderId,
    known: Option<&SkuInfo>,
    now: DateTime<Utc>,
) -> order_line::Model {
    let or_known = |sent: &Option<String>, of: fn(&SkuInfo) -> &String| {
        sent.clone().or_else(|| known.map(|sku| of(sku).clone()))
    };
    order_line::Model {
        id: OrderLineId::new(now),
        order_id,
        line_no: line.line_no,
        sku_code: line.sku_code.clone(),
        sku_known: known.is_some(),
        style_code: or_known(&line.style_code, |sku| &sku.product.style_code),
        name: or_known(&line.name, |sku| &sku.product.name)
            .unwrap_or_else(|| line.sku_code.clone()),
        colour: or_known(&line.colour, |sku| &sku.sku.colour),
        size: or_known(&line.size, |sku| &sku.sku.size),
        category: or_known(&line.category, |sku| &sku.product.category),
        season: or_known(&line.season, |sku| &sku.product.season),
        price_band: or_known(&line.price_band, |sku| &sku.product.price_band),
        style_tag: or_known(&line.style_tag, |sku| &sku.product.style_tag),
        quantity: line.quantity,
        list_fen: line.list,
        paid_fen: line.paid,
        points: 0,
        growth: 0,
        refunded_quantity: 0,
        refunded_fen: Fen(0),
        points_reversed: 0,
        growth_reversed: 0,
        campaign_points: 0,
        deducted_points: 0,
        deducted_returned: 0,
    }
}

/// The payments of an order.
pub(super) fn payments(
    order: &OrderIn,
    order_id: OrderId,
    now: DateTime<Utc>,
) -> impl Iterator<Item = order_payment::Model> {
    order.payments.iter().map(move |payment| order_payment::Model {
        id: PaymentId::new(now),
        order_id,
        method: payment.method.clone(),
        paid_fen: payment.paid,
    })
}

/// A new refund that has had no effect yet.
pub(super) fn refund(
    refund: &RefundIn,
    fingerprint: &Digest,
    order_id: OrderId,
    partner: PartnerId,
    now: DateTime<Utc>,
) -> order_refund::Model {
    order_refund::Model {
        id: RefundId::new(now),
        channel: refund.number.channel,
        external_no: refund.number.external_no.clone(),
        order_external_no: refund.order_no.clone(),
        order_id: Some(order_id),
        fingerprint: fingerprint.clone(),
        partner_id: partner,
        occurred_at: refund.occurred_at,
        amount_fen: refund.amount,
        applied_at: None,
        refused: None,
        points_reversed: 0,
        shortfall_points: 0,
        shortfall_fen: Fen(0),
        received_at: now,
        points_returned: 0,
    }
}

/// The refunds that fell short, with what they could not take back or give back.
pub(super) fn fall_short(
    app: &App,
    refunds: Vec<order_refund::Model>,
    shortfalls: &Shortfalls,
) -> Vec<order_refund::Model> {
    let fall_short = |mut row: order_refund::Model| {
        let cause = row.id.to_string();
        let less = |cause: &str| shortfalls.get(cause).copied();
        let (short, kept) = (less(&cause), less(&returned_under(&cause)));
        short.or(kept)?;
        let short = short.unwrap_or_default();
        row.points_returned -= kept.unwrap_or_default();
        row.points_reversed -= short;
        row.shortfall_points = short;
        row.shortfall_fen = Fen(points::fen_of(app, short));
        Some(row)
    };
    refunds.into_iter().filter_map(fall_short).collect()
}

/// The lines of a refund.
pub(super) fn refund_lines(
    refund: &RefundIn,
    refund_id: RefundId,
    now: DateTime<Utc>,
) -> Vec<order_refund_line::Model> {
    let line = |line: &super::RefundLineIn| order_refund_line::Model {
        id: RefundLineId::new(now),
        refund_id,
        line_no: line.line_no,
        quantity: line.quantity,
        amount_fen: line.amount,
    };
    refund.lines.iter().map(line).collect()
}

/// A stored refund as the rules see it.
pub(super) fn as_refund(
    refund: &order_refund::Model,
    lines: &[order_refund_line::Model],
) -> Refund {
    let part = |line: &order_refund_line::Model| {
        let part = Part { quantity: i64::from(line.quantity), fen: line.amount_fen.0 };
        (line.line_no, part)
    };
    Refund { amount: refund.amount_fen.0, lines: lines.iter().map(part).collect() }
}

/// Stored lines as the rules see them.
pub(super) fn as_bought(lines: &[order_line::Model]) -> Vec<Bought> {
    let bought = |line: &order_line::Model| Bought {
        line_no: line.line_no,
        quantity: i64::from(line.quantity),
        paid: line.paid_fen.0,
        points: line.points,
        growth: line.growth,
        deducted: line.deducted_points,
    };
    lines.iter().map(bought).collect()
}

/// Stored lines and amounts as the rules see them.
pub(super) fn as_goods(order: &sales_order::Model, lines: &[order_line::Model]) -> Goods {
    let line = |line: &order_line::Model| {
        (line.line_no, line.sku_code.clone(), line.quantity, line.list_fen, line.paid_fen)
    };
    Goods::new(order.paid_fen, lines.iter().map(line).collect())
}
