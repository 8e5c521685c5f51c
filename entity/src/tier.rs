//! A tier (TR-1): data, not code.

use sea_orm::entity::prelude::*;

use crate::values::Fen;

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
    /// Benefits shown to the member (TR-3).
    pub benefits: Json,
}

impl ActiveModelBehavior for ActiveModel {}
