//! Pieces promised for a while (OR-5).

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::codes::{HoldState, StockSource};
use crate::ids::{PartnerId, StockHoldId, StockLevelId};

/// Pieces promised for a while (OR-5).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_hold")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockHoldId,
    /// Of which level.
    pub level_id: StockLevelId,
    /// Pieces.
    pub quantity: i64,
    /// Of these, pieces that were used.
    pub captured: i64,
    /// Where it stands.
    pub state: HoldState,
    /// What caused it; unique with `source_id`.
    pub source: StockSource,
    /// Which of those.
    pub source_id: String,
    /// The third party that holds; none for our own.
    pub partner_id: Option<PartnerId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it goes back by itself.
    pub lapses_at: DateTime<Utc>,
    /// When it was used or went back.
    pub resolved_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}
