//! Bringing the schema up to date, and saying whether it is.

use migration::{Migrator, MigratorTrait};
use sea_orm::DbErr;

use super::Db;

/// Applies what is missing and says how many steps that were.
///
/// # Errors
/// The database's; steps may be run again.
pub async fn migrate(db: &Db) -> Result<usize, DbErr> {
    let before = pending(db).await.map_or(usize::MAX, |steps| steps.len());
    Migrator::up(db.write().bare(), None).await?;
    Ok(before.min(Migrator::migrations().len()))
}

/// Names of the steps that are missing, without changing anything.
///
/// # Errors
/// The database's.
pub async fn pending(db: &Db) -> Result<Vec<String>, DbErr> {
    let steps = Migrator::get_pending_migrations_read_only(db.read().bare()).await?;
    Ok(steps.iter().map(|step| step.name().to_owned()).collect())
}

/// Names of every step this program knows, oldest first.
#[must_use]
pub fn known() -> Vec<String> {
    Migrator::migrations().iter().map(|step| step.name().to_owned()).collect()
}
