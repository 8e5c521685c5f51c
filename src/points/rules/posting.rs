//! Earning, spending, taking back.

use chrono::{DateTime, Utc};
use entity::codes::{Bucket, TransferKind};
use entity::ids::{LotId, MemberId, TransferId};
use entity::{points_lot, points_transfer};

use super::{Account, Act, Books, Cause, Entries, MOST, Movement, Part, Posted, Replayed, Share};
use crate::http::Code;
use crate::points::error;

type Answer = Result<Posted, Code>;

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

struct Desk<'a> {
    books: &'a mut Books,
    entries: Entries,
    now: DateTime<Utc>,
}

impl Desk<'_> {
    fn post(&mut self, movement: &Movement) -> Answer {
        if !(1..=MOST).contains(&movement.amount()) {
            return Err(error::OUT_OF_RANGE);
        }
        if let Some(found) = self.books.posted.get(&movement.cause()) {
            return self.replay(found, movement);
        }
        match &movement.act {
            Act::Earn { expires_at, .. } => self.earn(movement, *expires_at),
            Act::Spend { .. } => self.spend(movement),
            Act::Reverse { .. } => self.reverse(movement),
        }
    }

    fn replay(&self, found: &points_transfer::Model, movement: &Movement) -> Answer {
        let original = movement.original().and_then(|cause| self.books.posted.get(&cause));
        let same = found.amount == movement.amount()
            && self.is_of(found, movement.member)
            && found.reverses == original.map(|original| original.id);
        if !same {
            return Err(error::CAUSE_CONFLICT);
        }
        Ok(answer(found, Replayed::Yes))
    }

    /// Whether the transfer stands in an account that is the member's today.
    fn is_of(&self, transfer: &points_transfer::Model, member: MemberId) -> bool {
        self.books.owners.get(&transfer.account_id) == Some(&member)
    }

    fn account(&mut self, movement: &Movement) -> Result<&mut Account, Code> {
        let key = (movement.member, movement.ledger);
        self.books.accounts.get_mut(&key).ok_or(error::ORIGINAL_NOT_FOUND)
    }

    fn earn(&mut self, movement: &Movement, expires_at: Option<DateTime<Utc>>) -> Answer {
        let (now, amount) = (self.now, movement.amount());
        let account = self.account(movement)?;
        account.row.available.checked_add(amount).ok_or(error::OUT_OF_RANGE)?;
        let debt_paid = amount.min(account.debt());
        let line = movement.line(TransferKind::Earn, (Bucket::Issued, Bucket::Available), None);
        let transfer = account.write(line, now);
        let lot = points_lot::Model {
            id: LotId::new(now),
            account_id: account.row.id,
            transfer_id: transfer.id,
            order_id: movement.order,
            amount,
            remaining: amount - debt_paid,
            settled: true,
            settles_at: movement.occurred_at,
            expires_at,
            earned_at: movement.occurred_at,
        };
        let lot_id = lot.id;
        account.lots.add(lot);
        if debt_paid > 0 {
            self.entries.record_use(transfer.id, lot_id, -debt_paid, now);
        }
        Ok(self.enter(movement.member, transfer))
    }

    fn spend(&mut self, movement: &Movement) -> Answer {
        let (now, amount) = (self.now, movement.amount());
        let account = self.account(movement)?;
        if amount > account.row.available || amount > account.lots.spendable(now) {
            return Err(error::INSUFFICIENT);
        }
        let line = movement.line(TransferKind::Spend, (Bucket::Available, Bucket::Redeemed), None);
        let transfer = account.write(line, now);
        let parts = account.lots.take(amount, None, now);
        self.entries.record_taken(transfer.id, &parts, now);
        let shares = parts.iter().map(|&(lot, used)| Share { lot, used, returned: 0 });
        self.books.shares.insert(transfer.id, shares.collect());
        Ok(self.enter(movement.member, transfer))
    }

    fn reverse(&mut self, movement: &Movement) -> Answer {
        let cause = movement.original().ok_or(error::ORIGINAL_NOT_FOUND)?;
        let original = self.books.posted.get(&cause).ok_or(error::ORIGINAL_NOT_FOUND)?;
        if !self.is_of(original, movement.member) {
            return Err(error::ORIGINAL_NOT_FOUND);
        }
        let (original, whole) = (original.id, original.amount);
        let undone = self.books.undone.get(&original).copied().unwrap_or_default();
        if movement.amount() > whole - undone {
            return Err(error::REVERSAL_EXCEEDS);
        }
        let transfer = match cause.kind {
            TransferKind::Earn => self.claw_back(movement, original)?,
            TransferKind::Spend => self.give_back(movement, original)?,
            _ => return Err(error::ORIGINAL_NOT_FOUND),
        };
        self.books.undone.insert(original, undone + movement.amount());
        Ok(self.enter(movement.member, transfer))
    }

    /// Takes an earning back: from its own lot, then from others, then into debt (PT-6).
    fn claw_back(
        &mut self,
        movement: &Movement,
        original: TransferId,
    ) -> Result<points_transfer::Model, Code> {
        let (now, amount) = (self.now, movement.amount());
        let account = self.account(movement)?;
        account.row.available.checked_sub(amount).ok_or(error::OUT_OF_RANGE)?;
        let buckets = (Bucket::Available, Bucket::Reversed);
        let line = movement.line(TransferKind::Reverse, buckets, Some(original));
        let transfer = account.write(line, now);
        let parts = account.lots.take(amount, Some(original), now);
        self.entries.record_taken(transfer.id, &parts, now);
        Ok(transfer)
    }

    /// Gives a spending back to the very lots it took, the last one first; debt is paid from what came back.
    fn give_back(
        &mut self,
        movement: &Movement,
        original: TransferId,
    ) -> Result<points_transfer::Model, Code> {
        let (now, amount) = (self.now, movement.amount());
        let mut shares = self.books.shares.get(&original).cloned().unwrap_or_default();
        let account = self.account(movement)?;
        account.row.available.checked_add(amount).ok_or(error::OUT_OF_RANGE)?;
        shares.sort_by_key(|share| std::cmp::Reverse(account.lots.place(share.lot)));
        let parts = returned_parts(&mut shares, amount).ok_or(error::REVERSAL_EXCEEDS)?;
        let debt_paid = amount.min(account.debt());
        let buckets = (Bucket::Redeemed, Bucket::Available);
        let line = movement.line(TransferKind::Reverse, buckets, Some(original));
        let transfer = account.write(line, now);
        for (lot, part) in &parts {
            account.lots.give_back(*lot, *part);
        }
        let paid = account.lots.take(debt_paid, None, now);
        for (lot, part) in parts {
            self.entries.record_use(transfer.id, lot, part, now);
        }
        self.entries.record_taken(transfer.id, &paid, now);
        self.books.shares.insert(original, shares);
        Ok(transfer)
    }

    fn enter(&mut self, member: MemberId, transfer: points_transfer::Model) -> Posted {
        let posted = answer(&transfer, Replayed::No);
        self.books.posted.insert(Cause::of(&transfer), transfer.clone());
        self.entries.transfers.push((member, transfer));
        posted
    }
}

/// Which lot gets how much of `amount`, in the order of `shares`; none when they do not hold as much.
fn returned_parts(shares: &mut [Share], amount: i64) -> Option<Vec<Part>> {
    let mut left = amount;
    let mut parts = Vec::new();
    for share in shares {
        let part = left.min(share.used - share.returned);
        if part > 0 {
            share.returned += part;
            left -= part;
            parts.push((share.lot, part));
        }
    }
    (left == 0).then_some(parts)
}

const fn answer(transfer: &points_transfer::Model, replayed: Replayed) -> Posted {
    Posted {
        transfer: transfer.id,
        amount: transfer.amount,
        available: transfer.available_after,
        replayed,
    }
}
