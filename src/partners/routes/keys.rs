//! `/v1/admin/partners/{id}/keys`.

use actix_web::web::{Json, ThinData};
use actix_web::{HttpResponse, delete, get, post};
use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{PartnerId, PartnerKeyId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::KeyPath;
use crate::app::App;
use crate::http::pages::PageQuery;
use crate::http::{Body, Cursor, Page, PathId, Problem, Query, Result};
use crate::partners::service::{self, Key, NewKey};
use crate::staff::caller::AdminCaller;

/// A key of a partner; its secret is shown only when it is made.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "key_0698v9qe00t134m6ou6d8h2lak", "name": "till", "scopes": ["orders:write"],
    "created_at": "2026-11-21T08:00:00Z", "last_used_at": "2026-11-21T09:30:00Z"
}))]
pub struct PartnerKeyDetails {
    /// Id: the middle part of the key.
    pub id: PartnerKeyId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stops working; set by rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Latest use, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<DateTime<Utc>>,
}

impl From<Key> for PartnerKeyDetails {
    fn from(row: Key) -> Self {
        Self {
            id: row.id,
            name: row.name,
            scopes: row.scopes,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// A new key of a partner.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "till", "scopes": ["orders:write", "points:write"]}))]
pub struct IssuePartnerKeyRequest {
    /// What it is for.
    #[garde(custom(plain_name))]
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What it may do: `orders:write`, `points:write`, `members:read`, `benefits:write`,
    /// `webhooks:manage`.
    #[garde(length(min = 1, max = 20))]
    #[schema(min_items = 1, max_items = 20)]
    pub scopes: Vec<String>,
}

/// How a key is replaced.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"overlap_hours": 24}))]
pub struct RotatePartnerKeyRequest {
    /// For how many hours the old key works on; 0 stops it at once.
    #[garde(range(max = 168))]
    #[schema(maximum = 168)]
    pub overlap_hours: u32,
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "key_0698v9qe00t134m6ou6d8h2lak",
    "key": "hyk_0698v9qe00t134m6ou6d8h2lak_mZ1pXo0yq3uYt9cS4bKfE7wVhJ2nRgLdA6iT8sQxNkU"
}))]
pub struct IssuedPartnerKey {
    /// Id.
    pub id: PartnerKeyId,
    /// The whole key, sent as `Authorization: Bearer …`. Shown this once: only a digest is kept.
    pub key: String,
}

impl From<NewKey> for IssuedPartnerKey {
    fn from(new: NewKey) -> Self {
        Self { id: new.id, key: new.key }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde's signature")]
pub(super) fn plain_name(name: &str, (): &()) -> garde::Result {
    let plain = !name.chars().any(char::is_control) && name.trim() == name;
    let length = name.chars().count();
    if plain && (1..=100).contains(&length) {
        return Ok(());
    }
    Err(garde::Error::new("1 to 100 characters, no spaces around them"))
}

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
                "created_at": "2026-11-21T08:00:00Z", "last_used_at": "2026-11-21T09:30:00Z"}],
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
/// The answer shows it, once. Give each installation a key of its own, so that one can be revoked alone.
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
    _caller: AdminCaller,
    id: PathId<PartnerId>,
    body: Body<IssuePartnerKeyRequest>,
) -> Result<HttpResponse> {
    let new = service::issue_key(&app, id.0, &body.value.name, &body.value.scopes).await?;
    Ok(HttpResponse::Created().json(IssuedPartnerKey::from(new)))
}

/// Replace a key
///
/// A new key of the same name and scopes. The old one works on for the overlap, so that tills can be changed one by one.
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
    _caller: AdminCaller,
    path: KeyPath,
    body: Body<RotatePartnerKeyRequest>,
) -> Result<HttpResponse> {
    let overlap = TimeDelta::hours(i64::from(body.value.overlap_hours));
    let new = service::rotate_key(&app, path.partner, path.key, overlap).await?;
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
    _caller: AdminCaller,
    path: KeyPath,
) -> Result<HttpResponse> {
    service::revoke_key(&app, path.partner, path.key).await?;
    Ok(HttpResponse::NoContent().finish())
}
