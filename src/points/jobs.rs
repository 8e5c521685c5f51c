//! Background jobs of points.

use crate::app::App;
use crate::http::Result;
use crate::jobs::Job;
use crate::points::service;

/// Differences that are logged one by one; the metric counts them all.
const LOGGED: usize = 100;

/// Proves every balance and lot of both ledgers, nightly (PT-9). A difference is a line of the log, which names ids only,
/// and an alert by `huiyi_ledger_verify_differences`; the job itself is then done, because trying again changes nothing.
///
/// # Errors
/// The database's.
pub async fn reconcile(app: &App, job: &Job) -> Result<()> {
    let found = job.keep(app, service::reconcile(&app.db)).await?;
    app.measures.ledger_differences(found.len());
    for difference in found.iter().take(LOGGED) {
        tracing::error!(%difference, "the ledger differs from its transfers");
    }
    if found.is_empty() {
        tracing::info!("the ledgers prove themselves");
    } else {
        tracing::error!(differences = found.len(), "the ledgers do not prove themselves");
    }
    Ok(())
}

/// Lots or holds a transaction: short enough for tills to get through between two.
const BATCH: u64 = 500;

/// Settles what is due (PT-2b).
///
/// # Errors
/// The database's.
pub async fn settle(app: &App, job: &Job) -> Result<()> {
    while service::settle_due(app, BATCH).await? > 0 {
        job.renew(app).await?;
    }
    Ok(())
}

/// Books what ran out (PT-3).
///
/// # Errors
/// The database's.
pub async fn expire(app: &App, job: &Job) -> Result<()> {
    while service::expire_due(app, BATCH).await? > 0 {
        job.renew(app).await?;
    }
    Ok(())
}

/// Gives back what is held for checkouts that nobody finished (PT-4).
///
/// # Errors
/// The database's.
pub async fn lapse(app: &App, job: &Job) -> Result<()> {
    while service::lapse_due(app, BATCH).await? > 0 {
        job.renew(app).await?;
    }
    Ok(())
}

/// Announces what runs out soon, seen from the job's slot (PT-3).
///
/// # Errors
/// The database's.
pub async fn announce(app: &App, job: &Job) -> Result<()> {
    let slot = job.slot()?;
    for days in service::NOTICE_DAYS {
        while service::announce_expiring(app, slot, days, BATCH).await? > 0 {
            job.renew(app).await?;
        }
    }
    Ok(())
}
