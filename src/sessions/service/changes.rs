//! The list of sessions that ended or changed hands lately, read from SQL again and again (S10).
//!
//! Why not messages over Redis: a message is lost while Redis is away, and what Redis still holds when it comes back
//! would then count. SQL is asked anyway when a session is looked up; asking it for this short list twice a second
//! and process, by an index, costs nothing and needs nobody's cooperation.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::SessionId;
use entity::session;
use parking_lot::RwLock;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::super::store;
use super::copies::SessionCopy;
use crate::app::App;
use crate::http::{Error, Result, codes};
use crate::kernel::clock::{elapsed, monotonic};

/// How old the list may be. With the reading itself this stays below the second that S10 allows.
const REREAD: Duration = Duration::from_millis(400);
/// How long a request waits for the list.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a change stays on the list: the life of a copy, and another for clocks of replicas that differ and for
/// transactions that commit late.
const REMEMBERED: TimeDelta = TimeDelta::seconds(120);

/// What became of a session that changed lately.
#[derive(Clone, Copy)]
pub(super) enum Now {
    /// It lives, with another owner.
    Lives(SessionCopy),
    /// It has ended.
    Ended,
}

/// The changes as of one moment.
pub(super) struct Changes {
    asked: Instant,
    sessions: HashMap<SessionId, Now>,
}

impl Changes {
    /// What became of a session; `None` when it did not change lately.
    pub(super) fn of(&self, id: SessionId) -> Option<Now> {
        self.sessions.get(&id).copied()
    }
}

/// The list as this process knows it.
#[derive(Default)]
struct Known {
    list: RwLock<Option<Arc<Changes>>>,
    reading: Mutex<()>,
    /// Lists that were asked for before this do not count.
    not_before: RwLock<Option<Instant>>,
}

impl Known {
    fn fresh(&self) -> Option<Arc<Changes>> {
        let list = self.list.read().clone()?;
        let not_before = *self.not_before.read();
        let young =
            elapsed(list.asked) < REREAD && not_before.is_none_or(|then| list.asked >= then);
        young.then_some(list)
    }
}

/// The list, at most [`REREAD`] old; one request at a time reads it, the others wait for that one.
pub(super) async fn recent(app: &App) -> Result<Arc<Changes>> {
    let known = app.memory.of::<Known>();
    if let Some(list) = known.fresh() {
        return Ok(list);
    }
    let Ok(_turn) = timeout(PATIENCE, known.reading.lock()).await else {
        return Err(codes::UNAVAILABLE.into());
    };
    if let Some(list) = known.fresh() {
        return Ok(list);
    }
    let asked = monotonic();
    let now = app.clock.now();
    // A connection that died silently must not hold up every request of the process.
    let rows = timeout(PATIENCE, store::changed(app.db.read(), now - REMEMBERED))
        .await
        .map_err(|_| Error::from(codes::UNAVAILABLE))??;
    let sessions = rows.iter().map(|row| (row.id, state(row, now))).collect();
    let list = Arc::new(Changes { asked, sessions });
    *known.list.write() = Some(Arc::clone(&list));
    Ok(list)
}

fn state(row: &session::Model, now: DateTime<Utc>) -> Now {
    SessionCopy::of(row, now).map_or(Now::Ended, Now::Lives)
}

/// Makes the next request of this process read the list again.
pub(super) fn forget(app: &App) {
    *app.memory.of::<Known>().not_before.write() = Some(monotonic());
}
