//! Writing lines, and reading them.

use entity::audit_log::Model as Row;

use crate::app::App;
use crate::audit::rules::{Author, Line, seal_line};
use crate::audit::store::{self, Wanted};
use crate::db::{Conn, Tx};
use crate::http::Result;

/// Writes lines in the transaction of the change that they tell of: neither stands without the other (PV-6).
///
/// # Errors
/// The database's.
pub async fn write_in(tx: &Tx, app: &App, author: &Author, lines: &[Line]) -> Result<()> {
    add(tx, app, author, lines).await
}

/// Writes the line of a read, in one statement, before the answer goes out: what cannot be written down is not answered
/// (PV-6).
///
/// # Errors
/// The database's.
pub async fn write(app: &App, author: &Author, line: Line) -> Result<()> {
    add(app.db.write(), app, author, &[line]).await
}

async fn add(db: &impl Conn, app: &App, author: &Author, lines: &[Line]) -> Result<()> {
    let now = app.clock.now();
    let row = |line: &Line| {
        let mut row = line.row(author, now);
        seal_line(&app.vault, &mut row);
        row
    };
    let rows: Vec<Row> = lines.iter().map(row).collect();
    Ok(store::insert(db, &rows).await?)
}

/// Lines, the latest first. Whoever lets people read them writes that down, too.
///
/// # Errors
/// The database's.
pub async fn lines(app: &App, wanted: &Wanted, limit: u64) -> Result<Vec<Row>> {
    Ok(store::page(app.db.read(), wanted, limit).await?)
}
