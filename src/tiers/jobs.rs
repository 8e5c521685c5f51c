//! Background jobs of tiers: in batches that any number of workers may do at once, as late as they like.

use crate::app::App;
use crate::http::Result;
use crate::jobs::Job;
use crate::tiers::service;

/// Members a transaction.
const BATCH: u64 = 200;

/// Sees to every tier, pin and card that has ended, daily (TR-2).
///
/// # Errors
/// The database's; what was done stays done.
pub async fn renew(app: &App, job: &Job) -> Result<()> {
    while service::renew_due(app, BATCH).await? as u64 == BATCH {
        job.renew(app).await?;
    }
    Ok(())
}

/// Tells everybody whose tier is about to go down, daily (TR-2b).
///
/// # Errors
/// The database's; whoever was told is not told again.
pub async fn announce(app: &App, job: &Job) -> Result<()> {
    while service::announce_tier_ends(app, BATCH).await? as u64 == BATCH {
        job.renew(app).await?;
    }
    Ok(())
}
