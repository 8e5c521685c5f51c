//! One immutable movement of stock (OR-5).

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::codes::{StockMoveKind, StockSource};
use crate::ids::{PartnerId, StockLevelId, StockMoveId};

/// One immutable movement of stock (OR-5).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_move")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockMoveId,
    /// Of which level.
    pub level_id: StockLevelId,
    /// Its number there, from 1.
    pub seq: i64,
    /// What it was.
    pub kind: StockMoveKind,
    /// Pieces as reported: signed for an adjustment, what was counted for a count.
    pub quantity: i64,
    /// What it did to the pieces there; nothing where a later count had them in it already.
    pub delta: i64,
    /// What it did to the pieces held.
    pub held_delta: i64,
    /// Pieces there afterwards.
    pub on_hand_after: i64,
    /// Pieces held afterwards.
    pub held_after: i64,
    /// Pieces missing afterwards.
    pub short_after: i64,
    /// What caused it; unique with `source_id` and `kind`.
    pub source: StockSource,
    /// Which of those.
    pub source_id: String,
    /// The third party that sent it.
    pub partner_id: Option<PartnerId>,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
    /// When it was written.
    pub recorded_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}
