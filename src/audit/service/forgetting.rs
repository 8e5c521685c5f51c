//! Deleting lines whose time is over (PV-6): from the start of the chain only, after they have been proved once more, and
//! with the place where the rest goes on under a code.

use chrono::TimeDelta;
use entity::codes::AuditAction;

use super::sealing::{lock_head, mark};
use super::write_in;
use crate::app::App;
use crate::audit::rules::{Author, Line, Walk};
use crate::audit::store::{self, START};
use crate::db;
use crate::http::{Error, Result};
use crate::kernel::abort_at;

/// Chinese law asks for six months of logs, whatever is configured.
const AT_LEAST_DAYS: u32 = 183;

/// Deletes up to `limit` lines older than `audit.keep_days`, never the last one of the chain; says how many.
///
/// # Errors
/// The database's; a fault when one of them is not as it was written: then a person looks before it is gone.
pub async fn forget_old(app: &App, limit: u64) -> Result<u64> {
    let now = app.clock.now();
    let then = now - TimeDelta::days(i64::from(app.config.audit.keep_days.max(AT_LEAST_DAYS)));
    db::in_tx(&app.db, async |tx| {
        let head = lock_head(tx, app).await?;
        let start = store::mark(tx, START).await?;
        let from = start.as_ref().map_or(0, |mark| mark.seq);
        let mut old = store::chained(tx, from, limit).await?;
        old.retain(|row| row.seq.is_some_and(|seq| seq < head.seq));
        let end = old.iter().position(|row| row.at >= then).unwrap_or(old.len());
        old.truncate(end);
        let last = old.last().and_then(|row| row.seq.zip(row.link.clone()));
        let Some(last) = last else { return Ok(0) };
        let mut walk = Walk::begin(&app.vault, start.as_ref(), &[]);
        for row in &old {
            walk.chained(row);
        }
        if let Some(finding) = walk.findings().first() {
            let told = format!("the audit log is not shortened, `huiyi audit verify`: {finding}");
            return Err(Error::fault(told));
        }
        store::save_mark(tx, mark(app, START, now, last.clone())).await?;
        let gone = store::delete_upto(tx, last.0).await?;
        let rows = usize::try_from(gone).unwrap_or(usize::MAX);
        let line = Line::new(AuditAction::AuditForgotten).gave(rows);
        write_in(tx, app, &Author::system("forget_old_audit"), &[line]).await?;
        abort_at("before_commit");
        Ok(gone)
    })
    .await
}
