//! One log line when work begins to fail and one when it goes well again, with longer pauses between.

use std::fmt::Display;
use std::time::Duration;

/// A database that is back must not wait long for its work.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How one kind of work has been going.
#[derive(Debug)]
pub(super) struct Health {
    name: &'static str,
    failures: u32,
}

impl Health {
    pub(super) const fn new(name: &'static str) -> Self {
        Self { name, failures: 0 }
    }

    pub(super) fn went_well(&mut self) {
        if self.failures > 0 {
            tracing::info!(work = self.name, failures = self.failures, "works again");
        }
        self.failures = 0;
    }

    /// Notes a failure and says how long to wait: the usual pause, doubled each time.
    pub(super) fn failed(&mut self, error: &impl Display, usual: Duration) -> Duration {
        if self.failures == 0 {
            tracing::warn!(work = self.name, %error, "failed and will be tried again");
        } else {
            tracing::debug!(work = self.name, %error, failures = self.failures, "fails still");
        }
        self.failures = self.failures.saturating_add(1);
        let doubled = usual.saturating_mul(1 << self.failures.min(8));
        doubled.min(LONGEST_PAUSE.max(usual))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_start_over() {
        let mut health = Health::new("test");
        let usual = Duration::from_secs(1);
        let pauses: Vec<u64> = (0..6).map(|_| health.failed(&"x", usual).as_secs()).collect();
        assert_eq!(pauses, [2, 4, 8, 10, 10, 10]);
        health.went_well();
        assert_eq!(health.failed(&"x", usual).as_secs(), 2);
        assert_eq!(health.failed(&"x", Duration::from_mins(1)).as_secs(), 60);
    }
}
