//! Redis and its in-process twin behind one trait: sessions, leaderboards, limits, nonces.
//!
//! Nothing of value lives here: whatever is lost is rebuilt from SQL or expires soon anyway. Both
//! stores keep the same promises, and one conformance suite holds both to them. Keys and values are
//! never logged; keys must hold no personal data (the caller's duty: hash it first).

mod boards;
mod breaker;
#[cfg(test)]
mod conformance;
mod expiring;
#[cfg(test)]
mod faults;
mod ladder;
mod limits;
mod link;
mod recent;
mod remote;
mod scripts;
mod store;
mod twin;

use std::sync::Arc;
use std::time::Duration;

pub use boards::{BoardEntry, BoardRow};
pub use limits::{Admission, Quota};
pub use link::Patience;
pub use recent::{Fresh, Recent};

use remote::Remote;
use store::Store;
use twin::Twin;

/// Why a key-value operation gave no answer; holds no key, no value, no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KvError {
    /// The server is away and the call did not wait for it; nothing was done.
    #[error("the key-value server is down")]
    Down,
    /// No answer in time; whether the operation took effect is unknown.
    #[error("the key-value server did not answer in time")]
    Timeout,
    /// The server, or this call, broke the rules of the game.
    #[error("the key-value operation was refused: {0}")]
    Protocol(String),
    /// The address or the prefix cannot be used.
    #[error("the key-value configuration cannot be used: {0}")]
    Config(String),
}

/// Which store stands behind a [`Kv`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KvKind {
    /// This process's memory: one process, lost with it.
    InProcess,
    /// A Redis server shared by all replicas.
    Redis,
}

/// The key-value store; a clone is one pointer and shares everything.
#[derive(Clone)]
pub struct Kv(Arc<dyn Store>);

impl Kv {
    /// A store in this process's memory, empty; two calls give two stores.
    #[must_use]
    pub fn in_process() -> Self {
        Self(Arc::new(Twin::new()))
    }

    /// A store on the Redis at `url` (`redis://` or `rediss://`) with the default [`Patience`].
    ///
    /// It connects at the first operation: a Redis that is down now is no error (OPS-6). `prefix`
    /// separates installations that share a server; it may not be empty nor hold `/`, `{`, `}` or
    /// white space. Fails with [`KvError::Config`] only.
    #[expect(clippy::unused_async, reason = "callers may rely on a runtime being there")]
    pub async fn redis(url: &str, prefix: &str) -> Result<Self, KvError> {
        Self::redis_with(url, prefix, Patience::default())
    }

    /// As [`Kv::redis`], with time limits of the caller's choice.
    pub fn redis_with(url: &str, prefix: &str, patience: Patience) -> Result<Self, KvError> {
        Ok(Self(Arc::new(Remote::new(url, prefix, patience)?)))
    }

    /// Which store this is.
    #[must_use]
    pub fn kind(&self) -> KvKind {
        self.0.kind()
    }

    /// Whether the last operation reached the store: false from a failure until the next success.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.0.is_up()
    }

    /// Asks for a sign of life; the only call that also waits for a connection to be made.
    pub async fn ping(&self) -> Result<(), KvError> {
        self.0.ping().await
    }

    /// What the store says it is, such as `7.2.5`; waits for a connection like [`Kv::ping`].
    pub async fn version(&self) -> Result<String, KvError> {
        self.0.version().await
    }

    /// The value under `key`, unless it has expired.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        self.0.get(key).await
    }

    /// Sets `key` to `value` for `ttl` (at least 1 ms), whatever it held.
    pub async fn put(&self, key: &str, value: &[u8], ttl: Duration) -> Result<(), KvError> {
        self.0.put(key, value, lifetime(ttl)).await
    }

    /// Sets `key` unless it holds a value; true for exactly one of all callers (nonces, locks).
    pub async fn put_if_absent(
        &self,
        key: &str,
        value: &[u8],
        ttl: Duration,
    ) -> Result<bool, KvError> {
        self.0.put_if_absent(key, value, lifetime(ttl)).await
    }

    /// Gives the value and forgets it; exactly one of all callers gets it (one-time codes).
    pub async fn take(&self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        self.0.take(key).await
    }

    /// Forgets these keys; unknown ones are fine.
    pub async fn delete(&self, keys: &[String]) -> Result<(), KvError> {
        if keys.is_empty() {
            return Ok(());
        }
        self.0.delete(keys).await
    }

    /// Asks to spend `cost` of the quota of `key`; a refusal spends nothing, a cost of 0 only
    /// looks.
    pub async fn admit(&self, key: &str, quota: Quota, cost: u32) -> Result<Admission, KvError> {
        self.0.admit(key, quota, cost).await
    }

    /// Puts absolute scores; an entry whose version is not above the stored one of its subject
    /// changes nothing.
    ///
    /// Idempotent and insensitive to order. The whole board then lives `ttl` from now. More than
    /// 500 entries go in several steps, each atomic. A put does not make a board
    /// [exist](Kv::board_exists).
    pub async fn board_put(
        &self,
        board: &str,
        entries: &[BoardEntry],
        ttl: Duration,
    ) -> Result<(), KvError> {
        boards::check(entries)?;
        if entries.is_empty() {
            return Ok(());
        }
        self.0.board_put(board, entries, lifetime(ttl)).await
    }

    /// Takes subjects off and forgets their versions, so a later put of any version brings them
    /// back.
    pub async fn board_remove(&self, board: &str, subjects: &[String]) -> Result<(), KvError> {
        if subjects.is_empty() {
            return Ok(());
        }
        self.0.board_remove(board, subjects).await
    }

    /// Exchanges the whole content in one instant and marks the board as built; readers see old or
    /// new, no mixture.
    ///
    /// A subject that the live board holds in a newer version keeps it, and puts and removals that
    /// arrive meanwhile count. A subject first put between the caller's reading of the facts and
    /// this call is dropped: put the facts that changed since the reading once more afterwards. Of
    /// several at once the last to begin wins. To force older versions in (a restored database),
    /// replace by nothing first.
    pub async fn board_replace(
        &self,
        board: &str,
        entries: &[BoardEntry],
        ttl: Duration,
    ) -> Result<(), KvError> {
        boards::check(entries)?;
        self.0.board_replace(board, entries, lifetime(ttl)).await
    }

    /// Up to `limit` rows from the 0-based `offset`: higher score first, then who came first, then
    /// subject.
    pub async fn board_page(
        &self,
        board: &str,
        offset: u64,
        limit: u64,
    ) -> Result<Vec<BoardRow>, KvError> {
        if limit == 0 || i64::try_from(offset.saturating_add(limit)).is_err() {
            return Ok(Vec::new());
        }
        self.0.board_page(board, offset, limit).await
    }

    /// The row of one subject, with its rank.
    pub async fn board_find(
        &self,
        board: &str,
        subject: &str,
    ) -> Result<Option<BoardRow>, KvError> {
        self.0.board_find(board, subject).await
    }

    /// How many subjects the board has.
    pub async fn board_len(&self, board: &str) -> Result<u64, KvError> {
        self.0.board_len(board).await
    }

    /// Whether the board was built by [`Kv::board_replace`] and is whole: false after FLUSHALL, eviction or expiry, even
    /// when puts have begun to fill it again, and after a restart or failover of the server, which may have brought an
    /// older board back. Then answer `stale` and rebuild.
    pub async fn board_exists(&self, board: &str) -> Result<bool, KvError> {
        self.0.board_exists(board).await
    }
}

/// Bounds a lifetime to what every store can keep: 1 ms to 100 years.
fn lifetime(ttl: Duration) -> Duration {
    const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);
    ttl.clamp(Duration::from_millis(1), LONGEST)
}
