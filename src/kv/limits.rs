//! Rate limits by the generic cell rate algorithm: one instant per key, no window edges, no
//! background refill.

use std::time::Duration;

/// How much a caller may do: `burst` at once, and an empty quota is full again after `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The most that is admitted at one instant; 0 admits nothing.
    pub burst: u32,
    /// The time in which `burst` refills evenly, at microsecond precision.
    pub per: Duration,
}

/// The answer to a request for admission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Whether the caller may go on.
    pub allowed: bool,
    /// What could still be spent right now.
    pub remaining: u32,
    /// How long to wait before the same request can be admitted; zero when it was.
    /// A cost above the burst never will be, however long one waits.
    pub retry_after: Duration,
    /// How long until the quota is full again.
    pub reset_after: Duration,
}

/// A quota in the unit of the algorithm: whole microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// What one unit of cost takes to refill, rounded up so that rounding never admits more.
    pub(super) interval: u64,
    /// What the whole burst takes to refill.
    pub(super) tolerance: u64,
}

impl Quota {
    pub(super) fn pace(self) -> Pace {
        // A year keeps every sum below 2^53, where the doubles of Lua are exact.
        const LONGEST: u64 = 365 * 86_400 * 1_000_000;
        let per = u64::try_from(self.per.as_micros()).unwrap_or(LONGEST).min(LONGEST);
        let burst = u64::from(self.burst);
        let interval = per.div_ceil(burst.max(1)).max(1);
        Pace { interval, tolerance: interval * burst }
    }
}

/// What a decision leaves behind.
pub(super) struct Decision {
    pub(super) admission: Admission,
    /// When the quota will be full again, on the clock of `now`; `None` when nothing was spent.
    pub(super) full_at: Option<u64>,
}

/// Decides one request; `full_at` and `now` are microseconds of one clock. `admit.lua` is the same
/// in Redis.
pub(super) fn decide(full_at: Option<u64>, now: u64, pace: Pace, cost: u32) -> Decision {
    let ceiling = now + pace.tolerance;
    // Above the ceiling means that the clock went back or the quota shrank: nobody waits longer
    // than `per`.
    let before = full_at.unwrap_or(now).clamp(now, ceiling);
    let after = before.saturating_add(pace.interval.saturating_mul(u64::from(cost)));
    let allowed = after <= ceiling;
    let kept = if allowed { after } else { before };
    let admission = Admission {
        allowed,
        remaining: u32::try_from((ceiling - kept) / pace.interval).unwrap_or(u32::MAX),
        retry_after: Duration::from_micros(if allowed { 0 } else { after - ceiling }),
        reset_after: Duration::from_micros(kept - now),
    };
    Decision { admission, full_at: (allowed && cost > 0).then_some(after) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE_IN_3_MS: Quota = Quota { burst: 3, per: Duration::from_millis(3) };

    fn check(full_at: Option<u64>, now: u64, cost: u32, expect: (bool, u32, u64, u64)) {
        let admission = decide(full_at, now, THREE_IN_3_MS.pace(), cost).admission;
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap();
        let got = (
            admission.allowed,
            admission.remaining,
            micros(admission.retry_after),
            micros(admission.reset_after),
        );
        assert_eq!(got, expect, "full_at {full_at:?} now {now} cost {cost}");
    }

    #[test]
    fn a_quota_is_spent_refused_and_refilled() {
        check(None, 10_000, 1, (true, 2, 0, 1_000));
        check(Some(12_000), 10_000, 1, (true, 0, 0, 3_000));
        check(Some(13_000), 10_000, 1, (false, 0, 1_000, 3_000));
        check(Some(13_000), 10_999, 1, (false, 0, 1, 2_001));
        check(Some(13_000), 11_000, 1, (true, 0, 0, 3_000));
        check(Some(13_000), 20_000, 3, (true, 0, 0, 3_000));
        check(None, 10_000, 4, (false, 3, 1_000, 0));
        check(Some(11_500), 10_000, 0, (true, 1, 0, 1_500));
    }

    #[test]
    fn a_clock_that_went_back_locks_out_for_no_longer_than_the_period() {
        check(Some(9_000_000), 10_000, 1, (false, 0, 1_000, 3_000));
    }

    #[test]
    fn rounding_never_admits_more_than_the_quota() {
        let pace = Quota { burst: 7, per: Duration::from_micros(100) }.pace();
        assert_eq!((pace.interval, pace.tolerance), (15, 105));
    }

    #[test]
    fn the_longest_quota_stays_exact_in_doubles() {
        let pace = Quota { burst: u32::MAX, per: Duration::MAX }.pace();
        assert!(pace.interval * u64::from(u32::MAX) < 1 << 53);
        let nothing = Quota { burst: 0, per: Duration::from_secs(1) }.pace();
        assert!(!decide(None, 5, nothing, 1).admission.allowed);
    }
}
