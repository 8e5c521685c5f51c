//! Two-phase checkout: freeze, then capture or release (PT-4).

use entity::codes::{ActorKind, Bucket, HoldState, TransferKind};
use entity::ids::{HoldId, PartnerId};
use entity::points_hold;

use super::posting::{Answer, Desk};
use super::reversing::returned_parts;
use super::{Act, Hold, Mark, Movement};
use crate::http::Code;
use crate::points::error;

impl Desk<'_> {
    /// Takes points aside; the lots they come from are recorded as if they were spent.
    pub(super) fn freeze(&mut self, movement: &Movement) -> Answer {
        let Act::Freeze { amount, hold, lapses_at, order_ref } = &movement.act else {
            return Err(error::HOLD_NOT_FOUND);
        };
        let (amount, buckets) = (*amount, (Bucket::Available, Bucket::Frozen));
        let transfer = self.take(movement, amount, TransferKind::Freeze, buckets)?;
        let by_partner = movement.actor.kind == ActorKind::Partner;
        let row = points_hold::Model {
            id: *hold,
            account_id: transfer.account_id,
            member_id: movement.member,
            amount,
            captured: 0,
            state: HoldState::Held,
            source: movement.source,
            source_id: movement.source_id.clone(),
            order_ref: order_ref.clone(),
            partner_id: movement.actor.id.filter(|_| by_partner).map(PartnerId),
            store_id: movement.store,
            freeze_transfer: transfer.id,
            created_at: self.now,
            lapses_at: *lapses_at,
            resolved_at: None,
        };
        self.books.holds.insert(*hold, Hold { row, mark: Mark::Fresh });
        Ok(self.enter(movement.member, transfer))
    }

    /// Uses `amount` of a hold. The rest goes back first, so that the answer is where the account ends.
    pub(super) fn capture(&mut self, movement: &Movement, id: HoldId, amount: i64) -> Answer {
        let hold = self.open_hold(movement, id)?;
        if hold.lapses_at <= self.now {
            return Err(error::HOLD_LAPSED);
        }
        if amount > hold.amount {
            return Err(error::HOLD_EXCEEDED);
        }
        if hold.amount > amount {
            self.unfreeze(movement, &hold, hold.amount - amount)?;
        }
        let now = self.now;
        let buckets = (Bucket::Frozen, Bucket::Redeemed);
        let freeze = Some(hold.freeze_transfer);
        let line = movement.line(TransferKind::Capture, buckets, amount, freeze);
        let transfer = self.account(movement)?.write(line, now);
        self.resolve(id, HoldState::Captured, amount);
        Ok(self.enter(movement.member, transfer))
    }

    /// Gives a hold back whole.
    pub(super) fn release(&mut self, movement: &Movement, id: HoldId) -> Answer {
        let hold = self.open_hold(movement, id)?;
        let late = hold.lapses_at <= self.now;
        let posted = self.unfreeze(movement, &hold, hold.amount)?;
        self.resolve(id, if late { HoldState::Lapsed } else { HoldState::Released }, 0);
        Ok(posted)
    }

    fn open_hold(&self, movement: &Movement, id: HoldId) -> Result<points_hold::Model, Code> {
        let hold = &self.books.holds.get(&id).ok_or(error::HOLD_NOT_FOUND)?.row;
        if hold.member_id != movement.member {
            return Err(error::HOLD_NOT_FOUND);
        }
        match hold.state {
            HoldState::Held => Ok(hold.clone()),
            HoldState::Lapsed => Err(error::HOLD_LAPSED),
            HoldState::Captured | HoldState::Released => Err(error::HOLD_RESOLVED),
        }
    }

    /// Frozen points go back to the very lots they were taken from, the last one first; debt is paid from them.
    fn unfreeze(&mut self, movement: &Movement, hold: &points_hold::Model, amount: i64) -> Answer {
        let freeze = hold.freeze_transfer;
        let mut shares = self.books.shares.get(&freeze).cloned().unwrap_or_default();
        let account = self.account(movement)?;
        shares.sort_by_key(|share| std::cmp::Reverse(account.lots.place(share.lot)));
        let parts = returned_parts(&mut shares, amount).ok_or(error::HOLD_EXCEEDED)?;
        let buckets = (Bucket::Frozen, Bucket::Available);
        let line = movement.line(TransferKind::Release, buckets, amount, Some(freeze));
        let transfer = self.return_parts(movement, line, parts)?;
        self.books.shares.insert(freeze, shares);
        Ok(self.enter(movement.member, transfer))
    }

    fn resolve(&mut self, id: HoldId, state: HoldState, captured: i64) {
        let now = self.now;
        if let Some(hold) = self.books.holds.get_mut(&id) {
            hold.row.state = state;
            hold.row.captured = captured;
            hold.row.resolved_at = Some(now);
            if hold.mark == Mark::Same {
                hold.mark = Mark::Changed;
            }
        }
    }
}
