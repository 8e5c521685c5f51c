//! A leaderboard that missed changes while the kv was away: it is rebuilt before it is read again (OPS-6).

use sea_orm::entity::prelude::*;

use crate::codes::{Board, Period};

/// A leaderboard that missed changes while the kv was away: it is rebuilt before it is read again (OPS-6).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "board_gap")]
pub struct Model {
    /// Which board.
    #[sea_orm(primary_key, auto_increment = false)]
    pub board: Board,
    /// Of days, weeks or months.
    #[sea_orm(primary_key, auto_increment = false)]
    pub period: Period,
    /// First business day of the period.
    #[sea_orm(primary_key, auto_increment = false)]
    pub starts_on: Date,
    /// New with each miss, so that a rebuild clears only what it has seen.
    pub mark: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
