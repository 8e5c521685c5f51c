//! Proving the stock: every level recomputed from its moves (OR-5).

use entity::ids::StockLevelId;
use entity::stock_level::Model as Row;

use crate::app::App;
use crate::catalog::rules::stock_audit::{StockAudit, StockDifference, StockFault};
use crate::catalog::store::{self, MoveSums};
use crate::db::{self, Tx};
use crate::http::Result;

/// Levels a page.
const LEVELS: u64 = 1000;
/// Moves a step: what is held in memory at most.
const MOVES: u64 = 2000;
/// Levels that are gone, named one by one.
const GONE: u64 = 100;

/// Recomputes every level from its moves and its holds and says what differs; nothing is changed. It may run beside writers:
/// what looks wrong is looked at again with the level locked.
///
/// # Errors
/// The database's.
pub async fn prove_stock(app: &App) -> Result<Vec<StockDifference>> {
    let db = app.db.read();
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let rows = store::levels_after(db, after, LEVELS).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.id);
        let ids: Vec<StockLevelId> = rows.iter().map(|row| row.id).collect();
        let sums = store::sums_of_levels(db, &ids).await?;
        let held = store::held_by_level(db, &ids).await?;
        for row in &rows {
            let held = held.get(&row.id).copied().unwrap_or_default();
            if looks_wrong(row, sums.get(&row.id), held) {
                found.extend(confirm(app, row.id).await?);
            }
        }
    }
    for (level, moves) in store::moves_of_nothing(db, GONE).await? {
        let what = StockFault::NoLevel;
        found.push(StockDifference { level, what, expected: moves, found: 0 });
    }
    Ok(found)
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
    let Some(row) = store::lock_levels(tx, &[level]).await?.pop() else { return Ok(Vec::new()) };
    let mut audit = StockAudit::new(level);
    let mut after = i64::MIN;
    loop {
        let moves = store::moves_after(tx, level, after, MOVES).await?;
        let Some(last) = moves.last() else { break };
        after = last.seq;
        moves.iter().for_each(|row| audit.take(row));
    }
    let held = store::held_by_level(tx, &[level]).await?;
    Ok(audit.finish(&row, held.get(&level).copied().unwrap_or_default()))
}
