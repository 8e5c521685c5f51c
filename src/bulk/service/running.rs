//! What every run has in common: it begins, goes on after a crash, stops when it is told to, or is given up.

use entity::bulk_run::Model;
use entity::codes::{BulkDirection, BulkState};
use entity::ids::BulkRunId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::app::App;
use crate::bulk::store;
use crate::db::{self, DbError, Failure, Tx};
use crate::http::{Error, Result};
use crate::jobs::{self, ATTEMPTS, Job, NewJob};

/// The data of a job.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Task {
    run: BulkRunId,
    /// Rows gone through when it was queued.
    from: i64,
}

/// Why a step was not taken.
#[derive(Debug)]
pub(super) enum Halt<T = ()> {
    /// It failed.
    Failed(Error),
    /// The run was cancelled, or somebody else took the step.
    Stale,
    /// It was tried only, and came to this.
    Tried(T),
}

impl<T> From<DbError> for Halt<T> {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl<T> From<Error> for Halt<T> {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl<T> Failure for Halt<T> {
    fn db(&self) -> Option<&DbError> {
        match self {
            Self::Failed(error) => error.db(),
            Self::Stale | Self::Tried(_) => None,
        }
    }
}

/// Queues the work of a run from where it stands.
pub(super) async fn queue_in(tx: &Tx, app: &App, run: &Model) -> Result<()> {
    let kind = match run.direction {
        BulkDirection::Import => "run_import",
        BulkDirection::Export => "run_export",
    };
    let now = app.clock.now();
    let (key, from) = (format!("{kind}:{}@{}", run.id, run.rows_done), run.rows_done);
    let job = NewJob::new(kind, key, json!(Task { run: run.id, from }), now);
    Ok(jobs::enqueue_in(tx, &[job], now).await?)
}

/// Begins, or goes on after another worker; `None` when there is nothing to do.
///
/// A worker that dies uses up an attempt of the job. What got on since is worth new ones, so that only rows which kill
/// each worker end a run, however long it is and however often machines are restarted.
pub(super) async fn begin(app: &App, job: &Job) -> Result<Option<Model>> {
    let task: Task = job.payload()?;
    let now = app.clock.now();
    let Some(run) = store::run_by_id(app.db.read(), task.run).await? else { return Ok(None) };
    if run.state == BulkState::Cancelling {
        return stop(app, run.id).await.map(|()| None);
    }
    let open = [BulkState::Queued, BulkState::Running, BulkState::Failed];
    if !open.contains(&run.state) || run.files_deleted {
        return Ok(None);
    }
    if job.attempts > 1 && run.rows_done > task.from {
        db::in_tx(&app.db, async |tx| queue_in(tx, app, &run).await).await?;
        app.bell.ring();
        return Ok(None);
    }
    if !store::move_run(app.db.write(), run.id, &open, BulkState::Running, now).await? {
        return Ok(None);
    }
    Ok(store::run_by_id(app.db.read(), run.id).await?)
}

/// After a step that was not taken: a cancelled run ends.
///
/// # Errors
/// The run goes on, only not from where we thought: the job is tried again and looks anew. Where another worker has it,
/// nobody hears of this.
pub(super) async fn stop(app: &App, id: BulkRunId) -> Result<()> {
    let now = app.clock.now();
    let from = [BulkState::Cancelling];
    store::move_run(app.db.write(), id, &from, BulkState::Cancelled, now).await?;
    let run = store::run_by_id(app.db.write(), id).await?;
    if run.is_some_and(|run| run.state == BulkState::Running) {
        return Err(Error::fault("another worker took a step of the run"));
    }
    Ok(())
}

/// Notes that a run is given up when its job has no attempt left.
pub(super) async fn end(app: &App, job: &Job, run: BulkRunId, ended: Result<()>) -> Result<()> {
    if let Err(error) = &ended
        && job.attempts >= ATTEMPTS
    {
        let code = error.refusal().code.code;
        store::fail_run(app.db.write(), run, code, app.clock.now()).await?;
    }
    ended
}
