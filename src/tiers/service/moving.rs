//! What moves tiers up and down (TR-2).

use std::collections::BTreeMap;

use entity::ids::{MemberId, OrderId};

use super::desk::Desk;
use crate::app::App;
use crate::db::{self, Tx};
use crate::http::Result;
use crate::tiers::store;

/// Raises whoever reached a higher tier, now (TR-2): the parts, the member's row, the history, the event
/// `tier.upgraded`, the upgrade gift. What has ended before is seen to first; nothing else lowers. Members are those who
/// stay after merges; their rows are locked in id order.
///
/// # Errors
/// The database's.
pub async fn upgrade_in(tx: &Tx, app: &App, reached: &[(MemberId, Option<OrderId>)]) -> Result<()> {
    let orders: BTreeMap<MemberId, Option<OrderId>> = reached.iter().copied().collect();
    let ids: Vec<MemberId> = orders.keys().copied().collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut desk = Desk::open(tx, app, &ids).await?;
    desk.settle();
    desk.raise(&orders);
    desk.write(tx).await
}

/// Sees to whatever has ended of these members: call it before anything is booked for them, so that a job that is late
/// finds the numbers that a punctual one would have found. One query where nothing has ended.
///
/// # Errors
/// The database's.
pub async fn settle_in(tx: &Tx, app: &App, members: &[MemberId]) -> Result<()> {
    if members.is_empty() {
        return Ok(());
    }
    let due = store::due_among(tx, members, app.clock.now()).await?;
    if due.is_empty() {
        return Ok(());
    }
    let mut desk = Desk::open(tx, app, &due).await?;
    desk.settle();
    desk.write(tx).await
}

/// Sees to the tiers, pins and cards that have ended, those of at most `limit` members, the longest ago first, and says
/// of how many: call it again while that is `limit`. Each end is one effect for ever: it moves the end away in the same
/// transaction, so that a second run, another worker or a crash in between changes nothing (TR-2).
///
/// # Errors
/// The database's.
pub async fn renew_due(app: &App, limit: u64) -> Result<usize> {
    let due = store::due(app.db.read(), app.clock.now(), limit).await?;
    if due.is_empty() {
        return Ok(0);
    }
    db::in_tx(&app.db, async |tx| settle_in(tx, app, &due).await).await?;
    app.bell.ring();
    Ok(due.len())
}
