//! `/v1/open/refunds`.

use actix_web::web::{Json, ThinData};
use actix_web::{HttpRequest, post};

use super::preview_wire::RefundPreview;
use super::refund_wire::{
    RefundBatchRequest, RefundBatchResponse, RefundReceipt, RefundRequest, batch_response,
    into_refund, receipt,
};
use crate::app::App;
use crate::http::context::language;
use crate::http::items::each;
use crate::http::{BatchBody, Body, Error, Problem, Result};
use crate::orders::service;
use crate::partners::caller::{OrdersWrite, PartnerCaller};

/// Send a refund
///
/// Needs the scope `orders:write`. Takes back the points and growth of what is refunded, also when they were spent:
/// then the balance goes below zero. Sending it again changes nothing. One whose order is not here yet, or not paid,
/// waits and is booked with it; one of a cancelled order is kept without effect.
#[utoipa::path(
    tag = "orders",
    security(("partner_key" = ["orders:write"])),
    request_body = RefundRequest,
    responses(
        (status = 200, body = RefundReceipt, description = "What became of it."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 409, body = Problem, description = "refund_number_reused, order_number_taken"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, refund_exceeds_paid, refund_line_unknown, order_amounts_mismatch, order_amount_too_large, order_currency_unsupported, order_in_future, order_too_old"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 500, body = Problem, description = "internal_error"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/refunds")]
pub(super) async fn send_refund(
    app: ThinData<App>,
    caller: PartnerCaller<OrdersWrite>,
    body: Body<RefundRequest>,
) -> Result<Json<RefundReceipt>> {
    let refund = into_refund(body.value)?;
    let external_no = refund.number.external_no.clone();
    let result = service::ingest_refunds(&app, caller.partner, vec![refund]).await?.pop();
    let result = result.ok_or_else(|| Error::fault("a refund has no result"))?;
    receipt(external_no, result).map(Json)
}

/// Send up to 1,000 refunds
///
/// Needs the scope `orders:write`. Each refund has its own result, in the sequence sent; one that is refused spoils no
/// other.
#[utoipa::path(
    tag = "orders",
    security(("partner_key" = ["orders:write"])),
    request_body = RefundBatchRequest,
    responses(
        (status = 200, body = RefundBatchResponse, description = "What became of each."),
        (status = 400, body = Problem, description = "bad_json: the batch itself, not a refund in it"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields: no refunds, or more than 1,000"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable: refunds booked before stay, send the batch again"),
    )
)]
#[post("/refunds:batch")]
pub(super) async fn send_refund_batch(
    app: ThinData<App>,
    caller: PartnerCaller<OrdersWrite>,
    request: HttpRequest,
    body: BatchBody<RefundBatchRequest>,
) -> Result<Json<RefundBatchResponse>> {
    let items = body.0.refunds;
    let ingest = async |refunds| service::ingest_refunds(&app, caller.partner, refunds).await;
    let results = each(items.read(into_refund), ingest).await?;
    Ok(Json(batch_response(items.named("external_no"), results, language(&request))))
}

/// Preview a refund
///
/// Needs the scope `orders:write`. Takes the body of a refund and answers what booking it now would do, line by line:
/// money, points and growth that would go back, how many of the points are pending, can be spent or were used already,
/// and what it would do to the tier. Nothing is written; what booking would refuse is refused.
#[utoipa::path(
    tag = "orders",
    security(("partner_key" = ["orders:write"])),
    request_body = RefundRequest,
    responses(
        (status = 200, body = RefundPreview, description = "What booking it now would do."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 409, body = Problem, description = "refund_number_reused, order_number_taken"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, refund_exceeds_paid, refund_line_unknown, order_amounts_mismatch, order_amount_too_large, order_currency_unsupported, order_in_future, order_too_old"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/refunds:preview")]
pub(super) async fn preview_refund(
    app: ThinData<App>,
    caller: PartnerCaller<OrdersWrite>,
    body: Body<RefundRequest>,
) -> Result<Json<RefundPreview>> {
    let refund = into_refund(body.value)?;
    let plan = service::preview_refund(&app, caller.partner, refund).await?;
    Ok(Json(plan.into()))
}
