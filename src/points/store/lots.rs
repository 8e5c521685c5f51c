//! Lots and the record of who used them.

use entity::ids::{AccountId, LotId, MemberId, TransferId};
use entity::points_lot::{Column, Entity, Model};
use entity::{points_account as account, points_lot_use as lot_use, points_transfer as transfer};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, JoinType, QueryFilter,
    QuerySelect, RelationDef,
};

use super::CHUNK;
use crate::db::Conn;

/// The lots of accounts with something left.
pub async fn lots_left(db: &impl Conn, accounts: &[AccountId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in accounts.chunks(CHUNK) {
        let query = Entity::find()
            .filter(Column::AccountId.is_in(chunk.iter().copied()))
            .filter(Column::Remaining.gt(0));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// Lots by id.
pub async fn lots_by_id(db: &impl Conn, ids: &[LotId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let query = Entity::find().filter(Column::Id.is_in(chunk.iter().copied()));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// For each account whose earnings have become somebody's lots: whose. Her own, until a merge gave them away.
pub async fn holders(
    db: &impl Conn,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, MemberId)>, DbErr> {
    let mut found = Vec::new();
    for chunk in accounts.chunks(CHUNK) {
        let query = Entity::find()
            .select_only()
            .column(transfer::Column::AccountId)
            .column(account::Column::MemberId)
            .distinct()
            .join(JoinType::InnerJoin, made_by())
            .join(JoinType::InnerJoin, held_in())
            .filter(transfer::Column::AccountId.is_in(chunk.iter().copied()));
        found.extend(query.into_tuple::<(AccountId, MemberId)>().all(db).await?);
    }
    Ok(found)
}

/// The accounts whose earnings an account holds: its own, and those of members who were merged into its member.
pub async fn origins(db: &impl Conn, account: AccountId) -> Result<Vec<AccountId>, DbErr> {
    Entity::find()
        .select_only()
        .column(transfer::Column::AccountId)
        .distinct()
        .join(JoinType::InnerJoin, made_by())
        .filter(Column::AccountId.eq(account))
        .into_tuple()
        .all(db)
        .await
}

fn made_by() -> RelationDef {
    Entity::belongs_to(transfer::Entity).from(Column::TransferId).to(transfer::Column::Id).into()
}

fn held_in() -> RelationDef {
    Entity::belongs_to(account::Entity).from(Column::AccountId).to(account::Column::Id).into()
}

/// Lots that transfers made.
pub async fn lots_made_by(db: &impl Conn, transfers: &[TransferId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in transfers.chunks(CHUNK) {
        let query = Entity::find().filter(Column::TransferId.is_in(chunk.iter().copied()));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// Adds lots.
pub async fn insert_lots(db: &impl Conn, lots: &[Model]) -> Result<(), DbErr> {
    for chunk in lots.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Writes what changes in lots whose accounts the transaction has locked.
pub async fn save_lots(db: &impl Conn, lots: &[Model]) -> Result<(), DbErr> {
    let update = OnConflict::column(Column::Id)
        .update_columns([Column::Remaining, Column::Settled, Column::DueAt])
        .to_owned();
    for chunk in lots.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        Entity::insert_many(rows).on_conflict(update.clone()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Gives every lot of an account to another one.
pub async fn move_lots(db: &impl Conn, from: AccountId, to: AccountId) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::AccountId, Expr::value(to))
        .filter(Column::AccountId.eq(from))
        .exec(db)
        .await?;
    Ok(())
}

/// What transfers took from lots and gave back to them.
pub async fn uses_of(
    db: &impl Conn,
    transfers: &[TransferId],
) -> Result<Vec<lot_use::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in transfers.chunks(CHUNK) {
        let query = lot_use::Entity::find()
            .filter(lot_use::Column::TransferId.is_in(chunk.iter().copied()));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// Appends records of lot use.
pub async fn insert_uses(db: &impl Conn, uses: &[lot_use::Model]) -> Result<(), DbErr> {
    for chunk in uses.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        lot_use::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}
