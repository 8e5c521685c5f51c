//! What becomes of runs that nobody looks after.

use chrono::TimeDelta;

use crate::app::App;
use crate::bulk::store;
use crate::db;
use crate::http::{Error, Result};

/// A run under way that took no step for so long has lost its job: longer than the longest pause between attempts.
const QUIET: TimeDelta = TimeDelta::hours(2);

/// Deletes the files of some runs whose time is over, gives up some that stand still, and says how many it tended.
///
/// # Errors
/// The database's.
pub async fn tend(app: &App, limit: u64) -> Result<usize> {
    let now = app.clock.now();
    let expired = store::expired(app.db.read(), now, limit).await?;
    if !expired.is_empty() {
        db::in_tx(&app.db, async |tx| {
            store::note_deleted(tx, &expired, now).await?;
            store::delete_parts(tx, &expired).await?;
            Ok::<_, Error>(())
        })
        .await?;
    }
    let quiet = store::quiet(app.db.read(), now - QUIET, limit).await?;
    for run in &quiet {
        store::fail_run(app.db.write(), *run, "stalled", now).await?;
    }
    Ok(expired.len() + quiet.len())
}
