//! One change of tier with its cause and numbers (TR-4).

use sea_orm::entity::prelude::*;

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
    /// `join`, `spend`, `growth` or `merge`.
    pub cause: String,
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
}

impl ActiveModelBehavior for ActiveModel {}
