//! Stopping a run, and letting one go ahead.

use entity::bulk_run::Model;
use entity::codes::{AuditAction, BulkDirection, BulkState};
use entity::ids::{BulkRunId, StaffId};

use super::reading::sees;
use super::{Asker, running};
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::bulk::error::{ENDED, NOT_PENDING, SAME_PERSON};
use crate::bulk::store;
use crate::db::{self, Tx};
use crate::http::{Error, Result, codes};

/// Stops a run: at once when no worker has begun, else after the rows under way. What was done stays.
///
/// # Errors
/// `not_found`, `bulk_run_ended`.
pub async fn cancel(
    app: &App,
    asker: Asker<'_>,
    direction: BulkDirection,
    id: BulkRunId,
) -> Result<Model> {
    use BulkState::{Cancelled, Cancelling, PendingApproval, Queued, Running};
    db::in_tx(&app.db, async |tx| {
        let run = seen(tx, asker, direction, id).await?;
        let to = match run.state {
            PendingApproval | Queued => Cancelled,
            Running => Cancelling,
            Cancelling | Cancelled => return Ok(run),
            BulkState::Done | BulkState::Failed => return Err(Error::from(ENDED)),
        };
        store::move_run(tx, id, &[run.state], to, app.clock.now()).await?;
        if let Asker::Staff(_, author) = asker {
            let action = match direction {
                BulkDirection::Import => AuditAction::ImportCancelled,
                BulkDirection::Export => AuditAction::ExportCancelled,
            };
            audit::write_in(tx, app, author, &[Line::new(action).of(id)]).await?;
        }
        seen(tx, asker, direction, id).await
    })
    .await
}

/// A second person lets an import of points go ahead (S25).
///
/// # Errors
/// `not_found`, `import_same_person`, `import_not_pending`.
pub async fn approve(
    app: &App,
    (staff, author): (StaffId, &Author),
    id: BulkRunId,
) -> Result<Model> {
    let asker = Asker::Staff(staff, author);
    let run = db::in_tx(&app.db, async |tx| {
        let run = seen(tx, asker, BulkDirection::Import, id).await?;
        if run.state != BulkState::PendingApproval {
            return Err(Error::from(NOT_PENDING));
        }
        if run.actor_id == staff.0 {
            return Err(SAME_PERSON.into());
        }
        store::approve_run(tx, id, staff, app.clock.now()).await?;
        running::queue_in(tx, app, &run).await?;
        let line = Line::new(AuditAction::ImportApproved).of(id);
        audit::write_in(tx, app, author, &[line]).await?;
        seen(tx, asker, BulkDirection::Import, id).await
    })
    .await?;
    app.bell.ring();
    Ok(run)
}

async fn seen(tx: &Tx, asker: Asker<'_>, direction: BulkDirection, id: BulkRunId) -> Result<Model> {
    let run = store::lock_run(tx, id).await?;
    run.filter(|run| sees(asker, direction, run)).ok_or_else(|| codes::NOT_FOUND.into())
}
