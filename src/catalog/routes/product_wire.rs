//! Products as they are sent, and what their senders are answered.

use std::collections::BTreeMap;

use entity::codes::ProductState;
use entity::ids::ProductId;
use entity::values::{Fen, SizeChart, SizeMeasures};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalog::service::{ProductIn, ProductOutcome, ProductResult, SkuIn};
use crate::http::Result;
use crate::http::items::{ItemProblem, Items, a_batch};
use crate::http::problem::{Language, Refusal};

/// A product with all its SKUs: whole, never a part. Send it again with a higher `version` whenever it changes.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "style_code": "D100", "version": 3, "name": "真丝连衣裙", "category": "连衣裙", "season": "2026春",
    "price_band": "300-600", "style_tag": "通勤", "material": "桑蚕丝 100%", "list_fen": 59_900,
    "size_chart": [
        {"size": "S", "measures_mm": {"胸围": 880, "衣长": 1_080}},
        {"size": "M", "measures_mm": {"胸围": 920, "衣长": 1_100}}
    ],
    "skus": [
        {"sku_code": "D100-RED-S", "colour": "红", "size": "S"},
        {"sku_code": "D100-RED-M", "colour": "红", "size": "M"}
    ]
}))]
pub struct ProductRequest {
    /// The retailer's style number.
    #[garde(skip)]
    #[schema(min_length = 1, max_length = 64)]
    pub style_code: String,
    /// Counts the changes; an older version never overwrites a newer one. The time of the change in milliseconds will do.
    #[garde(skip)]
    #[serde(default = "first")]
    #[schema(minimum = 1, default = 1)]
    pub version: i64,
    /// Whether it is still sold.
    #[garde(skip)]
    #[serde(default = "active")]
    #[schema(default = "active")]
    pub state: ProductState,
    /// Name shown.
    #[garde(skip)]
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Category, such as 连衣裙.
    #[garde(skip)]
    #[schema(min_length = 1, max_length = 64)]
    pub category: String,
    /// Season, such as 2026春.
    #[garde(skip)]
    #[schema(min_length = 1, max_length = 64)]
    pub season: Option<String>,
    /// Price band, such as 300-600.
    #[garde(skip)]
    #[schema(min_length = 1, max_length = 64)]
    pub price_band: Option<String>,
    /// Style, such as 通勤.
    #[garde(skip)]
    #[schema(min_length = 1, max_length = 64)]
    pub style_tag: Option<String>,
    /// Material, such as 桑蚕丝 100%.
    #[garde(skip)]
    #[schema(min_length = 1, max_length = 200)]
    pub material: Option<String>,
    /// List price in fen.
    #[garde(skip)]
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    pub list_fen: i64,
    /// Measures by size, in the sequence in which they are shown; every size has the same measures.
    #[garde(skip)]
    #[schema(min_items = 1, max_items = 50)]
    pub size_chart: Option<Vec<SizeRow>>,
    /// Every SKU of it, in the sequence in which they are shown. One that is left out is not sold any more.
    #[garde(skip)]
    #[schema(min_items = 1, max_items = 500)]
    pub skus: Vec<SkuRequest>,
}

const fn first() -> i64 {
    1
}

const fn active() -> ProductState {
    ProductState::Active
}

/// A product in one colour and size.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SkuRequest {
    /// The retailer's code, unique in the catalogue; it stays with its product.
    #[schema(min_length = 1, max_length = 64)]
    pub sku_code: String,
    /// Colour.
    #[schema(min_length = 1, max_length = 64)]
    pub colour: Option<String>,
    /// Size.
    #[schema(min_length = 1, max_length = 32)]
    pub size: Option<String>,
    /// Whether it is still sold.
    #[serde(default = "active")]
    #[schema(default = "active")]
    pub state: ProductState,
}

/// Measures of one size.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SizeRow {
    /// Size, as on the SKU.
    #[schema(min_length = 1, max_length = 32)]
    pub size: String,
    /// Measures such as 胸围, in millimetres (1 to 5,000).
    pub measures_mm: BTreeMap<String, i64>,
}

impl From<SizeMeasures> for SizeRow {
    fn from(row: SizeMeasures) -> Self {
        Self { size: row.size, measures_mm: row.measures_mm }
    }
}

/// What the service takes; it checks everything.
#[expect(clippy::unnecessary_wraps, reason = "as items of batches are read")]
pub(super) fn into_product(sent: ProductRequest) -> Result<ProductIn> {
    let chart = sent.size_chart.map(|rows| {
        let row = |row: SizeRow| SizeMeasures { size: row.size, measures_mm: row.measures_mm };
        SizeChart(rows.into_iter().map(row).collect())
    });
    let sku = |sku: SkuRequest| SkuIn {
        code: sku.sku_code,
        colour: sku.colour.unwrap_or_default(),
        size: sku.size.unwrap_or_default(),
        state: sku.state,
    };
    Ok(ProductIn {
        style_code: sent.style_code,
        version: sent.version,
        state: sent.state,
        name: sent.name,
        category: sent.category,
        season: sent.season.unwrap_or_default(),
        price_band: sent.price_band.unwrap_or_default(),
        style_tag: sent.style_tag.unwrap_or_default(),
        material: sent.material,
        list: Fen(sent.list_fen),
        size_chart: chart,
        skus: sent.skus.into_iter().map(sku).collect(),
    })
}

/// Up to 1,000 products.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"products": [{
    "style_code": "D100", "version": 3, "name": "真丝连衣裙", "category": "连衣裙", "list_fen": 59_900,
    "skus": [{"sku_code": "D100-RED-M", "colour": "红", "size": "M"}]
}]}))]
pub struct ProductBatchRequest {
    /// 1 to 1,000 products.
    #[garde(custom(a_batch))]
    #[schema(value_type = Vec<ProductRequest>, min_items = 1, max_items = 1000)]
    pub products: Items,
}

/// What became of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductItemResult {
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

/// What became of one product of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductBatchItem {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// Its style number, as far as it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style_code: Option<String>,
    /// In one word.
    pub result: ProductItemResult,
    /// Our id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ItemProblem>,
}

/// How many products of a batch became what.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ProductBatchCounts {
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

/// What became of a batch of products.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "results": [
        {"index": 0, "style_code": "D100", "result": "created", "product_id": "prd_0698v9qe00t134m6ou6d8h2lak"},
        {"index": 1, "style_code": "D101", "result": "refused",
         "problem": {"code": "sku_of_other_product", "errcode": 12402, "errmsg": "该 SKU 已属于其他款式",
            "errors": [{"pointer": "/products/1/skus/0/sku_code", "rule": "taken", "message": "已属于其他款式"}]}}
    ],
    "counts": {"created": 1, "updated": 0, "unchanged": 0, "ignored_older": 0, "refused": 1}
}))]
pub struct ProductBatchResponse {
    /// Of each product, in the sequence sent.
    pub results: Vec<ProductBatchItem>,
    /// In numbers.
    pub counts: ProductBatchCounts,
}

/// The answer to a batch.
pub(super) fn batch_response(
    codes: Vec<Option<String>>,
    results: Vec<std::result::Result<ProductResult, Refusal>>,
    language: Language,
) -> ProductBatchResponse {
    let mut counts = ProductBatchCounts::default();
    let pairs = codes.into_iter().zip(results).enumerate();
    let item = |(index, (style_code, result)): (usize, (Option<String>, _))| {
        let item = batch_item(index, style_code, result, language);
        let count = match item.result {
            ProductItemResult::Created => &mut counts.created,
            ProductItemResult::Updated => &mut counts.updated,
            ProductItemResult::Unchanged => &mut counts.unchanged,
            ProductItemResult::IgnoredOlder => &mut counts.ignored_older,
            ProductItemResult::Refused => &mut counts.refused,
        };
        *count += 1;
        item
    };
    let results = pairs.map(item).collect();
    ProductBatchResponse { results, counts }
}

fn batch_item(
    index: usize,
    style_code: Option<String>,
    result: std::result::Result<ProductResult, Refusal>,
    language: Language,
) -> ProductBatchItem {
    let (result, product_id, refusal) = match result {
        Err(refusal) => (ProductItemResult::Refused, None, Some(refusal)),
        Ok(ProductResult { outcome, product }) => match outcome {
            ProductOutcome::Created => (ProductItemResult::Created, product, None),
            ProductOutcome::Updated => (ProductItemResult::Updated, product, None),
            ProductOutcome::Unchanged => (ProductItemResult::Unchanged, product, None),
            ProductOutcome::IgnoredOlder => (ProductItemResult::IgnoredOlder, product, None),
            ProductOutcome::Refused(refusal) => (ProductItemResult::Refused, None, Some(*refusal)),
        },
    };
    let place = format!("/products/{index}");
    let problem = refusal.map(|refusal| ItemProblem::new(&refusal, language, &place));
    ProductBatchItem { index, style_code, result, product_id, problem }
}
