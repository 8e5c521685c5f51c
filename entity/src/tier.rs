//! A tier (TR-1): data, not code.

use sea_orm::entity::prelude::*;

use crate::values::{Fen, Words};

/// A tier (TR-1): data, not code.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tier")]
pub struct Model {
    /// Code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    /// Name shown.
    pub name: String,
    /// Order, from 1; a higher one is better.
    pub rank: i32,
    /// Spent in 12 months to reach it; 0 for the joining tier.
    pub spend_fen: Fen,
    /// Growth value to reach it.
    pub growth: i64,
    /// Points multiplier in ten-thousandths.
    pub multiplier_bps: i64,
    /// Months it holds.
    pub months: i32,
    /// What else it offers, in the retailer's own words (TR-3).
    #[sea_orm(column_type = "Json")]
    pub benefits: Words,
    /// Counts changes; its `ETag`.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
