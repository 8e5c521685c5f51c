//! What callers wish and what they are answered.

use chrono::{DateTime, Utc};
use entity::codes::{Bucket, Ledger, Source, TransferKind};
use entity::ids::{AccountId, HoldId, MemberId, OrderId, RuleId, StoreId, TransferId};

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
        /// Until when it is pending (PT-2b); none, or an instant that has passed, is at once.
        settles_at: Option<DateTime<Utc>>,
    },
    /// Uses available points, the lot that expires first first (PT-3).
    Spend {
        /// How many.
        amount: i64,
    },
    /// Takes available points aside for a checkout, the lot that expires first first (PT-4).
    Freeze {
        /// How many.
        amount: i64,
        /// Id of the hold, made by the caller.
        hold: HoldId,
        /// First instant at which they can no longer be used.
        lapses_at: DateTime<Utc>,
        /// What the checkout is called, at most 64 characters.
        order_ref: Option<String>,
    },
    /// Uses points of a hold; the rest of it goes back.
    Capture {
        /// Which hold.
        hold: HoldId,
        /// How many, at most what is held.
        amount: i64,
    },
    /// Gives a hold back whole: to the very lots it took, after debt (PT-3). Lapsed when its time has passed.
    Release {
        /// Which hold.
        hold: HoldId,
    },
    /// Adds or takes by hand, never below zero (PT-7).
    Adjust {
        /// How many: above zero adds, below takes.
        points: i64,
        /// When added ones run out.
        expires_at: Option<DateTime<Utc>>,
    },
    /// Takes back a part of an earlier earning or gives back a part of an earlier use; the original is found by its cause.
    Reverse {
        /// Source of the original.
        source: Source,
        /// Source id of the original.
        source_id: String,
        /// Kind of the original: `Earn`, `Spend` or `Capture`.
        kind: TransferKind,
        /// How many; never more than the original less what was reversed before.
        amount: i64,
        /// What happens when an earning was spent already.
        short: Short,
    },
}

/// What a claw-back does when the points are gone (PT-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Short {
    /// The balance goes below zero; what comes in pays that first.
    Debt,
    /// Takes what is there; the rest is answered, for deduction from the refund. Of a use that was given back in part
    /// already, gives back what is left.
    Report,
}

/// A movement that stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The transfer; the original's when there was nothing to take back.
    pub transfer: TransferId,
    /// The account it stands on.
    pub account: AccountId,
    /// How many moved.
    pub amount: i64,
    /// What can be spent afterwards.
    pub available: i64,
    /// What could not be taken back; above zero only with [`Short::Report`].
    pub shortfall: i64,
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
    /// The amount asked for; none of a release, which gives back whatever is held.
    #[must_use]
    pub const fn amount(&self) -> Option<i64> {
        match self.act {
            Act::Earn { amount, .. }
            | Act::Spend { amount }
            | Act::Freeze { amount, .. }
            | Act::Capture { amount, .. }
            | Act::Reverse { amount, .. } => Some(amount),
            Act::Adjust { points, .. } => Some(points.saturating_abs()),
            Act::Release { .. } => None,
        }
    }

    /// What kind of transfer it becomes.
    #[must_use]
    pub const fn kind(&self) -> TransferKind {
        match self.act {
            Act::Earn { .. } => TransferKind::Earn,
            Act::Spend { .. } => TransferKind::Spend,
            Act::Freeze { .. } => TransferKind::Freeze,
            Act::Capture { .. } => TransferKind::Capture,
            Act::Release { .. } => TransferKind::Release,
            Act::Adjust { .. } => TransferKind::Adjust,
            Act::Reverse { .. } => TransferKind::Reverse,
        }
    }

    /// The hold that it resolves.
    #[must_use]
    pub const fn resolves(&self) -> Option<HoldId> {
        match self.act {
            Act::Capture { hold, .. } | Act::Release { hold } => Some(hold),
            _ => None,
        }
    }

    /// What it is known by.
    #[must_use]
    pub fn cause(&self) -> Cause {
        let source_id = self.source_id.clone();
        Cause { ledger: self.ledger, source: self.source, source_id, kind: self.kind() }
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
            _ => None,
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
        amount: i64,
        reverses: Option<TransferId>,
    ) -> Line<'_> {
        Line {
            kind,
            from,
            to,
            amount,
            reverses,
            cause: (self.source, &self.source_id),
            origin: self.origin(),
        }
    }
}
