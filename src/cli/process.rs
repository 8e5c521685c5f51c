//! What commands need before their own work: a runtime, the lock of an embedded database, a schema that fits.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tokio::runtime::{Builder, LocalOptions};

use super::Failure;
use crate::app::{self, App};
use crate::config::{Config, Environment};
use crate::db::{self, Db, schema};
use crate::kernel::clock::Clock;
use crate::kernel::mode::Mode;
use crate::partners::service as partners;

/// Runs `work` on a runtime of this thread, where futures need not be `Send`.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())
        .map_err(Failure::failed)?;
    runtime.block_on(work)
}

/// The locks of embedded databases; dropping them gives them back.
pub(super) type Lock = Vec<File>;

/// The parts of Huiyi on a schema that fits, for what runs on: nobody else may serve the same embedded database (C-5).
pub(super) async fn open(config: Config) -> Result<(App, Lock), Failure> {
    #[cfg(debug_assertions)]
    if let Some(step) = crate::config::abort_step() {
        crate::kernel::arm(&step);
    }
    let lock = lock(&config)?;
    let mut app = App::build(config, Clock::system()).await?;
    fit(&mut app).await?;
    // What was changed of a partner while the sandbox was away.
    if let Err(error) = partners::catch_up_sandbox(&app).await {
        tracing::error!(%error, "partners of the sandbox may be as they were before");
    }
    Ok((app, lock))
}

/// For short commands: they may run beside a server, because SQLite itself orders their few statements, but must
/// not change the schema under it.
pub(super) async fn open_beside(config: Config) -> Result<(App, Lock), Failure> {
    let lock = lock(&config);
    let mut app = App::build(config, Clock::system()).await?;
    match &lock {
        Ok(_) => fit(&mut app).await?,
        Err(_) if is_current(&mut app).await? => {}
        Err(_) => {
            return Err(Failure::failed("the server that runs has another schema: stop it first"));
        }
    }
    Ok((app, lock.unwrap_or_default()))
}

/// Takes the locks of embedded databases, the live one and the sandbox's; a server database needs none.
pub(super) fn lock(config: &Config) -> Result<Lock, Failure> {
    let worlds = [Some(config.clone()), config.of_sandbox()];
    let locks = worlds.iter().flatten().filter_map(|config| lock_one(config).transpose());
    locks.collect()
}

fn lock_one(config: &Config) -> Result<Option<File>, Failure> {
    let Some(path) = db::sqlite_path(&app::database_url(config)) else { return Ok(None) };
    match db::lock_file(&path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(in_use(&path)),
        Err(error) => Err(Failure::Failed(format!("{}: {error}", lock_path(&path).display()))),
    }
}

fn in_use(path: &Path) -> Failure {
    Failure::Failed(format!(
        "{} is in use by another huiyi process.\n  An embedded database serves one process: stop the other one, or \
         give this one its own server.data_dir,\n  or set database.url to PostgreSQL, MySQL or MariaDB, which serve \
         many.",
        path.display()
    ))
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

async fn is_current(app: &mut App) -> Result<bool, Failure> {
    if !schema::pending(&app.db).await?.is_empty() {
        return Ok(false);
    }
    let Some(apart) = app.sandbox.clone() else { return Ok(true) };
    match schema::pending(&apart.db).await {
        Ok(pending) if pending.is_empty() => {}
        Ok(_) => without_sandbox(app, &Failure::failed("its database has another schema"))?,
        Err(error) => without_sandbox(app, &error.into())?,
    }
    Ok(true)
}

/// Both worlds have a schema that fits, each in a database that was never the other's (OP-2). A sandbox that does not fit is
/// done without: the shop stays open.
async fn fit(app: &mut App) -> Result<(), Failure> {
    fit_one(app).await?;
    let Some(apart) = app.sandbox.clone() else { return Ok(()) };
    match fit_one(&apart).await {
        // Two worlds in one database would be the end of both.
        Err(Failure::Config(why)) => Err(Failure::Config(why)),
        Err(why) => without_sandbox(app, &why),
        Ok(()) => Ok(()),
    }
}

fn without_sandbox(app: &mut App, why: &Failure) -> Result<(), Failure> {
    tracing::error!(mode = Mode::Sandbox.as_str(), %why, "there is no sandbox until the next start");
    if app.close_sandbox() {
        return Ok(());
    }
    Err(Failure::failed("the sandbox cannot be left out any more"))
}

async fn fit_one(app: &App) -> Result<(), Failure> {
    bring_up_to_date(app).await?;
    if db::claim_mode(&app.db, app.mode).await? {
        return Ok(());
    }
    Err(Failure::Config(format!(
        "the database that is configured as {} is the other one: look at database.url and sandbox.database_url",
        app.mode.as_str()
    )))
}

/// Brings the schema up to date where nobody minds; elsewhere names the command.
async fn bring_up_to_date(app: &App) -> Result<(), Failure> {
    let pending = schema::pending(&app.db).await?;
    let Some(first) = pending.first() else { return Ok(()) };
    if may_migrate(&app.config, &app.db) {
        let steps = schema::migrate(&app.db).await?;
        tracing::info!(steps, "schema brought up to date");
        return Ok(());
    }
    Err(Failure::Failed(format!(
        "the database lacks {} migrations, the first is {first}.\n  Run `huiyi migrate up` with the same \
         configuration, then start again.",
        pending.len()
    )))
}

/// An embedded database has no other user, and in development nobody waits for a window.
fn may_migrate(config: &Config, db: &Db) -> bool {
    db.backend() == db::Backend::Sqlite || config.environment == Environment::Development
}
