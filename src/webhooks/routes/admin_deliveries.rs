//! `/v1/admin`: deliveries of events.

use actix_web::web::{Json, ThinData};
use actix_web::{HttpResponse, get, post};
use entity::ids::{WebhookDeliveryId, WebhookEndpointId};

use super::wire::{
    RecoverWebhookDeliveriesRequest, RecoveredWebhookDeliveries, WebhookDelivery,
    WebhookDeliveryDetails, WebhookDeliveryQuery,
};
use crate::app::App;
use crate::http::{Body, Cursor, Page, PathId, Problem, Query, Result};
use crate::staff::caller::AdminCaller;
use crate::webhooks::service::{self, Delivery, Whose};

/// Send a test event
///
/// `webhook.tested`, signed and repeated like any other, whatever the endpoint asks for.
#[utoipa::path(
    tag = "webhooks",
    security(("admin_token" = [])),
    params(("id" = WebhookEndpointId, Path, description = "The endpoint.", example = "whe_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 202, body = WebhookDelivery, description = "On its way."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "webhook_endpoint_disabled"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/webhook-endpoints/{id}:test")]
pub(super) async fn test_webhook_endpoint(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<WebhookEndpointId>,
) -> Result<HttpResponse> {
    let sent = service::send_test(&app, Whose::Anybodys(&caller.author), id).await?;
    Ok(HttpResponse::Accepted().json(WebhookDelivery::from(sent)))
}

/// List deliveries
///
/// Newest first; kept for 90 days.
#[utoipa::path(
    tag = "webhooks",
    security(("admin_token" = [])),
    params(("id" = WebhookEndpointId, Path, description = "The endpoint.", example = "whe_0698v9qe00t134m6ou6d8h2lak"), WebhookDeliveryQuery),
    responses(
        (status = 200, body = Page<WebhookDelivery>, description = "A page of deliveries.", example = json!({
            "items": [{"id": "whd_0698v9qe00t134m6ou6d8h2lak", "endpoint_id": "whe_0698v9qe00t134m6ou6d8h2lak",
                "event_id": "evt_0698v9qe00t134m6ou6d8h2lak", "type": "order.paid", "state": "delivered",
                "attempts": 1, "last_status": 204, "created_at": "2026-11-21T08:00:00Z",
                "finished_at": "2026-11-21T08:00:01Z"}],
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
#[get("/webhook-endpoints/{id}/deliveries")]
pub(super) async fn list_webhook_deliveries(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<WebhookEndpointId>,
    query: Query<WebhookDeliveryQuery>,
) -> Result<Json<Page<WebhookDelivery>>> {
    let WebhookDeliveryQuery { state, cursor, limit } = query.0;
    let list = format!("deliveries {id}");
    let before = cursor.map(|text| Cursor::read(&app.vault, &list, &text)).transpose()?;
    let whose = Whose::Anybodys(&caller.author);
    let rows = service::deliveries(&app, whose, id, state, before, limit + 1).await?;
    let write = |row: &Delivery| Cursor::write(&app.vault, &list, &row.id);
    Ok(Json(Page::cut(rows, limit, write).map(Into::into)))
}

/// Recover deliveries
///
/// Sends whatever was given up or missed since a time, in sequence and under its `webhook-id`.
#[utoipa::path(
    tag = "webhooks",
    security(("admin_token" = [])),
    params(("id" = WebhookEndpointId, Path, description = "The endpoint.", example = "whe_0698v9qe00t134m6ou6d8h2lak")),
    request_body = RecoverWebhookDeliveriesRequest,
    responses(
        (status = 200, body = RecoveredWebhookDeliveries, description = "On their way."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "webhook_endpoint_disabled"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/webhook-endpoints/{id}:recover")]
pub(super) async fn recover_webhook_deliveries(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<WebhookEndpointId>,
    body: Body<RecoverWebhookDeliveriesRequest>,
) -> Result<Json<RecoveredWebhookDeliveries>> {
    let recovered =
        service::recover(&app, Whose::Anybodys(&caller.author), id, body.value.since).await?;
    Ok(Json(RecoveredWebhookDeliveries { recovered }))
}

/// Read a delivery
///
/// What is sent, and each attempt with its status, how long it took and how the answer began.
#[utoipa::path(
    tag = "webhooks",
    security(("admin_token" = [])),
    params(("id" = WebhookDeliveryId, Path, description = "The delivery.", example = "whd_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = WebhookDeliveryDetails, description = "The delivery."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/webhook-deliveries/{id}")]
pub(super) async fn get_webhook_delivery(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<WebhookDeliveryId>,
) -> Result<Json<WebhookDeliveryDetails>> {
    let found = service::delivery(&app, Whose::Anybodys(&caller.author), id).await?;
    Ok(Json(found.into()))
}

/// Send a delivery again
///
/// As the same event, from the beginning of the schedule, whatever became of it before.
#[utoipa::path(
    tag = "webhooks",
    security(("admin_token" = [])),
    params(("id" = WebhookDeliveryId, Path, description = "The delivery.", example = "whd_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 202, body = WebhookDelivery, description = "On its way."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "webhook_endpoint_disabled"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/webhook-deliveries/{id}:resend")]
pub(super) async fn resend_webhook_delivery(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<WebhookDeliveryId>,
) -> Result<HttpResponse> {
    let sent = service::resend(&app, Whose::Anybodys(&caller.author), id).await?;
    Ok(HttpResponse::Accepted().json(WebhookDelivery::from(sent)))
}
