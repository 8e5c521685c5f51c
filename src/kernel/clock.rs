//! The one place that asks the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant as Monotonic};

use chrono::{DateTime, TimeDelta, Utc};

/// Where business time comes from: the machine's clock, or one that a test moves.
///
/// Instants are whole milliseconds UTC, so that every database gives back what was stored.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until it is moved; its clones move with it.
    #[must_use]
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(start.timestamp_millis()))))
    }

    /// Now, in whole milliseconds UTC.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let millis = match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that asks the time")]
            Source::System => Utc::now().timestamp_millis(),
            Source::Manual(millis) => millis.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_millis(millis).unwrap_or_default()
    }

    /// Moves a manual clock forward; the machine's clock is not ours to move and stays.
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Manual(millis) = &self.0 {
            millis.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        }
    }

    /// Sets a manual clock; the machine's clock stays.
    pub fn set(&self, to: DateTime<Utc>) {
        if let Source::Manual(millis) = &self.0 {
            millis.store(to.timestamp_millis(), Ordering::SeqCst);
        }
    }
}

/// A monotonic reading for time-outs and measurements; never business time.
#[must_use]
pub fn monotonic() -> Monotonic {
    Monotonic::now()
}

/// How long since `start`.
#[must_use]
pub fn elapsed(start: Monotonic) -> Duration {
    start.elapsed()
}
