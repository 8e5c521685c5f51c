//! Putting lines into the chain, some at a time, one process at a time (S17).

use chrono::{DateTime, Utc};
use entity::audit_mark::Model as Mark;
use entity::values::Mac;

use crate::app::App;
use crate::audit::rules::{chain, seal_mark};
use crate::audit::store::{self, HEAD};
use crate::db::{self, Tx};
use crate::http::{Error, Result};
use crate::kernel::abort_at;

/// A mark with its code.
pub(super) fn mark(app: &App, name: &str, at: DateTime<Utc>, (seq, link): (i64, Mac)) -> Mark {
    let mac = Mac(String::new());
    let mut mark = Mark { name: name.to_owned(), seq, link, marked_at: at, mac };
    seal_mark(&app.vault, &mut mark);
    mark
}

/// The mark of the head, locked; the first one is made.
pub(super) async fn lock_head(tx: &Tx, app: &App) -> Result<Mark> {
    if let Some(head) = store::lock_head(tx).await? {
        return Ok(head);
    }
    let first = mark(app, HEAD, app.clock.now(), (0, Mac(String::new())));
    store::add_mark(tx, first).await?;
    store::lock_head(tx).await?.ok_or_else(|| Error::fault("the audit log has no head"))
}

/// Gives up to `limit` lines that wait their numbers and links; says how many. A second process waits for the first and
/// goes on where it ended; writers and readers of lines never wait.
///
/// # Errors
/// The database's.
pub async fn seal(app: &App, limit: u64) -> Result<usize> {
    if store::loose(app.db.read(), None, 1).await?.is_empty() {
        return Ok(0);
    }
    db::in_tx(&app.db, async |tx| {
        let head = lock_head(tx, app).await?;
        let mut lines = store::loose(tx, None, limit).await?;
        let (mut seq, mut link) = (head.seq, head.link);
        for line in &mut lines {
            seq += 1;
            chain(&app.vault, &link, seq, line);
            link = line.link.clone().unwrap_or(link);
        }
        store::save_links(tx, &lines).await?;
        abort_at("lines_chained");
        store::save_mark(tx, mark(app, HEAD, app.clock.now(), (seq, link))).await?;
        abort_at("before_commit");
        Ok(lines.len())
    })
    .await
}
