//! Fails fast while the server is away, and lets one caller a period look whether it is back.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Open after a failure, closed by a success; remembers no caller, so a cancelled one blocks
/// nobody.
pub(super) struct Breaker {
    pause: Duration,
    /// While down: when the next caller may try.
    next_try: Mutex<Option<Instant>>,
}

/// Whether an outcome changed what the breaker believes; each change is worth one log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    None,
    WentDown,
    CameUp,
}

impl Breaker {
    pub(super) fn new(pause: Duration) -> Self {
        Self { pause, next_try: Mutex::new(None) }
    }

    pub(super) fn is_up(&self) -> bool {
        self.next_try.lock().is_none()
    }

    /// Whether this caller may try now; while down, true once a `pause`.
    pub(super) fn may_try(&self, now: Instant) -> bool {
        let mut next_try = self.next_try.lock();
        match *next_try {
            None => true,
            Some(at) if now < at => false,
            Some(_) => {
                *next_try = Some(now + self.pause);
                true
            }
        }
    }

    pub(super) fn succeeded(&self) -> Change {
        match self.next_try.lock().take() {
            Some(_) => Change::CameUp,
            None => Change::None,
        }
    }

    pub(super) fn failed(&self, now: Instant) -> Change {
        match self.next_try.lock().replace(now + self.pause) {
            Some(_) => Change::None,
            None => Change::WentDown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::monotonic;

    #[test]
    fn a_breaker_opens_probes_once_a_period_and_closes() {
        let start = monotonic();
        let at = |ms| start + Duration::from_millis(ms);
        let breaker = Breaker::new(Duration::from_secs(1));
        assert!(breaker.is_up() && breaker.may_try(start));
        assert_eq!(breaker.succeeded(), Change::None);

        assert_eq!(breaker.failed(start), Change::WentDown);
        assert_eq!(breaker.failed(start), Change::None);
        assert!(!breaker.is_up());
        assert!(!breaker.may_try(at(999)));
        assert!(breaker.may_try(at(1_000)), "one probe");
        assert!(!breaker.may_try(at(1_000)), "and no second beside it");
        assert_eq!(breaker.failed(at(1_200)), Change::None);
        assert!(!breaker.may_try(at(2_199)));
        assert!(breaker.may_try(at(2_200)));

        assert_eq!(breaker.succeeded(), Change::CameUp);
        assert!(breaker.is_up() && breaker.may_try(at(2_201)) && breaker.may_try(at(2_201)));
    }

    #[test]
    fn a_probe_that_was_cancelled_blocks_nobody_for_longer_than_a_period() {
        let start = monotonic();
        let breaker = Breaker::new(Duration::from_millis(10));
        breaker.failed(start);
        assert!(breaker.may_try(start + Duration::from_millis(10)));
        assert!(breaker.may_try(start + Duration::from_millis(20)));
    }
}
