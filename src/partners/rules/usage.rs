//! What keys did, added up.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::ids::PartnerKeyId;

/// What one key did on one business day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Requests that were let in.
    pub requests: i64,
    /// Requests that were refused for being too many.
    pub limited: i64,
    /// The latest of them.
    pub last_at: DateTime<Utc>,
}

impl Count {
    /// Both together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            limited: self.limited.saturating_add(other.limited),
            last_at: self.last_at.max(other.last_at),
        }
    }
}

/// By key and business day: the sequence in which rows are locked.
pub type Counts = BTreeMap<(PartnerKeyId, NaiveDate), Count>;

/// Adds a count to the others.
pub fn add(counts: &mut Counts, place: (PartnerKeyId, NaiveDate), count: Count) {
    counts.entry(place).and_modify(|there| *there = there.with(count)).or_insert(count);
}
