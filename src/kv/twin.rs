//! The store in this process's memory: what Redis promises, without Redis.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use parking_lot::Mutex;

use super::expiring::Expiring;
use super::ladder::{Ladder, Place};
use super::limits::decide;
use super::store::Store;
use super::{Admission, BoardEntry, BoardRow, KvError, KvKind, Quota};
use crate::kernel::clock::monotonic;

pub(super) struct Twin {
    start: Instant,
    values: Mutex<Expiring<Vec<u8>>>,
    /// When each quota is full again, microseconds since `start`.
    limits: Mutex<Expiring<u64>>,
    boards: Mutex<Expiring<Board>>,
}

#[derive(Default)]
struct Board {
    order: Ladder,
    standings: HashMap<String, Standing>,
    built: bool,
}

#[derive(Clone, Copy)]
struct Standing {
    score: i64,
    reached_at_ms: i64,
    version: i64,
}

impl Board {
    /// Puts a standing unless the board holds the same or a newer version of its subject.
    fn put(&mut self, subject: &str, standing: Standing) {
        match self.standings.get(subject) {
            Some(old) if old.version >= standing.version => return,
            Some(_) => self.remove(subject),
            None => {}
        }
        self.order.insert(place_of(subject, standing));
        self.standings.insert(subject.to_owned(), standing);
    }

    fn remove(&mut self, subject: &str) {
        if let Some(old) = self.standings.remove(subject) {
            self.order.remove(&place_of(subject, old));
        }
    }

    /// A board of exactly these subjects, where `live` may hold newer versions of them.
    fn rebuilt(entries: &[BoardEntry], live: Option<&Self>) -> Self {
        let mut board = Self { built: true, ..Self::default() };
        for entry in entries {
            board.put(&entry.subject, standing_of(entry));
            if let Some(live) = live.and_then(|live| live.standings.get(&entry.subject)) {
                board.put(&entry.subject, *live);
            }
        }
        board
    }
}

fn standing_of(entry: &BoardEntry) -> Standing {
    Standing { score: entry.score, reached_at_ms: entry.reached_at_ms, version: entry.version }
}

fn place_of(subject: &str, standing: Standing) -> Place {
    (Reverse(standing.score), standing.reached_at_ms, subject.to_owned())
}

fn row_at(rank: u64, place: &Place) -> BoardRow {
    let (Reverse(score), reached_at_ms, subject) = place;
    BoardRow { rank, subject: subject.clone(), score: *score, reached_at_ms: *reached_at_ms }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

impl Twin {
    pub(super) fn new() -> Self {
        Self {
            start: monotonic(),
            values: Mutex::new(Expiring::new()),
            limits: Mutex::new(Expiring::new()),
            boards: Mutex::new(Expiring::new()),
        }
    }

    fn read_board<T>(&self, board: &str, read: impl FnOnce(&Board) -> T) -> Option<T> {
        self.boards.lock().get(board, monotonic()).map(read)
    }
}

#[async_trait]
impl Store for Twin {
    fn kind(&self) -> KvKind {
        KvKind::InProcess
    }

    fn is_up(&self) -> bool {
        true
    }

    async fn ping(&self) -> Result<(), KvError> {
        Ok(())
    }

    async fn version(&self) -> Result<String, KvError> {
        Ok("in-process".to_owned())
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        Ok(self.values.lock().get(key, monotonic()).cloned())
    }

    async fn put(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), KvError> {
        let now = monotonic();
        self.values.lock().insert(key, value.to_vec(), now + ttl, now);
        Ok(())
    }

    async fn put_if_absent(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, KvError> {
        let mut values = self.values.lock();
        let now = monotonic();
        if values.get(key, now).is_some() {
            return Ok(false);
        }
        values.insert(key, value.to_vec(), now + ttl, now);
        Ok(true)
    }

    async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        Ok(self.values.lock().remove(key, monotonic()))
    }

    async fn delete(&self, keys: &[String]) -> Result<(), KvError> {
        let mut values = self.values.lock();
        let now = monotonic();
        for key in keys {
            values.remove(key, now);
        }
        Ok(())
    }

    async fn admit(&self, key: &str, quota: Quota, cost: u32) -> Result<Admission, KvError> {
        let mut limits = self.limits.lock();
        // Read under the lock: a reading taken before it could be older than what a neighbour has
        // stored.
        let now = monotonic();
        let micros = u64::try_from((now - self.start).as_micros()).unwrap_or(u64::MAX / 2);
        let full_at = limits.get(key, now).copied();
        let decision = decide(full_at, micros, quota.pace(), cost);
        if let Some(full_at) = decision.full_at {
            limits.insert(key, full_at, now + decision.admission.reset_after, now);
        }
        Ok(decision.admission)
    }

    async fn board_put(
        &self,
        board: &str,
        entries: &[BoardEntry],
        ttl: Duration,
    ) -> Result<(), KvError> {
        let mut boards = self.boards.lock();
        let now = monotonic();
        let mut content = boards.remove(board, now).unwrap_or_default();
        for entry in entries {
            content.put(&entry.subject, standing_of(entry));
        }
        boards.insert(board, content, now + ttl, now);
        Ok(())
    }

    async fn board_remove(&self, board: &str, subjects: &[String]) -> Result<(), KvError> {
        let mut boards = self.boards.lock();
        if let Some(content) = boards.get_mut(board, monotonic()) {
            for subject in subjects {
                content.remove(subject);
            }
        }
        Ok(())
    }

    async fn board_replace(
        &self,
        board: &str,
        entries: &[BoardEntry],
        ttl: Duration,
    ) -> Result<(), KvError> {
        let mut boards = self.boards.lock();
        let now = monotonic();
        let rebuilt = Board::rebuilt(entries, boards.get(board, now));
        boards.insert(board, rebuilt, now + ttl, now);
        Ok(())
    }

    async fn board_page(
        &self,
        board: &str,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<BoardRow>, KvError> {
        let skip = usize::try_from(offset).unwrap_or(usize::MAX);
        let take = usize::try_from(limit).unwrap_or(usize::MAX);
        let page = |content: &Board| {
            let places = content.order.from(skip).take(take);
            places.zip(offset + 1..).map(|(place, rank)| row_at(rank, place)).collect()
        };
        Ok(self.read_board(board, page).unwrap_or_default())
    }

    async fn board_find(&self, board: &str, subject: &str) -> Result<Option<BoardRow>, KvError> {
        let find = |content: &Board| {
            let place = place_of(subject, *content.standings.get(subject)?);
            Some(row_at(count(content.order.before(&place)) + 1, &place))
        };
        Ok(self.read_board(board, find).flatten())
    }

    async fn board_len(&self, board: &str) -> Result<u64, KvError> {
        Ok(self.read_board(board, |content| count(content.order.len())).unwrap_or(0))
    }

    async fn board_exists(&self, board: &str) -> Result<bool, KvError> {
        Ok(self.read_board(board, |content| content.built).unwrap_or(false))
    }
}
