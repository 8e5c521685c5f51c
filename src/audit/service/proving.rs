//! Proving the whole log, page by page, beside traffic (S17).

use std::path::Path;

use chrono::{DateTime, Utc};

use super::heads;
use crate::app::App;
use crate::audit::rules::{Proof, Walk};
use crate::audit::store::{self, HEAD, START};
use crate::http::{Error, Result};

/// Lines read at a time.
const PAGE: u64 = 1000;

/// How the last proof ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proved {
    /// How many faults it found.
    pub faults: i64,
    /// When it ended.
    pub at: DateTime<Utc>,
}

/// Proves the log against the heads that this installation keeps, and keeps how it ended.
///
/// # Errors
/// The database's; the file of heads cannot be read.
pub async fn prove(app: &App) -> Result<Proof> {
    prove_against(app, &heads::head_file(app)).await
}

/// Proves the log against a file of heads: every line's code, number and link, the marks, the outside heads. Nothing is
/// changed but the note how it ended.
///
/// # Errors
/// The database's; the file cannot be read.
pub async fn prove_against(app: &App, file: &Path) -> Result<Proof> {
    // Read first: the chain may grow past them meanwhile, which is no fault.
    let outside = heads::read(app, file).map_err(Error::fault)?;
    let proof = loop {
        let start = store::mark(app.db.read(), START).await?;
        let proof = follow(app, Walk::begin(&app.vault, start.as_ref(), &outside)).await?;
        // Old lines that were deleted just then look like lines that somebody took.
        if proof.found.is_empty() || store::mark(app.db.read(), START).await? == start {
            break proof;
        }
    };
    let faults = i64::try_from(proof.found.len()).unwrap_or(i64::MAX);
    store::save_proof(app.db.write(), faults, app.clock.now()).await?;
    Ok(proof)
}

async fn follow(app: &App, mut walk: Walk<'_>) -> Result<Proof> {
    let head = loop {
        if step(app, &mut walk).await? {
            continue;
        }
        let head = store::mark(app.db.read(), HEAD).await?;
        let ended = head.as_ref().is_none_or(|head| head.seq <= walk.reached());
        // Chained since: there is more to read. If there is not, the lines are gone.
        if ended || !step(app, &mut walk).await? {
            break head;
        }
    };
    loose(app, &mut walk).await?;
    Ok(walk.end(head.as_ref()))
}

/// The next page of the chain; whether there was one.
async fn step(app: &App, walk: &mut Walk<'_>) -> Result<bool> {
    let db = app.db.read();
    let after = walk.reached();
    if let Ok(rows) = store::chained(db, after, PAGE).await {
        for row in &rows {
            walk.chained(row);
        }
        return Ok(walk.reached() > after);
    }
    // One of them holds what cannot be read, or the database is away, which the next statement tells.
    for seq in store::numbers(db, after, PAGE).await? {
        match store::numbered(db, seq).await {
            Ok(Some(row)) => walk.chained(&row),
            Ok(None) => {}
            Err(_) => walk.unreadable(None, Some(seq)),
        }
    }
    Ok(walk.reached() > after)
}

async fn loose(app: &App, walk: &mut Walk<'_>) -> Result<()> {
    let mut after = None;
    loop {
        let rows = store::loose(app.db.read(), after, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(last.id);
        for row in &rows {
            walk.loose(row);
        }
    }
}

/// How the last proof ended; none before the first one.
///
/// # Errors
/// The database's.
pub async fn last_proved(app: &App) -> Result<Option<Proved>> {
    let row = store::last_proof(app.db.read()).await?;
    Ok(row.map(|row| Proved { faults: row.faults, at: row.proved_at }))
}
