//! `/v1/admin/jobs`.

use actix_web::web::{Json, ThinData};
use actix_web::{get, post};
use chrono::{DateTime, Utc};
use entity::ids::JobId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::http::{Cursor, Page, PathId, Problem, Query, Result};
use crate::operations::service::{self, JobState, QueuedJob};
use crate::staff::caller::AdminCaller;

/// A background job.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "job_0698v9qe00t134m6ou6d8h2lak", "kind": "reconcile", "key": "reconcile@2026-11-21T19:30:00Z",
    "state": "dead", "attempts": 5, "max_attempts": 5, "run_at": "2026-11-21T19:30:00Z",
    "reason": "database: connection closed", "finished_at": "2026-11-21T19:32:35Z"
}))]
pub struct BackgroundJob {
    /// Id.
    pub id: JobId,
    /// What kind of work it is.
    pub kind: String,
    /// What it is about; `name@time` of a schedule.
    pub key: String,
    /// Where it stands.
    pub state: JobState,
    /// How often a worker began it.
    pub attempts: i32,
    /// How often it is begun at most.
    pub max_attempts: i32,
    /// When it is, or was, due.
    pub run_at: DateTime<Utc>,
    /// Why it failed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was done, given up or discarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
}

impl From<QueuedJob> for BackgroundJob {
    fn from(row: QueuedJob) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            key: row.key,
            state: row.state,
            attempts: row.attempts,
            max_attempts: row.max_attempts,
            run_at: row.run_at,
            reason: row.reason,
            finished_at: row.finished_at,
        }
    }
}

/// Which jobs.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobQuery {
    /// Where they stand.
    #[garde(skip)]
    #[serde(default = "dead")]
    #[param(inline, default = "dead")]
    pub state: JobState,
    /// Where to read on: `next_cursor` of the page before.
    #[garde(length(max = 512))]
    pub cursor: Option<String>,
    /// Rows a page.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "default_limit")]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub limit: u64,
}

const fn dead() -> JobState {
    JobState::Dead
}

const fn default_limit() -> u64 {
    20
}

/// List background jobs
///
/// Newest first. Dead ones failed as often as they may and wait for a person; done ones are kept for seven days.
#[utoipa::path(
    tag = "operations",
    security(("admin_token" = [])),
    params(JobQuery),
    responses(
        (status = 200, body = Page<BackgroundJob>, description = "A page of jobs.", example = json!({
            "items": [{"id": "job_0698v9qe00t134m6ou6d8h2lak", "kind": "reconcile",
                "key": "reconcile@2026-11-21T19:30:00Z", "state": "dead", "attempts": 5, "max_attempts": 5,
                "run_at": "2026-11-21T19:30:00Z", "reason": "database: connection closed",
                "finished_at": "2026-11-21T19:32:35Z"}],
            "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/jobs")]
pub(super) async fn list_jobs(
    app: ThinData<App>,
    _caller: AdminCaller,
    query: Query<JobQuery>,
) -> Result<Json<Page<BackgroundJob>>> {
    let JobQuery { state, cursor, limit } = query.0;
    let list = format!("jobs {state}");
    let before = cursor.map(|text| Cursor::read(&app.vault, &list, &text)).transpose()?;
    let rows = service::list(&app, state, before, limit + 1).await?;
    let write = |row: &QueuedJob| Cursor::write(&app.vault, &list, &row.id);
    Ok(Json(Page::cut(rows, limit, write).map(Into::into)))
}

/// Retry a dead job
///
/// It is due at once and may fail as often as a new one.
#[utoipa::path(
    tag = "operations",
    security(("admin_token" = [])),
    params(("id" = JobId, Path, description = "Which.")),
    responses(
        (status = 200, body = BackgroundJob, description = "Queued."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "job_not_dead"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/jobs/{id}:retry")]
pub(super) async fn retry_job(
    app: ThinData<App>,
    caller: AdminCaller,
    id: PathId<JobId>,
) -> Result<Json<BackgroundJob>> {
    Ok(Json(service::retry(&app, &caller.author, id.0).await?.into()))
}

/// Discard a dead job
///
/// It never runs again and is forgotten after seven days.
#[utoipa::path(
    tag = "operations",
    security(("admin_token" = [])),
    params(("id" = JobId, Path, description = "Which.")),
    responses(
        (status = 200, body = BackgroundJob, description = "Discarded."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "job_not_dead"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/jobs/{id}:discard")]
pub(super) async fn discard_job(
    app: ThinData<App>,
    caller: AdminCaller,
    id: PathId<JobId>,
) -> Result<Json<BackgroundJob>> {
    Ok(Json(service::discard(&app, &caller.author, id.0).await?.into()))
}
