//! Wire types of webhooks, the same for head office and for partners.

use chrono::{DateTime, Utc};
use entity::codes::{AttemptOutcome, DeliveryState, WebhookOff, WebhookState};
use entity::ids::{EventId, PartnerId, WebhookDeliveryId, WebhookEndpointId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::webhooks::rules::target::LONGEST_URL;
use crate::webhooks::service::{Attempt, Changes, Created, Delivery, Endpoint, NewEndpoint};

/// Where events are delivered to.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "whe_0698v9qe00t134m6ou6d8h2lak", "partner_id": "par_0698v9qe00t134m6ou6d8h2lak",
    "url": "https://erp.example.com/hooks/huiyi", "description": "ERP", "events": ["order.*", "points.moved"],
    "state": "enabled", "created_at": "2026-11-21T08:00:00Z", "version": 1
}))]
pub struct WebhookEndpoint {
    /// Id.
    pub id: WebhookEndpointId,
    /// Whose.
    pub partner_id: PartnerId,
    /// Where to.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// Types of events, families such as `points.*`, or `*` for all.
    pub events: Vec<String>,
    /// Whether events are delivered; while not, they are written down as missed.
    pub state: WebhookState,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<WebhookOff>,
    /// Since when not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<DateTime<Utc>>,
    /// Since when nothing has been taken, if the last delivery failed. After five days it is switched off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<DateTime<Utc>>,
    /// Until when the secret before the last rotation signs too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_secret_until: Option<DateTime<Utc>>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// Version, as in `ETag`.
    pub version: i64,
}

impl From<Endpoint> for WebhookEndpoint {
    fn from(it: Endpoint) -> Self {
        Self {
            id: it.id,
            partner_id: it.partner_id,
            url: it.url,
            description: it.description,
            events: it.events,
            state: it.state,
            disabled_reason: it.off_reason,
            disabled_at: it.off_since,
            failing_since: it.failing_since,
            old_secret_until: it.old_secret_until,
            created_at: it.created_at,
            version: it.version,
        }
    }
}

/// An endpoint with a secret that is shown only now.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "endpoint": {"id": "whe_0698v9qe00t134m6ou6d8h2lak", "partner_id": "par_0698v9qe00t134m6ou6d8h2lak",
        "url": "https://erp.example.com/hooks/huiyi", "description": "ERP", "events": ["order.*"],
        "state": "enabled", "created_at": "2026-11-21T08:00:00Z", "version": 1},
    "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDvKIQ5UBHT2w="
}))]
pub struct WebhookEndpointWithSecret {
    /// The endpoint.
    pub endpoint: WebhookEndpoint,
    /// What signs its deliveries (Standard Webhooks, HMAC-SHA256). Keep it: it is not shown again.
    pub secret: String,
}

impl From<Created> for WebhookEndpointWithSecret {
    fn from(it: Created) -> Self {
        Self { endpoint: it.endpoint.into(), secret: it.secret }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde's signature")]
fn is_line(text: &str, (): &()) -> garde::Result {
    if text.chars().count() > 200 || text.chars().any(char::is_control) {
        return Err(garde::Error::new("at most 200 characters on one line"));
    }
    Ok(())
}

/// A new endpoint.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "url": "https://erp.example.com/hooks/huiyi", "description": "ERP", "events": ["order.*", "points.moved"]
}))]
pub struct AddWebhookEndpointRequest {
    /// Where to: https, a public address, port 443 or 8443, without login or fragment.
    #[garde(length(min = 1, max = LONGEST_URL))]
    #[schema(max_length = 2000)]
    pub url: String,
    /// What it is for.
    #[garde(custom(is_line))]
    #[serde(default)]
    #[schema(max_length = 200)]
    pub description: String,
    /// Types of events, families such as `points.*`, or `*` for all.
    #[garde(length(min = 1, max = 50))]
    #[schema(min_items = 1, max_items = 50)]
    pub events: Vec<String>,
}

impl From<AddWebhookEndpointRequest> for NewEndpoint {
    fn from(it: AddWebhookEndpointRequest) -> Self {
        Self { url: it.url, description: it.description, events: it.events }
    }
}

/// What becomes different; what is not sent stays.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"events": ["order.*"], "state": "enabled"}))]
pub struct ChangeWebhookEndpointRequest {
    /// Where to.
    #[garde(inner(length(min = 1, max = LONGEST_URL)))]
    #[schema(max_length = 2000)]
    pub url: Option<String>,
    /// What it is for.
    #[garde(inner(custom(is_line)))]
    #[schema(max_length = 200)]
    pub description: Option<String>,
    /// Types of events, families such as `points.*`, or `*` for all.
    #[garde(inner(length(min = 1, max = 50)))]
    #[schema(min_items = 1, max_items = 50)]
    pub events: Option<Vec<String>>,
    /// `disabled` stops deliveries: what is on its way is missed, `:recover` sends it later.
    #[garde(skip)]
    pub state: Option<WebhookState>,
}

impl From<ChangeWebhookEndpointRequest> for Changes {
    fn from(it: ChangeWebhookEndpointRequest) -> Self {
        Self { url: it.url, description: it.description, events: it.events, state: it.state }
    }
}

/// How a secret is replaced.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"overlap_hours": 24}))]
pub struct RotateWebhookSecretRequest {
    /// How long the old secret signs too, so that receivers can change over. 0 for one that leaked.
    #[garde(range(max = 24))]
    #[serde(default = "a_day")]
    #[schema(default = 24, maximum = 24)]
    pub overlap_hours: u8,
}

const fn a_day() -> u8 {
    24
}

/// From when on.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"since": "2026-11-20T00:00:00Z"}))]
pub struct RecoverWebhookDeliveriesRequest {
    /// Deliveries that were written at this time or later.
    #[garde(skip)]
    pub since: DateTime<Utc>,
}

/// How much is on its way again.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"recovered": 12}))]
pub struct RecoveredWebhookDeliveries {
    /// Deliveries.
    pub recovered: u64,
}

/// One event on its way to one endpoint.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "whd_0698v9qe00t134m6ou6d8h2lak", "endpoint_id": "whe_0698v9qe00t134m6ou6d8h2lak",
    "event_id": "evt_0698v9qe00t134m6ou6d8h2lak", "type": "order.paid", "state": "waiting", "attempts": 2,
    "next_at": "2026-11-21T08:05:10Z", "last_status": 503, "created_at": "2026-11-21T08:00:00Z"
}))]
pub struct WebhookDelivery {
    /// Id.
    pub id: WebhookDeliveryId,
    /// Where to.
    pub endpoint_id: WebhookEndpointId,
    /// The event: `webhook-id` of each attempt.
    pub event_id: EventId,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// Attempts since it was last asked for, of ten over three days.
    pub attempts: i32,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<DateTime<Utc>>,
    /// What the endpoint answered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_status: Option<i32>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it came to an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
}

impl From<Delivery> for WebhookDelivery {
    fn from(it: Delivery) -> Self {
        Self {
            id: it.id,
            endpoint_id: it.endpoint_id,
            event_id: it.event_id,
            kind: it.kind,
            state: it.state,
            attempts: it.attempts,
            next_at: it.next_at,
            last_status: it.last_status,
            created_at: it.created_at,
            finished_at: it.finished_at,
        }
    }
}

/// One attempt.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "at": "2026-11-21T08:00:05Z", "outcome": "refused", "status": 503, "duration_ms": 41, "answer": "busy"
}))]
pub struct WebhookAttempt {
    /// When it began.
    pub at: DateTime<Utc>,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// HTTP status, when there was an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    /// Milliseconds that it took.
    pub duration_ms: i64,
    /// The first 500 characters of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// A delivery with what was sent and its attempts.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "delivery": {"id": "whd_0698v9qe00t134m6ou6d8h2lak", "endpoint_id": "whe_0698v9qe00t134m6ou6d8h2lak",
        "event_id": "evt_0698v9qe00t134m6ou6d8h2lak", "type": "order.paid", "state": "delivered", "attempts": 1,
        "last_status": 204, "created_at": "2026-11-21T08:00:00Z", "finished_at": "2026-11-21T08:00:01Z"},
    "body": "{\"type\":\"order.paid\",\"timestamp\":\"2026-11-21T08:00:00.000Z\",\"data\":{}}",
    "log": [{"at": "2026-11-21T08:00:01Z", "outcome": "delivered", "status": 204, "duration_ms": 41}]
}))]
pub struct WebhookDeliveryDetails {
    /// The delivery.
    pub delivery: WebhookDelivery,
    /// What is sent, byte for byte the same each time.
    pub body: String,
    /// Its attempts, newest first, at most 100.
    pub log: Vec<WebhookAttempt>,
}

impl From<(Delivery, Vec<Attempt>)> for WebhookDeliveryDetails {
    fn from((delivery, attempts): (Delivery, Vec<Attempt>)) -> Self {
        let attempt = |it: Attempt| WebhookAttempt {
            at: it.at,
            outcome: it.outcome,
            status: it.status,
            duration_ms: it.duration_ms,
            answer: it.answer,
        };
        let body = delivery.body.clone();
        Self { delivery: delivery.into(), body, log: attempts.into_iter().map(attempt).collect() }
    }
}

/// Which endpoints.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WebhookEndpointQuery {
    /// Of this partner only.
    #[garde(skip)]
    pub partner_id: Option<PartnerId>,
    /// Where to read on: `next_cursor` of the page before.
    #[garde(length(max = 512))]
    pub cursor: Option<String>,
    /// Rows a page.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "default_limit")]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub limit: u64,
}

/// Which deliveries.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WebhookDeliveryQuery {
    /// Where they stand.
    #[garde(skip)]
    #[param(inline)]
    pub state: Option<DeliveryState>,
    /// Where to read on: `next_cursor` of the page before.
    #[garde(length(max = 512))]
    pub cursor: Option<String>,
    /// Rows a page.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "default_limit")]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub limit: u64,
}

const fn default_limit() -> u64 {
    20
}
