//! Pure decisions about tiers (TR-1 to TR-4): no I/O, no clock.

mod benefits;
mod cards;
mod evolve;
mod history;
mod ladder;
mod parts;
#[cfg(test)]
mod tests;

pub use benefits::{Benefit, Limits, ends_at, left, limits_of, period_start, title};
pub use cards::{Card, Shift, close_gaps, next_start};
pub use evolve::{Keep, NOTICE, Numbers, Raised, Step, Terms, advance, keep, lacks, raise, step};
pub use history::{multiplier_at, sort, tier_at};
pub use ladder::{Reach, Track, below, next, rank, reached, rise, rising, window};
pub use parts::{Earned, Effective, Parts, Pin, Span, better_earned, better_pin, effective};
