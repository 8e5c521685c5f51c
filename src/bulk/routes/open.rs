//! `/v1/open/order-imports`: a third party's orders as files (OR-2).

use actix_web::web::{Json, ThinData};
use actix_web::{HttpResponse, get, post};
use entity::codes::{BulkDirection, BulkKind, ImportMode};
use entity::ids::BulkRunId;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::wire::{BulkImport, BulkRunQuery, sent};
use crate::app::App;
use crate::bulk::service::{self, Asker, ImportWish};
use crate::http::idempotency::IdempotencyKey;
use crate::http::{FileBody, Page, PathId, Problem, Query, Result};
use crate::partners::caller::{OrdersWrite, PartnerCaller};

const LIST: &str = "order imports";

/// How a file of orders is imported.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrderImportQuery {
    /// Whether it moves anything.
    #[garde(skip)]
    #[serde(default = "apply")]
    #[param(inline, default = "apply")]
    pub mode: ImportMode,
}

const fn apply() -> ImportMode {
    ImportMode::Apply
}

/// Send orders as a file
///
/// Needs the scope `orders:write`. CSV (UTF-8, UTF-16 or GB18030) or Excel (.xlsx, first sheet), as the body itself; one
/// row a line of an order, rows of one order next to each other, at most 200,000 rows and 10 MiB. Columns: see
/// `docs/importing.md`. Each order is taken as if it were sent to `POST /v1/open/orders`: sending a file again changes
/// nothing, and one bad order spoils no other. The work is done in the background: read the import again for its progress.
#[utoipa::path(
    tag = "orders",
    security(("partner_key" = ["orders:write"])),
    params(
        OrderImportQuery,
        ("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days."),
    ),
    request_body(
        content = String,
        content_type = "text/csv",
        description = "The file.",
        example = "订单号,支付时间,手机号,商品编码,数量,实付金额\r\nA-1,2026-11-21 14:30,13800138000,D100-RED-M,1,\"1,299.00\"\r\n"
    ),
    responses(
        (status = 200, body = BulkImport, description = "Queued."),
        (status = 400, body = Problem, description = "idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 409, body = Problem, description = "idempotency_in_flight, bulk_too_many_open"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, import_file_unreadable, import_file_is_xls, import_file_too_large, import_file_empty, import_header_wrong, idempotency_key_reused"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/order-imports")]
pub async fn start_order_import(
    app: ThinData<App>,
    caller: PartnerCaller<OrdersWrite>,
    key: IdempotencyKey,
    query: Query<OrderImportQuery>,
    file: FileBody,
) -> Result<HttpResponse> {
    let wish = ImportWish {
        kind: BulkKind::Orders,
        mode: query.0.mode,
        partner: Some(caller.partner),
        reference: None,
    };
    let checked = service::check_import(&app, &wish, file.0.clone()).await?;
    let asker = Asker::Partner(caller.partner);
    let work = async |tx: &_| {
        BulkImport::try_from(service::start_import_in(tx, &app, asker, &wish, &checked).await?)
    };
    let principal = caller.partner.to_string();
    let answer = key.once(&app, &principal, &file.0, work, |import| import).await?;
    app.bell.ring();
    Ok(answer)
}

/// List your files of orders
///
/// Needs the scope `orders:write`. Latest first.
#[utoipa::path(
    tag = "orders",
    security(("partner_key" = ["orders:write"])),
    params(BulkRunQuery),
    responses(
        (status = 200, body = Page<BulkImport>, description = "A page of imports.", example = json!({
            "items": [], "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/order-imports")]
pub async fn list_order_imports(
    app: ThinData<App>,
    caller: PartnerCaller<OrdersWrite>,
    query: Query<BulkRunQuery>,
) -> Result<Json<Page<BulkImport>>> {
    let asker = Asker::Partner(caller.partner);
    let (before, limit) = (query.0.before(&app, LIST)?, query.0.limit + 1);
    let rows = service::list(&app, asker, BulkDirection::Import, before, limit).await?;
    let Page { items, next_cursor, has_more } = query.0.page(&app, LIST, rows);
    let items = items.into_iter().map(TryInto::try_into).collect::<Result<_>>()?;
    Ok(Json(Page { items, next_cursor, has_more }))
}

/// Read how far a file of orders is
///
/// Needs the scope `orders:write`. Poll it every few seconds until `state` is `done`, `cancelled` or `failed`.
#[utoipa::path(
    tag = "orders",
    security(("partner_key" = ["orders:write"])),
    params(("id" = BulkRunId, Path, description = "The import.", example = "run_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = BulkImport, description = "The import."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/order-imports/{id}")]
pub async fn read_order_import(
    app: ThinData<App>,
    caller: PartnerCaller<OrdersWrite>,
    PathId(id): PathId<BulkRunId>,
) -> Result<Json<BulkImport>> {
    let asker = Asker::Partner(caller.partner);
    let run = service::find(&app, asker, BulkDirection::Import, id).await?;
    Ok(Json(run.try_into()?))
}

/// The report of a file of orders
///
/// Needs the scope `orders:write`. CSV, one line a row: what became of it and, if it was refused, why.
#[utoipa::path(
    tag = "orders",
    security(("partner_key" = ["orders:write"])),
    params(("id" = BulkRunId, Path, description = "The import.", example = "run_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, description = "The report.", content(
            (String = "text/csv", example = "\u{feff}行号,标识,结果,代码,说明\r\n2,A-1,新增,,\r\n"),
        )),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 410, body = Problem, description = "bulk_file_gone"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/order-imports/{id}/report.csv")]
pub async fn read_order_import_report(
    app: ThinData<App>,
    caller: PartnerCaller<OrdersWrite>,
    PathId(id): PathId<BulkRunId>,
) -> Result<HttpResponse> {
    let report = service::open_report(&app, Asker::Partner(caller.partner), id).await?;
    Ok(sent(app.0, &format!("{id}-report.csv"), report))
}

/// Cancel a file of orders
///
/// Needs the scope `orders:write`. It stops after the rows under way; what was done stays and is in the report.
#[utoipa::path(
    tag = "orders",
    security(("partner_key" = ["orders:write"])),
    params(("id" = BulkRunId, Path, description = "The import.", example = "run_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = BulkImport, description = "Cancelled, or about to be."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "bulk_run_ended"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/order-imports/{id}:cancel")]
pub async fn cancel_order_import(
    app: ThinData<App>,
    caller: PartnerCaller<OrdersWrite>,
    PathId(id): PathId<BulkRunId>,
) -> Result<Json<BulkImport>> {
    let asker = Asker::Partner(caller.partner);
    let run = service::cancel(&app, asker, BulkDirection::Import, id).await?;
    Ok(Json(run.try_into()?))
}
