//! A version of an earning rule (PT-2): rules in force at the business time apply.

use sea_orm::entity::prelude::*;

use crate::codes::Ledger;
use crate::ids::{RuleId, StaffId};
use crate::values::{Fen, Words};

/// A version of an earning rule (PT-2): rules in force at the business time apply.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "earning_rule")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RuleId,
    /// Name of the rule, the same over versions.
    pub code: String,
    /// Version, from 1; unique with the code.
    pub version: i32,
    /// What it grants.
    pub ledger: Ledger,
    /// Fen paid for one point.
    pub fen_per_unit: Fen,
    /// Whether the tier's multiplier applies.
    pub tier_multiplied: bool,
    /// Most one order may earn.
    pub order_cap: Option<i64>,
    /// Most one member may earn in a business day.
    pub day_cap: Option<i64>,
    /// Categories that earn nothing.
    #[sea_orm(column_type = "Json")]
    pub excluded_categories: Words,
    /// Months until a lot runs out, to the end of that month; none is never.
    pub months_valid: Option<i32>,
    /// Days that what it grants stays pending (PT-2b); 0 is at once.
    pub settles_after_days: i32,
    /// First instant in force.
    pub starts_at: DateTimeUtc,
    /// First instant no longer in force.
    pub ends_at: Option<DateTimeUtc>,
    /// Most it may issue in all, over its versions.
    pub budget_total: Option<i64>,
    /// Most it may issue in a business day.
    pub budget_per_day: Option<i64>,
    /// Most it may issue to one member.
    pub budget_per_member: Option<i64>,
    /// Who wrote this version; none came with the program.
    pub created_by: Option<StaffId>,
    /// When it was written.
    pub created_at: Option<DateTimeUtc>,
    /// Who stopped it.
    pub stopped_by: Option<StaffId>,
    /// When it was stopped.
    pub stopped_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
