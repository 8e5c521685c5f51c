//! `/v1/admin/products` and `/v1/guide/products`: the catalogue as staff read it.

use actix_web::get;
use actix_web::web::{Json, ThinData};
use chrono::{DateTime, Utc};
use entity::codes::ProductState;
use entity::ids::{ProductId, SkuId};
use entity::product;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::product_wire::SizeRow;
use crate::app::App;
use crate::catalog::service::{self, ProductFilter, WholeProduct};
use crate::http::text::maybe_plain;
use crate::http::{Cursor, Page, PathId, Problem, Query, Result};
use crate::staff::caller::{AdminCaller, GuideCaller};

/// A product in a list.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "prd_0698v9qe00t134m6ou6d8h2lak", "style_code": "D100", "version": 3, "state": "active", "name": "真丝连衣裙",
    "category": "连衣裙", "season": "2026春", "price_band": "300-600", "style_tag": "通勤", "material": "桑蚕丝 100%",
    "list_fen": 59_900, "updated_at": "2026-11-21T08:00:00Z"
}))]
pub struct ProductSummary {
    /// Our id of it.
    pub id: ProductId,
    /// Style number.
    pub style_code: String,
    /// The sender's number of it; 0 when we loaded it ourselves.
    pub version: i64,
    /// Whether it is still sold.
    pub state: ProductState,
    /// Name.
    pub name: String,
    /// Category.
    pub category: String,
    /// Season; may be empty.
    pub season: String,
    /// Price band; may be empty.
    pub price_band: String,
    /// Style; may be empty.
    pub style_tag: String,
    /// Material.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub material: Option<String>,
    /// List price in fen.
    pub list_fen: i64,
    /// Last change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<DateTime<Utc>>,
}

impl From<product::Model> for ProductSummary {
    fn from(row: product::Model) -> Self {
        Self {
            id: row.id,
            style_code: row.style_code,
            version: row.version,
            state: row.state,
            name: row.name,
            category: row.category,
            season: row.season,
            price_band: row.price_band,
            style_tag: row.style_tag,
            material: row.material,
            list_fen: row.list_fen.0,
            updated_at: row.updated_at,
        }
    }
}

/// A product with its SKUs.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "product": {
        "id": "prd_0698v9qe00t134m6ou6d8h2lak", "style_code": "D100", "version": 3, "state": "active",
        "name": "真丝连衣裙", "category": "连衣裙", "season": "2026春", "price_band": "300-600", "style_tag": "通勤",
        "list_fen": 59_900, "updated_at": "2026-11-21T08:00:00Z"
    },
    "size_chart": [{"size": "M", "measures_mm": {"胸围": 920, "衣长": 1_100}}],
    "skus": [{"id": "sku_0698v9qe00t134m6ou6d8h2lak", "sku_code": "D100-RED-M", "colour": "红", "size": "M",
        "state": "active"}]
}))]
pub struct ProductDetails {
    /// The product.
    pub product: ProductSummary,
    /// Measures by size; absent when nobody sent any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_chart: Option<Vec<SizeRow>>,
    /// Its SKUs as they were sent, also those that are not sold any more.
    pub skus: Vec<SkuDetails>,
}

/// A product in one colour and size.
#[derive(Serialize, ToSchema)]
pub struct SkuDetails {
    /// Our id of it.
    pub id: SkuId,
    /// The retailer's code.
    pub sku_code: String,
    /// Colour; may be empty.
    pub colour: String,
    /// Size; may be empty.
    pub size: String,
    /// Whether it is still sold.
    pub state: ProductState,
}

impl From<WholeProduct> for ProductDetails {
    fn from(mut whole: WholeProduct) -> Self {
        let chart = whole.product.size_chart.take();
        let sku = |row: entity::sku::Model| SkuDetails {
            id: row.id,
            sku_code: row.code,
            colour: row.colour,
            size: row.size,
            state: row.state,
        };
        Self {
            product: whole.product.into(),
            size_chart: chart.map(|chart| chart.0.into_iter().map(Into::into).collect()),
            skus: whole.skus.into_iter().map(sku).collect(),
        }
    }
}

/// Which products are listed.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProductQuery {
    /// Of this category.
    #[garde(custom(maybe_plain::<64>))]
    pub category: Option<String>,
    /// Of this season.
    #[garde(custom(maybe_plain::<64>))]
    pub season: Option<String>,
    /// In this state.
    #[garde(skip)]
    pub state: Option<ProductState>,
    /// Whose style number or name begins so.
    #[garde(custom(maybe_plain::<64>))]
    pub q: Option<String>,
    /// Where to read on: `next_cursor` of the page before.
    #[garde(length(max = 512))]
    pub cursor: Option<String>,
    /// Rows a page.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "some")]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub limit: u64,
}

const fn some() -> u64 {
    20
}

async fn page(app: &App, query: ProductQuery) -> Result<Json<Page<ProductSummary>>> {
    let cursor = query.cursor.as_deref();
    let after = cursor.map(|text| Cursor::read(&app.vault, "products", text)).transpose()?;
    let filter = ProductFilter {
        category: query.category,
        season: query.season,
        state: query.state,
        begins: query.q,
        after,
    };
    let rows = service::list(app, &filter, query.limit + 1).await?;
    let write = |row: &product::Model| Cursor::write(&app.vault, "products", &row.id);
    Ok(Json(Page::cut(rows, query.limit, write).map(Into::into)))
}

macro_rules! shown {
    ($list:ident, $get:ident, $caller:ty, $token:literal) => {
        /// List products
        ///
        /// The latest first.
        #[utoipa::path(
            tag = "catalog",
            security(($token = [])),
            params(ProductQuery),
            responses(
                (status = 200, body = Page<ProductSummary>, description = "A page of products.", example = json!({
                    "items": [{"id": "prd_0698v9qe00t134m6ou6d8h2lak", "style_code": "D100", "version": 3,
                        "state": "active", "name": "真丝连衣裙", "category": "连衣裙", "season": "2026春",
                        "price_band": "300-600", "style_tag": "通勤", "list_fen": 59_900}],
                    "has_more": false
                })),
                (status = 400, body = Problem, description = "bad_cursor"),
                (status = 401, body = Problem, description = "unauthenticated"),
                (status = 403, body = Problem, description = "forbidden"),
                (status = 422, body = Problem, description = "invalid_fields"),
                (status = 503, body = Problem, description = "unavailable"),
            )
        )]
        #[get("/products")]
        pub(super) async fn $list(
            app: ThinData<App>,
            _caller: $caller,
            query: Query<ProductQuery>,
        ) -> Result<Json<Page<ProductSummary>>> {
            page(&app, query.0).await
        }

        /// Read a product
        ///
        /// With all its SKUs, also those that are not sold any more, and its size chart.
        #[utoipa::path(
            tag = "catalog",
            security(($token = [])),
            params(("id" = ProductId, Path, description = "Which.")),
            responses(
                (status = 200, body = ProductDetails, description = "The product."),
                (status = 401, body = Problem, description = "unauthenticated"),
                (status = 403, body = Problem, description = "forbidden"),
                (status = 404, body = Problem, description = "not_found"),
                (status = 503, body = Problem, description = "unavailable"),
            )
        )]
        #[get("/products/{id}")]
        pub(super) async fn $get(
            app: ThinData<App>,
            _caller: $caller,
            id: PathId<ProductId>,
        ) -> Result<Json<ProductDetails>> {
            Ok(Json(service::find(&app, id.0).await?.into()))
        }
    };
}

shown!(list_admin_products, get_admin_product, AdminCaller, "admin_token");
shown!(list_guide_products, get_guide_product, GuideCaller, "guide_token");
