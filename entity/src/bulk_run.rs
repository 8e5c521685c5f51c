//! An import or export of many rows (OP-4).

use sea_orm::entity::prelude::*;

use crate::codes::{ActorKind, BulkDirection, BulkKind, BulkState, ImportMode};
use crate::ids::{BulkRunId, StaffId};

/// An import or export of many rows: what is asked for and how far it is (OP-4).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "bulk_run")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BulkRunId,
    /// Which way.
    pub direction: BulkDirection,
    /// What the rows are.
    pub kind: BulkKind,
    /// Whether an import moves anything; none for exports.
    pub mode: Option<ImportMode>,
    /// Where it stands.
    pub state: BulkState,
    /// What was asked for, as JSON text: codes, ids and times, no personal data.
    pub options: String,
    /// Rows in all, once that is known.
    pub rows_total: Option<i64>,
    /// Rows gone through; the next step begins behind them.
    pub rows_done: i64,
    /// Rows that made something.
    pub rows_created: i64,
    /// Rows that changed something.
    pub rows_updated: i64,
    /// Rows that stood already.
    pub rows_unchanged: i64,
    /// Rows that were refused.
    pub rows_refused: i64,
    /// The last row of an export so far.
    pub position: Option<Uuid>,
    /// Why it was given up: a stable code.
    pub reason: Option<String>,
    /// Who asked.
    pub actor_kind: ActorKind,
    /// Which one.
    pub actor_id: Uuid,
    /// The second person, where one was needed.
    pub approved_by: Option<StaffId>,
    /// When it was asked for.
    pub created_at: DateTimeUtc,
    /// When a worker began.
    pub started_at: Option<DateTimeUtc>,
    /// Last step.
    pub updated_at: DateTimeUtc,
    /// When it was done, cancelled or given up.
    pub finished_at: Option<DateTimeUtc>,
    /// From when on its files are deleted.
    pub expires_at: DateTimeUtc,
    /// Whether its files are deleted.
    pub files_deleted: bool,
}

impl ActiveModelBehavior for ActiveModel {}
