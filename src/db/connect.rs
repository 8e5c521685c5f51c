//! Opening pools.

use std::cell::RefCell;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use fs4::FileExt;
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};
use sqlx::Executor as _;

use super::{Db, Pool};

const SCHEMES: [&str; 3] = ["postgres://", "postgresql://", "mysql://"];

/// Opens the pools for `url` (`postgres://`, `mysql://`, `sqlite://`).
///
/// # Errors
/// The database cannot be reached, or the URL names none.
pub async fn connect(url: &str, max_connections: u32, acquire: Duration) -> Result<Db, DbErr> {
    if let Some(path) = sqlite_path(url) {
        return open_sqlite(url, &path, acquire).await;
    }
    // The driver's own message would quote the URL with its password.
    if !SCHEMES.iter().any(|scheme| url.starts_with(scheme)) {
        return Err(DbErr::Custom(
            "database.url begins with none of postgres://, mysql://, sqlite://".to_owned(),
        ));
    }
    let mut options = ConnectOptions::new(url);
    options.max_connections(max_connections).acquire_timeout(acquire).connect_timeout(acquire);
    quiet(&mut options);
    remember(&mut options);
    options.map_sqlx_postgres_pool_opts(|pool| {
        // Compiling a statement pays for minutes of work, and it takes a second: nothing here runs that long.
        pool.after_connect(|connection, _| {
            Box::pin(async move { connection.execute("SET jit = off").await.map(drop) })
        })
    });
    let pool = Pool::new(Database::connect(options).await?);
    Ok(Db { write: pool.clone(), read: pool, lanes: Some(Lanes::new(url, acquire)) })
}

/// Connections of one thread. A connection is driven by the thread that opened it: shared ones cost a switch of threads
/// for each round trip.
#[derive(Clone, Debug)]
pub(super) struct Lanes(Arc<LaneOptions>);

struct LaneOptions {
    url: String,
    acquire: Duration,
}

impl std::fmt::Debug for LaneOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LaneOptions(…)")
    }
}

/// One that writes and one that reads.
const A_THREAD: u32 = 2;
/// A thread that has nothing to do gives its connections back.
const IDLE: Duration = Duration::from_secs(30);

thread_local! {
    static OWN: RefCell<Vec<(Weak<LaneOptions>, DatabaseConnection)>> = const { RefCell::new(Vec::new()) };
}

impl Lanes {
    fn new(url: &str, acquire: Duration) -> Self {
        Self(Arc::new(LaneOptions { url: url.to_owned(), acquire }))
    }

    /// The connections of this thread, opened when they are first used.
    pub(super) async fn own(&self) -> Result<DatabaseConnection, DbErr> {
        let found = OWN.with_borrow_mut(|own| {
            own.retain(|(of, _)| of.strong_count() > 0);
            let mine = own.iter().find(|(of, _)| of.as_ptr() == Arc::as_ptr(&self.0));
            mine.map(|(_, pool)| pool.clone())
        });
        if let Some(pool) = found {
            return Ok(pool);
        }
        let mut options = ConnectOptions::new(&self.0.url);
        options.max_connections(A_THREAD).min_connections(0).idle_timeout(IDLE);
        options.acquire_timeout(self.0.acquire).connect_timeout(self.0.acquire);
        options.connect_lazy(true);
        options.map_sqlx_postgres_pool_opts(|pool| {
            // Lanes ask by keys only, with statements that are prepared once. A plan that was made while a table was small
            // would read all of it long after it has grown; what has to be read whole then looks expensive, and
            // compiling it would cost more than all the rest; and planning again for each array gains nothing.
            let keys_only = "SET enable_seqscan = off; SET jit = off; \
                             SET plan_cache_mode = force_generic_plan";
            pool.after_connect(move |connection, _| {
                Box::pin(async move { connection.execute(keys_only).await.map(drop) })
            })
        });
        quiet(&mut options);
        remember(&mut options);
        let pool = Database::connect(options).await?;
        OWN.with_borrow_mut(|own| own.push((Arc::downgrade(&self.0), pool.clone())));
        Ok(pool)
    }
}

async fn open_sqlite(url: &str, path: &Path, acquire: Duration) -> Result<Db, DbErr> {
    make_private(path).map_err(|error| DbErr::Custom(format!("{}: {error}", path.display())))?;
    // One writer at a time is SQLite's nature: queue in the pool instead of failing on a busy file (RM8).
    let write = Database::connect(sqlite_options(url, 1, Duration::from_secs(30))).await?;
    let read = Database::connect(sqlite_options(url, 4, acquire)).await?;
    Ok(Db { write: Pool::new(write), read: Pool::new(read), lanes: None })
}

fn sqlite_options(url: &str, connections: u32, acquire: Duration) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).acquire_timeout(acquire);
    options.map_sqlx_sqlite_opts(|options| {
        options
            .create_if_missing(true)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sqlx::sqlite::SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
    });
    quiet(&mut options);
    options
}

/// Statements that a connection to MySQL keeps. Forgetting one costs 40 ms: the driver says so in a packet without an
/// answer and does not switch off Nagle's algorithm (sqlx#4335), so the next one waits for a delayed acknowledgement.
/// MySQL takes 16,382 of all connections together (`max_prepared_stmt_count`), enough for two processes as configured.
const STATEMENTS: usize = 300;

fn remember(options: &mut ConnectOptions) {
    options.map_sqlx_mysql_opts(|options| options.statement_cache_capacity(STATEMENTS));
}

/// No statement log (values would reach it) and no ping before each use.
fn quiet(options: &mut ConnectOptions) {
    options.sqlx_logging(false).test_before_acquire(false).max_lifetime(Duration::from_mins(30));
}

/// The file of a SQLite URL.
#[must_use]
pub fn sqlite_path(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    Some(PathBuf::from(path.split('?').next().unwrap_or(path)))
}

/// Takes the lock of an embedded database: it serves one process (C-5). Dropping the file gives it back.
///
/// # Errors
/// [`io::ErrorKind::WouldBlock`] when another process holds it.
pub fn lock_file(database: &Path) -> io::Result<File> {
    make_folder(database)?;
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(PathBuf::from(name))?;
    FileExt::try_lock(&file).map_err(io::Error::from)?;
    Ok(file)
}

/// The database's folder and file, for its owner's eyes only: SQLite gives its side files the mode of the file.
fn make_private(database: &Path) -> io::Result<()> {
    make_folder(database)?;
    OpenOptions::new().create(true).append(true).mode(0o600).open(database).map(drop)
}

fn make_folder(database: &Path) -> io::Result<()> {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or(Ok(()), |folder| DirBuilder::new().recursive(true).mode(0o700).create(folder))
}
