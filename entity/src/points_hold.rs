//! Points held for a checkout that is not finished (PT-4).

use sea_orm::entity::prelude::*;

use crate::codes::{HoldState, Source};
use crate::ids::{AccountId, HoldId, MemberId, PartnerId, StoreId, TransferId};

/// Points held for a checkout that is not finished (PT-4): resolved at most once.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "points_hold")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HoldId,
    /// Whose account; after a merge that of the one who stays.
    pub account_id: AccountId,
    /// Whose.
    pub member_id: MemberId,
    /// How many are held, above zero.
    pub amount: i64,
    /// How many of them were used in the end.
    pub captured: i64,
    /// Where it stands.
    pub state: HoldState,
    /// What froze them.
    pub source: Source,
    /// Which one; unique with the source.
    pub source_id: String,
    /// What the checkout is called by whoever asked.
    pub order_ref: Option<String>,
    /// The third party that asked; nobody else may resolve it.
    pub partner_id: Option<PartnerId>,
    /// The store.
    pub store_id: Option<StoreId>,
    /// The transfer that froze them.
    pub freeze_transfer: TransferId,
    /// When they were frozen.
    pub created_at: DateTimeUtc,
    /// First instant at which they can no longer be used and go back.
    pub lapses_at: DateTimeUtc,
    /// When they were used or went back.
    pub resolved_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
