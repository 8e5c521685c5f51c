//! `/v1/admin/exports`.

use actix_web::web::{Json, ThinData};
use actix_web::{HttpResponse, get, post};
use chrono::{Days, NaiveDate};
use entity::codes::{BulkDirection, BulkKind, Channel, OrderStatus};
use entity::ids::{BulkRunId, MemberId, StoreId};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::wire::{BulkExport, BulkRunQuery, sent};
use crate::app::App;
use crate::bulk::service::{self, Asker, ExportWish, Filter};
use crate::http::idempotency::IdempotencyKey;
use crate::http::text::maybe_plain;
use crate::http::{Body, Page, PathId, Problem, Query, Result};
use crate::staff::caller::AdminCaller;

const LIST: &str = "exports";

/// What is exported. Each filter may be left out; those that mean nothing for a kind are ignored by it.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "orders", "from_day": "2026-11-01", "to_day": "2026-11-21", "channel": "pos"}))]
pub struct ExportRequest {
    /// What the rows are: `members`, `orders` or `points_transfers`.
    #[garde(skip)]
    pub kind: BulkKind,
    /// First business day: members by when they were made, orders by their business time, movements by booking.
    #[garde(skip)]
    pub from_day: Option<NaiveDate>,
    /// Last business day.
    #[garde(skip)]
    pub to_day: Option<NaiveDate>,
    /// Members of this home store; orders of this store.
    #[garde(skip)]
    pub store_id: Option<StoreId>,
    /// Members of this tier.
    #[garde(custom(maybe_plain::<32>))]
    #[schema(max_length = 32)]
    pub tier: Option<String>,
    /// Orders of this channel.
    #[garde(skip)]
    pub channel: Option<Channel>,
    /// Orders that stand here.
    #[garde(skip)]
    pub status: Option<OrderStatus>,
    /// Orders or movements of this member.
    #[garde(skip)]
    pub member_id: Option<MemberId>,
}

impl ExportRequest {
    fn wish(&self, app: &App) -> ExportWish {
        let end = |day: NaiveDate| day.checked_add_days(Days::new(1)).unwrap_or(day);
        let filter = Filter {
            from: self.from_day.map(|day| app.calendar.start(day)),
            until: self.to_day.map(|day| app.calendar.start(end(day))),
            store: self.store_id,
            tier: self.tier.clone(),
            channel: self.channel,
            status: self.status,
            member: self.member_id,
        };
        ExportWish { kind: self.kind, filter }
    }
}

/// Export rows
///
/// The file is written in the background, page by page: read the export again for its progress. Numbers of people are
/// masked as in the console. Who asked, for what, and each time the file is taken stand in the audit log.
#[utoipa::path(
    tag = "exports",
    security(("admin_token" = [])),
    params(("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days.")),
    responses(
        (status = 200, body = BulkExport, description = "Queued."),
        (status = 400, body = Problem, description = "bad_json, idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 409, body = Problem, description = "idempotency_in_flight, bulk_too_many_open"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, idempotency_key_reused"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/exports")]
pub async fn start_export(
    app: ThinData<App>,
    caller: AdminCaller,
    key: IdempotencyKey,
    body: Body<ExportRequest>,
) -> Result<HttpResponse> {
    let wish = body.value.wish(&app);
    service::check_export(&wish)?;
    let asker = Asker::Staff(caller.staff.id, &caller.author);
    let work = async |tx: &_| service::start_export_in(tx, &app, asker, &wish).await;
    let principal = caller.staff.id.to_string();
    let answer = key.once(&app, &principal, &body.raw, work, BulkExport::from).await?;
    app.bell.ring();
    Ok(answer)
}

/// List exports
///
/// Latest first, of everybody; each file is only for whoever asked for it.
#[utoipa::path(
    tag = "exports",
    security(("admin_token" = [])),
    params(BulkRunQuery),
    responses(
        (status = 200, body = Page<BulkExport>, description = "A page of exports.", example = json!({
            "items": [], "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/exports")]
pub async fn list_exports(
    app: ThinData<App>,
    caller: AdminCaller,
    query: Query<BulkRunQuery>,
) -> Result<Json<Page<BulkExport>>> {
    let asker = Asker::Staff(caller.staff.id, &caller.author);
    let (before, limit) = (query.0.before(&app, LIST)?, query.0.limit + 1);
    let rows = service::list(&app, asker, BulkDirection::Export, before, limit).await?;
    Ok(Json(query.0.page(&app, LIST, rows).map(Into::into)))
}

/// Read an export
///
/// With its progress: poll it every few seconds until `state` is `done`, `cancelled` or `failed`.
#[utoipa::path(
    tag = "exports",
    security(("admin_token" = [])),
    params(("id" = BulkRunId, Path, description = "The export.", example = "run_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = BulkExport, description = "The export."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/exports/{id}")]
pub async fn read_export(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<BulkRunId>,
) -> Result<Json<BulkExport>> {
    let asker = Asker::Staff(caller.staff.id, &caller.author);
    Ok(Json(service::find(&app, asker, BulkDirection::Export, id).await?.into()))
}

/// Take the file of an export
///
/// A CSV file that Excel opens as it is and in which no cell is a formula; for whoever asked for the export, for seven
/// days. Each taking is in the audit log.
#[utoipa::path(
    tag = "exports",
    security(("admin_token" = [])),
    params(("id" = BulkRunId, Path, description = "The export.", example = "run_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, description = "The file.", content(
            (String = "text/csv", example = "\u{feff}会员编号,状态,姓名\r\nmem_0698v9qe00t134m6ou6d8h2lak,正常,李雷\r\n"),
        )),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "export_not_done"),
        (status = 410, body = Problem, description = "bulk_file_gone"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/exports/{id}/file.csv")]
pub async fn read_export_file(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<BulkRunId>,
) -> Result<HttpResponse> {
    let asker = Asker::Staff(caller.staff.id, &caller.author);
    let file = service::open_export(&app, asker, id).await?;
    Ok(sent(app.0, &format!("{id}.csv"), file))
}

/// Cancel an export
///
/// It stops after the page under way.
#[utoipa::path(
    tag = "exports",
    security(("admin_token" = [])),
    params(("id" = BulkRunId, Path, description = "The export.", example = "run_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = BulkExport, description = "Cancelled, or about to be."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "bulk_run_ended"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/exports/{id}:cancel")]
pub async fn cancel_export(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<BulkRunId>,
) -> Result<Json<BulkExport>> {
    let asker = Asker::Staff(caller.staff.id, &caller.author);
    Ok(Json(service::cancel(&app, asker, BulkDirection::Export, id).await?.into()))
}
