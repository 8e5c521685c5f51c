//! Orders on the wire, as members and guides read them.

use chrono::{DateTime, Utc};
use entity::codes::{Channel, OrderStatus};
use entity::ids::OrderId;
use entity::values::{Fen, PersonName};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::customers::service::OrderSeen;
use crate::http::{Cursor, Page, Result};

/// An order of a member.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "ord_0698v9qe00t134m6ou6d8h2lak", "channel": "pos", "external_no": "SH01-20260314-0007", "status": "paid",
    "occurred_at": "2026-03-14T06:30:00Z", "store": "静安店", "guide": "周敏", "list_fen": 59_900, "paid_fen": 59_900,
    "refunded_fen": 0, "points_earned": 599, "points_taken_back": 0, "growth_earned": 599,
    "lines": [{"line_no": 1, "sku_code": "D100-RED-M", "name": "真丝连衣裙", "colour": "红", "size": "M",
        "category": "连衣裙", "quantity": 1, "list_fen": 59_900, "paid_fen": 59_900, "refunded_quantity": 0,
        "refunded_fen": 0, "points": 599}]
}))]
pub struct MemberOrder {
    /// Id.
    pub id: OrderId,
    /// Where it was placed.
    pub channel: Channel,
    /// Number there.
    pub external_no: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// Business time: paid, or placed while unpaid.
    pub occurred_at: DateTime<Utc>,
    /// Name of the store, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Name of the guide, if one is credited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guide: Option<PersonName>,
    /// Sum of list prices.
    pub list_fen: Fen,
    /// Paid.
    pub paid_fen: Fen,
    /// Refunded so far.
    pub refunded_fen: Fen,
    /// Points it earned when it came in.
    pub points_earned: i64,
    /// Points that refunds have taken back so far.
    pub points_taken_back: i64,
    /// Growth value it earned when it came in.
    pub growth_earned: i64,
    /// Its lines, by number.
    pub lines: Vec<MemberOrderLine>,
}

/// A line of an order of a member.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberOrderLine {
    /// Number in the order.
    pub line_no: i32,
    /// SKU.
    pub sku_code: String,
    /// Name.
    pub name: String,
    /// Colour, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// Size, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// Category, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Pieces bought.
    pub quantity: i32,
    /// List price of all pieces.
    pub list_fen: Fen,
    /// Paid for all pieces.
    pub paid_fen: Fen,
    /// Pieces brought back so far.
    pub refunded_quantity: i32,
    /// Refunded so far.
    pub refunded_fen: Fen,
    /// Its share of the points earned.
    pub points: i64,
}

impl From<OrderSeen> for MemberOrder {
    fn from(seen: OrderSeen) -> Self {
        let points_taken_back = seen.points_reversed();
        let OrderSeen { view, store, guide } = seen;
        let lines = view.lines.into_iter().map(|line| MemberOrderLine {
            line_no: line.line_no,
            sku_code: line.sku_code,
            name: line.name,
            colour: line.colour,
            size: line.size,
            category: line.category,
            quantity: line.quantity,
            list_fen: line.list_fen,
            paid_fen: line.paid_fen,
            refunded_quantity: line.refunded_quantity,
            refunded_fen: line.refunded_fen,
            points: line.points,
        });
        Self {
            id: view.order.id,
            channel: view.order.channel,
            external_no: view.order.external_no,
            status: view.order.status,
            occurred_at: view.order.occurred_at,
            store,
            guide,
            list_fen: view.order.list_fen,
            paid_fen: view.order.paid_fen,
            refunded_fen: view.order.refunded_fen,
            points_earned: view.order.points,
            points_taken_back,
            growth_earned: view.order.growth,
            lines: lines.collect(),
        }
    }
}

/// Where a list of orders was left.
pub(super) type Position = (DateTime<Utc>, OrderId);

/// The position behind a cursor of `list`.
pub(super) fn position(app: &App, list: &str, cursor: Option<&str>) -> Result<Option<Position>> {
    cursor.map(|cursor| Cursor::read(&app.vault, list, cursor)).transpose()
}

/// A page of orders that were read with one more than `limit`.
pub(super) fn page(app: &App, list: &str, rows: Vec<OrderSeen>, limit: u64) -> Page<MemberOrder> {
    Page::cut(rows, limit, |row| Cursor::write(&app.vault, list, &row.position())).map(Into::into)
}
