//! `/v1/admin/partners/{id}/keys`.

use actix_web::web::{Json, ThinData};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use chrono::NaiveDate;
use entity::ids::{PartnerId, PartnerKeyId};

use super::KeyPath;
use super::key_wire::{
    ChangePartnerKeyRequest, IssuePartnerKeyRequest, IssuedPartnerKey, PartnerKeyDetails,
    PartnerKeyUsage, RotatePartnerKeyRequest,
};
use crate::app::App;
use crate::http::etag::{etag, if_match};
use crate::http::pages::PageQuery;
use crate::http::{Body, Cursor, Page, PathId, Problem, Query, Result};
use crate::partners::service::{self, Key, UsageDay};
use crate::staff::caller::AdminCaller;

/// List the keys of a partner
///
/// Newest first, with their last use.
#[utoipa::path(
    tag = "partners",
    security(("admin_token" = [])),
    params(("id" = PartnerId, Path, description = "Whose."), PageQuery),
    responses(
        (status = 200, body = Page<PartnerKeyDetails>, description = "A page of keys.", example = json!({
            "items": [{"id": "key_0698v9qe00t134m6ou6d8h2lak", "name": "till", "scopes": ["orders:write"],
                "allowed_networks": [], "signing": "off", "created_at": "2026-11-21T08:00:00Z",
                "last_used_at": "2026-11-21T09:30:00Z", "version": 1}],
            "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/partners/{id}/keys")]
pub(super) async fn list_partner_keys(
    app: ThinData<App>,
    _caller: AdminCaller,
    id: PathId<PartnerId>,
    query: Query<PageQuery>,
) -> Result<Json<Page<PartnerKeyDetails>>> {
    let (list, limit) = (format!("keys {}", id.0), query.0.limit);
    let cursor = query.0.cursor.as_deref();
    let before = cursor.map(|text| Cursor::read(&app.vault, &list, text)).transpose()?;
    let rows = service::keys(&app, id.0, before, limit + 1).await?;
    let write = |row: &Key| Cursor::write(&app.vault, &list, &row.id);
    Ok(Json(Page::cut(rows, limit, write).map(Into::into)))
}

/// Give a partner a key
///
/// The answer shows it, once. Give each installation a key of its own, so that one can be revoked alone; with
/// `allowed_networks` it is good from there only, with `signing` requests are signed instead of carrying it.
#[utoipa::path(
    tag = "partners",
    security(("admin_token" = [])),
    params(("id" = PartnerId, Path, description = "Whose.")),
    request_body = IssuePartnerKeyRequest,
    responses(
        (status = 201, body = IssuedPartnerKey, description = "The key, shown once."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/partners/{id}/keys")]
pub(super) async fn issue_partner_key(
    app: ThinData<App>,
    caller: AdminCaller,
    id: PathId<PartnerId>,
    body: Body<IssuePartnerKeyRequest>,
) -> Result<HttpResponse> {
    let new = service::issue_key(&app, &caller.author, id.0, &body.value.terms()?).await?;
    Ok(HttpResponse::Created().json(IssuedPartnerKey::from(new)))
}

/// Replace a key
///
/// A new key of the same name, scopes and networks, without an end. The old one works on for the overlap, so that tills can
/// be changed one by one.
#[utoipa::path(
    tag = "partners",
    security(("admin_token" = [])),
    params(
        ("id" = PartnerId, Path, description = "Whose."),
        ("key_id" = PartnerKeyId, Path, description = "Which.")
    ),
    request_body = RotatePartnerKeyRequest,
    responses(
        (status = 201, body = IssuedPartnerKey, description = "The new key, shown once."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "partner_key_ended"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/partners/{id}/keys/{key_id}:rotate")]
pub(super) async fn rotate_partner_key(
    app: ThinData<App>,
    caller: AdminCaller,
    path: KeyPath,
    body: Body<RotatePartnerKeyRequest>,
) -> Result<HttpResponse> {
    let rotation = (&body.value).into();
    let new = service::rotate_key(&app, &caller.author, path.partner, path.key, rotation).await?;
    Ok(HttpResponse::Created().json(IssuedPartnerKey::from(new)))
}

/// Revoke a key
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
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[delete("/partners/{id}/keys/{key_id}")]
pub(super) async fn revoke_partner_key(
    app: ThinData<App>,
    caller: AdminCaller,
    path: KeyPath,
) -> Result<HttpResponse> {
    service::revoke_key(&app, &caller.author, path.partner, path.key).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Read a key
///
/// Without its secret, which is shown only when it is made.
#[utoipa::path(
    tag = "partners",
    security(("admin_token" = [])),
    params(
        ("id" = PartnerId, Path, description = "Whose."),
        ("key_id" = PartnerKeyId, Path, description = "Which.")
    ),
    responses(
        (status = 200, body = PartnerKeyDetails, description = "The key.",
            headers(("ETag" = String, description = "Version of the key."))),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/partners/{id}/keys/{key_id}")]
pub(super) async fn get_partner_key(
    app: ThinData<App>,
    _caller: AdminCaller,
    path: KeyPath,
) -> Result<HttpResponse> {
    let key = service::find_key_of(&app, path.partner, path.key).await?;
    Ok(shown(key))
}

/// Change a key
///
/// What it is for, what it may do, from where, until when, whether it signs: in force within a second, everywhere. With
/// `If-Match` the change is made only to the version that was read.
#[utoipa::path(
    tag = "partners",
    security(("admin_token" = [])),
    params(
        ("id" = PartnerId, Path, description = "Whose."),
        ("key_id" = PartnerKeyId, Path, description = "Which."),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the key that was read.", example = "\"1\"")
    ),
    request_body = ChangePartnerKeyRequest,
    responses(
        (status = 200, body = PartnerKeyDetails, description = "The key as it is now.",
            headers(("ETag" = String, description = "Version of the key."))),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "partner_key_ended"),
        (status = 412, body = Problem, description = "version_conflict"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, also for an unknown scope, an end that lies behind, and for signing with a key that was made without"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[patch("/partners/{id}/keys/{key_id}")]
pub(super) async fn change_partner_key(
    app: ThinData<App>,
    caller: AdminCaller,
    path: KeyPath,
    request: HttpRequest,
    body: Body<ChangePartnerKeyRequest>,
) -> Result<HttpResponse> {
    let (changes, versions) = (body.value.changes()?, if_match(&request));
    let key =
        service::change_key(&app, &caller.author, path.partner, path.key, &changes, &versions)
            .await?;
    Ok(shown(key))
}

fn shown(key: Key) -> HttpResponse {
    let key = PartnerKeyDetails::from(key);
    HttpResponse::Ok().insert_header(etag(key.version)).json(key)
}

/// See how much a key is used
///
/// By business day, latest first; days without use are absent. What happened in the last ten seconds is not counted yet.
#[utoipa::path(
    tag = "partners",
    security(("admin_token" = [])),
    params(
        ("id" = PartnerId, Path, description = "Whose."),
        ("key_id" = PartnerKeyId, Path, description = "Which."),
        PageQuery
    ),
    responses(
        (status = 200, body = Page<PartnerKeyUsage>, description = "A page of days.", example = json!({
            "items": [{"day": "2026-11-21", "requests": 48_210, "rate_limited": 3}], "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/partners/{id}/keys/{key_id}/usage")]
pub(super) async fn list_partner_key_usage(
    app: ThinData<App>,
    _caller: AdminCaller,
    path: KeyPath,
    query: Query<PageQuery>,
) -> Result<Json<Page<PartnerKeyUsage>>> {
    let (list, limit) = (format!("usage {}", path.key), query.0.limit);
    let cursor = query.0.cursor.as_deref();
    let before: Option<NaiveDate> =
        cursor.map(|text| Cursor::read(&app.vault, &list, text)).transpose()?;
    let rows = service::usage(&app, path.partner, path.key, before, limit + 1).await?;
    let write = |row: &UsageDay| Cursor::write(&app.vault, &list, &row.day);
    Ok(Json(Page::cut(rows, limit, write).map(Into::into)))
}
