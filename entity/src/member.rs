//! A member (ID-1, ID-5).

use sea_orm::entity::prelude::*;

use crate::codes::{Gender, MemberStatus};
use crate::ids::{MemberId, StaffId, StoreId};
use crate::values::{PersonName, Sizes};

/// A member (ID-1, ID-5).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "member")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MemberId,
    /// Where she stands.
    pub status: MemberStatus,
    /// The winner, when merged.
    pub merged_into: Option<MemberId>,
    /// Name.
    pub name: Option<PersonName>,
    /// How she wants to be called; shown on boards.
    pub nickname: Option<PersonName>,
    /// Gender.
    pub gender: Gender,
    /// Birthday, by the solar calendar.
    pub birthday: Option<Date>,
    /// Last change; once a year (ID-5).
    pub birthday_changed_at: Option<DateTimeUtc>,
    /// GB/T 2260 code.
    pub region_code: Option<String>,
    /// Occupation.
    pub occupation: Option<String>,
    /// Body shape.
    pub body_shape: Option<String>,
    /// Preferred style.
    pub style: Option<String>,
    /// Sizes per kind of garment.
    #[sea_orm(column_type = "Json")]
    pub sizes: Sizes,
    /// Home store: where she was first seen.
    pub store_id: Option<StoreId>,
    /// Her guide, at most one (GD-6).
    pub guide_id: Option<StaffId>,
    /// How she came: a channel or `mini_program`.
    pub source: String,
    /// Code of her tier (TR-1).
    pub tier: String,
    /// Start of the tier.
    pub tier_since: DateTimeUtc,
    /// End of the tier; none for the joining tier.
    pub tier_until: Option<DateTimeUtc>,
    /// First sign-in.
    pub registered_at: Option<DateTimeUtc>,
    /// When made.
    pub created_at: DateTimeUtc,
    /// Last change.
    pub updated_at: DateTimeUtc,
    /// Counts changes; the `ETag` of her profile.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
