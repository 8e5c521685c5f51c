//! Files as sealed pieces.

use entity::bulk_file_part::Model;
use entity::codes::BulkFile;
use entity::ids::BulkRunId;

use crate::app::App;
use crate::bulk::store;
use crate::db::{Conn, Tx};
use crate::http::{Error, Result};

/// Bytes of a piece of what was sent: far below what MySQL takes in one packet.
const PIECE: usize = 512 << 10;

/// The number of the beginning of a file, before all rows.
pub(super) const HEAD: i64 = -1;
/// Before all pieces.
pub(super) const NOWHERE: i64 = HEAD - 1;

/// A piece opens in its place only.
fn place(run: BulkRunId, file: BulkFile, seq: i64) -> String {
    format!("bulk_file_part.content.{run}.{file}.{seq}")
}

/// Adds a piece behind those with lower numbers.
pub(super) async fn add(
    tx: &Tx,
    app: &App,
    (run, file, seq): (BulkRunId, BulkFile, i64),
    content: &[u8],
) -> Result<()> {
    let content = app.vault.seal_bytes(&place(run, file, seq), content);
    Ok(store::insert_part(tx, Model { run_id: run, file, seq, content }).await?)
}

/// Keeps a whole file.
pub(super) async fn keep(
    tx: &Tx,
    app: &App,
    (run, file): (BulkRunId, BulkFile),
    content: &[u8],
) -> Result<()> {
    for (seq, piece) in (0..).zip(content.chunks(PIECE)) {
        add(tx, app, (run, file, seq), piece).await?;
    }
    Ok(())
}

/// The piece after the one numbered `after`, with its number.
pub(super) async fn next(
    db: &impl Conn,
    app: &App,
    (run, file): (BulkRunId, BulkFile),
    after: i64,
) -> Result<Option<(i64, Vec<u8>)>> {
    let Some(part) = store::part_after(db, run, file, after).await? else { return Ok(None) };
    let content = app.vault.open_bytes(&place(run, file, part.seq), part.content);
    Ok(Some((part.seq, content.map_err(Error::fault)?)))
}

/// A whole file.
pub(super) async fn whole(
    db: &impl Conn,
    app: &App,
    (run, file): (BulkRunId, BulkFile),
) -> Result<Vec<u8>> {
    let (mut content, mut after) = (Vec::new(), NOWHERE);
    while let Some((seq, piece)) = next(db, app, (run, file), after).await? {
        content.extend_from_slice(&piece);
        after = seq;
    }
    Ok(content)
}
