//! Background jobs of the audit log.

use super::service::{self, Finding};
use crate::app::App;
use crate::http::Result;
use crate::jobs::Job;
use crate::kernel::abort_at;

/// Lines a transaction.
const BATCH: u64 = 500;
/// Findings that are logged one by one; the metric counts them all.
const LOGGED: usize = 100;

/// Chains what waits, each minute, and keeps the head outside (S17).
///
/// # Errors
/// The database's; the file of heads cannot be written.
pub async fn seal(app: &App, job: &Job) -> Result<()> {
    while service::seal(app, BATCH).await? > 0 {
        abort_at("batch_done");
        job.renew(app).await?;
    }
    service::keep_head(app).await
}

/// Proves the whole log, nightly (S17). What it finds is for a person: trying again changes nothing.
///
/// # Errors
/// The database's; the file of heads cannot be read.
pub async fn verify(app: &App, job: &Job) -> Result<()> {
    let proof = job.keep(app, service::prove(app)).await?;
    tell(&proof.found);
    measure(app).await
}

/// Deletes lines whose time is over, nightly.
///
/// # Errors
/// The database's; a fault when one of them was touched.
pub async fn forget(app: &App, job: &Job) -> Result<()> {
    while service::forget_old(app, BATCH).await? > 0 {
        job.renew(app).await?;
    }
    Ok(())
}

fn tell(found: &[Finding]) {
    for finding in found.iter().take(LOGGED) {
        tracing::error!(%finding, "the audit log was touched");
    }
    if found.is_empty() {
        tracing::info!("the audit log proves itself");
    } else {
        tracing::error!(faults = found.len(), "the audit log does not prove itself");
    }
}

/// Shows how the last proof ended, whichever process made it and before whichever restart (OPS-2).
///
/// # Errors
/// The database's.
pub async fn measure(app: &App) -> Result<()> {
    if let Some(proved) = service::last_proved(app).await? {
        app.measures.audit_proved(proved.faults, proved.at);
    }
    Ok(())
}
