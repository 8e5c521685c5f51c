//! What is sent and answered at a two-phase checkout (PT-4).

use chrono::{DateTime, Utc};
use entity::codes::HoldState;
use entity::ids::{HoldId, MemberId, StoreId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::till::TillCustomer;
use crate::app::App;
use crate::http::text::{maybe_plain, number};
use crate::http::{Error, Result};
use crate::points::rules::MOST;
use crate::points::service::{Freezing, Held, OrderAmount, Quote, Stop};

/// What is to be paid: the sum, and the lines where points do not pay for everything.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount_fen": 59_900, "lines": [{"amount_fen": 59_900, "category": "连衣裙"}]}))]
pub struct CheckoutOrder {
    /// The whole order in fen, after every other discount.
    #[garde(range(min = 1, max = MOST))]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    pub amount_fen: i64,
    /// Its lines, together `amount_fen`; without them every yuan may be paid with points.
    #[garde(length(max = 500), dive)]
    #[serde(default)]
    #[schema(max_items = 500)]
    pub lines: Vec<CheckoutLine>,
}

/// A line of a checkout.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount_fen": 59_900, "category": "连衣裙"}))]
pub struct CheckoutLine {
    /// What it costs in fen.
    #[garde(range(min = 0, max = MOST))]
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub amount_fen: i64,
    /// Its category in the catalogue.
    #[garde(custom(maybe_plain::<64>))]
    #[schema(max_length = 64)]
    pub category: Option<String>,
}

impl CheckoutOrder {
    pub(super) fn amount(&self) -> Result<OrderAmount> {
        if self.lines.is_empty() {
            return Ok(OrderAmount { lines: vec![(None, self.amount_fen)] });
        }
        let lines = self.lines.iter().map(|line| (line.category.clone(), line.amount_fen));
        let lines: Vec<_> = lines.collect();
        if lines.iter().map(|line| line.1).sum::<i64>() != self.amount_fen {
            let en = "is not the sum of the lines";
            return Err(Error::field("/order/amount_fen", "sum", "与各行金额之和不符", en));
        }
        Ok(OrderAmount { lines })
    }
}

/// A question: how many points may pay?
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"member": {"phone": "13800138000"}, "order": {"amount_fen": 59_900}}))]
pub struct PointsQuoteRequest {
    /// Whose points.
    #[garde(dive)]
    pub member: TillCustomer,
    /// What is to be paid.
    #[garde(dive)]
    pub order: CheckoutOrder,
}

/// What keeps the customer from using more points.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuoteLimit {
    /// She has no more.
    Balance,
    /// Points pay no larger share of an order.
    OrderShare,
    /// Nothing in the order may be paid with points.
    NothingEligible,
}

/// How many points may pay for an order now.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "member_id": "mem_0698v9qe00t134m6ou6d8h2lak", "balance": 1240, "points": 1200, "deduction_fen": 1200,
    "eligible_fen": 59_900, "limit": "balance", "step": 100, "points_per_yuan": 100, "most_percent": 50
}))]
pub struct PointsQuote {
    /// Whose; after a merge the one who stays.
    pub member_id: MemberId,
    /// What she can spend now.
    pub balance: i64,
    /// Most points she may use for this order.
    pub points: i64,
    /// What those pay, in fen.
    pub deduction_fen: i64,
    /// What of the order may be paid with points at all, in fen.
    pub eligible_fen: i64,
    /// Why it is not more.
    pub limit: QuoteLimit,
    /// Points are used in multiples of this.
    pub step: u32,
    /// Points that pay one yuan.
    pub points_per_yuan: u32,
    /// Most of what is eligible that points may pay, in percent.
    pub most_percent: u8,
}

impl PointsQuote {
    pub(super) fn new(app: &App, (member_id, balance, quote): (MemberId, i64, Quote)) -> Self {
        let config = &app.config.points;
        Self {
            member_id,
            balance,
            points: quote.points,
            deduction_fen: quote.fen,
            eligible_fen: quote.eligible_fen,
            limit: match quote.limit {
                Stop::Balance => QuoteLimit::Balance,
                Stop::OrderShare => QuoteLimit::OrderShare,
                Stop::NothingEligible => QuoteLimit::NothingEligible,
            },
            step: config.step.get(),
            points_per_yuan: config.points_per_yuan.get(),
            most_percent: config.most_percent,
        }
    }
}

/// Points to be taken aside for a checkout.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "checkout_no": "SH01-20261121-C-0042", "member": {"phone": "13800138000"}, "points": 1200,
    "order": {"amount_fen": 59_900}, "store_code": "SH01"
}))]
pub struct PointsHoldRequest {
    /// The partner's own number of the checkout; holds points once, for ever, whatever the Idempotency-Key is.
    #[garde(custom(number))]
    #[schema(min_length = 1, max_length = 64)]
    pub checkout_no: String,
    /// Whose points.
    #[garde(dive)]
    pub member: TillCustomer,
    /// How many; the customer chooses.
    #[garde(range(min = 1, max = MOST))]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    pub points: i64,
    /// What they are to pay: then no more is held than a quote would allow, in multiples of the step.
    #[garde(dive)]
    pub order: Option<CheckoutOrder>,
    /// The store.
    #[garde(custom(maybe_plain::<64>))]
    #[schema(max_length = 64)]
    pub store_code: Option<String>,
}

/// How many of the held points are used.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"points": 1000}))]
pub struct PointsCaptureRequest {
    /// At most what is held; all of it when absent. The rest goes back.
    #[garde(inner(range(min = 1, max = MOST)))]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    pub points: Option<i64>,
}

/// Nothing to say.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub struct PointsReleaseRequest {}

/// Points held for a checkout.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "hld_0698v9qe00t134m6ou6d8h2lak", "checkout_no": "SH01-20261121-C-0042",
    "member_id": "mem_0698v9qe00t134m6ou6d8h2lak", "state": "held", "points": 1200, "captured": 0, "deduction_fen": 1200,
    "created_at": "2026-11-21T08:00:00Z", "lapses_at": "2026-11-21T08:30:00Z", "balance": 40
}))]
pub struct PointsHold {
    /// Id.
    pub id: HoldId,
    /// The partner's own number of the checkout.
    pub checkout_no: String,
    /// Whose; after a merge the one who stays.
    pub member_id: MemberId,
    /// Where it stands.
    pub state: HoldState,
    /// How many were taken aside.
    pub points: i64,
    /// How many of them were used in the end.
    pub captured: i64,
    /// What the points pay, in fen: those held, or once captured those used.
    pub deduction_fen: i64,
    /// The store, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_id: Option<StoreId>,
    /// When they were taken aside.
    pub created_at: DateTime<Utc>,
    /// From then on they cannot be used and go back by themselves.
    pub lapses_at: DateTime<Utc>,
    /// When they were used or went back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<DateTime<Utc>>,
    /// What the customer can spend now.
    pub balance: i64,
}

impl From<Held> for PointsHold {
    fn from(held: Held) -> Self {
        let row = held.row;
        Self {
            id: row.id,
            checkout_no: row.order_ref.unwrap_or_default(),
            member_id: row.member_id,
            state: row.state,
            points: row.amount,
            captured: row.captured,
            deduction_fen: held.fen,
            store_id: row.store_id,
            created_at: row.created_at,
            lapses_at: row.lapses_at,
            resolved_at: row.resolved_at,
            balance: held.balance,
        }
    }
}

impl PointsHoldRequest {
    pub(super) fn wish(&self) -> Result<Freezing> {
        Ok(Freezing {
            checkout_no: self.checkout_no.clone(),
            customer: self.member.customer()?,
            points: self.points,
            order: self.order.as_ref().map(CheckoutOrder::amount).transpose()?,
            store_code: self.store_code.clone(),
        })
    }
}
