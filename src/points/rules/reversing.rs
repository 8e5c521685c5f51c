//! Taking earnings back and giving used points back (PT-6).

use entity::codes::{Bucket, TransferKind};
use entity::ids::TransferId;
use entity::points_transfer;

use super::posting::{Answer, Desk, answer};
use super::{Line, Movement, Part, Posted, Replayed, Share, Short};
use crate::http::Code;
use crate::points::error;

/// A transfer, and what could not be taken back; none when nothing at all could.
type Clawed = (Option<points_transfer::Model>, i64);

impl Desk<'_> {
    pub(super) fn reverse(&mut self, movement: &Movement, amount: i64, short: Short) -> Answer {
        let cause = movement.original().ok_or(error::ORIGINAL_NOT_FOUND)?;
        let original = self.books.posted.get(&cause).ok_or(error::ORIGINAL_NOT_FOUND)?;
        if !self.is_of(original, movement.member) {
            return Err(error::ORIGINAL_NOT_FOUND);
        }
        let (original, whole, resolves) = (original.id, original.amount, original.reverses);
        let undone = self.books.undone.get(&original).copied().unwrap_or_default();
        let left = whole - undone;
        let used = matches!(cause.kind, TransferKind::Spend | TransferKind::Capture);
        if amount > left && !(used && short == Short::Report) {
            return Err(error::REVERSAL_EXCEEDS);
        }
        let (transfer, shortfall) = match cause.kind {
            TransferKind::Earn => self.claw_back(movement, original, amount, short)?,
            TransferKind::Spend => self.give_back(movement, (original, original), amount, left)?,
            TransferKind::Capture => {
                let freeze = resolves.ok_or(error::ORIGINAL_NOT_FOUND)?;
                self.give_back(movement, (original, freeze), amount, left)?
            }
            _ => return Err(error::ORIGINAL_NOT_FOUND),
        };
        let Some(transfer) = transfer else {
            let row = &self.account(movement)?.row;
            let (account, available) = (row.id, row.available);
            let (transfer, amount, replayed) = (original, 0, Replayed::No);
            return Ok(Posted { transfer, account, amount, available, shortfall, replayed });
        };
        self.books.undone.insert(original, undone + transfer.amount);
        Ok(Posted { shortfall, ..self.enter(movement.member, transfer) })
    }

    /// Takes an earning back: from its own lot, then from others, then into debt (PT-6). One that is still pending is
    /// all in its lot.
    fn claw_back(
        &mut self,
        movement: &Movement,
        original: TransferId,
        amount: i64,
        short: Short,
    ) -> Result<Clawed, Code> {
        let now = self.now;
        let account = self.account(movement)?;
        if let Some(lot) = account.lots.pending_of(original).map(|lot| lot.id) {
            let buckets = (Bucket::Pending, Bucket::Reversed);
            let line = movement.line(TransferKind::Reverse, buckets, amount, Some(original));
            let transfer = account.write(line, now);
            account.lots.give_back(lot, -amount);
            self.entries.record_use(transfer.id, lot, -amount, now);
            return Ok((Some(transfer), 0));
        }
        let taken = match short {
            Short::Debt => amount,
            Short::Report => amount.min(account.row.available.max(0)),
        };
        if taken == 0 {
            return Ok((None, amount));
        }
        account.row.available.checked_sub(taken).ok_or(error::OUT_OF_RANGE)?;
        let buckets = (Bucket::Available, Bucket::Reversed);
        let line = movement.line(TransferKind::Reverse, buckets, taken, Some(original));
        let transfer = account.write(line, now);
        let parts = account.lots.take(taken, Some(original), now);
        self.entries.record_taken(transfer.id, &parts, now);
        Ok((Some(transfer), amount - taken))
    }

    /// Gives a use back to the very lots it took, the last one first, as much as is left; debt is paid from what came
    /// back. `taking` is the transfer that took from the lots: of a capture its freeze.
    fn give_back(
        &mut self,
        movement: &Movement,
        (original, taking): (TransferId, TransferId),
        wanted: i64,
        left: i64,
    ) -> Result<Clawed, Code> {
        let amount = wanted.min(left);
        if amount == 0 {
            return Ok((None, wanted));
        }
        let mut shares = self.books.shares.get(&taking).cloned().unwrap_or_default();
        let account = self.account(movement)?;
        account.room_for(amount)?;
        shares.sort_by_key(|share| std::cmp::Reverse(account.lots.place(share.lot)));
        let parts = returned_parts(&mut shares, amount).ok_or(error::REVERSAL_EXCEEDS)?;
        let buckets = (Bucket::Redeemed, Bucket::Available);
        let line = movement.line(TransferKind::Reverse, buckets, amount, Some(original));
        let transfer = self.return_parts(movement, line, parts)?;
        self.books.shares.insert(taking, shares);
        Ok((Some(transfer), wanted - amount))
    }

    /// Writes a transfer that brings parts of lots back, and pays debt from whatever is good.
    pub(super) fn return_parts(
        &mut self,
        movement: &Movement,
        line: Line<'_>,
        parts: Vec<Part>,
    ) -> Result<points_transfer::Model, Code> {
        let now = self.now;
        let account = self.account(movement)?;
        let debt_paid = line.amount.min(account.debt());
        let transfer = account.write(line, now);
        for (lot, part) in &parts {
            account.lots.give_back(*lot, *part);
        }
        let paid = account.lots.take(debt_paid, None, now);
        for (lot, part) in parts {
            self.entries.record_use(transfer.id, lot, part, now);
        }
        self.entries.record_taken(transfer.id, &paid, now);
        Ok(transfer)
    }

    /// The same reversal again. With [`Short::Report`] it may have taken less than was asked for.
    pub(super) fn again(
        found: &points_transfer::Model,
        amount: i64,
        short: Short,
    ) -> Option<Posted> {
        let shortfall = amount - found.amount;
        let same = match short {
            Short::Debt => shortfall == 0,
            Short::Report => shortfall >= 0,
        };
        same.then(|| Posted { shortfall, ..answer(found, Replayed::Yes) })
    }
}

/// Which lot gets how much of `amount`, in the order of `shares`; none when they do not hold as much.
pub(super) fn returned_parts(shares: &mut [Share], amount: i64) -> Option<Vec<Part>> {
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
