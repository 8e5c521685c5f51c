//! The desk where movements are decided: earning, using, adjusting.

use chrono::{DateTime, Utc};
use entity::codes::{Bucket, HoldState, TransferKind};
use entity::ids::{LotId, MemberId};
use entity::{points_lot, points_transfer};

use super::{Account, Act, Books, Cause, Entries, MOST, Movement, Posted, Replayed, Share};
use crate::http::Code;
use crate::points::error;

pub(super) type Answer = Result<Posted, Code>;

/// Applies the movements in order, each by itself: `books` is what stands afterwards, the entries are what has to be
/// written. A refused movement changes nothing.
#[must_use]
pub fn decide(
    books: &mut Books,
    movements: &[Movement],
    now: DateTime<Utc>,
) -> (Vec<Answer>, Entries) {
    let mut desk = Desk { books, entries: Entries::default(), now };
    let answers = movements.iter().map(|movement| desk.post(movement)).collect();
    (answers, desk.entries)
}

pub(super) struct Desk<'a> {
    pub(super) books: &'a mut Books,
    pub(super) entries: Entries,
    pub(super) now: DateTime<Utc>,
}

impl Desk<'_> {
    fn post(&mut self, movement: &Movement) -> Answer {
        if movement.amount().is_some_and(|amount| !(1..=MOST).contains(&amount)) {
            return Err(error::OUT_OF_RANGE);
        }
        if let Some(found) = self.books.posted.get(&movement.cause()) {
            return self.replay(found, movement);
        }
        match &movement.act {
            Act::Earn { amount, expires_at, settles_at, .. } => {
                let settles_at = settles_at.filter(|at| *at > self.now);
                self.grant(movement, *amount, *expires_at, settles_at)
            }
            Act::Spend { amount } => self.spend(movement, *amount),
            Act::Freeze { .. } => self.freeze(movement),
            Act::Capture { hold, amount } => self.capture(movement, *hold, *amount),
            Act::Release { hold } => self.release(movement, *hold),
            Act::Adjust { points, expires_at } => self.adjust(movement, *points, *expires_at),
            Act::Reverse { amount, short, .. } => self.reverse(movement, *amount, *short),
        }
    }

    /// The first answer again, if it is the same wish; a number that stands for another one is refused.
    fn replay(&self, found: &points_transfer::Model, movement: &Movement) -> Answer {
        if !self.is_of(found, movement.member) {
            return Err(error::CAUSE_CONFLICT);
        }
        let again = match &movement.act {
            Act::Reverse { amount, short, .. } => {
                let original = movement.original().and_then(|cause| self.books.posted.get(&cause));
                let same = found.reverses == original.map(|original| original.id);
                Self::again(found, *amount, *short).filter(|_| same)
            }
            Act::Capture { hold, .. } | Act::Release { hold } => {
                let hold = &self.books.holds.get(hold).ok_or(error::HOLD_NOT_FOUND)?.row;
                // The rest of a capture went back under the same number.
                if matches!(movement.act, Act::Release { .. }) && hold.state == HoldState::Captured
                {
                    return Err(error::HOLD_RESOLVED);
                }
                let same = found.reverses == Some(hold.freeze_transfer)
                    && movement.amount().is_none_or(|amount| amount == found.amount);
                same.then(|| answer(found, Replayed::Yes))
            }
            Act::Adjust { points, .. } => {
                let adds = found.to_bucket == Bucket::Available;
                let same = found.amount == points.saturating_abs() && adds == (*points > 0);
                same.then(|| answer(found, Replayed::Yes))
            }
            Act::Earn { amount, .. } | Act::Spend { amount } | Act::Freeze { amount, .. } => {
                (found.amount == *amount).then(|| answer(found, Replayed::Yes))
            }
        };
        again.ok_or(error::CAUSE_CONFLICT)
    }

    /// Whether the transfer stands in an account that is the member's today.
    pub(super) fn is_of(&self, transfer: &points_transfer::Model, member: MemberId) -> bool {
        self.books.owners.get(&transfer.account_id) == Some(&member)
    }

    pub(super) fn account(&mut self, movement: &Movement) -> Result<&mut Account, Code> {
        let key = (movement.member, movement.ledger);
        self.books.accounts.get_mut(&key).ok_or(error::ORIGINAL_NOT_FOUND)
    }

    /// A new lot. One that is pending pays no debt before it settles: until then it may be taken back.
    fn grant(
        &mut self,
        movement: &Movement,
        amount: i64,
        expires_at: Option<DateTime<Utc>>,
        settles_at: Option<DateTime<Utc>>,
    ) -> Answer {
        let now = self.now;
        let account = self.account(movement)?;
        account.room_for(amount)?;
        let debt_paid = if settles_at.is_some() { 0 } else { amount.min(account.debt()) };
        let kind = movement.kind();
        let from = if kind == TransferKind::Adjust { Bucket::Adjusted } else { Bucket::Issued };
        let to = if settles_at.is_some() { Bucket::Pending } else { Bucket::Available };
        let transfer = account.write(movement.line(kind, (from, to), amount, None), now);
        let lot = points_lot::Model {
            id: LotId::new(now),
            account_id: account.row.id,
            transfer_id: transfer.id,
            order_id: movement.order,
            amount,
            remaining: amount - debt_paid,
            settled: settles_at.is_none(),
            settles_at: settles_at.unwrap_or(movement.occurred_at),
            expires_at,
            due_at: None,
            earned_at: movement.occurred_at,
        };
        let lot_id = lot.id;
        account.lots.add(lot);
        if debt_paid > 0 {
            self.entries.record_use(transfer.id, lot_id, -debt_paid, now);
        }
        Ok(self.enter(movement.member, transfer))
    }

    fn spend(&mut self, movement: &Movement, amount: i64) -> Answer {
        let buckets = (Bucket::Available, Bucket::Redeemed);
        let transfer = self.take(movement, amount, TransferKind::Spend, buckets)?;
        Ok(self.enter(movement.member, transfer))
    }

    fn adjust(
        &mut self,
        movement: &Movement,
        points: i64,
        expires_at: Option<DateTime<Utc>>,
    ) -> Answer {
        if points > 0 {
            return self.grant(movement, points, expires_at, None);
        }
        let buckets = (Bucket::Available, Bucket::Adjusted);
        let amount = points.saturating_abs();
        let transfer = self.take(movement, amount, TransferKind::Adjust, buckets)?;
        Ok(self.enter(movement.member, transfer))
    }

    /// Takes what can be spent, and remembers from which lots.
    pub(super) fn take(
        &mut self,
        movement: &Movement,
        amount: i64,
        kind: TransferKind,
        buckets: (Bucket, Bucket),
    ) -> Result<points_transfer::Model, Code> {
        let now = self.now;
        let account = self.account(movement)?;
        if amount > account.row.available || amount > account.lots.spendable(now) {
            return Err(error::INSUFFICIENT);
        }
        let transfer = account.write(movement.line(kind, buckets, amount, None), now);
        let parts = account.lots.take(amount, None, now);
        self.entries.record_taken(transfer.id, &parts, now);
        let shares = parts.iter().map(|&(lot, used)| Share { lot, used, returned: 0 });
        self.books.shares.insert(transfer.id, shares.collect());
        Ok(transfer)
    }

    pub(super) fn enter(&mut self, member: MemberId, transfer: points_transfer::Model) -> Posted {
        let posted = answer(&transfer, Replayed::No);
        self.books.posted.insert(Cause::of(&transfer), transfer.clone());
        self.entries.transfers.push((member, transfer));
        posted
    }
}

pub(super) const fn answer(transfer: &points_transfer::Model, replayed: Replayed) -> Posted {
    Posted {
        transfer: transfer.id,
        account: transfer.account_id,
        amount: transfer.amount,
        available: transfer.available_after,
        shortfall: 0,
        replayed,
    }
}
