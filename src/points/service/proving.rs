//! What is known of proofs of the ledgers, and what others need to prove budgets (PT-9).

use chrono::{DateTime, Utc};

use crate::app::App;
use crate::db::Conn;
use crate::http::Result;
use crate::points::rules::Counter;
use crate::points::store;

/// A row of a budget's counter.
#[derive(Clone, Debug)]
pub struct CounterRow {
    /// Its key.
    pub key: String,
    /// What it counts; none if the key is not one of ours.
    pub counter: Option<Counter>,
    /// What it stands at.
    pub issued: i64,
}

/// The counters after a key, in the sequence of their keys; the first ones after an empty one.
///
/// # Errors
/// The database's.
pub async fn counters_after(db: &impl Conn, after: &str, limit: u64) -> Result<Vec<CounterRow>> {
    let rows = store::counters_after(db, after, limit).await?.into_iter();
    let row = |(key, issued): (String, i64)| CounterRow { counter: key.parse().ok(), key, issued };
    Ok(rows.map(row).collect())
}

/// The last proof of the ledgers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proved {
    /// How many differences it found.
    pub differences: i64,
    /// When it ended.
    pub at: DateTime<Utc>,
}

/// Keeps how a proof ended, for every process and after a restart.
///
/// # Errors
/// The database's.
pub async fn note_proof(app: &App, differences: usize) -> Result<()> {
    let differences = i64::try_from(differences).unwrap_or(i64::MAX);
    Ok(store::save_proof(app.db.write(), differences, app.clock.now()).await?)
}

/// How the last proof ended; none before the first one.
///
/// # Errors
/// The database's.
pub async fn last_proved(app: &App) -> Result<Option<Proved>> {
    let row = store::last_proof(app.db.read()).await?;
    Ok(row.map(|row| Proved { differences: row.differences, at: row.proved_at }))
}
