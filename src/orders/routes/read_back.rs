//! `/v1/open/orders/{channel}/{external_no}`.

use actix_web::get;
use actix_web::web::{Json, Path, ThinData};
use chrono::{DateTime, Utc};
use entity::codes::{Channel, OrderStatus};
use entity::ids::{MemberId, OrderId, RefundId};
use entity::values::Fen;
use serde::Serialize;
use utoipa::ToSchema;

use super::refund_wire::RefundItemState;
use crate::app::App;
use crate::http::{Problem, Result, codes};
use crate::orders::service::{
    self, Number, RefundState, StoredLine, StoredPayment, StoredRefund, WholeOrder,
};
use crate::partners::caller::{OrdersWrite, PartnerCaller};

/// An order as it stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "ord_0698v9qe00t134m6ou6d8h2lak", "channel": "pos", "external_no": "SH001-20261121-0042",
    "version": 1, "status": "paid", "member_id": "mem_0698v9qe00t134m6ou6d8h2lak",
    "occurred_at": "2026-11-21T06:30:00Z", "list_fen": 59900, "paid_fen": 53900, "refunded_fen": 0,
    "points": 539, "growth": 539, "received_at": "2026-11-21T06:30:02Z",
    "lines": [{
        "line_no": 1, "sku_code": "D100-RED-M", "sku_known": true, "name": "真丝连衣裙", "style_code": "D100",
        "colour": "红", "size": "M", "category": "连衣裙", "season": "2026春", "price_band": "300-600",
        "style_tag": "通勤", "quantity": 1, "list_fen": 59900, "paid_fen": 53900, "points": 539, "growth": 539,
        "refunded_quantity": 0, "refunded_fen": 0, "points_reversed": 0, "growth_reversed": 0
    }],
    "payments": [{"method": "wechat_pay", "paid_fen": 53900}], "refunds": []
}))]
pub struct StoredOrder {
    /// Our id of it.
    pub id: OrderId,
    /// Where it was placed.
    pub channel: Channel,
    /// Its number there.
    pub external_no: String,
    /// The version that stands.
    pub version: i64,
    /// Where it stands.
    pub status: OrderStatus,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_id: Option<MemberId>,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
    /// Sum of list prices.
    pub list_fen: Fen,
    /// Paid.
    pub paid_fen: Fen,
    /// Refunded so far; all of it when cancelled.
    pub refunded_fen: Fen,
    /// Points it earned when it was paid.
    pub points: i64,
    /// Growth it earned when it was paid.
    pub growth: i64,
    /// When it first came in.
    pub received_at: DateTime<Utc>,
    /// Its lines, by number.
    pub lines: Vec<StoredOrderLine>,
    /// Its payments.
    pub payments: Vec<StoredOrderPayment>,
    /// Its refunds, in business order.
    pub refunds: Vec<StoredOrderRefund>,
}

/// A line as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoredOrderLine {
    /// Number in the order.
    pub line_no: i32,
    /// SKU as sent.
    pub sku_code: String,
    /// Whether the catalogue had it.
    pub sku_known: bool,
    /// Name.
    pub name: String,
    /// Style number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style_code: Option<String>,
    /// Colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// Size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// Category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Season.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub season: Option<String>,
    /// Price band.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_band: Option<String>,
    /// Style tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style_tag: Option<String>,
    /// Pieces bought.
    pub quantity: i32,
    /// List price of all pieces.
    pub list_fen: Fen,
    /// Paid for all pieces.
    pub paid_fen: Fen,
    /// Its share of the points.
    pub points: i64,
    /// Its share of the growth.
    pub growth: i64,
    /// Pieces returned so far.
    pub refunded_quantity: i32,
    /// Refunded so far.
    pub refunded_fen: Fen,
    /// Points taken back so far.
    pub points_reversed: i64,
    /// Growth taken back so far.
    pub growth_reversed: i64,
}

impl From<StoredLine> for StoredOrderLine {
    fn from(row: StoredLine) -> Self {
        Self {
            line_no: row.line_no,
            sku_code: row.sku_code,
            sku_known: row.sku_known,
            name: row.name,
            style_code: row.style_code,
            colour: row.colour,
            size: row.size,
            category: row.category,
            season: row.season,
            price_band: row.price_band,
            style_tag: row.style_tag,
            quantity: row.quantity,
            list_fen: row.list_fen,
            paid_fen: row.paid_fen,
            points: row.points,
            growth: row.growth,
            refunded_quantity: row.refunded_quantity,
            refunded_fen: row.refunded_fen,
            points_reversed: row.points_reversed,
            growth_reversed: row.growth_reversed,
        }
    }
}

/// A payment as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoredOrderPayment {
    /// Tender.
    pub method: String,
    /// Amount.
    pub paid_fen: Fen,
}

impl From<StoredPayment> for StoredOrderPayment {
    fn from(row: StoredPayment) -> Self {
        Self { method: row.method, paid_fen: row.paid_fen }
    }
}

/// A refund as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoredOrderRefund {
    /// Our id of it.
    pub id: RefundId,
    /// Its number.
    pub external_no: String,
    /// Where it stands.
    pub state: RefundItemState,
    /// Why it has no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
    /// Refunded.
    pub amount_fen: Fen,
    /// Points it took back.
    pub points_reversed: i64,
    /// Points that it could not take back because they were used.
    pub shortfall_points: i64,
    /// What those are worth: deducted from the money given back.
    pub shortfall_fen: Fen,
}

impl From<StoredRefund> for StoredOrderRefund {
    fn from(row: StoredRefund) -> Self {
        let (state, reason) = RefundItemState::of(RefundState::of(&row));
        Self {
            id: row.id,
            external_no: row.external_no,
            state,
            reason,
            occurred_at: row.occurred_at,
            amount_fen: row.amount_fen,
            points_reversed: row.points_reversed,
            shortfall_points: row.shortfall_points,
            shortfall_fen: row.shortfall_fen,
        }
    }
}

impl From<WholeOrder> for StoredOrder {
    fn from(whole: WholeOrder) -> Self {
        let order = whole.order;
        Self {
            id: order.id,
            channel: order.channel,
            external_no: order.external_no,
            version: order.version,
            status: order.status,
            member_id: order.member_id,
            occurred_at: order.occurred_at,
            list_fen: order.list_fen,
            paid_fen: order.paid_fen,
            refunded_fen: order.refunded_fen,
            points: order.points,
            growth: order.growth,
            received_at: order.received_at,
            lines: whole.lines.into_iter().map(Into::into).collect(),
            payments: whole.payments.into_iter().map(Into::into).collect(),
            refunds: whole.refunds.into_iter().map(Into::into).collect(),
        }
    }
}

/// Read an order back
///
/// Needs the scope `orders:write`. Only orders that the same partner sent; those of others are answered as not found.
#[utoipa::path(
    tag = "orders",
    security(("partner_key" = ["orders:write"])),
    params(
        ("channel" = Channel, Path, description = "Where it was placed."),
        ("external_no" = String, Path, description = "Its number there.", example = "SH001-20261121-0042"),
    ),
    responses(
        (status = 200, body = StoredOrder, description = "The order with its lines, payments and refunds."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/orders/{channel}/{external_no}")]
pub(super) async fn read_order(
    app: ThinData<App>,
    caller: PartnerCaller<OrdersWrite>,
    path: Path<(String, String)>,
) -> Result<Json<StoredOrder>> {
    let (channel, external_no) = path.into_inner();
    let channel = Channel::ALL.iter().copied().find(|known| known.as_str() == channel);
    let number = Number { channel: channel.ok_or(codes::NOT_FOUND)?, external_no };
    let order = service::read_back(&app, caller.partner, &number).await?;
    Ok(Json(order.into()))
}
