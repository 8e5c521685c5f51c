//! How stock moves: the whole decision about one level as pure functions.
//!
//! What happened in a shop is a **fact** and is never refused: what leaves beyond what was known to be there is kept as
//! `short`, and what comes in later pays for it first. So `on_hand - short` is the sum of the facts, in whatever sequence
//! they come in. What is promised is **held**: only what is available, and no fact takes it away.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::error;
use crate::http::Code;

/// Most pieces of one movement.
pub const MOST_PIECES: i64 = 1_000_000;
/// How far ahead a business time may be.
pub const AHEAD: TimeDelta = TimeDelta::minutes(5);

/// Pieces of a SKU in a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Pieces there.
    pub on_hand: i64,
    /// Of these, pieces that are promised.
    pub held: i64,
    /// Pieces that left beyond what was known to be there.
    pub short: i64,
    /// As of when it was counted last.
    pub counted_at: Option<DateTime<Utc>>,
}

/// What is to happen to a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// So many pieces came or, below zero, went.
    Fact(i64),
    /// So many were counted, and so many have come or gone since.
    Count {
        /// Pieces counted.
        counted: i64,
        /// Sum of what is known to have happened after the count.
        since: i64,
    },
    /// So many are promised.
    Hold(i64),
    /// So many of a promise are handed over, and the promise ends.
    Capture {
        /// Pieces handed over.
        taken: i64,
        /// Pieces promised.
        of: i64,
    },
    /// A promise of so many ends.
    Release(i64),
}

/// What happened to a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The level afterwards.
    pub after: Level,
    /// What was added to `on_hand - short`.
    pub delta: i64,
    /// What was added to `held`.
    pub held_delta: i64,
}

impl Level {
    /// The sum of the facts.
    #[must_use]
    pub const fn sum(&self) -> i64 {
        self.on_hand - self.short
    }

    /// Pieces that can be promised.
    #[must_use]
    pub const fn available(&self) -> i64 {
        self.on_hand - self.held
    }

    /// The level of this sum with so many held.
    #[must_use]
    pub fn of(sum: i64, held: i64, counted_at: Option<DateTime<Utc>>) -> Self {
        let on_hand = sum.max(held);
        Self { on_hand, held, short: on_hand - sum, counted_at }
    }

    fn step(self, delta: i64, held_delta: i64) -> Step {
        let after = Self::of(self.sum() + delta, self.held + held_delta, self.counted_at);
        Step { after, delta, held_delta }
    }
}

/// Decides about one change at a business time.
///
/// # Errors
/// `stock_insufficient`, `stock_count_outdated`, `stock_hold_exceeded`.
pub fn apply(level: Level, change: Change, at: DateTime<Utc>) -> Result<Step, Code> {
    let counted_since = level.counted_at.is_some_and(|counted| at <= counted);
    match change {
        // Whoever counted counted it, too.
        Change::Fact(_) if counted_since => Ok(level.step(0, 0)),
        Change::Fact(delta) => Ok(level.step(delta, 0)),
        Change::Count { counted, since } => {
            if level.counted_at.is_some_and(|known| at < known) {
                return Err(error::STOCK_COUNT_OUTDATED);
            }
            let mut step = level.step(counted + since - level.sum(), 0);
            step.after.counted_at = Some(at);
            Ok(step)
        }
        Change::Hold(pieces) if pieces > level.available() => Err(error::STOCK_INSUFFICIENT),
        Change::Hold(pieces) => Ok(level.step(0, pieces)),
        Change::Capture { taken, of } if taken > of || of > level.held => {
            Err(error::STOCK_HOLD_EXCEEDED)
        }
        Change::Capture { taken, of } => Ok(level.step(-taken, -of)),
        Change::Release(of) if of > level.held => Err(error::STOCK_HOLD_EXCEEDED),
        Change::Release(of) => Ok(level.step(0, -of)),
    }
}

/// Whether a business time is too far ahead.
#[must_use]
pub fn is_ahead(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    at > now + AHEAD
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn sound(level: &Level) {
        assert!(level.held >= 0 && level.short >= 0, "{level:?}");
        assert!(level.held <= level.on_hand, "{level:?}");
        // What is short is nowhere: nothing else can be promised meanwhile.
        assert!(level.short == 0 || level.on_hand == level.held, "{level:?}");
    }

    /// The level after each of these, from nothing; what is refused changes nothing.
    fn run(changes: &[(Change, i64)]) -> Level {
        changes.iter().fold(Level::default(), |level, (change, second)| {
            let after = apply(level, *change, at(*second)).map_or(level, |step| {
                assert_eq!(step.after.sum(), level.sum() + step.delta);
                assert_eq!(step.after.held, level.held + step.held_delta);
                step.after
            });
            sound(&after);
            after
        })
    }

    #[test]
    fn what_leaves_beyond_what_is_there_is_short_and_paid_by_what_comes_in() {
        let (sold, received) = ((Change::Fact(-2), 2), (Change::Fact(5), 1));
        let short = run(&[sold]);
        assert_eq!((short.on_hand, short.short, short.available()), (0, 2, 0));
        assert_eq!(run(&[sold, received]), run(&[received, sold]));
        assert_eq!(run(&[sold, received]).on_hand, 3);
    }

    #[test]
    fn a_sale_takes_nothing_that_is_held() {
        let level = run(&[(Change::Fact(2), 1), (Change::Hold(1), 2), (Change::Fact(-2), 3)]);
        assert_eq!((level.on_hand, level.held, level.short), (1, 1, 1));
        let freed = apply(level, Change::Release(1), at(4)).unwrap().after;
        assert_eq!((freed.on_hand, freed.held, freed.short), (0, 0, 0));
        let used = apply(level, Change::Capture { taken: 1, of: 1 }, at(4)).unwrap().after;
        assert_eq!((used.on_hand, used.held, used.short), (0, 0, 1));
    }

    #[test]
    fn no_more_is_promised_than_is_there() {
        let level = run(&[(Change::Fact(3), 1), (Change::Hold(2), 2)]);
        assert_eq!(apply(level, Change::Hold(2), at(3)), Err(error::STOCK_INSUFFICIENT));
        let too_much = Change::Capture { taken: 3, of: 2 };
        assert_eq!(apply(level, too_much, at(3)), Err(error::STOCK_HOLD_EXCEEDED));
        assert_eq!(apply(level, Change::Release(3), at(3)), Err(error::STOCK_HOLD_EXCEEDED));
    }

    #[test]
    fn a_count_has_what_happened_before_it_and_not_what_came_after() {
        let (received, sold) = ((Change::Fact(10), 1), (Change::Fact(-1), 2));
        let late = (Change::Fact(-3), 3);
        let count = |since| (Change::Count { counted: 7, since }, 2);
        for changes in [
            [received, sold, count(0), late],
            [count(0), received, sold, late],
            [received, late, count(-3), sold],
        ] {
            assert_eq!(run(&changes).on_hand, 4, "{changes:?}");
        }
        let level = run(&[count(0)]);
        let older = Change::Count { counted: 9, since: 0 };
        assert_eq!(apply(level, older, at(1)), Err(error::STOCK_COUNT_OUTDATED));
        assert_eq!(apply(level, older, at(2)).unwrap().after.on_hand, 9);
    }

    fn change() -> impl Strategy<Value = (Change, i64)> {
        let change = prop_oneof![
            (-20_i64..20).prop_map(Change::Fact),
            (0_i64..30).prop_map(|counted| Change::Count { counted, since: 0 }),
            (1_i64..5).prop_map(Change::Hold),
            (0_i64..5, 1_i64..5).prop_map(|(taken, of)| Change::Capture { taken, of }),
            (1_i64..5).prop_map(Change::Release),
        ];
        (change, 0_i64..50)
    }

    proptest! {
        #[test]
        fn a_level_is_sound_whatever_happens(changes in prop::collection::vec(change(), 0..60)) {
            run(&changes);
        }

        #[test]
        fn facts_end_in_the_same_state_in_whatever_sequence(
            facts in prop::collection::vec((-20_i64..20, 0_i64..50), 1..20),
            counted in 0_i64..30,
            place in 0_usize..20,
        ) {
            let moment = 25;
            let place = place.min(facts.len());
            let fact = |(delta, second): &(i64, i64)| (Change::Fact(*delta), *second);
            let mut changes: Vec<_> = facts.iter().map(fact).collect();
            let known = facts[..place].iter().filter(|(_, second)| *second > moment);
            let since = known.map(|(delta, _)| delta).sum();
            changes.insert(place, (Change::Count { counted, since }, moment));
            let after: i64 = facts.iter().filter(|(_, s)| *s > moment).map(|(delta, _)| delta).sum();
            prop_assert_eq!(run(&changes), Level::of(counted + after, 0, Some(at(moment))));
        }
    }
}
