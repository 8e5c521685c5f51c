//! What the moves say against what stands beside them.

use std::fmt;

use entity::ids::{StockLevelId, StockMoveId};
use entity::{stock_level, stock_move};

use super::stock::Level;

/// Something that is not as the moves say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockDifference {
    /// Which level.
    pub level: StockLevelId,
    /// What differs.
    pub what: StockFault,
    /// What follows from the moves.
    pub expected: i64,
    /// What is stored.
    pub found: i64,
}

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockFault {
    /// Number of a move in its level: one is missing or was added.
    Sequence(StockMoveId),
    /// Pieces that a move says were there afterwards.
    OnHandAfter(StockMoveId),
    /// Pieces that a move says were held afterwards.
    HeldAfter(StockMoveId),
    /// Pieces that a move says were short afterwards.
    ShortAfter(StockMoveId),
    /// Pieces in the level's row.
    OnHand,
    /// Pieces held in the level's row.
    Held,
    /// Pieces short in the level's row.
    Short,
    /// The number of moves in the level's row.
    Version,
    /// The sum of what is held.
    HoldSum,
    /// Moves name a level that does not exist.
    NoLevel,
}

impl fmt::Display for StockDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { level, what, expected, found } = self;
        write!(f, "{level}: {what:?}: expected {expected}, found {found}")
    }
}

/// Walks through the moves of one level in their sequence.
#[derive(Debug)]
pub struct StockAudit {
    level: StockLevelId,
    sum: i64,
    held: i64,
    seq: i64,
    found: Vec<StockDifference>,
}

impl StockAudit {
    /// Before its first move.
    #[must_use]
    pub const fn new(level: StockLevelId) -> Self {
        Self { level, sum: 0, held: 0, seq: 0, found: Vec::new() }
    }

    /// The next move.
    pub fn take(&mut self, row: &stock_move::Model) {
        self.seq += 1;
        self.sum = self.sum.saturating_add(row.delta);
        self.held = self.held.saturating_add(row.held_delta);
        let after = Level::of(self.sum, self.held, None);
        self.compare(StockFault::Sequence(row.id), self.seq, row.seq);
        self.compare(StockFault::OnHandAfter(row.id), after.on_hand, row.on_hand_after);
        self.compare(StockFault::HeldAfter(row.id), after.held, row.held_after);
        self.compare(StockFault::ShortAfter(row.id), after.short, row.short_after);
    }

    /// What differs, with the level's row and the sum of what is held there now.
    #[must_use]
    pub fn finish(mut self, row: &stock_level::Model, held: i64) -> Vec<StockDifference> {
        let after = Level::of(self.sum, self.held, None);
        self.compare(StockFault::OnHand, after.on_hand, row.on_hand);
        self.compare(StockFault::Held, after.held, row.held);
        self.compare(StockFault::Short, after.short, row.short);
        self.compare(StockFault::Version, self.seq, row.version);
        self.compare(StockFault::HoldSum, held, row.held);
        self.found
    }

    /// What differs when the level's row is gone.
    #[must_use]
    pub fn without_level(mut self) -> Vec<StockDifference> {
        self.compare(StockFault::NoLevel, self.seq, 0);
        self.found
    }

    fn compare(&mut self, what: StockFault, expected: i64, found: i64) {
        if expected != found {
            self.found.push(StockDifference { level: self.level, what, expected, found });
        }
    }
}
