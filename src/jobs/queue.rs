//! Putting jobs into the queue, and what operators do with it.

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::JobState;
use entity::ids::JobId;

use super::{NewJob, store};
use crate::app::App;
use crate::db::{Conn, DbError, Tx};
use crate::http::Result;
use crate::kernel::measures::Queue;

pub use entity::job::Model as QueuedJob;

/// How long a job that ended is kept.
const KEPT: TimeDelta = TimeDelta::days(7);

/// Queues jobs in the caller's transaction: they run if and only if it commits (J1). A key that is known is ignored.
///
/// # Errors
/// The database's.
pub async fn enqueue_in(
    db: &impl Conn,
    jobs: &[NewJob],
    now: DateTime<Utc>,
) -> std::result::Result<(), DbError> {
    store::insert(db, jobs, now).await
}

/// The job of this id, unless it is forgotten.
///
/// # Errors
/// The database's.
pub async fn find(app: &App, id: JobId) -> Result<Option<QueuedJob>> {
    Ok(store::find(app.db.read(), id).await?)
}

/// Jobs in one state, newest first; `before` is the last one of the page before.
///
/// # Errors
/// The database's.
pub async fn list(
    app: &App,
    state: JobState,
    before: Option<JobId>,
    limit: u64,
) -> Result<Vec<QueuedJob>> {
    Ok(store::in_state(app.db.read(), state, before, limit).await?)
}

/// Lets a dead job start over; `false` when there is no such dead job.
///
/// # Errors
/// The database's.
pub async fn retry_in(tx: &Tx, id: JobId, now: DateTime<Utc>) -> Result<bool> {
    Ok(store::revive(tx, id, now).await?)
}

/// Lets a dead job rest for ever; `false` when there is no such dead job.
///
/// # Errors
/// The database's.
pub async fn discard_in(tx: &Tx, id: JobId, now: DateTime<Utc>) -> Result<bool> {
    Ok(store::discard(tx, id, now).await?)
}

/// Forgets some jobs that were done or discarded seven days ago and says how many; none when none is left.
///
/// # Errors
/// The database's.
pub async fn forget_old(app: &App, limit: u64) -> Result<u64> {
    Ok(store::forget(app.db.write(), app.clock.now() - KEPT, limit).await?)
}

/// Notes in the app's measures how the queue is.
///
/// # Errors
/// The database's.
pub async fn measure(app: &App) -> Result<()> {
    let (db, now) = (app.db.read(), app.clock.now());
    let since = store::longest_due(db, now).await?;
    let oldest = since.map_or(0, |since| (now - since).num_seconds());
    app.measures.queue(Queue {
        waiting: store::count(db, JobState::Queued).await?,
        dead: store::count(db, JobState::Dead).await?,
        oldest_seconds: f64::from(i32::try_from(oldest).unwrap_or(i32::MAX)),
    });
    Ok(())
}
