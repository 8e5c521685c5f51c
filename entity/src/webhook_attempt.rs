//! One attempt to deliver an event (OP-3).

use sea_orm::entity::prelude::*;

use crate::codes::AttemptOutcome;
use crate::ids::{WebhookAttemptId, WebhookDeliveryId};

/// One attempt to deliver an event (OP-3).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_attempt")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WebhookAttemptId,
    /// Of which delivery.
    pub delivery_id: WebhookDeliveryId,
    /// When it began.
    pub at: DateTimeUtc,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// HTTP status, when there was an answer.
    pub status: Option<i32>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// Beginning of the answer.
    pub answer: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
