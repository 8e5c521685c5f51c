//! The whole decision of the ledger (PT-1 to PT-6): pure, over accounts that the caller has locked and loaded.
//!
//! Invariant of every account: `available = Σ remaining of settled lots − debt`, where debt is what `available` lies
//! below zero; `pending = Σ remaining of lots not settled`; `frozen = Σ of its holds`, whose points have left their lots
//! and go back to them. Only a claw-back makes debt; whatever comes in pays it first.

mod audit;
mod budget;
mod campaign;
mod campaign_words;
mod chain;
mod due;
mod finance;
mod holding;
mod lots;
mod merging;
mod movement;
mod posting;
pub mod quoting;
mod reversing;
#[cfg(test)]
mod tests;
mod versions;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::codes::{Bucket, Ledger, Source, TransferKind};
use entity::ids::{AccountId, HoldId, LotId, LotUseId, MemberId, TransferId};
use entity::{points_account, points_hold, points_lot_use, points_transfer};

pub use audit::{Audit, Beside, Difference, Fault};
pub use budget::{Budget, Counter, Counts, Issuer, Issues, Limit, Window};
pub use campaign::{Occasion, Visit, holds};
pub use campaign_words::in_words;
pub use chain::{Chain, Did, is_ours, seal, seal_account, seal_record};
pub use due::{expire, settle};
pub use finance::{
    ACTIVITY_VERSION, Activity, BREAKAGE_VERSION, Breakage, Flow, LIABILITY_VERSION, outstanding,
    value_fen,
};
pub use lots::{Lot, Lots, Mark, Part, due_at};
pub use merging::merge;
pub use movement::{Act, Movement, Posted, Replayed, Short};
pub use posting::decide;
pub use versions::{Book, Phase, Version};

use crate::http::Code;
use crate::points::error;

/// The most that one movement may move.
pub const MOST: i64 = 1_000_000_000_000;

/// What a movement is known by, for ever.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cause {
    /// Points or growth.
    pub ledger: Ledger,
    /// What kind of thing caused it.
    pub source: Source,
    /// Which one.
    pub source_id: String,
    /// What it is.
    pub kind: TransferKind,
}

impl Cause {
    /// The cause of a transfer that stands.
    #[must_use]
    pub fn of(transfer: &points_transfer::Model) -> Self {
        Self {
            ledger: transfer.ledger,
            source: transfer.source,
            source_id: transfer.source_id.clone(),
            kind: transfer.kind,
        }
    }
}

/// Points held for a checkout, and whether the row has to be written.
#[derive(Clone, Debug)]
pub struct Hold {
    /// As it stands now.
    pub row: points_hold::Model,
    /// Since it was loaded.
    pub mark: Mark,
}

/// What an earlier spending took from a lot, and how much of that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Which lot.
    pub lot: LotId,
    /// Taken.
    pub used: i64,
    /// Given back so far.
    pub returned: i64,
}

/// An account with its lots.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its balances.
    pub row: points_account::Model,
    /// Its lots, as far as the movements need them.
    pub lots: Lots,
    /// Whether the row has to be written.
    pub mark: Mark,
}

/// What the decision looks at.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// The accounts of the movements' members.
    pub accounts: HashMap<(MemberId, Ledger), Account>,
    /// Earlier transfers with the movements' causes, and the originals of reversals.
    pub posted: HashMap<Cause, points_transfer::Model>,
    /// How much of an original was taken back so far.
    pub undone: HashMap<TransferId, i64>,
    /// What a spending or a freeze took from which lot.
    pub shares: HashMap<TransferId, Vec<Share>>,
    /// The holds that movements name, locked.
    pub holds: HashMap<HoldId, Hold>,
    /// Whose an account is today: after a merge the winner.
    pub owners: HashMap<AccountId, MemberId>,
}

/// What has to be written.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    /// New transfers with their members, in order.
    pub transfers: Vec<(MemberId, points_transfer::Model)>,
    /// New records of lot use.
    pub uses: Vec<points_lot_use::Model>,
}

/// One transfer to be written.
#[derive(Clone, Copy)]
struct Line<'a> {
    kind: TransferKind,
    from: Bucket,
    to: Bucket,
    amount: i64,
    reverses: Option<TransferId>,
    cause: (Source, &'a str),
    origin: movement::Origin,
}

impl Account {
    /// A loaded account.
    #[must_use]
    pub fn new(row: points_account::Model) -> Self {
        Self { row, lots: Lots::default(), mark: Mark::Same }
    }

    fn debt(&self) -> i64 {
        0_i64.saturating_sub(self.row.available).max(0)
    }

    /// Refuses what the balances could not hold, wherever it will stand one day.
    fn room_for(&self, amount: i64) -> Result<(), Code> {
        let sum = self.row.available.max(0).checked_add(self.row.pending);
        let sum = sum.and_then(|sum| sum.checked_add(self.row.frozen));
        sum.and_then(|sum| sum.checked_add(amount)).map(|_| ()).ok_or(error::OUT_OF_RANGE)
    }

    const fn bucket_mut(&mut self, bucket: Bucket) -> Option<&mut i64> {
        match bucket {
            Bucket::Pending => Some(&mut self.row.pending),
            Bucket::Available => Some(&mut self.row.available),
            Bucket::Frozen => Some(&mut self.row.frozen),
            Bucket::Issued
            | Bucket::Redeemed
            | Bucket::Expired
            | Bucket::Reversed
            | Bucket::Adjusted
            | Bucket::Merged => None,
        }
    }

    /// Moves the amount between the line's buckets and numbers the transfer. The caller has checked the range.
    fn write(&mut self, line: Line<'_>, now: DateTime<Utc>) -> points_transfer::Model {
        if let Some(balance) = self.bucket_mut(line.from) {
            *balance -= line.amount;
        }
        if let Some(balance) = self.bucket_mut(line.to) {
            *balance += line.amount;
        }
        self.row.version += 1;
        self.row.updated_at = now;
        self.mark = Mark::Changed;
        points_transfer::Model {
            id: TransferId::new(now),
            account_id: self.row.id,
            ledger: self.row.ledger,
            seq: self.row.version,
            kind: line.kind,
            from_bucket: line.from,
            to_bucket: line.to,
            amount: line.amount,
            pending_after: self.row.pending,
            available_after: self.row.available,
            frozen_after: self.row.frozen,
            source: line.cause.0,
            source_id: line.cause.1.to_owned(),
            reverses: line.reverses,
            order_id: line.origin.order,
            store_id: line.origin.store,
            rule_id: line.origin.rule,
            actor_kind: line.origin.actor.kind,
            actor_id: line.origin.actor.id,
            occurred_at: line.origin.occurred_at,
            recorded_at: now,
            mac: None,
        }
    }
}

impl Entries {
    fn record_use(&mut self, transfer: TransferId, lot: LotId, amount: i64, now: DateTime<Utc>) {
        let id = LotUseId::new(now);
        self.uses.push(points_lot_use::Model { id, lot_id: lot, transfer_id: transfer, amount });
    }

    fn record_taken(&mut self, transfer: TransferId, parts: &[Part], now: DateTime<Utc>) {
        for (lot, amount) in parts {
            self.record_use(transfer, *lot, -amount, now);
        }
    }
}
