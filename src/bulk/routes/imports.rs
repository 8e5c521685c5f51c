//! `/v1/admin/imports`.

use actix_web::web::{Json, Path, ThinData};
use actix_web::{HttpResponse, get, post};
use entity::codes::{BulkDirection, BulkKind, ImportMode};
use entity::ids::{BulkRunId, PartnerId};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::wire::{BulkImport, BulkRunQuery, sent};
use crate::app::App;
use crate::bulk::service::{self, Asker, ImportWish};
use crate::http::idempotency::IdempotencyKey;
use crate::http::{FileBody, Page, PathId, Problem, Query, Result, codes, csv};
use crate::staff::caller::AdminCaller;

const LIST: &str = "imports";

/// What is imported, and how.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// What the rows are: `members`, `orders` or `points_balances`.
    #[garde(skip)]
    #[param(inline)]
    pub kind: BulkKind,
    /// Whether it moves anything.
    #[garde(skip)]
    #[serde(default = "dry_run")]
    #[param(inline, default = "dry_run")]
    pub mode: ImportMode,
    /// For orders: the partner whose orders they are, such as one made for the old system.
    #[garde(skip)]
    pub partner_id: Option<PartnerId>,
    /// For points: what the points are called. The same row under the same name moves points once, however often it
    /// is sent.
    #[garde(inner(custom(crate::http::text::number), length(max = 32)))]
    #[param(max_length = 32, default = "opening")]
    pub reference: Option<String>,
}

const fn dry_run() -> ImportMode {
    ImportMode::DryRun
}

/// An empty file with the columns of a kind
///
/// A CSV file that Excel opens as it is; `docs/importing.md` says what stands in each column.
#[utoipa::path(
    tag = "imports",
    security(("admin_token" = [])),
    params(("kind" = BulkKind, Path, description = "What the rows are.")),
    responses(
        (status = 200, description = "The file.", content((String = "text/csv", example = "\u{feff}手机号,积分\r\n"))),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/imports/templates/{kind}")]
pub async fn read_import_template(
    _caller: AdminCaller,
    kind: Path<String>,
) -> Result<HttpResponse> {
    let known = BulkKind::ALL.iter().find(|known| known.as_str() == kind.as_str());
    let kind = *known.ok_or(codes::NOT_FOUND)?;
    Ok(csv::file(&format!("{kind}.csv"), service::template(kind)?.into()))
}

/// Import a file
///
/// CSV (UTF-8, UTF-16 or GB18030; commas, semicolons or tabs) or Excel (.xlsx, first sheet), as the body itself and not
/// as a form; what it is is seen by what stands in it. At most 200,000 rows and `server.max_upload_bytes` (10 MiB). The
/// header names the columns in Chinese or English. `mode=dry_run` (the default) says of each row what importing it would
/// do and moves nothing. The work is done in the background: read the import again for its progress. One bad row spoils
/// no other. Points wait for a second administrator (`:approve`).
#[utoipa::path(
    tag = "imports",
    security(("admin_token" = [])),
    params(
        ImportQuery,
        ("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days."),
    ),
    request_body(
        content = String,
        content_type = "text/csv",
        description = "The file.",
        example = "手机号,姓名,生日\r\n13800138000,李雷,1990-05-01\r\n"
    ),
    responses(
        (status = 200, body = BulkImport, description = "Queued, or waiting for a second person."),
        (status = 400, body = Problem, description = "idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 409, body = Problem, description = "idempotency_in_flight, bulk_too_many_open"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, import_file_unreadable, import_file_is_xls, import_file_too_large, import_file_empty, import_header_wrong, idempotency_key_reused"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/imports")]
pub async fn start_import(
    app: ThinData<App>,
    caller: AdminCaller,
    key: IdempotencyKey,
    query: Query<ImportQuery>,
    file: FileBody,
) -> Result<HttpResponse> {
    let ImportQuery { kind, mode, partner_id: partner, reference } = query.0;
    let wish = ImportWish { kind, mode, partner, reference };
    let checked = service::check_import(&app, &wish, file.0.clone()).await?;
    let asker = Asker::Staff(caller.staff.id, &caller.author);
    let work = async |tx: &_| {
        BulkImport::try_from(service::start_import_in(tx, &app, asker, &wish, &checked).await?)
    };
    let principal = caller.staff.id.to_string();
    let answer = key.once(&app, &principal, &file.0, work, |import| import).await?;
    app.bell.ring();
    Ok(answer)
}

/// List imports
///
/// Latest first, of everybody.
#[utoipa::path(
    tag = "imports",
    security(("admin_token" = [])),
    params(BulkRunQuery),
    responses(
        (status = 200, body = Page<BulkImport>, description = "A page of imports.", example = json!({
            "items": [], "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/imports")]
pub async fn list_imports(
    app: ThinData<App>,
    caller: AdminCaller,
    query: Query<BulkRunQuery>,
) -> Result<Json<Page<BulkImport>>> {
    let asker = Asker::Staff(caller.staff.id, &caller.author);
    let (before, limit) = (query.0.before(&app, LIST)?, query.0.limit + 1);
    let rows = service::list(&app, asker, BulkDirection::Import, before, limit).await?;
    let Page { items, next_cursor, has_more } = query.0.page(&app, LIST, rows);
    let items = items.into_iter().map(TryInto::try_into).collect::<Result<_>>()?;
    Ok(Json(Page { items, next_cursor, has_more }))
}

/// Read an import
///
/// With its progress: poll it every few seconds until `state` is `done`, `cancelled` or `failed`.
#[utoipa::path(
    tag = "imports",
    security(("admin_token" = [])),
    params(("id" = BulkRunId, Path, description = "The import.", example = "run_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = BulkImport, description = "The import."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/imports/{id}")]
pub async fn read_import(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<BulkRunId>,
) -> Result<Json<BulkImport>> {
    let asker = Asker::Staff(caller.staff.id, &caller.author);
    let run = service::find(&app, asker, BulkDirection::Import, id).await?;
    Ok(Json(run.try_into()?))
}

/// The report of an import
///
/// A CSV file that Excel opens as it is, one line a row of the file: what became of it and, if it was refused, why. While
/// the import runs, as far as it came. Numbers of people are masked; the row number finds them in your file.
#[utoipa::path(
    tag = "imports",
    security(("admin_token" = [])),
    params(("id" = BulkRunId, Path, description = "The import.", example = "run_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, description = "The report.", content(
            (String = "text/csv", example = "\u{feff}行号,标识,结果,代码,说明\r\n2,138****8000,新增,,\r\n3,,拒绝,cell_missing,手机号：不能为空\r\n"),
        )),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 410, body = Problem, description = "bulk_file_gone"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/imports/{id}/report.csv")]
pub async fn read_import_report(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<BulkRunId>,
) -> Result<HttpResponse> {
    let asker = Asker::Staff(caller.staff.id, &caller.author);
    let report = service::open_report(&app, asker, id).await?;
    Ok(sent(app.0, &format!("{id}-report.csv"), report))
}

/// Cancel an import
///
/// It stops after the rows under way; what was done stays and is in the report.
#[utoipa::path(
    tag = "imports",
    security(("admin_token" = [])),
    params(("id" = BulkRunId, Path, description = "The import.", example = "run_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = BulkImport, description = "Cancelled, or about to be."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "bulk_run_ended"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/imports/{id}:cancel")]
pub async fn cancel_import(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<BulkRunId>,
) -> Result<Json<BulkImport>> {
    let asker = Asker::Staff(caller.staff.id, &caller.author);
    let run = service::cancel(&app, asker, BulkDirection::Import, id).await?;
    Ok(Json(run.try_into()?))
}

/// Approve an import of points
///
/// By another administrator than the one who sent it: the work begins now.
#[utoipa::path(
    tag = "imports",
    security(("admin_token" = [])),
    params(("id" = BulkRunId, Path, description = "The import.", example = "run_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = BulkImport, description = "Queued."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "import_not_pending, import_same_person"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/imports/{id}:approve")]
pub async fn approve_import(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<BulkRunId>,
) -> Result<Json<BulkImport>> {
    let run = service::approve(&app, (caller.staff.id, &caller.author), id).await?;
    Ok(Json(run.try_into()?))
}
