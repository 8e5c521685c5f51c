//! `/v1/open/stock`: what happened, and what is there.

use actix_web::web::{Json, ThinData};
use actix_web::{HttpRequest, post};

use super::stock_wire::{
    StockAnswer, StockAskRequest, StockBatchResponse, StockCountBatchRequest,
    StockMoveBatchRequest, batch_response, into_count, into_report,
};
use crate::app::App;
use crate::catalog::service::{self, Reporter};
use crate::http::context::language;
use crate::http::items::each;
use crate::http::{BatchBody, Body, Problem, Result};
use crate::partners::caller::{CatalogRead, PartnerCaller, StockWrite};

/// Report up to 1,000 movements of stock
///
/// Needs the scope `stock:write`. Each line has its own result, in the sequence sent; one that is refused spoils no other.
/// A line of a document moves stock once for ever: sending it again changes nothing, with other content it is refused. What
/// happened is never refused for want of stock: what left beyond what was known to be there is `short`, and what comes
/// in later pays for it first, so that lines may come in any sequence.
#[utoipa::path(
    tag = "stock",
    security(("partner_key" = ["stock:write"])),
    request_body = StockMoveBatchRequest,
    responses(
        (status = 200, body = StockBatchResponse, description = "What became of each."),
        (status = 400, body = Problem, description = "bad_json: the batch itself, not a line in it"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields: no lines, or more than 1,000"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable: lines written before stay, send the batch again"),
    )
)]
#[post("/stock/moves:batch")]
pub(super) async fn send_stock_move_batch(
    app: ThinData<App>,
    caller: PartnerCaller<StockWrite>,
    request: HttpRequest,
    body: BatchBody<StockMoveBatchRequest>,
) -> Result<Json<StockBatchResponse>> {
    let (items, who) = (body.0.moves, Reporter::Partner(caller.partner));
    let report = async |moves: Vec<_>| service::report_stock(&app, &who, &moves).await;
    let results = each(items.read(into_report), report).await?;
    let numbers = items.named("document_no");
    Ok(Json(batch_response("moves", numbers, results, language(&request))))
}

/// Report up to 1,000 counts
///
/// Needs the scope `stock:write`. Says how many are there as of a time: what happened until then is in it, whether it comes
/// before the count or after it; what is known to have happened since is added. A count that is older than one that is
/// known is refused. SKUs that a count leaves out stay as they are.
#[utoipa::path(
    tag = "stock",
    security(("partner_key" = ["stock:write"])),
    request_body = StockCountBatchRequest,
    responses(
        (status = 200, body = StockBatchResponse, description = "What became of each."),
        (status = 400, body = Problem, description = "bad_json: the batch itself, not a count in it"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields: no counts, or more than 1,000"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable: counts written before stay, send the batch again"),
    )
)]
#[post("/stock/counts:batch")]
pub(super) async fn send_stock_count_batch(
    app: ThinData<App>,
    caller: PartnerCaller<StockWrite>,
    request: HttpRequest,
    body: BatchBody<StockCountBatchRequest>,
) -> Result<Json<StockBatchResponse>> {
    let (items, who) = (body.0.counts, Reporter::Partner(caller.partner));
    let report = async |counts: Vec<_>| service::report_stock(&app, &who, &counts).await;
    let results = each(items.read(into_count), report).await?;
    let numbers = items.named("count_no");
    Ok(Json(batch_response("counts", numbers, results, language(&request))))
}

/// Ask for the stock of SKUs in stores
///
/// Needs the scope `catalog:read`. Up to 100 SKUs in up to 100 stores; each pair is answered, also where nothing ever was.
#[utoipa::path(
    tag = "stock",
    security(("partner_key" = ["catalog:read"])),
    request_body = StockAskRequest,
    responses(
        (status = 200, body = StockAnswer, description = "The stock of each pair."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, stock_sku_unknown, stock_store_unknown"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/stock:query")]
pub(super) async fn query_stock(
    app: ThinData<App>,
    _caller: PartnerCaller<CatalogRead>,
    body: Body<StockAskRequest>,
) -> Result<Json<StockAnswer>> {
    let StockAskRequest { sku_codes, store_codes } = body.value;
    let found = service::ask_stock(&app, &sku_codes, &store_codes).await?;
    Ok(Json(StockAnswer { items: found.into_iter().map(Into::into).collect() }))
}
