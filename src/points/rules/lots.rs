//! Which lots are taken from and given back to (PT-3).

use chrono::{DateTime, Utc};
use entity::ids::{LotId, TransferId};
use entity::points_lot::Model as Row;

/// Whether a row has to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// As loaded.
    Same,
    /// Loaded and changed.
    Changed,
    /// Made by this decision.
    Fresh,
}

/// A lot and whether it has to be written.
#[derive(Clone, Debug)]
pub struct Lot {
    /// As it stands now.
    pub row: Row,
    /// Since it was loaded.
    pub mark: Mark,
}

/// A part of a lot that moves, above zero.
pub type Part = (LotId, i64);

/// The lots of one account, the one to be used first first: by expiry (never is last), then age, then id.
#[derive(Clone, Debug, Default)]
pub struct Lots(Vec<Lot>);

type Order = (bool, Option<DateTime<Utc>>, DateTime<Utc>, LotId);

const fn order(lot: &Row) -> Order {
    (lot.expires_at.is_none(), lot.expires_at, lot.earned_at, lot.id)
}

/// When something happens to a lot by itself: a pending one settles, a settled one runs out, an empty one rests.
#[must_use]
pub const fn due_at(lot: &Row) -> Option<DateTime<Utc>> {
    match (lot.remaining, lot.settled) {
        (0, _) => None,
        (_, false) => Some(lot.settles_at),
        (_, true) => lot.expires_at,
    }
}

fn ran_out(lot: &Row, now: DateTime<Utc>) -> bool {
    lot.expires_at.is_some_and(|at| at <= now)
}

impl Lots {
    /// Adds a loaded lot; one that is there already stays as it is.
    pub fn load(&mut self, row: Row) {
        if self.find(row.id).is_none() {
            self.insert(Lot { row, mark: Mark::Same });
        }
    }

    /// Adds a lot that was just earned.
    pub fn add(&mut self, mut row: Row) {
        row.due_at = due_at(&row);
        self.insert(Lot { row, mark: Mark::Fresh });
    }

    fn insert(&mut self, lot: Lot) {
        let place = self.0.partition_point(|other| order(&other.row) < order(&lot.row));
        self.0.insert(place, lot);
    }

    /// What is left of settled lots that have run out by `now` and are not booked as expired yet.
    #[must_use]
    pub fn ran_out(&self, now: DateTime<Utc>) -> i64 {
        let gone = |lot: &&Lot| lot.row.settled && ran_out(&lot.row, now);
        self.0.iter().filter(gone).map(|lot| lot.row.remaining).sum()
    }

    /// In the order of use.
    pub fn iter(&self) -> impl Iterator<Item = &Lot> {
        self.0.iter()
    }

    /// Gives every lot to the caller.
    pub fn into_rows(self) -> impl Iterator<Item = Lot> {
        self.0.into_iter()
    }

    fn find(&self, id: LotId) -> Option<&Lot> {
        self.0.iter().find(|lot| lot.row.id == id)
    }

    /// The place of a lot in the order of use.
    #[must_use]
    pub fn place(&self, id: LotId) -> Option<usize> {
        self.0.iter().position(|lot| lot.row.id == id)
    }

    /// What can be spent at `now`: settled, not run out, even when the expiry job is late.
    #[must_use]
    pub fn spendable(&self, now: DateTime<Utc>) -> i64 {
        let lots = self.0.iter().filter(|lot| lot.row.settled && !ran_out(&lot.row, now));
        lots.fold(0, |sum, lot| sum.saturating_add(lot.row.remaining))
    }

    /// Takes up to `amount`: from the lot that `first` made, then from lots still good at `now`, then from lots that
    /// ran out and wait for the expiry job. Returns the parts taken; what is missing to `amount` is debt.
    pub fn take(
        &mut self,
        amount: i64,
        first: Option<TransferId>,
        now: DateTime<Utc>,
    ) -> Vec<Part> {
        let mut turns: Vec<usize> = (0..self.0.len()).collect();
        // Stable: inside each class the order of use stays.
        turns.sort_by_key(|&i| {
            let lot = &self.0[i].row;
            (Some(lot.transfer_id) != first, ran_out(lot, now))
        });
        let mut left = amount;
        let mut parts = Vec::new();
        for i in turns {
            let lot = &mut self.0[i];
            let part = if lot.row.settled { left.min(lot.row.remaining) } else { 0 };
            if part > 0 {
                lot.change(-part);
                left -= part;
                parts.push((lot.row.id, part));
            }
        }
        parts
    }

    /// Gives `amount` back to one lot, or takes it when it is below zero.
    pub fn give_back(&mut self, id: LotId, amount: i64) {
        if let Some(lot) = self.find_mut(id) {
            lot.change(amount);
        }
    }

    /// The lot that `earning` made, while it is pending.
    #[must_use]
    pub fn pending_of(&self, earning: TransferId) -> Option<&Row> {
        let own = |lot: &&Lot| lot.row.transfer_id == earning && !lot.row.settled;
        self.0.iter().find(own).map(|lot| &lot.row)
    }

    /// From now on what is left of a lot can be spent.
    pub fn settle(&mut self, id: LotId) {
        if let Some(lot) = self.find_mut(id) {
            lot.row.settled = true;
            lot.change(0);
        }
    }

    /// What is left of all settled lots, run out or not.
    #[must_use]
    pub fn left(&self) -> i64 {
        let settled = self.0.iter().filter(|lot| lot.row.settled);
        settled.fold(0, |sum, lot| sum.saturating_add(lot.row.remaining))
    }

    fn find_mut(&mut self, id: LotId) -> Option<&mut Lot> {
        self.0.iter_mut().find(|lot| lot.row.id == id)
    }
}

impl Lot {
    const fn change(&mut self, by: i64) {
        self.row.remaining += by;
        self.row.due_at = due_at(&self.row);
        if matches!(self.mark, Mark::Same) {
            self.mark = Mark::Changed;
        }
    }
}
