//! Proving the stock: every level recomputed from its moves (OR-5).

use std::collections::BTreeMap;

use entity::ids::StockLevelId;
use entity::stock_level::Model as Row;

use crate::app::App;
use crate::catalog::rules::stock_audit::{StockAudit, StockDifference};
use crate::catalog::store::{self, MoveSums};
use crate::db::{self, Tx};
use crate::http::Result;

/// Levels a page.
const LEVELS: usize = 1000;
/// Moves a step: what is held in memory at most.
const MOVES: u64 = 2000;

/// Recomputes every level from its moves and its holds and says what differs; nothing is changed. It may run beside writers:
/// what looks wrong is looked at again with the level locked.
///
/// # Errors
/// The database's.
pub async fn prove_stock(app: &App) -> Result<Vec<StockDifference>> {
    let db = app.db.read();
    let mut found = Vec::new();
    let mut above = None;
    loop {
        let rows = store::levels_after(db, above, LEVELS as u64).await?;
        let upto = rows.get(LEVELS - 1).map(|row| row.id);
        let sums = store::sums_between(db, above, upto).await?;
        let sums: BTreeMap<_, _> = sums.into_iter().map(|sums| (sums.level_id, sums)).collect();
        let ids: Vec<StockLevelId> = rows.iter().map(|row| row.id).collect();
        let held = store::held_by_level(db, &ids).await?;
        let wrong = rows.iter().filter(|row| {
            let held = held.get(&row.id).copied().unwrap_or_default();
            looks_wrong(row, sums.get(&row.id), held)
        });
        let mut suspects: Vec<StockLevelId> = wrong.map(|row| row.id).collect();
        suspects.extend(sums.keys().filter(|level| ids.binary_search(level).is_err()));
        for level in suspects {
            found.extend(confirm(app, level).await?);
        }
        above = upto;
        if above.is_none() {
            return Ok(found);
        }
    }
}

fn looks_wrong(row: &Row, sums: Option<&MoveSums>, held: i64) -> bool {
    let sums = sums.map(|sums| (sums.delta, sums.held_delta, sums.last, sums.moves));
    let (delta, held_delta, last, moves) = sums.unwrap_or_default();
    row.on_hand != delta.max(held_delta)
        || row.on_hand - row.short != delta
        || row.held != held_delta
        || row.held != held
        || row.version != last
        || row.version != moves
}

async fn confirm(app: &App, level: StockLevelId) -> Result<Vec<StockDifference>> {
    db::in_tx(&app.db, async |tx| audit(tx, level).await).await
}

async fn audit(tx: &Tx, level: StockLevelId) -> Result<Vec<StockDifference>> {
    let row = store::lock_levels(tx, &[level]).await?.pop();
    let mut audit = StockAudit::new(level);
    let mut after = i64::MIN;
    loop {
        let moves = store::moves_after(tx, level, after, MOVES).await?;
        let Some(last) = moves.last() else { break };
        after = last.seq;
        for row in &moves {
            audit.take(row);
        }
    }
    let Some(row) = row else { return Ok(audit.without_level()) };
    let held = store::held_by_level(tx, &[level]).await?;
    Ok(audit.finish(&row, held.get(&level).copied().unwrap_or_default()))
}
