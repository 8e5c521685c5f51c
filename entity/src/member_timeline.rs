//! What happened to one member, one row an event: a projection of the event log (ID-7).

use sea_orm::entity::prelude::*;

use crate::codes::TimelineKind;
use crate::ids::{EventId, MemberId};

/// What happened to one member, one row an event: a projection of the event log (ID-7).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "member_timeline")]
pub struct Model {
    /// The event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: EventId,
    /// Whom it is about; who was merged keeps her rows, and the winner is shown them too.
    pub member_id: MemberId,
    /// What it was.
    pub kind: TimelineKind,
    /// Business time.
    pub occurred_at: DateTimeUtc,
    /// What its line is made of: ids, codes and numbers, no personal data.
    pub facts: Json,
}

impl ActiveModelBehavior for ActiveModel {}
