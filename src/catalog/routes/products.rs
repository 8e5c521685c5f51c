//! `/v1/open/products`.

use actix_web::web::{Json, Path, ThinData};
use actix_web::{HttpRequest, get, post};

use super::product_wire::{
    ProductBatchRequest, ProductBatchResponse, batch_response, into_product,
};
use super::shown::ProductDetails;
use crate::app::App;
use crate::catalog::service;
use crate::http::context::language;
use crate::http::items::each;
use crate::http::{BatchBody, Problem, Result};
use crate::partners::caller::{CatalogRead, CatalogWrite, PartnerCaller};

/// Send up to 1,000 products
///
/// Needs the scope `catalog:write`. Each product has its own result, in the sequence sent; one that is refused spoils no
/// other, and may be sent again when it is mended. Sending it again changes nothing; a changed product is sent whole with a
/// higher `version`, an older version is ignored. `state: "discontinued"` stops a product or a SKU.
#[utoipa::path(
    tag = "catalog",
    security(("partner_key" = ["catalog:write"])),
    request_body = ProductBatchRequest,
    responses(
        (status = 200, body = ProductBatchResponse, description = "What became of each."),
        (status = 400, body = Problem, description = "bad_json: the batch itself, not a product in it"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields: no products, or more than 1,000"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable: products written before stay, send the batch again"),
    )
)]
#[post("/products:batch")]
pub(super) async fn send_product_batch(
    app: ThinData<App>,
    _caller: PartnerCaller<CatalogWrite>,
    request: HttpRequest,
    body: BatchBody<ProductBatchRequest>,
) -> Result<Json<ProductBatchResponse>> {
    let items = body.0.products;
    let upsert = async |products| service::upsert(&app, products).await;
    let results = each(items.read(into_product), upsert).await?;
    Ok(Json(batch_response(items.named("style_code"), results, language(&request))))
}

/// Read a product
///
/// Needs the scope `catalog:read`. With all its SKUs, also those that are not sold any more.
#[utoipa::path(
    tag = "catalog",
    security(("partner_key" = ["catalog:read"])),
    params(("style_code" = String, Path, description = "Its style number.", example = "D100")),
    responses(
        (status = 200, body = ProductDetails, description = "The product."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/products/{style_code}")]
pub(super) async fn read_product(
    app: ThinData<App>,
    _caller: PartnerCaller<CatalogRead>,
    path: Path<String>,
) -> Result<Json<ProductDetails>> {
    Ok(Json(service::find_by_code(&app, &path).await?.into()))
}
