//! One movement: never updated, never deleted (PT-1).

use sea_orm::entity::prelude::*;

use crate::codes::{ActorKind, Bucket, Ledger, Source, TransferKind};
use crate::ids::{AccountId, OrderId, RuleId, StoreId, TransferId};
use crate::values::Mac;

/// One movement: never updated, never deleted (PT-1).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "points_transfer")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TransferId,
    /// Whose account.
    pub account_id: AccountId,
    /// Points or growth.
    pub ledger: Ledger,
    /// Number in the account, from 1, without gaps.
    pub seq: i64,
    /// What it is.
    pub kind: TransferKind,
    /// Taken from.
    pub from_bucket: Bucket,
    /// Given to.
    pub to_bucket: Bucket,
    /// How many, above zero.
    pub amount: i64,
    /// Balance after.
    pub pending_after: i64,
    /// Balance after.
    pub available_after: i64,
    /// Balance after.
    pub frozen_after: i64,
    /// What caused it.
    pub source: Source,
    /// Which one; unique with ledger, source and kind, for ever.
    pub source_id: String,
    /// The transfer it takes back; of a capture or release the freeze that it resolves.
    pub reverses: Option<TransferId>,
    /// The order behind it.
    pub order_id: Option<OrderId>,
    /// The store behind it.
    pub store_id: Option<StoreId>,
    /// The rule version that gave it.
    pub rule_id: Option<RuleId>,
    /// Who did it.
    pub actor_kind: ActorKind,
    /// Which one.
    pub actor_id: Option<Uuid>,
    /// Business time.
    pub occurred_at: DateTimeUtc,
    /// When it was written.
    pub recorded_at: DateTimeUtc,
    /// Over this row, what it did to lots and the transfer before it in the account (L7); none before there were any.
    pub mac: Option<Mac>,
}

impl ActiveModelBehavior for ActiveModel {}
