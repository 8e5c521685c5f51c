//! What is known of the ledgers as a whole: that accounts were sealed, and what the last proof found.

use chrono::{DateTime, Utc};
use entity::{points_proof as proof, points_seal as seal};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, IntoActiveModel};

use crate::db::Conn;

/// The name of the one row.
pub const ALL: &str = "ledgers";

/// The record that accounts were sealed, or how far that has come.
pub async fn seal_record(db: &impl Conn) -> Result<Option<seal::Model>, DbErr> {
    seal::Entity::find_by_id(ALL).one(db).await
}

/// Writes how far sealing has come.
pub async fn save_seal_record(tx: &impl Conn, record: &seal::Model) -> Result<(), DbErr> {
    use seal::Column as C;
    let columns = [C::Upto, C::Accounts, C::FinishedAt, C::Mac];
    let replace = OnConflict::column(C::Name).update_columns(columns).to_owned();
    let row = record.clone().into_active_model().reset_all();
    seal::Entity::insert(row).on_conflict(replace).exec_without_returning(tx).await?;
    Ok(())
}

/// What the last proof found; none before the first one.
pub async fn last_proof(db: &impl Conn) -> Result<Option<proof::Model>, DbErr> {
    proof::Entity::find_by_id(ALL).one(db).await
}

/// Notes what a proof found.
pub async fn save_proof(
    db: &impl Conn,
    differences: i64,
    proved_at: DateTime<Utc>,
) -> Result<(), DbErr> {
    use proof::Column as C;
    let row = proof::Model { name: ALL.to_owned(), differences, proved_at };
    let columns = [C::Differences, C::ProvedAt];
    let replace = OnConflict::column(C::Name).update_columns(columns).to_owned();
    let row = row.into_active_model().reset_all();
    proof::Entity::insert(row).on_conflict(replace).exec_without_returning(db).await?;
    Ok(())
}
