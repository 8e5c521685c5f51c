//! `/v1/admin/partners`.

use actix_web::web::{Json, ThinData};
use actix_web::{HttpRequest, HttpResponse, get, patch, post};
use chrono::{DateTime, Utc};
use entity::ids::PartnerId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::http::etag::{etag, if_match};
use crate::http::pages::PageQuery;
use crate::http::text::{maybe_plain, plain};
use crate::http::{Body, Cursor, Page, Patch, PathId, Problem, Query, Result};
use crate::partners::service::{self, NewPartner, Partner, PartnerChanges};
use crate::staff::caller::AdminCaller;

/// A third party.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "par_0698v9qe00t134m6ou6d8h2lak", "name": "门店收银系统", "requests_per_minute": 6_000,
    "created_at": "2026-11-21T08:00:00Z", "version": 1
}))]
pub struct PartnerDetails {
    /// Id.
    pub id: PartnerId,
    /// Name.
    pub name: String,
    /// Requests a minute for each of its keys; absent is the configuration's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// Since when all its keys are stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<DateTime<Utc>>,
    /// Counts changes; the same as its `ETag`.
    pub version: i64,
}

impl From<Partner> for PartnerDetails {
    fn from(row: Partner) -> Self {
        Self {
            id: row.id,
            name: row.name,
            requests_per_minute: row.requests_per_minute,
            created_at: row.created_at,
            disabled_at: row.stopped_at,
            version: row.version,
        }
    }
}

/// A new third party.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "门店收银系统", "requests_per_minute": 6_000}))]
pub struct RegisterPartnerRequest {
    /// Name, unique.
    #[garde(custom(plain::<100>))]
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Requests a minute for each of its keys; the configuration's when absent.
    #[garde(inner(range(min = 1, max = 1_000_000)))]
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub requests_per_minute: Option<u32>,
}

/// Changes to a partner: a field that is absent stays.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"requests_per_minute": 12_000}))]
pub struct ChangePartnerRequest {
    /// Name, unique.
    #[garde(custom(maybe_plain::<100>))]
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// Requests a minute for each of its keys; null is the configuration's.
    #[garde(custom(rate))]
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    pub requests_per_minute: Patch<u32>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde's signature")]
fn rate(sent: &Patch<u32>, (): &()) -> garde::Result {
    match sent {
        Patch::Set(rate) if !(1..=1_000_000).contains(rate) => {
            Err(garde::Error::new("1 to 1000000"))
        }
        _ => Ok(()),
    }
}

/// List partners
///
/// In the order they were added.
#[utoipa::path(
    tag = "partners",
    security(("admin_token" = [])),
    params(PageQuery),
    responses(
        (status = 200, body = Page<PartnerDetails>, description = "A page of partners.", example = json!({
            "items": [{"id": "par_0698v9qe00t134m6ou6d8h2lak", "name": "门店收银系统",
                "created_at": "2026-11-21T08:00:00Z", "version": 1}],
            "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/partners")]
pub(super) async fn list_partners(
    app: ThinData<App>,
    _caller: AdminCaller,
    query: Query<PageQuery>,
) -> Result<Json<Page<PartnerDetails>>> {
    let cursor = query.0.cursor.as_deref();
    let after = cursor.map(|text| Cursor::read(&app.vault, "partners", text)).transpose()?;
    let rows = service::list(&app, after, query.0.limit + 1).await?;
    let write = |row: &Partner| Cursor::write(&app.vault, "partners", &row.id);
    Ok(Json(Page::cut(rows, query.0.limit, write).map(Into::into)))
}

/// Add a partner
///
/// It can do nothing before it has a key.
#[utoipa::path(
    tag = "partners",
    security(("admin_token" = [])),
    request_body = RegisterPartnerRequest,
    responses(
        (status = 201, body = PartnerDetails, description = "Added.",
            headers(("ETag" = String, description = "Version of the partner."))),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 409, body = Problem, description = "partner_name_taken"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/partners")]
pub(super) async fn register_partner(
    app: ThinData<App>,
    caller: AdminCaller,
    body: Body<RegisterPartnerRequest>,
) -> Result<HttpResponse> {
    let RegisterPartnerRequest { name, requests_per_minute } = body.value;
    let id =
        service::register(&app, &caller.author, &NewPartner { name, requests_per_minute }).await?;
    let partner = PartnerDetails::from(service::find(&app, id).await?);
    Ok(HttpResponse::Created().insert_header(etag(partner.version)).json(partner))
}

fn shown(partner: Partner) -> HttpResponse {
    let partner = PartnerDetails::from(partner);
    HttpResponse::Ok().insert_header(etag(partner.version)).json(partner)
}

/// Read a partner
///
/// Its keys have a list of their own.
#[utoipa::path(
    tag = "partners",
    security(("admin_token" = [])),
    params(("id" = PartnerId, Path, description = "Which.")),
    responses(
        (status = 200, body = PartnerDetails, description = "The partner.",
            headers(("ETag" = String, description = "Version of the partner."))),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/partners/{id}")]
pub(super) async fn get_partner(
    app: ThinData<App>,
    _caller: AdminCaller,
    id: PathId<PartnerId>,
) -> Result<HttpResponse> {
    Ok(shown(service::find(&app, id.0).await?))
}

/// Change a partner
///
/// Its name, or how often each of its keys may ask. With `If-Match` the change is made only to the version that was read.
#[utoipa::path(
    tag = "partners",
    security(("admin_token" = [])),
    params(
        ("id" = PartnerId, Path, description = "Which."),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the partner that was read.", example = "\"1\"")
    ),
    request_body = ChangePartnerRequest,
    responses(
        (status = 200, body = PartnerDetails, description = "The partner as it is now.",
            headers(("ETag" = String, description = "Version of the partner."))),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "partner_name_taken"),
        (status = 412, body = Problem, description = "version_conflict"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[patch("/partners/{id}")]
pub(super) async fn change_partner(
    app: ThinData<App>,
    caller: AdminCaller,
    id: PathId<PartnerId>,
    request: HttpRequest,
    body: Body<ChangePartnerRequest>,
) -> Result<HttpResponse> {
    let ChangePartnerRequest { name, requests_per_minute } = body.value;
    let changes = PartnerChanges { name, requests_per_minute: requests_per_minute.wish() };
    Ok(shown(service::change(&app, &caller.author, id.0, &changes, &if_match(&request)).await?))
}

/// Stop a partner
///
/// All its keys are refused within a second, everywhere, until it is resumed. Again changes nothing.
#[utoipa::path(
    tag = "partners",
    security(("admin_token" = [])),
    params(("id" = PartnerId, Path, description = "Which.")),
    responses(
        (status = 200, body = PartnerDetails, description = "The stopped partner.",
            headers(("ETag" = String, description = "Version of the partner."))),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/partners/{id}:stop")]
pub(super) async fn stop_partner(
    app: ThinData<App>,
    caller: AdminCaller,
    id: PathId<PartnerId>,
) -> Result<HttpResponse> {
    Ok(shown(service::stop(&app, &caller.author, id.0).await?))
}

/// Resume a partner
///
/// Its keys work again, but for those that were revoked or have expired. Again changes nothing.
#[utoipa::path(
    tag = "partners",
    security(("admin_token" = [])),
    params(("id" = PartnerId, Path, description = "Which.")),
    responses(
        (status = 200, body = PartnerDetails, description = "The partner as it is now.",
            headers(("ETag" = String, description = "Version of the partner."))),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/partners/{id}:resume")]
pub(super) async fn resume_partner(
    app: ThinData<App>,
    caller: AdminCaller,
    id: PathId<PartnerId>,
) -> Result<HttpResponse> {
    Ok(shown(service::resume(&app, &caller.author, id.0).await?))
}
