//! Going through the rows of an export (OP-4).

use entity::bulk_run::Model;
use entity::codes::{BulkFile, BulkState};

use super::files;
use super::reading::options_of;
use super::running::{self, Halt};
use super::sheets::{self, PAGE};
use crate::app::App;
use crate::bulk::rules::outcome::Tally;
use crate::bulk::store::{self, Step};
use crate::db;
use crate::http::Result;
use crate::jobs::Job;
use crate::kernel::abort_at;

/// Writes the file of an export page by page, until the last one or until it is cancelled.
///
/// # Errors
/// The database's, and that the process stops; what was written stays.
pub async fn export(app: &App, job: &Job) -> Result<()> {
    let Some(run) = running::begin(app, job).await? else { return Ok(()) };
    let ended = go_through(app, job, run.clone()).await;
    running::end(app, job, run.id, ended).await
}

async fn go_through(app: &App, job: &Job, mut run: Model) -> Result<()> {
    let filter = options_of(&run)?.filter;
    if run.rows_total.is_none() {
        let rows = sheets::count(app, run.kind, &filter).await?;
        store::set_total(app.db.write(), run.id, rows, app.clock.now()).await?;
    }
    loop {
        job.renew(app).await?;
        let page = sheets::page(app, run.kind, &filter, run.position, run.rows_done).await?;
        let whole = page.rows < i64::try_from(PAGE).unwrap_or(i64::MAX);
        let step = Step {
            run: run.id,
            before: run.rows_done,
            rows: page.rows,
            tally: Tally::default(),
            position: page.last.or(run.position),
            state: if whole { BulkState::Done } else { BulkState::Running },
        };
        let taken = db::in_tx(&app.db, async |tx| {
            if !store::take_step(tx, &step, app.clock.now()).await? {
                return Err(Halt::<()>::Stale);
            }
            if page.rows > 0 || step.before == 0 {
                files::add(tx, app, (run.id, BulkFile::Export, step.before), &page.lines).await?;
            }
            Ok(())
        });
        match taken.await {
            Ok(()) => abort_at("export_step"),
            Err(Halt::Failed(error)) => return Err(error),
            Err(Halt::Stale | Halt::Tried(())) => return running::stop(app, run.id).await,
        }
        if whole {
            return Ok(());
        }
        run.rows_done += page.rows;
        run.position = step.position;
    }
}
