//! Where a partner wants events delivered (OP-3).

use sea_orm::entity::prelude::*;

use crate::codes::{WebhookOff, WebhookState};
use crate::ids::{PartnerId, WebhookEndpointId};
use crate::values::{Sealed, Words};

/// Where a partner wants events delivered (OP-3).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoint")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WebhookEndpointId,
    /// Whose.
    pub partner_id: PartnerId,
    /// Where to.
    pub url: String,
    /// What the partner calls it.
    pub description: String,
    /// Kinds that it asks for, or families such as `points.*`.
    #[sea_orm(column_type = "Json")]
    pub events: Words,
    /// Whether it gets anything.
    pub state: WebhookState,
    /// Why not.
    pub off_reason: Option<WebhookOff>,
    /// Since when not.
    pub off_since: Option<DateTimeUtc>,
    /// Since when no delivery has succeeded, while some failed.
    pub failing_since: Option<DateTimeUtc>,
    /// It asked for a pause until then.
    pub rest_until: Option<DateTimeUtc>,
    /// What signs its deliveries.
    pub secret: Sealed,
    /// What signed them before, and signs them too for a while.
    pub old_secret: Option<Sealed>,
    /// The end of that while.
    pub old_secret_until: Option<DateTimeUtc>,
    /// When it was added.
    pub created_at: DateTimeUtc,
    /// Counts changes by people.
    pub version: i64,
    /// Not before then is anything due; none when nothing waits.
    pub wake_at: Option<DateTimeUtc>,
    /// Who delivers to it now.
    pub lease_token: Option<Uuid>,
    /// When another worker may.
    pub lease_until: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
