//! A member's statement (PT-8): what she had, every movement with what stood after it, what she has.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use entity::codes::Ledger;
use entity::ids::{AccountId, MemberId};

use super::explaining::{StoredTransfer, accounts_seen};
use super::history::HistoryEntry;
use crate::db::Conn;
use crate::http::Result;
use crate::points::store;

/// What a member's accounts had together at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Can be spent; below zero is debt.
    pub available: i64,
    /// Granted, inside the return window.
    pub pending: i64,
    /// Held for checkouts.
    pub frozen: i64,
}

/// A place in the books of one account.
#[derive(Clone, Copy, Debug)]
struct Place {
    account: AccountId,
    seq: i64,
    sums: Sums,
}

/// The movements of a member in a span of booked time, in the order of booking, to be read page by page. Each account
/// is read by its own numbers, so a page costs the same wherever it lies, and what stands after each movement is what
/// the ledger says, not what was added up here.
#[derive(Debug)]
pub struct Statement {
    places: Vec<Place>,
    ends: Vec<i64>,
    read: Vec<VecDeque<StoredTransfer>>,
}

/// A movement and what all accounts had together after it.
#[derive(Clone, Debug)]
pub struct StatementLine {
    /// The movement.
    pub transfer: StoredTransfer,
    /// As her history shows it.
    pub entry: HistoryEntry,
    /// What it changed.
    pub change: Sums,
    /// What she had after it.
    pub after: Sums,
}

impl Sums {
    const fn of(transfer: &StoredTransfer) -> Self {
        Self {
            available: transfer.available_after,
            pending: transfer.pending_after,
            frozen: transfer.frozen_after,
        }
    }

    const fn less(self, other: Self) -> Self {
        Self {
            available: self.available - other.available,
            pending: self.pending - other.pending,
            frozen: self.frozen - other.frozen,
        }
    }

    const fn plus(self, other: Self) -> Self {
        Self {
            available: self.available + other.available,
            pending: self.pending + other.pending,
            frozen: self.frozen + other.frozen,
        }
    }
}

impl Statement {
    /// A member's statement from an instant to another, with the accounts of members merged into her: what those had
    /// was hers all along, so a merge in between changes no sum.
    ///
    /// # Errors
    /// The database's.
    pub async fn open(
        db: &impl Conn,
        member: MemberId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Self> {
        let (mut places, mut ends, mut read) = (Vec::new(), Vec::new(), Vec::new());
        for account in accounts_seen(db, member, Ledger::Points).await? {
            let before = store::last_before(db, account, from).await?;
            let last = store::last_before(db, account, to).await?;
            let sums = before.as_ref().map(Sums::of).unwrap_or_default();
            places.push(Place { account, seq: before.map_or(0, |row| row.seq), sums });
            ends.push(last.map_or(0, |row| row.seq));
            read.push(VecDeque::new());
        }
        Ok(Self { places, ends, read })
    }

    /// What she has where the statement has been read to: at first what she had before it.
    #[must_use]
    pub fn sums(&self) -> Sums {
        self.places.iter().fold(Sums::default(), |sums, place| sums.plus(place.sums))
    }

    /// The next lines, at most `limit`; none at the end.
    ///
    /// # Errors
    /// The database's.
    pub async fn next(&mut self, db: &impl Conn, limit: u64) -> Result<Vec<StatementLine>> {
        let mut lines = Vec::new();
        while u64::try_from(lines.len()).unwrap_or(u64::MAX) < limit {
            self.fill(db, limit).await?;
            let next = (0..self.read.len())
                .filter_map(|i| {
                    self.read[i].front().map(|row| (row.recorded_at, row.account_id, i))
                })
                .min();
            let Some((.., i)) = next else { break };
            let Some(transfer) = self.read[i].pop_front() else { break };
            let after = Sums::of(&transfer);
            let change = after.less(self.places[i].sums);
            self.places[i] = Place { account: transfer.account_id, seq: transfer.seq, sums: after };
            let entry = HistoryEntry::new(&transfer, None);
            lines.push(StatementLine { transfer, entry, change, after: self.sums() });
        }
        Ok(lines)
    }

    /// Reads on in each account of which nothing is in hand.
    async fn fill(&mut self, db: &impl Conn, limit: u64) -> Result<()> {
        for i in 0..self.places.len() {
            let place = self.places[i];
            if !self.read[i].is_empty() || place.seq >= self.ends[i] {
                continue;
            }
            let numbers = (place.seq, self.ends[i]);
            self.read[i].extend(store::numbered(db, place.account, numbers, limit).await?);
        }
        Ok(())
    }
}
