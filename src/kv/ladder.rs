//! A sorted set that knows places by number: what a leaderboard asks all day.

use std::cmp::Reverse;

/// The order of a board: higher score, earlier, smaller subject.
pub(super) type Place = (Reverse<i64>, i64, String);

/// Places in order, cut into blocks, so that a change moves one block and a rank adds up block
/// lengths.
#[derive(Default)]
pub(super) struct Ladder {
    /// No block is empty.
    blocks: Vec<Vec<Place>>,
    len: usize,
}

/// With blocks of this size a board of 200,000 has some 600: either walk is a few microseconds.
const LARGEST_BLOCK: usize = 512;

impl Ladder {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds a place that is not there yet.
    pub(super) fn insert(&mut self, place: Place) {
        self.len += 1;
        let index = self.block_of(&place).min(self.blocks.len().saturating_sub(1));
        let Some(block) = self.blocks.get_mut(index) else {
            self.blocks.push(vec![place]);
            return;
        };
        let at = block.partition_point(|other| *other < place);
        block.insert(at, place);
        if block.len() > LARGEST_BLOCK {
            let upper = block.split_off(LARGEST_BLOCK / 2);
            self.blocks.insert(index + 1, upper);
        }
    }

    pub(super) fn remove(&mut self, place: &Place) {
        let index = self.block_of(place);
        let Some(block) = self.blocks.get_mut(index) else { return };
        let Ok(at) = block.binary_search(place) else { return };
        block.remove(at);
        self.len -= 1;
        if block.is_empty() {
            self.blocks.remove(index);
        }
    }

    /// How many stand before this place.
    pub(super) fn before(&self, place: &Place) -> usize {
        let index = self.block_of(place);
        let whole: usize = self.blocks.iter().take(index).map(Vec::len).sum();
        let part = self.blocks.get(index).map(|block| block.partition_point(|at| at < place));
        whole + part.unwrap_or(0)
    }

    /// The places from the 0-based `skip` on.
    pub(super) fn from(&self, mut skip: usize) -> impl Iterator<Item = &Place> {
        let mut first = 0;
        while let Some(block) = self.blocks.get(first).filter(|block| block.len() <= skip) {
            skip -= block.len();
            first += 1;
        }
        self.blocks.iter().skip(first).flatten().skip(skip)
    }

    /// The first block that could hold this place.
    fn block_of(&self, place: &Place) -> usize {
        self.blocks.partition_point(|block| block.last().is_some_and(|last| last < place))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn place(n: i64) -> Place {
        (Reverse(n % 97), n % 13, n.to_string())
    }

    fn agree(ladder: &Ladder, expected: &BTreeSet<Place>) {
        assert!(ladder.from(0).eq(expected.iter()));
        assert_eq!(ladder.len(), expected.len());
        for (rank, at) in expected.iter().enumerate().step_by(41) {
            assert_eq!(ladder.before(at), rank);
            assert!(ladder.from(rank).take(30).eq(expected.iter().skip(rank).take(30)));
        }
        assert_eq!(ladder.from(expected.len()).count(), 0);
        assert_eq!(ladder.from(usize::MAX).count(), 0);
    }

    #[test]
    fn a_ladder_equals_a_sorted_set_while_it_grows_and_shrinks() {
        let (mut ladder, mut expected) = (Ladder::default(), BTreeSet::new());
        agree(&ladder, &expected);
        for n in 0..5_000 {
            let n = n * 7_919 % 5_000;
            ladder.insert(place(n));
            expected.insert(place(n));
            if n % 500 == 0 {
                agree(&ladder, &expected);
            }
        }
        for n in 0..5_000 {
            let n = n * 4_999 % 5_000;
            ladder.remove(&place(n));
            ladder.remove(&place(n + 5_000));
            expected.remove(&place(n));
            if n % 500 == 0 {
                agree(&ladder, &expected);
            }
        }
        assert!(ladder.blocks.is_empty());
    }
}
