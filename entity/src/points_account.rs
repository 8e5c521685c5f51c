//! The balances of a member in one ledger: one row, changed only under its lock, or only if it is as it was read (PT-1).

use sea_orm::entity::prelude::*;

use crate::codes::Ledger;
use crate::ids::{AccountId, MemberId};
use crate::values::Mac;

/// The balances of a member in one ledger: one row, changed only under its lock, or only if it is as it was read (PT-1).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "points_account")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    /// Whose; unique with the ledger.
    pub member_id: MemberId,
    /// Points or growth.
    pub ledger: Ledger,
    /// Granted, not settled.
    pub pending: i64,
    /// Can be spent; below zero only by a claw-back (PT-6).
    pub available: i64,
    /// Held for checkouts.
    pub frozen: i64,
    /// Number of transfers.
    pub version: i64,
    /// Whether its member was merged into another: nothing moves in it any more.
    pub closed: bool,
    /// Last transfer.
    pub updated_at: DateTimeUtc,
    /// That of the last transfer; none before the first that has one (L7).
    pub last_mac: Option<Mac>,
    /// Over the transfers from before the codes; none where all have one, or nobody has sealed them yet (L7).
    pub sealed_mac: Option<Mac>,
    /// Over the whole row: nobody without the key can set it back to what it was (L7).
    pub mac: Option<Mac>,
}

impl ActiveModelBehavior for ActiveModel {}
