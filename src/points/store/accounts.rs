//! Accounts.

use entity::codes::Ledger;
use entity::ids::{AccountId, MemberId};
use entity::points_account::{Column, Entity, Model};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::CHUNK;
use crate::db::rows::{self, Writes};
use crate::db::{Backend, Conn};

/// The accounts of members, in both ledgers.
pub async fn accounts_of(db: &impl Conn, members: &[MemberId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in members.chunks(CHUNK) {
        let query = Entity::find().filter(rows::among(db, Column::MemberId, chunk.iter().copied()));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// Accounts by id, not locked.
pub async fn accounts_by_id(db: &impl Conn, ids: &[AccountId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        found.extend(
            Entity::find()
                .filter(rows::among(db, Column::Id, chunk.iter().copied()))
                .all(db)
                .await?,
        );
    }
    Ok(found)
}

/// Opens accounts; one that another transaction opened meanwhile stays as it is.
pub async fn insert_accounts(db: &impl Conn, accounts: &[Model]) -> Result<(), DbErr> {
    let accounts: Vec<_> = accounts.iter().collect();
    rows::insert::<Entity>(db, &accounts, &[Column::MemberId, Column::Ledger]).await?;
    Ok(())
}

/// Locks accounts in id order until the transaction ends and reads them as they are then. `ids` are sorted.
pub async fn lock_accounts(db: &impl Conn, ids: &[AccountId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let query = Entity::find()
            .filter(rows::among(db, Column::Id, chunk.iter().copied()))
            .order_by_asc(Column::Id)
            .lock_exclusive();
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// The accounts of members in some ledgers, locked in id order until the transaction ends, as they are then.
pub async fn lock_accounts_of(
    db: &impl Conn,
    members: &[MemberId],
    ledgers: &[Ledger],
) -> Result<Vec<Model>, DbErr> {
    // PostgreSQL locks in the order asked for; others in that of the index they read, so they are asked by id.
    if db.get_database_backend() != Backend::Postgres {
        let found = accounts_of(db, members).await?;
        let wanted = found.iter().filter(|row| ledgers.contains(&row.ledger));
        let mut ids: Vec<AccountId> = wanted.map(|row| row.id).collect();
        ids.sort_unstable();
        return lock_accounts(db, &ids).await;
    }
    if members.is_empty() {
        return Ok(Vec::new());
    }
    Entity::find()
        .filter(rows::among(db, Column::MemberId, members.iter().copied()))
        .filter(rows::among(db, Column::Ledger, ledgers.iter().copied()))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(db)
        .await
}

/// Writes the balances of accounts that the transaction has locked.
pub async fn save_accounts(
    writes: &mut Writes<'_, impl Conn>,
    accounts: &[Model],
) -> Result<(), DbErr> {
    let accounts: Vec<_> = accounts.iter().collect();
    let columns = [
        Column::Pending,
        Column::Available,
        Column::Frozen,
        Column::Version,
        Column::UpdatedAt,
        Column::LastMac,
        Column::Mac,
    ];
    writes.update::<Entity>(&accounts, Column::Id, &columns).await
}

/// Writes the codes of accounts from before there were any; the transaction has locked them.
pub async fn save_seals(tx: &impl Conn, accounts: &[Model]) -> Result<(), DbErr> {
    let accounts: Vec<_> = accounts.iter().collect();
    rows::update::<Entity>(tx, &accounts, Column::Id, &[Column::SealedMac, Column::Mac]).await
}

/// Whether any account was sealed.
pub async fn is_any_sealed(db: &impl Conn) -> Result<bool, DbErr> {
    let sealed = Entity::find().select_only().column(Column::Id);
    let sealed = sealed.filter(Column::SealedMac.is_not_null()).limit(1);
    Ok(sealed.into_tuple::<AccountId>().one(db).await?.is_some())
}
