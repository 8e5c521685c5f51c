//! Background work of tiers: batches that any number of workers may run, as late as they like.

use crate::app::App;
use crate::http::Result;
use crate::tiers::service;

/// Members a transaction.
const BATCH: u64 = 200;

/// Sees to every tier, pin and card that has ended.
///
/// # Errors
/// The database's; what was done stays done.
pub async fn renew(app: &App) -> Result<()> {
    while service::renew_due(app, BATCH).await? as u64 == BATCH {}
    Ok(())
}

/// Tells everybody whose tier is about to go down.
///
/// # Errors
/// The database's; whoever was told is not told again.
pub async fn announce(app: &App) -> Result<()> {
    while service::announce_tier_ends(app, BATCH).await? as u64 == BATCH {}
    Ok(())
}
