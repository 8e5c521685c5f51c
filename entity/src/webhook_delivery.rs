//! One event on its way to one endpoint (OP-3).

use sea_orm::entity::prelude::*;

use crate::codes::DeliveryState;
use crate::ids::{EventId, MemberId, WebhookDeliveryId, WebhookEndpointId};

/// One event on its way to one endpoint (OP-3).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_delivery")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WebhookDeliveryId,
    /// Where to.
    pub endpoint_id: WebhookEndpointId,
    /// The event, unique in its endpoint; receivers know it as `webhook-id`.
    pub event_id: EventId,
    /// Its kind.
    pub kind: String,
    /// Whom it is about: her events arrive in sequence.
    pub member_id: Option<MemberId>,
    /// What is sent, byte for byte the same each time.
    pub body: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// Attempts since it was last asked for.
    pub attempts: i32,
    /// Not before.
    pub next_at: DateTimeUtc,
    /// What the endpoint answered last.
    pub last_status: Option<i32>,
    /// When it was written.
    pub created_at: DateTimeUtc,
    /// When it came to an end.
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
