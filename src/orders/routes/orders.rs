//! `/v1/open/orders`.

use actix_web::web::{Json, ThinData};
use actix_web::{HttpRequest, post};

use super::order_answers::{OrderBatchResponse, OrderReceipt, batch_response, receipt};
use super::order_wire::{OrderBatchRequest, OrderRequest, into_order};
use crate::app::App;
use crate::http::context::language;
use crate::http::items::each;
use crate::http::{BatchBody, Body, Error, Problem, Result};
use crate::orders::service;
use crate::partners::caller::{OrdersWrite, PartnerCaller};

/// Send an order
///
/// Needs the scope `orders:write`. Sending it again changes nothing; a changed order is sent whole with a higher
/// `version`, an older version is ignored. Of a paid order lines, amounts, time, store, guide and customer are fixed:
/// it may only be cancelled, which takes back whatever is left of its points; money that went back is a refund. An order
/// that points helped to pay names them by `points_receipt_no`, so that refunds give them back.
/// A phone that nobody has makes an unregistered member. Points are granted by the rules and the tier in force at
/// `occurred_at`.
#[utoipa::path(
    tag = "orders",
    security(("partner_key" = ["orders:write"])),
    request_body = OrderRequest,
    responses(
        (status = 200, body = OrderReceipt, description = "What became of it."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 409, body = Problem, description = "order_version_reused, order_amounts_fixed, order_customer_fixed, order_already_paid, order_cancelled, order_number_taken"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, order_amounts_mismatch, order_amount_too_large, order_currency_unsupported, order_in_future, order_too_old"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 500, body = Problem, description = "internal_error"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/orders")]
pub(super) async fn send_order(
    app: ThinData<App>,
    caller: PartnerCaller<OrdersWrite>,
    body: Body<OrderRequest>,
) -> Result<Json<OrderReceipt>> {
    let order = into_order(body.value)?;
    let external_no = order.number.external_no.clone();
    let result = service::ingest(&app, caller.partner, vec![order]).await?.pop();
    let result = result.ok_or_else(|| Error::fault("an order has no result"))?;
    receipt(external_no, result).map(Json)
}

/// Send up to 1,000 orders
///
/// Needs the scope `orders:write`. Each order has its own result, in the sequence sent; one that is refused spoils no
/// other, and may be sent again when it is mended. Of one number several versions may come in a batch. Send batches
/// rather than single orders wherever you have many: they are about ten times as fast.
#[utoipa::path(
    tag = "orders",
    security(("partner_key" = ["orders:write"])),
    request_body = OrderBatchRequest,
    responses(
        (status = 200, body = OrderBatchResponse, description = "What became of each."),
        (status = 400, body = Problem, description = "bad_json: the batch itself, not an order in it"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields: no orders, or more than 1,000"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable: orders booked before stay, send the batch again"),
    )
)]
#[post("/orders:batch")]
pub(super) async fn send_order_batch(
    app: ThinData<App>,
    caller: PartnerCaller<OrdersWrite>,
    request: HttpRequest,
    body: BatchBody<OrderBatchRequest>,
) -> Result<Json<OrderBatchResponse>> {
    let items = body.0.orders;
    let ingest = async |orders| service::ingest(&app, caller.partner, orders).await;
    let results = each(items.read(into_order), ingest).await?;
    Ok(Json(batch_response(items.named("external_no"), results, language(&request))))
}
