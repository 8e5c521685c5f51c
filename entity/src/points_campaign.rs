//! A version of a points campaign (BN-8): more points for a while.

use sea_orm::entity::prelude::*;

use crate::ids::{CampaignId, StaffId};
use crate::values::CampaignConditions;

/// A version of a points campaign (BN-8): more points for a while.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "points_campaign")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CampaignId,
    /// Name of the campaign for programs, the same over versions.
    pub code: String,
    /// Version, from 1; unique with the code.
    pub version: i32,
    /// Name shown.
    pub name: String,
    /// How many times as many points, in 1/10000; above 10000.
    pub multiplier_bps: i64,
    /// When and where it holds.
    #[sea_orm(column_type = "Json")]
    pub conditions: CampaignConditions,
    /// Most it may add to one order.
    pub bonus_cap: Option<i64>,
    /// Most it may issue in all, over its versions.
    pub budget_total: Option<i64>,
    /// Most it may issue in a business day.
    pub budget_per_day: Option<i64>,
    /// Most it may issue to one member.
    pub budget_per_member: Option<i64>,
    /// First instant in force.
    pub starts_at: DateTimeUtc,
    /// First instant no longer in force.
    pub ends_at: DateTimeUtc,
    /// Who wrote this version.
    pub created_by: Option<StaffId>,
    /// When it was written.
    pub created_at: DateTimeUtc,
    /// Who stopped it.
    pub stopped_by: Option<StaffId>,
    /// When it was stopped.
    pub stopped_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
