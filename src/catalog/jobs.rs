//! Background jobs of stock.

use crate::app::App;
use crate::catalog::service;
use crate::http::Result;
use crate::jobs::Job;
use crate::kernel::abort_at;

/// Holds a transaction.
const BATCH: u64 = 200;

/// Gives back what was promised and neither handed over nor given back in time, each minute.
///
/// # Errors
/// The database's.
pub async fn lapse(app: &App, job: &Job) -> Result<()> {
    while service::lapse_stock_holds(app, BATCH).await? > 0 {
        abort_at("batch_done");
        job.renew(app).await?;
    }
    Ok(())
}
