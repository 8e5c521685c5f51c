//! What webhooks tell: ids and words.

use chrono::{DateTime, Utc};
use entity::codes::WebhookOff;
use entity::ids::{PartnerId, WebhookEndpointId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::events::{About, Event, Kind};

/// An endpoint was switched off because of its answers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "endpoint_id": "whe_0698v9qe00t134m6ou6d8h2lak", "partner_id": "par_0698v9qe00t134m6ou6d8h2lak", "reason": "gone"
}))]
pub struct WebhookEndpointDisabled {
    /// Which.
    pub endpoint_id: WebhookEndpointId,
    /// Whose.
    pub partner_id: PartnerId,
    /// Why.
    pub reason: WebhookOff,
}

/// Somebody wants to see whether deliveries arrive.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"endpoint_id": "whe_0698v9qe00t134m6ou6d8h2lak"}))]
pub struct WebhookTested {
    /// Which endpoint.
    pub endpoint_id: WebhookEndpointId,
}

/// An endpoint was switched off because of its answers. Other partners have no business with it, so it stays inside.
pub const ENDPOINT_DISABLED: Kind<WebhookEndpointDisabled> = Kind::inside(
    "webhook.endpoint_disabled",
    About::Nobody,
    "接收地址因应答被自动停用",
    "a webhook endpoint was switched off because of its answers",
);

/// Sent on request to one endpoint, whatever it asks for.
pub const TESTED: Kind<WebhookTested> = Kind::on_request(
    "webhook.tested",
    About::Nobody,
    "测试投递，只发给所请求的接收地址",
    "a test: sent on request to one endpoint, whatever it asks for",
);

pub(super) fn endpoint_disabled(
    endpoint_id: WebhookEndpointId,
    partner_id: PartnerId,
    reason: WebhookOff,
    at: DateTime<Utc>,
) -> Event {
    let payload = WebhookEndpointDisabled { endpoint_id, partner_id, reason };
    ENDPOINT_DISABLED.event(&payload, None, at)
}

pub(super) fn tested(endpoint_id: WebhookEndpointId, at: DateTime<Utc>) -> Event {
    TESTED.event(&WebhookTested { endpoint_id }, None, at)
}
