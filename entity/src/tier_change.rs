//! One change of tier with its cause and numbers (TR-4).

use sea_orm::entity::prelude::*;

use crate::codes::{ActorKind, TierCause};
use crate::ids::{MemberId, OrderId, TierChangeId};
use crate::values::Fen;

/// One change of tier with its cause and numbers (TR-4).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_change")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TierChangeId,
    /// Whose.
    pub member_id: MemberId,
    /// Before; none on joining.
    pub from_tier: Option<String>,
    /// After.
    pub to_tier: String,
    /// Why.
    pub cause: TierCause,
    /// The order that did it.
    pub order_id: Option<OrderId>,
    /// Spent in the 12 months before.
    pub spend_fen: Fen,
    /// Growth value then.
    pub growth: i64,
    /// When it took effect.
    pub changed_at: DateTimeUtc,
    /// End of the tier.
    pub holds_until: Option<DateTimeUtc>,
    /// Number of the change among her own, from 1; 0 for changes older than the numbering.
    pub seq: i64,
    /// What she has earned by herself afterwards, whatever a card or a pin gives her.
    pub earned_tier: Option<String>,
    /// Who did it.
    pub actor_kind: Option<ActorKind>,
    /// Which one.
    pub actor_id: Option<Uuid>,
    /// Why, in the words of whoever did it.
    pub reason: Option<String>,
    /// When it was written: later than it took effect where a job was late.
    pub recorded_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
