//! Orders as they are sent.

use chrono::{DateTime, SubsecRound, Utc};
use entity::codes::{Channel, OrderStatus};
use entity::values::Fen;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::text::{maybe_identifier, maybe_plain, number, plain};
use crate::http::items::{Items, a_batch};
use crate::http::{Error, Result};
use crate::kernel::mobile::Mobile;
use crate::orders::error;
use crate::orders::service::{Customer, LineIn, Number, OrderIn, PaymentIn};

/// An order of any channel. `external_no` is unique in its channel; send the order again with a higher `version`
/// whenever it changes.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "channel": "pos", "external_no": "SH001-20261121-0042", "version": 1, "status": "paid",
    "occurred_at": "2026-11-21T06:30:00Z", "currency": "CNY",
    "customer": {"phone": "138 0013 8000"}, "store_code": "SH001", "guide_no": "G1001",
    "lines": [{
        "line_no": 1, "sku_code": "D100-RED-M", "quantity": 1, "list_fen": 59900, "paid_fen": 53900
    }],
    "payments": [{"method": "wechat_pay", "paid_fen": 53900}], "paid_fen": 53900
}))]
pub struct OrderRequest {
    /// Where it was placed.
    #[garde(skip)]
    pub channel: Channel,
    /// Its number there.
    #[garde(custom(number))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$")]
    pub external_no: String,
    /// Counts the changes of the order; an older version never overwrites a newer one.
    #[garde(range(min = 1))]
    #[serde(default = "first")]
    #[schema(minimum = 1, default = 1)]
    pub version: i64,
    /// Where it stands. `paid` grants points and growth, `cancelled` takes back whatever is left of them.
    #[garde(skip)]
    #[serde(default = "paid")]
    #[schema(default = "paid")]
    pub status: OrderStatus,
    /// Business time: when it was paid, or placed while unpaid. At most 24 hours ahead; kept to the millisecond.
    #[garde(skip)]
    pub occurred_at: DateTime<Utc>,
    /// `CNY`.
    #[garde(skip)]
    #[serde(default = "cny")]
    #[schema(default = "CNY")]
    pub currency: String,
    /// Whose it is; nobody's without.
    #[garde(dive)]
    pub customer: Option<OrderCustomerRequest>,
    /// The retailer's code of the store; an unknown one is accepted with a warning. Without it, the guide's store.
    #[garde(custom(maybe_plain::<64>))]
    #[schema(min_length = 1, max_length = 64)]
    pub store_code: Option<String>,
    /// Number of the guide who sold; an unknown one is accepted with a warning.
    #[garde(custom(maybe_plain::<64>))]
    #[schema(min_length = 1, max_length = 64)]
    pub guide_no: Option<String>,
    /// Lines.
    #[garde(length(min = 1, max = 500), dive)]
    #[schema(min_items = 1, max_items = 500)]
    pub lines: Vec<OrderLineRequest>,
    /// Payments; may be left out, else they add up to `paid_fen`.
    #[garde(length(max = 50), dive)]
    #[serde(default)]
    #[schema(max_items = 50)]
    pub payments: Vec<OrderPaymentRequest>,
    /// Paid in all, after every discount: the sum of the lines.
    #[garde(skip)]
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    pub paid_fen: i64,
    /// Your number under which points paid for it beside the money: the `checkout_no` of a hold that is used, or the
    /// `receipt_no` of a spending. What they paid is not in `paid_fen`. A refund gives them back with their lines, a
    /// cancellation gives back the rest; they may be used before or after the order is sent.
    #[garde(inner(custom(number)))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$")]
    pub points_receipt_no: Option<String>,
}

const fn first() -> i64 {
    1
}

const fn paid() -> OrderStatus {
    OrderStatus::Paid
}

fn cny() -> String {
    "CNY".to_owned()
}

/// Whom an order names, by whatever is known: matched by union id, phone, card, openid, then marketplace. Nobody known
/// makes a new, unregistered member.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": "+86 138-0013-8000", "card_no": "88001234"}))]
pub struct OrderCustomerRequest {
    /// Mainland mobile number, however it is written.
    #[garde(skip)]
    pub phone: Option<String>,
    /// Number on the retailer's card.
    #[garde(custom(maybe_identifier))]
    #[schema(min_length = 1, max_length = 128)]
    pub card_no: Option<String>,
    /// WeChat union id.
    #[garde(custom(maybe_identifier))]
    #[schema(min_length = 1, max_length = 128)]
    pub union_id: Option<String>,
    /// WeChat openid; `app_id` goes with it.
    #[garde(custom(maybe_identifier))]
    #[schema(min_length = 1, max_length = 128)]
    pub open_id: Option<String>,
    /// The app that the openid belongs to.
    #[garde(custom(maybe_plain::<64>))]
    #[schema(min_length = 1, max_length = 64)]
    pub app_id: Option<String>,
    /// Buyer id in the channel of the order.
    #[garde(custom(maybe_identifier))]
    #[schema(min_length = 1, max_length = 128)]
    pub marketplace_buyer_id: Option<String>,
}

/// A line of an order. What is left out is taken from the catalogue; a SKU that it lacks is accepted and marked.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderLineRequest {
    /// Number in the order; refunds name it.
    #[garde(range(min = 1, max = 1_000_000))]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub line_no: i32,
    /// SKU.
    #[garde(custom(plain::<64>))]
    #[schema(min_length = 1, max_length = 64)]
    pub sku_code: String,
    /// Name.
    #[garde(custom(maybe_plain::<200>))]
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// Style number.
    #[garde(custom(maybe_plain::<64>))]
    #[schema(min_length = 1, max_length = 64)]
    pub style_code: Option<String>,
    /// Colour.
    #[garde(custom(maybe_plain::<64>))]
    #[schema(min_length = 1, max_length = 64)]
    pub colour: Option<String>,
    /// Size.
    #[garde(custom(maybe_plain::<32>))]
    #[schema(min_length = 1, max_length = 32)]
    pub size: Option<String>,
    /// Category.
    #[garde(custom(maybe_plain::<64>))]
    #[schema(min_length = 1, max_length = 64)]
    pub category: Option<String>,
    /// Season.
    #[garde(custom(maybe_plain::<64>))]
    #[schema(min_length = 1, max_length = 64)]
    pub season: Option<String>,
    /// Price band.
    #[garde(custom(maybe_plain::<64>))]
    #[schema(min_length = 1, max_length = 64)]
    pub price_band: Option<String>,
    /// Style tag.
    #[garde(custom(maybe_plain::<64>))]
    #[schema(min_length = 1, max_length = 64)]
    pub style_tag: Option<String>,
    /// Pieces.
    #[garde(range(min = 1, max = 1_000_000))]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: i32,
    /// List price of all pieces.
    #[garde(skip)]
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    pub list_fen: i64,
    /// Paid for all pieces, after every discount.
    #[garde(skip)]
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    pub paid_fen: i64,
}

/// A payment of an order.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderPaymentRequest {
    /// Tender, in the sender's words.
    #[garde(custom(plain::<32>))]
    #[schema(min_length = 1, max_length = 32)]
    pub method: String,
    /// Amount.
    #[garde(skip)]
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    pub paid_fen: i64,
}

/// Many orders, each with its own result.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"orders": [{
    "channel": "pos", "external_no": "SH001-20261121-0042", "occurred_at": "2026-11-21T06:30:00Z",
    "customer": {"phone": "13800138000"}, "paid_fen": 53900,
    "lines": [{"line_no": 1, "sku_code": "D100-RED-M", "quantity": 1, "list_fen": 59900, "paid_fen": 53900}]
}]}))]
pub struct OrderBatchRequest {
    /// 1 to 1,000 orders.
    #[garde(custom(a_batch))]
    #[schema(value_type = Vec<OrderRequest>, min_items = 1, max_items = 1000)]
    pub(super) orders: Items,
}

/// An order as the service takes it.
///
/// # Errors
/// `order_currency_unsupported`, `invalid_fields`; pointers are relative to the order.
pub(super) fn into_order(request: OrderRequest) -> Result<OrderIn> {
    check_currency(&request.currency)?;
    let payment = |payment: OrderPaymentRequest| PaymentIn {
        method: payment.method,
        paid: Fen(payment.paid_fen),
    };
    Ok(OrderIn {
        number: Number { channel: request.channel, external_no: request.external_no },
        version: request.version,
        status: request.status,
        occurred_at: request.occurred_at.trunc_subsecs(3),
        customer: request.customer.map(into_customer).transpose()?,
        store_code: request.store_code,
        guide_no: request.guide_no,
        lines: request.lines.into_iter().map(into_line).collect(),
        payments: request.payments.into_iter().map(payment).collect(),
        paid: Fen(request.paid_fen),
        points_receipt: request.points_receipt_no,
    })
}

pub(super) fn check_currency(currency: &str) -> Result<()> {
    if currency == "CNY" {
        return Ok(());
    }
    let error = Error::from(error::ORDER_CURRENCY_UNSUPPORTED);
    Err(error.at("/currency", "currency", "仅支持 CNY", "only CNY is supported"))
}

fn into_customer(request: OrderCustomerRequest) -> Result<Customer> {
    let phone = request.phone.as_deref().map(|phone| {
        Mobile::parse(phone).map_err(|_| {
            let (zh, en) = ("不是有效的手机号", "not a mainland mobile number");
            Error::field("/customer/phone", "mobile", zh, en)
        })
    });
    let open_id = match (request.app_id, request.open_id) {
        (None, None) => None,
        (Some(app_id), Some(open_id)) => Some((app_id, open_id)),
        (None, Some(_)) => return Err(incomplete("/customer/app_id")),
        (Some(_), None) => return Err(incomplete("/customer/open_id")),
    };
    Ok(Customer {
        phone: phone.transpose()?,
        card: request.card_no,
        union_id: request.union_id,
        open_id,
        buyer_id: request.marketplace_buyer_id,
    })
}

fn incomplete(pointer: &str) -> Error {
    let (zh, en) = ("open_id 与 app_id 须同时提供", "open_id and app_id go together");
    Error::field(pointer, "missing", zh, en)
}

fn into_line(line: OrderLineRequest) -> LineIn {
    LineIn {
        line_no: line.line_no,
        sku_code: line.sku_code,
        name: line.name,
        style_code: line.style_code,
        colour: line.colour,
        size: line.size,
        category: line.category,
        season: line.season,
        price_band: line.price_band,
        style_tag: line.style_tag,
        quantity: line.quantity,
        list: Fen(line.list_fen),
        paid: Fen(line.paid_fen),
    }
}
