//! Accounts.

use entity::ids::{AccountId, MemberId};
use entity::points_account::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::CHUNK;
use crate::db::Conn;

/// The accounts of members, in both ledgers.
pub async fn accounts_of(db: &impl Conn, members: &[MemberId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in members.chunks(CHUNK) {
        let query = Entity::find().filter(Column::MemberId.is_in(chunk.iter().copied()));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// Accounts by id, not locked.
pub async fn accounts_by_id(db: &impl Conn, ids: &[AccountId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        found.extend(Entity::find().filter(Column::Id.is_in(chunk.iter().copied())).all(db).await?);
    }
    Ok(found)
}

/// Opens accounts; one that another transaction opened meanwhile stays as it is.
pub async fn insert_accounts(db: &impl Conn, accounts: &[Model]) -> Result<(), DbErr> {
    for chunk in accounts.chunks(CHUNK) {
        Entity::insert_many(rows(chunk))
            .on_conflict_do_nothing_on([Column::MemberId, Column::Ledger])
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Locks accounts in id order until the transaction ends and reads them as they are then. `ids` are sorted.
pub async fn lock_accounts(db: &impl Conn, ids: &[AccountId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let query = Entity::find()
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .order_by_asc(Column::Id)
            .lock_exclusive();
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// Writes the balances of accounts that the transaction has locked.
pub async fn save_accounts(db: &impl Conn, accounts: &[Model]) -> Result<(), DbErr> {
    let update = OnConflict::column(Column::Id)
        .update_columns([
            Column::Pending,
            Column::Available,
            Column::Frozen,
            Column::Version,
            Column::UpdatedAt,
            Column::LastMac,
            Column::Mac,
        ])
        .to_owned();
    for chunk in accounts.chunks(CHUNK) {
        Entity::insert_many(rows(chunk))
            .on_conflict(update.clone())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

fn rows(accounts: &[Model]) -> Vec<ActiveModel> {
    accounts.iter().map(|row| row.clone().into_active_model().reset_all()).collect()
}
