//! What callers wish and what they are answered.

use chrono::{DateTime, Utc};
use entity::codes::{Bucket, Ledger, Source, TransferKind};
use entity::ids::{MemberId, OrderId, RuleId, StoreId, TransferId};

use super::{Cause, Line};
use crate::kernel::actor::Actor;

/// One wish to move points.
#[derive(Clone, Debug)]
pub struct Movement {
    /// Whose.
    pub member: MemberId,
    /// Which ledger.
    pub ledger: Ledger,
    /// What moves.
    pub act: Act,
    /// What caused it: unique for ever together with ledger and kind.
    pub source: Source,
    /// Which one, at most 128 characters.
    pub source_id: String,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
    /// The order behind it.
    pub order: Option<OrderId>,
    /// The store behind it.
    pub store: Option<StoreId>,
    /// Who does it.
    pub actor: Actor,
}

/// What a movement does. Amounts are above zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Grants a lot.
    Earn {
        /// How many.
        amount: i64,
        /// When the lot runs out.
        expires_at: Option<DateTime<Utc>>,
        /// Rule version that grants it.
        rule: Option<RuleId>,
    },
    /// Uses available points, the lot that expires first first (PT-3).
    Spend {
        /// How many.
        amount: i64,
    },
    /// Takes back a part of an earlier earning or gives back a part of an earlier spending; the original is found by its cause.
    Reverse {
        /// Source of the original.
        source: Source,
        /// Source id of the original.
        source_id: String,
        /// Kind of the original: `Earn` or `Spend`.
        kind: TransferKind,
        /// How many; never more than the original less what was reversed before.
        amount: i64,
    },
}

/// A movement that stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The transfer.
    pub transfer: TransferId,
    /// How many moved.
    pub amount: i64,
    /// What can be spent afterwards.
    pub available: i64,
    /// Whether it stood there before this call.
    pub replayed: Replayed,
}

/// Whether a movement was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// Written by this call.
    No,
    /// The same cause had moved points before; nothing was written.
    Yes,
}

/// Where a transfer comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub order: Option<OrderId>,
    pub store: Option<StoreId>,
    pub rule: Option<RuleId>,
    pub actor: Actor,
    pub occurred_at: DateTime<Utc>,
}

impl Movement {
    /// The amount asked for.
    #[must_use]
    pub const fn amount(&self) -> i64 {
        match self.act {
            Act::Earn { amount, .. } | Act::Spend { amount } | Act::Reverse { amount, .. } => {
                amount
            }
        }
    }

    /// What it is known by.
    #[must_use]
    pub fn cause(&self) -> Cause {
        let kind = match self.act {
            Act::Earn { .. } => TransferKind::Earn,
            Act::Spend { .. } => TransferKind::Spend,
            Act::Reverse { .. } => TransferKind::Reverse,
        };
        Cause { ledger: self.ledger, source: self.source, source_id: self.source_id.clone(), kind }
    }

    /// What the movement to be taken back is known by.
    #[must_use]
    pub fn original(&self) -> Option<Cause> {
        let Act::Reverse { source, source_id, kind, .. } = &self.act else { return None };
        Some(Cause {
            ledger: self.ledger,
            source: *source,
            source_id: source_id.clone(),
            kind: *kind,
        })
    }

    const fn origin(&self) -> Origin {
        let rule = match self.act {
            Act::Earn { rule, .. } => rule,
            Act::Spend { .. } | Act::Reverse { .. } => None,
        };
        Origin {
            order: self.order,
            store: self.store,
            rule,
            actor: self.actor,
            occurred_at: self.occurred_at,
        }
    }

    pub(super) fn line(
        &self,
        kind: TransferKind,
        (from, to): (Bucket, Bucket),
        reverses: Option<TransferId>,
    ) -> Line<'_> {
        Line {
            kind,
            from,
            to,
            amount: self.amount(),
            reverses,
            cause: (self.source, &self.source_id),
            origin: self.origin(),
        }
    }
}
