//! What a member holds of tiers, part by part (TR-2, TR-2b): `member.tier` follows from it. Guarded by the row lock of the member.

use sea_orm::entity::prelude::*;

use crate::ids::MemberId;

/// What a member holds of tiers, part by part (TR-2, TR-2b): `member.tier` follows from it. Guarded by the row lock of the member.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_hold")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: MemberId,
    /// What she has earned by herself.
    pub tier: String,
    /// Start of it.
    pub since: DateTimeUtc,
    /// End of it; none for the joining tier.
    pub until: Option<DateTimeUtc>,
    /// Growth value at the start: what came since counts for keeping the tier.
    pub growth_base: i64,
    /// Growth value used up by tiers that she lost: what came since counts for rising.
    pub growth_mark: i64,
    /// The tier that head office fixed.
    pub pin_tier: Option<String>,
    /// Start of the pin.
    pub pin_since: Option<DateTimeUtc>,
    /// End of the pin; none lasts until it is lifted.
    pub pin_until: Option<DateTimeUtc>,
    /// When something ends next.
    pub due_at: Option<DateTimeUtc>,
    /// When to look whether she must be told of a coming end; none when she was told.
    pub notice_at: Option<DateTimeUtc>,
    /// Number of her changes.
    pub changes: i64,
}

impl ActiveModelBehavior for ActiveModel {}
