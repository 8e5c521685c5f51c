//! Use cases of operators.

use entity::ids::JobId;

use super::error::JOB_NOT_DEAD;
use crate::app::App;
use crate::http::{Result, codes};
use crate::jobs;

pub use crate::jobs::{QueuedJob, list};
pub use entity::codes::JobState;

/// Lets a dead job start over.
///
/// # Errors
/// `not_found`; `job_not_dead`; the database's.
pub async fn retry(app: &App, id: JobId) -> Result<QueuedJob> {
    changed(app, id, jobs::retry(app, id).await?).await
}

/// Lets a dead job rest for ever.
///
/// # Errors
/// As [`retry`].
pub async fn discard(app: &App, id: JobId) -> Result<QueuedJob> {
    changed(app, id, jobs::discard(app, id).await?).await
}

async fn changed(app: &App, id: JobId, changed: bool) -> Result<QueuedJob> {
    let job = jobs::find(app, id).await?.ok_or(codes::NOT_FOUND)?;
    if changed { Ok(job) } else { Err(JOB_NOT_DEAD.into()) }
}
