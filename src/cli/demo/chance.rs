//! Chance that repeats: the same seed gives the same retailer.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// A sequence of choices.
pub(super) struct Chance(StdRng);

impl Chance {
    /// The sequence of one part of the demo; parts do not disturb each other.
    pub(super) fn of(part: &str) -> Self {
        let mut seed = [0_u8; 32];
        for (at, byte) in part.bytes().take(32).enumerate() {
            seed[at] = byte;
        }
        Self(StdRng::from_seed(seed))
    }

    /// A whole number from `least` to `most`.
    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0.random_range(least..=most)
    }

    /// True in `percent` of 100 cases.
    pub(super) fn percent(&mut self, percent: u32) -> bool {
        self.0.random_range(0..100) < percent
    }

    /// One of these.
    pub(super) fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.0.random_range(0..all.len())]
    }

    /// The position of one of these, by weight.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let total: u32 = weights.clone().sum();
        let mut left = self.0.random_range(0..total.max(1));
        for (at, weight) in weights.enumerate() {
            if left < weight {
                return at;
            }
            left -= weight;
        }
        0
    }

    /// 1, 2, 3, …, each `percent` of 100 as likely as the one before, at most `most`.
    pub(super) fn falling(&mut self, percent: u32, most: i64) -> i64 {
        let mut number = 1;
        while number < most && self.percent(percent) {
            number += 1;
        }
        number
    }
}
