//! Points that staff add or take by hand (PT-7, S25).

use sea_orm::entity::prelude::*;

use crate::codes::{AdjustmentReason, AdjustmentState};
use crate::ids::{AdjustmentId, MemberId, StaffId, TransferId};

/// Points that staff add or take by hand (PT-7, S25): decided at most once.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "points_adjustment")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AdjustmentId,
    /// Whose points, as asked for; she may have been merged since.
    pub member_id: MemberId,
    /// How many: above zero added, below zero taken.
    pub points: i64,
    /// Why.
    pub reason: AdjustmentReason,
    /// Why, in words.
    pub note: String,
    /// Where it stands.
    pub state: AdjustmentState,
    /// Who asked for it.
    pub requested_by: StaffId,
    /// The second person, where one was needed.
    pub decided_by: Option<StaffId>,
    /// What the second person said.
    pub decision_note: Option<String>,
    /// The movement.
    pub transfer_id: Option<TransferId>,
    /// When it was asked for.
    pub created_at: DateTimeUtc,
    /// When the second person decided.
    pub decided_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
