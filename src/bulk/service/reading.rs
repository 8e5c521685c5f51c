//! Looking at runs and taking their files.

use entity::bulk_run::Model;
use entity::codes::{ActorKind, AuditAction, BulkDirection, BulkFile, BulkState};
use entity::ids::BulkRunId;

use super::{Asker, files};
use crate::app::App;
use crate::audit::service::{self as audit, Line};
use crate::bulk::error::{FILE_GONE, NOT_DONE};
use crate::bulk::rules::options::Options;
use crate::bulk::store;
use crate::http::{Error, Result, codes};

/// What a run was asked for.
///
/// # Errors
/// A fault when it is none of ours.
pub fn options_of(run: &Model) -> Result<Options> {
    serde_json::from_str(&run.options).map_err(Error::fault)
}

/// Runs of one direction that the asker may see, newest first.
///
/// # Errors
/// The database's.
pub async fn list(
    app: &App,
    asker: Asker<'_>,
    direction: BulkDirection,
    before: Option<BulkRunId>,
    limit: u64,
) -> Result<Vec<Model>> {
    let by = match asker {
        Asker::Staff(..) => None,
        Asker::Partner(_) => Some(asker.actor()),
    };
    Ok(store::runs_before(app.db.read(), direction, by, before, limit).await?)
}

/// One run, with how far it is.
///
/// # Errors
/// `not_found` also for another partner's.
pub async fn find(
    app: &App,
    asker: Asker<'_>,
    direction: BulkDirection,
    id: BulkRunId,
) -> Result<Model> {
    let run = store::run_by_id(app.db.read(), id).await?;
    run.filter(|run| sees(asker, direction, run)).ok_or_else(|| codes::NOT_FOUND.into())
}

pub(super) fn sees(asker: Asker<'_>, direction: BulkDirection, run: &Model) -> bool {
    let own = || asker.actor() == (run.actor_kind, run.actor_id);
    run.direction == direction && (matches!(asker, Asker::Staff(..)) || own())
}

/// A file that is taken, piece by piece.
#[derive(Clone, Copy, Debug)]
pub struct Download {
    run: BulkRunId,
    file: BulkFile,
    after: i64,
}

impl Download {
    /// The next piece; none at the end.
    ///
    /// # Errors
    /// `bulk_file_gone` when its time was over before its end was reached: what was sent is not whole.
    pub async fn next(&mut self, app: &App) -> Result<Option<Vec<u8>>> {
        let next = files::next(app.db.read(), app, (self.run, self.file), self.after).await?;
        if next.is_none() {
            let run = store::run_by_id(app.db.read(), self.run).await?;
            run.filter(|run| !run.files_deleted).ok_or(FILE_GONE)?;
        }
        Ok(next.map(|(seq, content)| {
            self.after = seq;
            content
        }))
    }
}

/// The report of an import, as far as it came; taking it leaves a line in the audit log (PV-6).
///
/// # Errors
/// `not_found`, `bulk_file_gone`.
pub async fn open_report(app: &App, asker: Asker<'_>, id: BulkRunId) -> Result<Download> {
    let run = find(app, asker, BulkDirection::Import, id).await?;
    if run.files_deleted {
        return Err(FILE_GONE.into());
    }
    if let Asker::Staff(_, author) = asker {
        let line = Line::new(AuditAction::ImportRead).of(id).word("part", "report");
        audit::write(app, author, line.gave(count(run.rows_done))).await?;
    }
    Ok(Download { run: id, file: BulkFile::Report, after: files::NOWHERE })
}

/// The file of an export, for whoever asked for it; each taking leaves a line in the audit log (PV-6).
///
/// # Errors
/// `not_found`, `forbidden` for another administrator, `export_not_done`, `bulk_file_gone`.
pub async fn open_export(app: &App, asker: Asker<'_>, id: BulkRunId) -> Result<Download> {
    let run = find(app, asker, BulkDirection::Export, id).await?;
    let Asker::Staff(staff, author) = asker else { return Err(codes::NOT_FOUND.into()) };
    let line = Line::new(AuditAction::MemberExported).of(id).word("part", run.kind.as_str());
    if (ActorKind::Staff, staff.0) != (run.actor_kind, run.actor_id) {
        audit::write(app, author, line.refused()).await?;
        return Err(codes::FORBIDDEN.into());
    }
    if run.files_deleted {
        return Err(FILE_GONE.into());
    }
    if run.state != BulkState::Done {
        return Err(NOT_DONE.into());
    }
    audit::write(app, author, line.gave(count(run.rows_done))).await?;
    Ok(Download { run: id, file: BulkFile::Export, after: files::NOWHERE })
}

fn count(rows: i64) -> usize {
    usize::try_from(rows).unwrap_or_default()
}
