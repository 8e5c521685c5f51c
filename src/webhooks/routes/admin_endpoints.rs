//! `/v1/admin`: webhook endpoints.

use actix_web::web::{Json, ThinData};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use chrono::TimeDelta;
use entity::ids::{PartnerId, WebhookEndpointId};

use super::wire::{
    AddWebhookEndpointRequest, ChangeWebhookEndpointRequest, RotateWebhookSecretRequest,
    WebhookEndpoint, WebhookEndpointQuery, WebhookEndpointWithSecret,
};
use crate::app::App;
use crate::http::etag::{etag, if_match};

use crate::http::{Body, Cursor, Page, PathId, Problem, Query, Result};
use crate::staff::caller::AdminCaller;
use crate::webhooks::service::{self, Endpoint, Offer, Whose};

/// List webhook endpoints
///
/// In the order they were added.
#[utoipa::path(
    tag = "webhooks",
    security(("admin_token" = [])),
    params(WebhookEndpointQuery),
    responses(
        (status = 200, body = Page<WebhookEndpoint>, description = "A page of endpoints.", example = json!({
            "items": [{"id": "whe_0698v9qe00t134m6ou6d8h2lak", "partner_id": "par_0698v9qe00t134m6ou6d8h2lak",
                "url": "https://erp.example.com/hooks/huiyi", "description": "ERP", "events": ["order.*"],
                "state": "enabled", "created_at": "2026-11-21T08:00:00Z", "version": 1}],
            "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/webhook-endpoints")]
pub(super) async fn list_webhook_endpoints(
    app: ThinData<App>,
    _caller: AdminCaller,
    query: Query<WebhookEndpointQuery>,
) -> Result<Json<Page<WebhookEndpoint>>> {
    let WebhookEndpointQuery { partner_id, cursor, limit } = query.0;
    let list = partner_id.map_or_else(|| "webhooks".to_owned(), |id| format!("webhooks {id}"));
    let after = cursor.map(|text| Cursor::read(&app.vault, &list, &text)).transpose()?;
    let rows = service::list(&app, partner_id, after, limit + 1).await?;
    let write = |row: &Endpoint| Cursor::write(&app.vault, &list, &row.id);
    Ok(Json(Page::cut(rows, limit, write).map(Into::into)))
}

/// Add a webhook endpoint
///
/// Events are delivered to it as Standard Webhooks 1.0 from now on: verify them with the secret of the answer, which is
/// shown only here. Deliveries are repeated until they are taken, so receivers know an event by its `webhook-id`.
#[utoipa::path(
    tag = "webhooks",
    security(("admin_token" = [])),
    params(("id" = PartnerId, Path, description = "The partner.", example = "par_0698v9qe00t134m6ou6d8h2lak")),
    request_body = AddWebhookEndpointRequest,
    responses(
        (status = 201, body = WebhookEndpointWithSecret, description = "Added.",
            headers(("ETag" = String, description = "Version of the endpoint."))),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "too_many_webhook_endpoints"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, also for a URL that is not allowed or a filter that names no event"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/partners/{id}/webhook-endpoints")]
pub(super) async fn add_webhook_endpoint(
    app: ThinData<App>,
    caller: AdminCaller,
    offer: ThinData<Offer>,
    PathId(partner): PathId<PartnerId>,
    body: Body<AddWebhookEndpointRequest>,
) -> Result<HttpResponse> {
    let created = service::create(
        &app,
        Whose::Anybodys(&caller.author),
        partner,
        &body.value.into(),
        offer.0,
    )
    .await?;
    let tag = etag(created.endpoint.version);
    Ok(HttpResponse::Created().insert_header(tag).json(WebhookEndpointWithSecret::from(created)))
}

/// Read a webhook endpoint
///
/// With since when it has been failing, and why it was switched off.
#[utoipa::path(
    tag = "webhooks",
    security(("admin_token" = [])),
    params(("id" = WebhookEndpointId, Path, description = "The endpoint.", example = "whe_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = WebhookEndpoint, description = "The endpoint.",
            headers(("ETag" = String, description = "Version of the endpoint."))),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/webhook-endpoints/{id}")]
pub(super) async fn get_webhook_endpoint(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<WebhookEndpointId>,
) -> Result<HttpResponse> {
    let endpoint =
        WebhookEndpoint::from(service::find(&app, Whose::Anybodys(&caller.author), id).await?);
    Ok(HttpResponse::Ok().insert_header(etag(endpoint.version)).json(endpoint))
}

/// Change a webhook endpoint
///
/// Or switch it off and on. While it is off events are written down as missed; `:recover` sends them. With `If-Match`
/// the change is made only to the version that was read.
#[utoipa::path(
    tag = "webhooks",
    security(("admin_token" = [])),
    params(("id" = WebhookEndpointId, Path, description = "The endpoint.", example = "whe_0698v9qe00t134m6ou6d8h2lak"), ("If-Match" = Option<String>, Header, description = "`ETag` of the endpoint that was read.", example = "\"1\"")),
    request_body = ChangeWebhookEndpointRequest,
    responses(
        (status = 200, body = WebhookEndpoint, description = "The endpoint as it is now.",
            headers(("ETag" = String, description = "Version of the endpoint."))),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 412, body = Problem, description = "version_conflict"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, also for a URL that is not allowed or a filter that names no event"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[patch("/webhook-endpoints/{id}")]
pub(super) async fn change_webhook_endpoint(
    app: ThinData<App>,
    caller: AdminCaller,
    offer: ThinData<Offer>,
    PathId(id): PathId<WebhookEndpointId>,
    request: HttpRequest,
    body: Body<ChangeWebhookEndpointRequest>,
) -> Result<HttpResponse> {
    let (changes, versions) = (body.value.into(), if_match(&request));
    let whose = Whose::Anybodys(&caller.author);
    let endpoint = service::change(&app, whose, id, &changes, versions.as_deref(), offer.0).await?;
    let endpoint = WebhookEndpoint::from(endpoint);
    Ok(HttpResponse::Ok().insert_header(etag(endpoint.version)).json(endpoint))
}

/// Remove a webhook endpoint
///
/// With its log. What was on its way is not delivered.
#[utoipa::path(
    tag = "webhooks",
    security(("admin_token" = [])),
    params(("id" = WebhookEndpointId, Path, description = "The endpoint.", example = "whe_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 204, description = "Removed."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[delete("/webhook-endpoints/{id}")]
pub(super) async fn remove_webhook_endpoint(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<WebhookEndpointId>,
) -> Result<HttpResponse> {
    service::remove(&app, Whose::Anybodys(&caller.author), id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Replace a webhook secret
///
/// Both secrets sign during the overlap, so that a receiver that knows either accepts every delivery. Of two rotations in
/// a row only the last secret before signs on.
#[utoipa::path(
    tag = "webhooks",
    security(("admin_token" = [])),
    params(("id" = WebhookEndpointId, Path, description = "The endpoint.", example = "whe_0698v9qe00t134m6ou6d8h2lak")),
    request_body = RotateWebhookSecretRequest,
    responses(
        (status = 200, body = WebhookEndpointWithSecret, description = "The new secret.",
            headers(("ETag" = String, description = "Version of the endpoint."))),
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
#[post("/webhook-endpoints/{id}:rotate-secret")]
pub(super) async fn rotate_webhook_secret(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<WebhookEndpointId>,
    body: Body<RotateWebhookSecretRequest>,
) -> Result<HttpResponse> {
    let overlap = TimeDelta::hours(body.value.overlap_hours.into());
    let created =
        service::rotate_secret(&app, Whose::Anybodys(&caller.author), id, overlap).await?;
    let tag = etag(created.endpoint.version);
    Ok(HttpResponse::Ok().insert_header(tag).json(WebhookEndpointWithSecret::from(created)))
}
