//! Stock as it is reported, and what its reporters are answered.

use chrono::{DateTime, SubsecRound, Utc};
use entity::codes::ProductState;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalog::service::{Level, StockAct, StockAt, StockOutcome, StockReport, StockResult};
use crate::http::items::{ItemProblem, Items, a_batch};
use crate::http::problem::{Language, Refusal};
use crate::http::text::plain;
use crate::http::{Error, Result};

/// What happened to goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StockMoveWord {
    /// They came in from outside.
    Receive,
    /// They were sold.
    Sell,
    /// A customer brought them back.
    Return,
    /// They were sent to `to_store_code`: out there and in here are one.
    Transfer,
    /// Corrected by hand; `quantity` is below zero for what is lost.
    Adjust,
}

/// A line of a document that moved stock.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "document_no": "SH001-20261121-0042", "line_no": 1, "kind": "sell", "sku_code": "D100-RED-M", "store_code": "SH001",
    "quantity": 1, "occurred_at": "2026-11-21T06:30:00Z"
}))]
pub struct StockMoveRequest {
    /// Your number of the document; with `line_no` it moves stock once for ever.
    #[garde(skip)]
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$")]
    pub document_no: String,
    /// Line of the document.
    #[garde(skip)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub line_no: i32,
    /// What happened.
    #[garde(skip)]
    pub kind: StockMoveWord,
    /// Of what.
    #[garde(skip)]
    #[schema(min_length = 1, max_length = 64)]
    pub sku_code: String,
    /// Where.
    #[garde(skip)]
    #[schema(min_length = 1, max_length = 64)]
    pub store_code: String,
    /// Where a transfer goes; with no other kind.
    #[garde(skip)]
    #[schema(min_length = 1, max_length = 64)]
    pub to_store_code: Option<String>,
    /// Pieces, at least 1; of an adjustment not 0.
    #[garde(skip)]
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    pub quantity: i64,
    /// Business time, at most five minutes ahead; kept to the millisecond.
    #[garde(skip)]
    pub occurred_at: DateTime<Utc>,
}

/// What the service takes.
pub(super) fn into_report(sent: StockMoveRequest) -> Result<StockReport> {
    let StockMoveRequest { kind, quantity, to_store_code, .. } = sent;
    let act = match (kind, to_store_code) {
        (StockMoveWord::Transfer, Some(to)) => StockAct::Transfer { pieces: quantity, to },
        (StockMoveWord::Transfer, None) => {
            return Err(Error::field(
                "/to_store_code",
                "missing",
                "调拨需要调入门店",
                "is missing",
            ));
        }
        (_, Some(_)) => {
            let en = "only a transfer has one";
            return Err(Error::field("/to_store_code", "invalid", "仅调拨可填写", en));
        }
        (StockMoveWord::Receive, None) => StockAct::Receive(quantity),
        (StockMoveWord::Sell, None) => StockAct::Sell(quantity),
        (StockMoveWord::Return, None) => StockAct::Return(quantity),
        (StockMoveWord::Adjust, None) => StockAct::Adjust(quantity),
    };
    Ok(StockReport {
        document_no: sent.document_no,
        line_no: Some(sent.line_no),
        sku_code: sent.sku_code,
        store_code: sent.store_code,
        act,
        at: sent.occurred_at.trunc_subsecs(3),
    })
}

/// A SKU of a count: how many are there, as of when.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "count_no": "PD-SH001-20261121", "sku_code": "D100-RED-M", "store_code": "SH001", "on_hand": 4,
    "counted_at": "2026-11-21T22:00:00+08:00"
}))]
pub struct StockCountRequest {
    /// Your number of the count; each SKU in each store is counted once in it for ever.
    #[garde(skip)]
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$")]
    pub count_no: String,
    /// Of what.
    #[garde(skip)]
    #[schema(min_length = 1, max_length = 64)]
    pub sku_code: String,
    /// Where.
    #[garde(skip)]
    #[schema(min_length = 1, max_length = 64)]
    pub store_code: String,
    /// Pieces that are there.
    #[garde(skip)]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub on_hand: i64,
    /// As of when: what happened until then is in it.
    #[garde(skip)]
    pub counted_at: DateTime<Utc>,
}

/// What the service takes; it checks everything.
#[expect(clippy::unnecessary_wraps, reason = "as items of batches are read")]
pub(super) fn into_count(sent: StockCountRequest) -> Result<StockReport> {
    Ok(StockReport {
        document_no: sent.count_no,
        line_no: None,
        sku_code: sent.sku_code,
        store_code: sent.store_code,
        act: StockAct::Count(sent.on_hand),
        at: sent.counted_at.trunc_subsecs(3),
    })
}

/// Up to 1,000 lines of documents.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"moves": [{
    "document_no": "SH001-20261121-0042", "line_no": 1, "kind": "sell", "sku_code": "D100-RED-M", "store_code": "SH001",
    "quantity": 1, "occurred_at": "2026-11-21T06:30:00Z"
}]}))]
pub struct StockMoveBatchRequest {
    /// 1 to 1,000 lines.
    #[garde(custom(a_batch))]
    #[schema(value_type = Vec<StockMoveRequest>, min_items = 1, max_items = 1000)]
    pub moves: Items,
}

/// Up to 1,000 SKUs that were counted.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"counts": [{
    "count_no": "PD-SH001-20261121", "sku_code": "D100-RED-M", "store_code": "SH001", "on_hand": 4,
    "counted_at": "2026-11-21T14:00:00Z"
}]}))]
pub struct StockCountBatchRequest {
    /// 1 to 1,000 SKUs.
    #[garde(custom(a_batch))]
    #[schema(value_type = Vec<StockCountRequest>, min_items = 1, max_items = 1000)]
    pub counts: Items,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StockItemResult {
    /// It moved stock.
    Moved,
    /// It was written before: a resend.
    Unchanged,
    /// It was written, and moved nothing: a later count has it in it.
    Absorbed,
    /// Refused; `problem` says why. Nothing of it was kept.
    Refused,
}

/// What became of one line of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct StockBatchItem {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// Its number, as far as it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// In one word.
    pub result: StockItemResult,
    /// Where it left the stock of its `store_code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<Pieces>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ItemProblem>,
}

/// Pieces of a SKU in a store.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({"on_hand": 4, "held": 1, "available": 3, "short": 0}))]
pub struct Pieces {
    /// Pieces there.
    pub on_hand: i64,
    /// Of these, pieces that are promised.
    pub held: i64,
    /// The others: what can be promised.
    pub available: i64,
    /// Pieces that left beyond what was known to be there: a discrepancy to look into.
    pub short: i64,
}

impl From<Level> for Pieces {
    fn from(level: Level) -> Self {
        let Level { on_hand, held, short, .. } = level;
        Self { on_hand, held, available: level.available(), short }
    }
}

/// How many lines of a batch became what.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct StockBatchCounts {
    /// Moved stock.
    pub moved: usize,
    /// Written before.
    pub unchanged: usize,
    /// In a later count already.
    pub absorbed: usize,
    /// Refused.
    pub refused: usize,
}

/// What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "results": [
        {"index": 0, "number": "SH001-20261121-0042", "result": "moved",
         "stock": {"on_hand": 0, "held": 0, "available": 0, "short": 1}},
        {"index": 1, "number": "SH001-20261121-0043", "result": "refused",
         "problem": {"code": "stock_sku_unknown", "errcode": 12410, "errmsg": "没有这个 SKU",
            "errors": [{"pointer": "/moves/1/sku_code", "rule": "unknown", "message": "没有这个 SKU"}]}}
    ],
    "counts": {"moved": 1, "unchanged": 0, "absorbed": 0, "refused": 1}
}))]
pub struct StockBatchResponse {
    /// Of each line, in the sequence sent.
    pub results: Vec<StockBatchItem>,
    /// In numbers.
    pub counts: StockBatchCounts,
}

/// The answer to a batch, whose items stand in `list`.
pub(super) fn batch_response(
    list: &str,
    numbers: Vec<Option<String>>,
    results: Vec<std::result::Result<StockResult, Refusal>>,
    language: Language,
) -> StockBatchResponse {
    let mut counts = StockBatchCounts::default();
    let mut items = Vec::with_capacity(results.len());
    for (index, (number, result)) in numbers.into_iter().zip(results).enumerate() {
        let posted = result.and_then(|result| result);
        let (result, count) = match posted.as_ref().map(|posted| posted.outcome) {
            Ok(StockOutcome::Moved) => (StockItemResult::Moved, &mut counts.moved),
            Ok(StockOutcome::Unchanged) => (StockItemResult::Unchanged, &mut counts.unchanged),
            Ok(StockOutcome::Absorbed) => (StockItemResult::Absorbed, &mut counts.absorbed),
            Err(_) => (StockItemResult::Refused, &mut counts.refused),
        };
        *count += 1;
        let stock = posted.as_ref().ok().map(|posted| posted.now.into());
        let place = format!("/{list}/{index}");
        let problem = posted.err().map(|refusal| ItemProblem::new(&refusal, language, &place));
        items.push(StockBatchItem { index, number, result, stock, problem });
    }
    StockBatchResponse { results: items, counts }
}

/// The stock of a SKU in a store.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "sku_code": "D100-RED-M", "colour": "红", "size": "M", "state": "active", "store_code": "SH001", "store_name": "南京路店",
    "stock": {"on_hand": 4, "held": 1, "available": 3, "short": 0}, "version": 17,
    "counted_at": "2026-11-20T14:00:00Z"
}))]
pub struct StockDetails {
    /// Of what.
    pub sku_code: String,
    /// Its colour; may be empty.
    pub colour: String,
    /// Its size; may be empty.
    pub size: String,
    /// Whether it is still sold.
    pub state: ProductState,
    /// Where.
    pub store_code: String,
    /// What the store is called.
    pub store_name: String,
    /// How many.
    pub stock: Pieces,
    /// Counts the moves, as in the event `stock.changed`; 0 where nothing ever was.
    pub version: i64,
    /// As of when it was counted last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted_at: Option<DateTime<Utc>>,
}

impl From<StockAt> for StockDetails {
    fn from(at: StockAt) -> Self {
        Self {
            sku_code: at.sku.code,
            colour: at.sku.colour,
            size: at.sku.size,
            state: at.sku.state,
            store_code: at.store.code,
            store_name: at.store.name,
            stock: at.level.into(),
            version: at.version,
            counted_at: at.level.counted_at,
        }
    }
}

/// Of which SKUs in which stores the stock is asked for.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"sku_codes": ["D100-RED-M", "D100-RED-S"], "store_codes": ["SH001"]}))]
pub struct StockAskRequest {
    /// 1 to 100 SKUs.
    #[garde(length(min = 1, max = 100), inner(custom(plain::<64>)))]
    #[schema(min_items = 1, max_items = 100)]
    pub sku_codes: Vec<String>,
    /// 1 to 100 stores.
    #[garde(length(min = 1, max = 100), inner(custom(plain::<64>)))]
    #[schema(min_items = 1, max_items = 100)]
    pub store_codes: Vec<String>,
}

/// The stock of each SKU in each store that was asked for.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"items": [{
    "sku_code": "D100-RED-M", "colour": "红", "size": "M", "state": "active", "store_code": "SH001", "store_name": "南京路店",
    "stock": {"on_hand": 4, "held": 1, "available": 3, "short": 0}, "version": 17
}]}))]
pub struct StockAnswer {
    /// By SKU, then by store, in the sequence asked for; also where nothing ever was.
    pub items: Vec<StockDetails>,
}
