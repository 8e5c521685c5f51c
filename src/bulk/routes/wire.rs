//! Imports and exports as they are read, and their files as they are sent.

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use entity::codes::{ActorKind, BulkKind, BulkState, ImportMode};
use entity::ids::{BulkRunId, PartnerId, StaffId};
use futures_util::stream;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::bulk::service::{BulkRun, Download, options_of};
use crate::http::{Cursor, Error, Page, Result, csv};

/// An import: what was asked for and how far it is. Rows are counted as they stand in the file.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "run_0698v9qe00t134m6ou6d8h2lak", "kind": "members", "mode": "apply", "state": "running",
    "rows_total": 120_000, "rows_done": 43_000, "rows_created": 40_112, "rows_updated": 2_000,
    "rows_unchanged": 800, "rows_refused": 88, "ignored_columns": ["备注"],
    "requested_by": "stf_0698v9qe00t134m6ou6d8h2lak", "created_at": "2026-11-22T08:00:00Z",
    "started_at": "2026-11-22T08:00:01Z", "updated_at": "2026-11-22T08:01:10Z",
    "files_until": "2026-11-29T08:00:00Z"
}))]
pub struct BulkImport {
    /// Id.
    pub id: BulkRunId,
    /// What the rows are.
    pub kind: BulkKind,
    /// Whether it moves anything.
    pub mode: ImportMode,
    /// Where it stands.
    pub state: BulkState,
    /// Rows below the header.
    pub rows_total: i64,
    /// Rows gone through.
    pub rows_done: i64,
    /// Rows that made something, or would.
    pub rows_created: i64,
    /// Rows that changed something, or would.
    pub rows_updated: i64,
    /// Rows that stood already.
    pub rows_unchanged: i64,
    /// Rows that were refused; the report says why.
    pub rows_refused: i64,
    /// Headers of the file that no column is called: their cells are not looked at.
    pub ignored_columns: Vec<String>,
    /// Whose orders they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<PartnerId>,
    /// What the points are called that members bring along; the same again moves nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Why it was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The administrator who asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<StaffId>,
    /// The second administrator, where one was needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<StaffId>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When a worker began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// Last step.
    pub updated_at: DateTime<Utc>,
    /// When it was done, cancelled or given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    /// When the file that was sent and the report are deleted.
    pub files_until: DateTime<Utc>,
}

impl TryFrom<BulkRun> for BulkImport {
    type Error = Error;

    fn try_from(run: BulkRun) -> Result<Self> {
        let options = options_of(&run)?;
        Ok(Self {
            id: run.id,
            kind: run.kind,
            mode: run.mode.ok_or_else(|| Error::fault("an import without a mode"))?,
            state: run.state,
            rows_total: run.rows_total.unwrap_or_default(),
            rows_done: run.rows_done,
            rows_created: run.rows_created,
            rows_updated: run.rows_updated,
            rows_unchanged: run.rows_unchanged,
            rows_refused: run.rows_refused,
            ignored_columns: options.ignored,
            partner_id: options.partner,
            reference: options.reference,
            requested_by: requested_by(&run),
            reason: run.reason,
            approved_by: run.approved_by,
            created_at: run.created_at,
            started_at: run.started_at,
            updated_at: run.updated_at,
            finished_at: run.finished_at,
            files_until: run.expires_at,
        })
    }
}

/// An export: what was asked for and how far it is.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "run_0698v9qe00t134m6ou6d8h2lak", "kind": "members", "state": "done", "rows_total": 120_000,
    "rows_done": 120_000, "requested_by": "stf_0698v9qe00t134m6ou6d8h2lak",
    "created_at": "2026-11-22T08:00:00Z", "started_at": "2026-11-22T08:00:01Z",
    "updated_at": "2026-11-22T08:01:10Z", "finished_at": "2026-11-22T08:01:10Z",
    "files_until": "2026-11-29T08:00:00Z"
}))]
pub struct BulkExport {
    /// Id.
    pub id: BulkRunId,
    /// What the rows are.
    pub kind: BulkKind,
    /// Where it stands.
    pub state: BulkState,
    /// Rows there were when it began; absent before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_total: Option<i64>,
    /// Rows written.
    pub rows_done: i64,
    /// Why it was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who asked for it, and alone may take the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<StaffId>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When a worker began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// Last step.
    pub updated_at: DateTime<Utc>,
    /// When it was done, cancelled or given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    /// When the file is deleted.
    pub files_until: DateTime<Utc>,
}

impl From<BulkRun> for BulkExport {
    fn from(run: BulkRun) -> Self {
        Self {
            id: run.id,
            kind: run.kind,
            state: run.state,
            rows_total: run.rows_total,
            rows_done: run.rows_done,
            requested_by: requested_by(&run),
            reason: run.reason,
            created_at: run.created_at,
            started_at: run.started_at,
            updated_at: run.updated_at,
            finished_at: run.finished_at,
            files_until: run.expires_at,
        }
    }
}

fn requested_by(run: &BulkRun) -> Option<StaffId> {
    (run.actor_kind == ActorKind::Staff).then_some(StaffId(run.actor_id))
}

/// Which page of a list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BulkRunQuery {
    /// Where to read on: `next_cursor` of the page before.
    #[garde(length(max = 512))]
    pub cursor: Option<String>,
    /// Rows a page.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "twenty")]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub limit: u64,
}

const fn twenty() -> u64 {
    20
}

impl BulkRunQuery {
    /// The last run of the page before.
    pub(super) fn before(&self, app: &App, list: &str) -> Result<Option<BulkRunId>> {
        self.cursor.as_deref().map(|cursor| Cursor::read(&app.vault, list, cursor)).transpose()
    }

    /// A page of runs that were read with one more.
    pub(super) fn page(&self, app: &App, list: &str, rows: Vec<BulkRun>) -> Page<BulkRun> {
        Page::cut(rows, self.limit, |run| Cursor::write(&app.vault, list, &run.id))
    }
}

/// Sends a file piece by piece.
pub(super) fn sent(app: App, name: &str, download: Download) -> HttpResponse {
    let pieces = stream::try_unfold((app, download), async |(app, mut download)| {
        let piece = download.next(&app).await?;
        Ok(piece.map(|piece| (Bytes::from(piece), (app, download))))
    });
    csv::stream(name, pieces)
}
