//! What senders of orders are answered.

use entity::ids::{MemberId, OrderId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::items::ItemProblem;
use crate::http::problem::{Language, Refusal};
use crate::http::{Error, Result};
use crate::orders::service::{OrderOutcome, OrderResult, Warning};

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderItemResult {
    /// It is new.
    Created,
    /// It replaced an older version.
    Updated,
    /// It stood already: a resend.
    Unchanged,
    /// A newer version stands.
    IgnoredOlder,
    /// Refused; `problem` says why. Nothing of it was kept.
    Refused,
}

/// What an order was accepted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub enum OrderWarning {
    /// No store has that code.
    #[serde(rename = "store_unknown")]
    Store,
    /// No active guide has that number.
    #[serde(rename = "guide_unknown")]
    Guide,
    /// The catalogue lacks a SKU; its line is marked.
    #[serde(rename = "sku_unknown")]
    Sku,
}

impl From<Warning> for OrderWarning {
    fn from(warning: Warning) -> Self {
        match warning {
            Warning::StoreUnknown => Self::Store,
            Warning::GuideUnknown => Self::Guide,
            Warning::SkuUnknown => Self::Sku,
        }
    }
}

/// What became of an order that was sent alone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "result": "created", "external_no": "SH001-20261121-0042", "order_id": "ord_0698v9qe00t134m6ou6d8h2lak",
    "member_id": "mem_0698v9qe00t134m6ou6d8h2lak", "points": 1078, "campaign_points": 539,
    "warnings": []
}))]
pub struct OrderReceipt {
    /// In one word; never `refused`.
    pub result: OrderItemResult,
    /// Its number.
    pub external_no: String,
    /// Our id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_id: Option<MemberId>,
    /// Points it earned.
    pub points: i64,
    /// Of these, the points that a campaign added.
    pub campaign_points: i64,
    /// What it was accepted with.
    pub warnings: Vec<OrderWarning>,
}

/// What became of one order of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderBatchItem {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// Its number, as far as it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_no: Option<String>,
    /// In one word.
    pub result: OrderItemResult,
    /// Our id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_id: Option<MemberId>,
    /// Points it earned.
    pub points: i64,
    /// Of these, the points that a campaign added.
    pub campaign_points: i64,
    /// What it was accepted with.
    pub warnings: Vec<OrderWarning>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ItemProblem>,
}

/// How many orders of a batch became what.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct OrderBatchCounts {
    /// New.
    pub created: usize,
    /// Replaced an older version.
    pub updated: usize,
    /// Stood already.
    pub unchanged: usize,
    /// Older than what stands.
    pub ignored_older: usize,
    /// Refused.
    pub refused: usize,
}

/// What became of a batch of orders.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "results": [
        {"index": 0, "external_no": "SH001-20261121-0042", "result": "created",
         "order_id": "ord_0698v9qe00t134m6ou6d8h2lak", "member_id": "mem_0698v9qe00t134m6ou6d8h2lak",
         "points": 1078, "campaign_points": 539, "warnings": ["sku_unknown"]},
        {"index": 1, "external_no": "SH001-20261121-0043", "result": "refused", "points": 0, "campaign_points": 0,
         "warnings": [],
         "problem": {"code": "order_amounts_mismatch", "errcode": 11601, "errmsg": "金额合计不一致",
            "errors": [{"pointer": "/orders/1/lines", "rule": "sum", "message": "lines[].paid_fen 合计 1 分，应为 2 分"}]}}
    ],
    "counts": {"created": 1, "updated": 0, "unchanged": 0, "ignored_older": 0, "refused": 1}
}))]
pub struct OrderBatchResponse {
    /// Of each order, in the sequence sent.
    pub results: Vec<OrderBatchItem>,
    /// In numbers.
    pub counts: OrderBatchCounts,
}

/// The receipt of an order that was sent alone.
///
/// # Errors
/// What it was refused for.
pub(super) fn receipt(external_no: String, result: OrderResult) -> Result<OrderReceipt> {
    let word = match result.outcome {
        OrderOutcome::Refused(refusal) => return Err(Error::Refused(refusal)),
        outcome => word(&outcome),
    };
    Ok(OrderReceipt {
        result: word,
        external_no,
        order_id: result.order,
        member_id: result.member,
        points: result.points,
        campaign_points: result.campaign_points,
        warnings: result.warnings.into_iter().map(Into::into).collect(),
    })
}

const fn word(outcome: &OrderOutcome) -> OrderItemResult {
    match outcome {
        OrderOutcome::Created => OrderItemResult::Created,
        OrderOutcome::Updated => OrderItemResult::Updated,
        OrderOutcome::Unchanged => OrderItemResult::Unchanged,
        OrderOutcome::IgnoredOlder => OrderItemResult::IgnoredOlder,
        OrderOutcome::Refused(_) => OrderItemResult::Refused,
    }
}

/// The answer to a batch.
pub(super) fn batch_response(
    numbers: Vec<Option<String>>,
    results: Vec<std::result::Result<OrderResult, Refusal>>,
    language: Language,
) -> OrderBatchResponse {
    let mut counts = OrderBatchCounts::default();
    let item = |(index, (external_no, result)): (usize, (Option<String>, _))| {
        let item = batch_item(index, external_no, result, language);
        match item.result {
            OrderItemResult::Created => counts.created += 1,
            OrderItemResult::Updated => counts.updated += 1,
            OrderItemResult::Unchanged => counts.unchanged += 1,
            OrderItemResult::IgnoredOlder => counts.ignored_older += 1,
            OrderItemResult::Refused => counts.refused += 1,
        }
        item
    };
    let results = numbers.into_iter().zip(results).enumerate().map(item).collect();
    OrderBatchResponse { results, counts }
}

fn batch_item(
    index: usize,
    external_no: Option<String>,
    result: std::result::Result<OrderResult, Refusal>,
    language: Language,
) -> OrderBatchItem {
    let refused =
        |refusal: &Refusal| ItemProblem::new(refusal, language, &format!("/orders/{index}"));
    let (result, problem) = match result {
        Ok(OrderResult { outcome: OrderOutcome::Refused(refusal), .. }) => {
            (None, Some(refused(&refusal)))
        }
        Ok(result) => (Some(result), None),
        Err(refusal) => (None, Some(refused(&refusal))),
    };
    OrderBatchItem {
        index,
        external_no,
        result: result.as_ref().map_or(OrderItemResult::Refused, |result| word(&result.outcome)),
        order_id: result.as_ref().and_then(|result| result.order),
        member_id: result.as_ref().and_then(|result| result.member),
        points: result.as_ref().map_or(0, |result| result.points),
        campaign_points: result.as_ref().map_or(0, |result| result.campaign_points),
        warnings: result.into_iter().flat_map(|result| result.warnings).map(Into::into).collect(),
        problem,
    }
}
