//! Background jobs of points.

use crate::app::App;
use crate::http::Result;
use crate::jobs::Job;
use crate::points::service;

/// Differences that are logged one by one; the metric counts them all.
const LOGGED: usize = 100;
/// Days closed between two looks at the lease.
const DAYS: usize = 7;

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

/// Adds up the business days that are over (PT-9), nightly; after a long pause all of them, day by day.
///
/// # Errors
/// The database's; a later run goes on where this one ended.
pub async fn close_days(app: &App, job: &Job) -> Result<()> {
    while service::close_days(app, DAYS).await? == DAYS {
        job.renew(app).await?;
    }
    Ok(())
}
