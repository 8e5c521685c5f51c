//! `/v1/admin/partners/{id}/sandbox-keys`: keys for trials (OP-2).

use actix_web::web::{Json, ThinData};
use actix_web::{HttpResponse, delete, get, post};
use entity::ids::{PartnerId, PartnerKeyId};

use super::KeyPath;
use super::key_wire::{IssuePartnerKeyRequest, IssuedPartnerKey, PartnerKeyDetails};
use crate::app::App;
use crate::http::pages::PageQuery;
use crate::http::{Body, Cursor, Page, PathId, Problem, Query, Result};
use crate::partners::service::{self, Key};
use crate::staff::caller::AdminCaller;

/// List a partner's sandbox keys
///
/// Newest first, also those that were revoked.
#[utoipa::path(
    tag = "partners",
    security(("admin_token" = [])),
    params(("id" = PartnerId, Path, description = "Whose."), PageQuery),
    responses(
        (status = 200, body = Page<PartnerKeyDetails>, description = "A page of keys.", example = json!({
            "items": [{"id": "key_0698v9qe00t134m6ou6d8h2lak", "name": "trials", "scopes": ["orders:write"],
                "allowed_networks": [], "signing": "off", "created_at": "2026-11-21T08:00:00Z", "version": 1}],
            "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden, or sandbox_off"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/partners/{id}/sandbox-keys")]
pub(super) async fn list_sandbox_keys(
    app: ThinData<App>,
    _caller: AdminCaller,
    id: PathId<PartnerId>,
    query: Query<PageQuery>,
) -> Result<Json<Page<PartnerKeyDetails>>> {
    let (list, limit) = (format!("sandbox keys {}", id.0), query.0.limit);
    let cursor = query.0.cursor.as_deref();
    let before = cursor.map(|text| Cursor::read(&app.vault, &list, text)).transpose()?;
    let rows = service::sandbox_keys(&app, id.0, before, limit + 1).await?;
    let write = |row: &Key| Cursor::write(&app.vault, &list, &row.id);
    Ok(Json(Page::cut(rows, limit, write).map(Into::into)))
}

/// Give a partner a sandbox key
///
/// The answer shows it, once: it begins with `hys_`. Everything that it is used for happens in the sandbox: other members,
/// orders, points and webhooks than the live ones, which it can neither read nor change.
#[utoipa::path(
    tag = "partners",
    security(("admin_token" = [])),
    params(("id" = PartnerId, Path, description = "Whose.")),
    request_body = IssuePartnerKeyRequest,
    responses(
        (status = 201, body = IssuedPartnerKey, description = "The key, shown once."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden, or sandbox_off"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/partners/{id}/sandbox-keys")]
pub(super) async fn issue_sandbox_key(
    app: ThinData<App>,
    caller: AdminCaller,
    id: PathId<PartnerId>,
    body: Body<IssuePartnerKeyRequest>,
) -> Result<HttpResponse> {
    let terms = body.value.terms()?;
    let new = service::issue_sandbox_key(&app, &caller.author, id.0, &terms).await?;
    Ok(HttpResponse::Created().json(IssuedPartnerKey::from(new)))
}

/// Revoke a sandbox key
///
/// Refused within a second, everywhere. Again changes nothing.
#[utoipa::path(
    tag = "partners",
    security(("admin_token" = [])),
    params(
        ("id" = PartnerId, Path, description = "Whose."),
        ("key_id" = PartnerKeyId, Path, description = "Which.")
    ),
    responses(
        (status = 204, description = "Revoked."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden, or sandbox_off"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[delete("/partners/{id}/sandbox-keys/{key_id}")]
pub(super) async fn revoke_sandbox_key(
    app: ThinData<App>,
    caller: AdminCaller,
    path: KeyPath,
) -> Result<HttpResponse> {
    service::revoke_sandbox_key(&app, &caller.author, path.partner, path.key).await?;
    Ok(HttpResponse::NoContent().finish())
}
