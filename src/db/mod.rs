//! Connections and transactions.

mod about;
pub mod coalesce;
mod connect;
pub mod idempotency;
pub mod keyset;
mod mode;
pub mod rows;
pub mod schema;
mod session;

use std::time::Duration;

use rand::RngExt;
use sea_orm::{
    AccessMode, DbErr, IsolationLevel, RuntimeErr, SqliteTransactionMode, SqlxError,
    TransactionOptions,
};
use tracing::Instrument;

use crate::kernel::trace::TRACE;

pub use about::{About, about};
pub use connect::{connect, lock_file, sqlite_path};
pub use mode::claim_mode;
pub use sea_orm::ConnectionTrait as Conn;
pub use sea_orm::DbBackend as Backend;
pub use sea_orm::DbErr as DbError;
#[cfg(debug_assertions)]
pub use session::statements_sent;
pub use session::{Pool, Tx};

/// Where rows are. SQLite has one writer, so writing and reading have pools of their own.
#[derive(Clone, Debug)]
pub struct Db {
    write: Pool,
    read: Pool,
    lanes: Option<connect::Lanes>,
}

impl Db {
    /// For queries outside transactions.
    #[must_use]
    pub const fn read(&self) -> &Pool {
        &self.read
    }

    /// For single statements that are their own transaction, and for migrations.
    #[must_use]
    pub const fn write(&self) -> &Pool {
        &self.write
    }

    /// The same database by connections of this thread alone, for work that is gathered; SQLite has none to give.
    ///
    /// # Errors
    /// The database's.
    pub async fn own(&self) -> Result<Self, DbErr> {
        let Some(lanes) = &self.lanes else { return Ok(self.clone()) };
        let pool = Pool::new(lanes.own().await?);
        Ok(Self { write: pool.clone(), read: pool, lanes: self.lanes.clone() })
    }

    /// Closes the pools and waits until every connection is gone.
    ///
    /// # Errors
    /// The database's.
    pub async fn close(self) -> Result<(), DbErr> {
        self.write.close().await?;
        self.read.close().await
    }

    /// Which database it is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.write.get_database_backend()
    }
}

/// An error that may come from the database, so that [`in_tx`] can tell whether trying again helps.
pub trait Failure: From<DbErr> {
    /// The database error inside, if it is one.
    fn db(&self) -> Option<&DbErr>;
}

impl Failure for DbErr {
    fn db(&self) -> Option<&DbErr> {
        Some(self)
    }
}

const TRIES: u32 = 6;

/// Runs `work` in a transaction: commits on `Ok`, rolls back on `Err`, tries again after a deadlock, a serialization
/// failure or a busy SQLite. `work` must therefore have no effect outside the transaction.
///
/// # Errors
/// What `work` answered, or the database's own error.
pub async fn in_tx<T, E: Failure>(
    db: &Db,
    work: impl AsyncFn(&Tx) -> Result<T, E>,
) -> Result<T, E> {
    let mut tries = 0;
    loop {
        tries += 1;
        let span = tracing::info_span!(target: TRACE, "transaction", otel.kind = "client", db.system.name = system(db.backend()), tries);
        let result = once(db, &work).instrument(span).await;
        match result {
            Err(error) if tries < TRIES && error.db().is_some_and(is_transient) => {
                tracing::debug!(tries, "transaction tried again");
                tokio::time::sleep(backoff(tries)).await;
            }
            other => return other,
        }
    }
}

/// Runs `work` on what stands at one moment, however many statements it takes: it waits for nobody and nobody for it.
///
/// # Errors
/// What `work` answered, or the database's own error.
pub async fn in_snapshot<T, E: Failure>(
    db: &Db,
    work: impl AsyncFn(&Tx) -> Result<T, E>,
) -> Result<T, E> {
    let options = TransactionOptions {
        isolation_level: (db.backend() != Backend::Sqlite)
            .then_some(IsolationLevel::RepeatableRead),
        access_mode: (db.backend() != Backend::Sqlite).then_some(AccessMode::ReadOnly),
        ..TransactionOptions::default()
    };
    let tx = db.read.begin(options).await?;
    let result = work(&tx).await;
    tx.rollback().await?;
    result
}

/// The database's name in OpenTelemetry's conventions.
const fn system(backend: Backend) -> &'static str {
    match backend {
        Backend::Postgres => "postgresql",
        Backend::MySql => "mysql",
        _ => "sqlite",
    }
}

async fn once<T, E: Failure>(db: &Db, work: &impl AsyncFn(&Tx) -> Result<T, E>) -> Result<T, E> {
    let tx = db.write.begin(options(db.backend())).await?;
    let result = work(&tx).await;
    if result.is_ok() {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    result
}

/// READ COMMITTED everywhere: under MySQL's default a plain SELECT after a lock would still see the snapshot
/// from before it.
fn options(backend: Backend) -> TransactionOptions {
    match backend {
        Backend::MySql => TransactionOptions {
            isolation_level: Some(IsolationLevel::ReadCommitted),
            ..TransactionOptions::default()
        },
        Backend::Sqlite => TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        },
        _ => TransactionOptions::default(),
    }
}

fn backoff(tries: u32) -> Duration {
    let most = 10 * 2_u64.pow(tries);
    Duration::from_millis(rand::rng().random_range(1..=most))
}

/// Deadlock, serialization failure, lock time-out, busy file: the same work may succeed a moment later.
#[must_use]
pub fn is_transient(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return false;
    };
    let SqlxError::Database(error) = error.as_ref() else { return false };
    let code = error.code().unwrap_or_default();
    if let Some(mysql) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return matches!(mysql.number(), 1205 | 1213);
    }
    matches!(code.as_ref(), "40001" | "40P01" | "55P03" | "5" | "517" | "6" | "261")
}

/// The database itself cannot be reached or has no connection free: a 503, not a fault of ours (OPS-6).
#[must_use]
pub fn is_unavailable(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            match error.as_ref() {
                SqlxError::PoolTimedOut
                | SqlxError::PoolClosed
                | SqlxError::Io(_)
                | SqlxError::WorkerCrashed => true,
                // PostgreSQL stops, or starts.
                SqlxError::Database(error) => {
                    matches!(error.code().as_deref(), Some("57P01" | "57P02" | "57P03"))
                }
                _ => false,
            }
        }
        _ => false,
    }
}

/// Nothing is wrong with the work itself: somebody has to try again later.
#[must_use]
pub fn is_passing(error: &DbErr) -> bool {
    is_unavailable(error) || is_transient(error)
}

/// Whether a unique key refused a row.
#[must_use]
pub fn is_duplicate(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_)))
}

/// Whether a row that [`rows::Writes::update_as_read`] was to write is not as it was read.
#[must_use]
pub fn is_outdated(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return false;
    };
    let SqlxError::Database(error) = error.as_ref() else { return false };
    error.code().is_some_and(|code| code == "22012")
}

/// Whether a row holds what its column never should: a word that is none.
#[must_use]
pub const fn is_unreadable(error: &DbErr) -> bool {
    matches!(error, DbErr::Type(_))
}

/// Whether a number became too large for its type while the database computed.
#[must_use]
pub fn is_out_of_range(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return false;
    };
    let SqlxError::Database(error) = error.as_ref() else { return false };
    if let Some(mysql) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return mysql.number() == 1690;
    }
    // SQLite has no code of its own for it.
    error.code().is_some_and(|code| code == "22003") || error.message() == "integer overflow"
}
