//! Background jobs of points. Each goes in batches, one transaction each, until nothing is left: after three days without
//! a worker the first slot catches up, and a worker that dies leaves whole batches behind.

use std::fmt;

use crate::app::App;
use crate::http::Result;
use crate::jobs::Job;
use crate::kernel::abort_at;
use crate::points::service;

/// Lots, checkouts or notices a transaction: some tens of milliseconds, so that tills do not wait.
const BATCH: u64 = 500;
/// Differences that are logged one by one; the metric counts them all.
const LOGGED: usize = 100;
/// Business days closed between two looks at the lease.
const DAYS: usize = 31;

/// Tells the log of differences that a proof found (PT-9): ids only, no names. Each line, and the alert by
/// `huiyi_ledger_verify_differences`, is for a person: trying again changes nothing.
pub fn tell(found: &[impl fmt::Display]) {
    for difference in found.iter().take(LOGGED) {
        tracing::error!(%difference, "a ledger differs from its movements");
    }
    if found.is_empty() {
        tracing::info!("the ledgers prove themselves");
    } else {
        tracing::error!(differences = found.len(), "the ledgers do not prove themselves");
    }
}

/// Shows how the last proof of the ledgers ended, whichever process made it and before whichever restart (OPS-2).
///
/// # Errors
/// The database's.
pub async fn measure(app: &App) -> Result<()> {
    if let Some(proved) = service::last_proved(app).await? {
        app.measures.ledger_proved(proved.differences, proved.at);
    }
    Ok(())
}

/// Settles what became due (PT-2b), each minute.
///
/// # Errors
/// The database's.
pub async fn settle(app: &App, job: &Job) -> Result<()> {
    in_batches(app, job, async || service::settle_due(app, BATCH).await).await
}

/// Books what ran out (PT-3), each half hour: the clock itself keeps anybody from spending it meanwhile.
///
/// # Errors
/// The database's.
pub async fn expire(app: &App, job: &Job) -> Result<()> {
    in_batches(app, job, async || service::expire_due(app, BATCH).await).await
}

/// Gives back what checkouts held and did not finish (PT-4), each minute.
///
/// # Errors
/// The database's.
pub async fn lapse(app: &App, job: &Job) -> Result<()> {
    in_batches(app, job, async || service::lapse_due(app, BATCH).await).await
}

/// Announces what runs out 30 and 7 days after the slot (PT-3), each morning.
///
/// # Errors
/// The database's.
pub async fn announce(app: &App, job: &Job) -> Result<()> {
    let slot = job.slot()?;
    for days in service::NOTICE_DAYS {
        let batch = async || service::announce_expiring(app, slot, days, BATCH).await;
        in_batches(app, job, batch).await?;
    }
    Ok(())
}

/// Adds up the business days that are over (PT-9), nightly; after a long pause all of them, day by day.
///
/// # Errors
/// The database's; a later run goes on where this one ended.
pub async fn close_days(app: &App, job: &Job) -> Result<()> {
    in_batches(app, job, async || service::close_days(app, DAYS).await).await
}

async fn in_batches(app: &App, job: &Job, batch: impl AsyncFn() -> Result<usize>) -> Result<()> {
    while batch().await? > 0 {
        abort_at("batch_done");
        job.renew(app).await?;
    }
    Ok(())
}
