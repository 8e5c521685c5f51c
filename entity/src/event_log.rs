//! What happened, in the transaction in which it happened; the relay hands it to reactions.

use sea_orm::entity::prelude::*;

use crate::ids::{EventId, MemberId};

/// What happened, in the transaction in which it happened; the relay hands it to reactions.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event_log")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EventId,
    /// Dotted past tense, such as `order.paid`.
    pub kind: String,
    /// Version of its schema.
    pub version: i32,
    /// Whom it is about.
    pub member_id: Option<MemberId>,
    /// Its data: ids and numbers, no personal data.
    pub payload: Json,
    /// Business time.
    pub occurred_at: DateTimeUtc,
    /// When it was written.
    pub recorded_at: DateTimeUtc,
    /// When every reaction had it.
    pub relayed_at: Option<DateTimeUtc>,
    /// Lease of the relay that works on it.
    pub claimed_until: Option<DateTimeUtc>,
    /// Claims so far.
    pub attempts: i32,
}

impl ActiveModelBehavior for ActiveModel {}
