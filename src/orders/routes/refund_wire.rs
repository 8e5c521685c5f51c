//! Refunds on the wire.

use chrono::{DateTime, SubsecRound, Utc};
use entity::codes::Channel;
use entity::ids::{OrderId, RefundId};
use entity::values::Fen;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::order_wire::check_currency;
use super::text::number;
use crate::http::items::{ItemProblem, Items, a_batch};
use crate::http::problem::{Language, Refusal};
use crate::http::{Error, Result};
use crate::orders::service::{
    Number, RefundIn, RefundLineIn, RefundOutcome, RefundResult, RefundState,
};

/// A refund of an order, whole or in part. It may come before its order: then it waits.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "channel": "pos", "external_no": "R-20261122-0003", "order_external_no": "SH001-20261121-0042",
    "occurred_at": "2026-11-22T03:10:00Z", "amount_fen": 53900,
    "lines": [{"line_no": 1, "quantity": 1, "amount_fen": 53900}]
}))]
pub struct RefundRequest {
    /// Where its order was placed.
    #[garde(skip)]
    pub channel: Channel,
    /// Number of the refund, unique in its channel.
    #[garde(custom(number))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$")]
    pub external_no: String,
    /// Number of the order.
    #[garde(custom(number))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$")]
    pub order_external_no: String,
    /// Business time. At most 24 hours ahead; kept to the millisecond.
    #[garde(skip)]
    pub occurred_at: DateTime<Utc>,
    /// `CNY`.
    #[garde(skip)]
    #[serde(default = "cny")]
    #[schema(default = "CNY")]
    pub currency: String,
    /// Refunded in all: the sum of the lines.
    #[garde(skip)]
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    pub amount_fen: i64,
    /// Of which lines. Without any, the amount is spread over whatever the order has left, by what was paid.
    #[garde(length(max = 500), dive)]
    #[serde(default)]
    #[schema(max_items = 500)]
    pub lines: Vec<RefundLineRequest>,
}

fn cny() -> String {
    "CNY".to_owned()
}

/// What of a line is refunded.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundLineRequest {
    /// The line.
    #[garde(range(min = 1, max = 1_000_000))]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub line_no: i32,
    /// Pieces that came back; 0 for money alone.
    #[garde(range(min = 0, max = 1_000_000))]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub quantity: i32,
    /// Amount.
    #[garde(skip)]
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    pub amount_fen: i64,
}

/// Many refunds, each with its own result.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refunds": [{
    "channel": "pos", "external_no": "R-20261122-0003", "order_external_no": "SH001-20261121-0042",
    "occurred_at": "2026-11-22T03:10:00Z", "amount_fen": 53900
}]}))]
pub struct RefundBatchRequest {
    /// 1 to 1,000 refunds.
    #[garde(custom(a_batch))]
    #[schema(value_type = Vec<RefundRequest>, min_items = 1, max_items = 1000)]
    pub(super) refunds: Items,
}

/// What became of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundItemResult {
    /// It was booked.
    Applied,
    /// It is kept until its order is here and paid, and booked with it.
    Waiting,
    /// It is kept and changes nothing: its order is cancelled, which took back everything.
    WithoutEffect,
    /// It stood already: a resend. `state` says where it stands.
    Unchanged,
    /// Refused; `problem` says why. Nothing of it was kept.
    Refused,
}

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundItemState {
    /// Booked.
    Applied,
    /// Waits for its order.
    Waiting,
    /// Kept, changes nothing; `reason` says why.
    WithoutEffect,
}

impl RefundItemState {
    /// With the reason for one that has no effect.
    pub(super) fn of(state: RefundState) -> (Self, Option<String>) {
        match state {
            RefundState::Applied => (Self::Applied, None),
            RefundState::Waiting => (Self::Waiting, None),
            RefundState::WithoutEffect(code) => (Self::WithoutEffect, Some(code.code.to_owned())),
        }
    }
}

/// What became of a refund that was sent alone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "result": "applied", "external_no": "R-20261122-0003", "refund_id": "rfd_0698v9qe00t134m6ou6d8h2lak",
    "order_id": "ord_0698v9qe00t134m6ou6d8h2lak", "state": "applied", "points_reversed": 539,
    "shortfall_points": 0, "shortfall_fen": 0, "points_returned": 0
}))]
pub struct RefundReceipt {
    /// In one word; never `refused`.
    pub result: RefundItemResult,
    /// Its number.
    pub external_no: String,
    /// Our id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<RefundId>,
    /// Our id of its order, once that is here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<RefundItemState>,
    /// Why it has no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Points it took back.
    pub points_reversed: i64,
    /// Points that it could not take back because they were used: 0 unless `points.clawback` is `shortfall`.
    pub shortfall_points: i64,
    /// What those are worth, in fen: deduct it from the money given back.
    pub shortfall_fen: Fen,
    /// Of the points that paid for the order, those that it gave back.
    pub points_returned: i64,
}

/// What became of one refund of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefundBatchItem {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// Its number, as far as it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_no: Option<String>,
    /// In one word.
    pub result: RefundItemResult,
    /// Our id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<RefundId>,
    /// Our id of its order, once that is here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<RefundItemState>,
    /// Why it has no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Points it took back.
    pub points_reversed: i64,
    /// Points that it could not take back because they were used: 0 unless `points.clawback` is `shortfall`.
    pub shortfall_points: i64,
    /// What those are worth, in fen: deduct it from the money given back.
    pub shortfall_fen: Fen,
    /// Of the points that paid for the order, those that it gave back.
    pub points_returned: i64,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ItemProblem>,
}

/// How many refunds of a batch became what.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct RefundBatchCounts {
    /// Booked.
    pub applied: usize,
    /// Wait for their orders.
    pub waiting: usize,
    /// Kept, change nothing.
    pub without_effect: usize,
    /// Stood already.
    pub unchanged: usize,
    /// Refused.
    pub refused: usize,
}

/// What became of a batch of refunds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "results": [{"index": 0, "external_no": "R-20261122-0003", "result": "waiting",
                 "refund_id": "rfd_0698v9qe00t134m6ou6d8h2lak", "state": "waiting", "points_reversed": 0,
                 "shortfall_points": 0, "shortfall_fen": 0, "points_returned": 0}],
    "counts": {"applied": 0, "waiting": 1, "without_effect": 0, "unchanged": 0, "refused": 0}
}))]
pub struct RefundBatchResponse {
    /// Of each refund, in the sequence sent.
    pub results: Vec<RefundBatchItem>,
    /// In numbers.
    pub counts: RefundBatchCounts,
}

/// A refund as the service takes it.
///
/// # Errors
/// `order_currency_unsupported`; pointers are relative to the refund.
pub(super) fn into_refund(request: RefundRequest) -> Result<RefundIn> {
    check_currency(&request.currency)?;
    let line = |line: RefundLineRequest| RefundLineIn {
        line_no: line.line_no,
        quantity: line.quantity,
        amount: Fen(line.amount_fen),
    };
    Ok(RefundIn {
        number: Number { channel: request.channel, external_no: request.external_no },
        order_no: request.order_external_no,
        occurred_at: request.occurred_at.trunc_subsecs(3),
        amount: Fen(request.amount_fen),
        lines: request.lines.into_iter().map(line).collect(),
    })
}

pub(super) const fn word(outcome: &RefundOutcome, state: Option<RefundState>) -> RefundItemResult {
    match (outcome, state) {
        (RefundOutcome::Refused(_), _) => RefundItemResult::Refused,
        (RefundOutcome::Unchanged, _) => RefundItemResult::Unchanged,
        (RefundOutcome::Created, Some(RefundState::Waiting)) => RefundItemResult::Waiting,
        (RefundOutcome::Created, Some(RefundState::WithoutEffect(_))) => {
            RefundItemResult::WithoutEffect
        }
        (RefundOutcome::Created, Some(RefundState::Applied) | None) => RefundItemResult::Applied,
    }
}

/// The receipt of a refund that was sent alone.
///
/// # Errors
/// What it was refused for.
pub(super) fn receipt(external_no: String, result: RefundResult) -> Result<RefundReceipt> {
    let word = word(&result.outcome, result.state);
    if let RefundOutcome::Refused(refusal) = result.outcome {
        return Err(Error::Refused(refusal));
    }
    let (state, reason) = result.state.map(RefundItemState::of).unzip();
    Ok(RefundReceipt {
        result: word,
        external_no,
        refund_id: result.refund,
        order_id: result.order,
        state,
        reason: reason.flatten(),
        points_reversed: result.points_reversed,
        shortfall_points: result.shortfall_points,
        shortfall_fen: result.shortfall_fen,
        points_returned: result.points_returned,
    })
}

/// The answer to a batch.
pub(super) fn batch_response(
    numbers: Vec<Option<String>>,
    results: Vec<std::result::Result<RefundResult, Refusal>>,
    language: Language,
) -> RefundBatchResponse {
    let mut counts = RefundBatchCounts::default();
    let item = |(index, (external_no, result)): (usize, (Option<String>, _))| {
        let item = batch_item(index, external_no, result, language);
        match item.result {
            RefundItemResult::Applied => counts.applied += 1,
            RefundItemResult::Waiting => counts.waiting += 1,
            RefundItemResult::WithoutEffect => counts.without_effect += 1,
            RefundItemResult::Unchanged => counts.unchanged += 1,
            RefundItemResult::Refused => counts.refused += 1,
        }
        item
    };
    let results = numbers.into_iter().zip(results).enumerate().map(item).collect();
    RefundBatchResponse { results, counts }
}

fn batch_item(
    index: usize,
    external_no: Option<String>,
    result: std::result::Result<RefundResult, Refusal>,
    language: Language,
) -> RefundBatchItem {
    let refused =
        |refusal: &Refusal| ItemProblem::new(refusal, language, &format!("/refunds/{index}"));
    let (result, problem) = match result {
        Ok(RefundResult { outcome: RefundOutcome::Refused(refusal), .. }) => {
            (None, Some(refused(&refusal)))
        }
        Ok(result) => (Some(result), None),
        Err(refusal) => (None, Some(refused(&refusal))),
    };
    let state = result.as_ref().and_then(|result| result.state);
    let (wire_state, reason) = state.map(RefundItemState::of).unzip();
    RefundBatchItem {
        index,
        external_no,
        result: result
            .as_ref()
            .map_or(RefundItemResult::Refused, |result| word(&result.outcome, state)),
        refund_id: result.as_ref().and_then(|result| result.refund),
        order_id: result.as_ref().and_then(|result| result.order),
        state: wire_state,
        reason: reason.flatten(),
        points_reversed: result.as_ref().map_or(0, |result| result.points_reversed),
        shortfall_points: result.as_ref().map_or(0, |result| result.shortfall_points),
        shortfall_fen: result.as_ref().map_or(Fen(0), |result| result.shortfall_fen),
        points_returned: result.map_or(0, |result| result.points_returned),
        problem,
    }
}
