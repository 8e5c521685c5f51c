//! `/v1/admin/partners`.

use actix_web::web::{Json, ThinData};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use entity::ids::PartnerId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::http::pages::PageQuery;
use crate::http::{Body, Cursor, Page, Problem, Query, Result};
use crate::partners::service::{self, Partner};
use crate::staff::caller::AdminCaller;

/// A third party.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "par_0698v9qe00t134m6ou6d8h2lak", "name": "门店收银系统", "created_at": "2026-11-21T08:00:00Z"
}))]
pub struct PartnerDetails {
    /// Id.
    pub id: PartnerId,
    /// Name.
    pub name: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When all its keys were stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<DateTime<Utc>>,
}

impl From<Partner> for PartnerDetails {
    fn from(row: Partner) -> Self {
        Self {
            id: row.id,
            name: row.name,
            created_at: row.created_at,
            disabled_at: row.disabled_at,
        }
    }
}

/// A new third party.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "门店收银系统"}))]
pub struct RegisterPartnerRequest {
    /// Name, unique.
    #[garde(custom(super::keys::plain_name))]
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
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
                "created_at": "2026-11-21T08:00:00Z"}],
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
        (status = 201, body = PartnerDetails, description = "Added."),
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
    _caller: AdminCaller,
    body: Body<RegisterPartnerRequest>,
) -> Result<HttpResponse> {
    let id = service::register(&app, &body.value.name).await?;
    Ok(HttpResponse::Created().json(PartnerDetails::from(service::find(&app, id).await?)))
}
