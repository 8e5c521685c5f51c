//! Closed sets of imports and exports (OP-4).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

code!(/// Which way rows go (OP-4).
BulkDirection {
    /// Into Huiyi.
    Import = "import",
    /// Out of Huiyi.
    Export = "export",
});

code!(/// What the rows are (OP-4).
BulkKind {
    /// Members.
    Members = "members",
    /// Orders, one row a line.
    Orders = "orders",
    /// Points that members bring along from another system.
    PointsBalances = "points_balances",
    /// Movements of points.
    PointsTransfers = "points_transfers",
});

code!(/// Whether an import moves anything (OP-4).
ImportMode {
    /// It says what it would do.
    DryRun = "dry_run",
    /// It does it.
    Apply = "apply",
});

code!(/// Where an import or export stands (OP-4).
BulkState {
    /// Waits for a second person.
    PendingApproval = "pending_approval",
    /// Waits for a worker.
    Queued = "queued",
    /// A worker goes through its rows.
    Running = "running",
    /// It stops after the rows under way.
    Cancelling = "cancelling",
    /// It was stopped; what was done stays.
    Cancelled = "cancelled",
    /// Every row was gone through.
    Done = "done",
    /// It was given up; an operator may retry its job.
    Failed = "failed",
});

code!(/// Files of an import or export (OP-4).
BulkFile {
    /// The rows that were sent, as they were read.
    Upload = "upload",
    /// What became of each row.
    Report = "report",
    /// The rows that were asked for.
    Export = "export",
});
