//! Background work: imports, exports, and tidying up after them.

use crate::app::App;
use crate::bulk::service;
use crate::http::Result;
use crate::jobs::Job;

/// Runs tended at a time: each may have many pieces.
const A_TURN: u64 = 20;

/// Goes through the rows of an import (OP-4).
///
/// # Errors
/// As [`service::import`].
pub async fn run_import(app: &App, job: &Job) -> Result<()> {
    service::import(app, job).await
}

/// Goes through the rows of an export (OP-4).
///
/// # Errors
/// As [`service::export`].
pub async fn run_export(app: &App, job: &Job) -> Result<()> {
    service::export(app, job).await
}

/// Deletes files whose time is over and gives up runs that stand still.
///
/// # Errors
/// The database's.
pub async fn tend(app: &App) -> Result<()> {
    while service::tend(app, A_TURN).await? > 0 {}
    Ok(())
}
