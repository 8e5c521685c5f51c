//! Points held for checkouts.

use chrono::{DateTime, Utc};
use entity::codes::HoldState;
use entity::ids::{AccountId, HoldId, MemberId};
use entity::points_hold::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::CHUNK;
use crate::db::Conn;

/// Locks holds in id order until the transaction ends and reads them as they are then. `ids` are sorted.
pub async fn lock_holds(db: &impl Conn, ids: &[HoldId]) -> Result<Vec<Model>, DbErr> {
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

/// The holds of accounts that are not resolved, latest first.
async fn holds_of(db: &impl Conn, accounts: &[AccountId]) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::AccountId.is_in(accounts.iter().copied()))
        .filter(Column::State.eq(HoldState::Held))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .all(db)
        .await
}

/// Ids of what is held for members, sorted.
pub async fn open_holds_of(db: &impl Conn, members: &[MemberId]) -> Result<Vec<HoldId>, DbErr> {
    let accounts: Vec<AccountId> =
        super::accounts_of(db, members).await?.into_iter().map(|row| row.id).collect();
    let mut ids: Vec<HoldId> =
        holds_of(db, &accounts).await?.into_iter().map(|row| row.id).collect();
    ids.sort_unstable();
    Ok(ids)
}

/// What should have been finished by `now`, the oldest first.
pub async fn holds_due(
    db: &impl Conn,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::State.eq(HoldState::Held))
        .filter(Column::LapsesAt.lte(now))
        .order_by_asc(Column::LapsesAt)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// The next holds of accounts in id order, resolved ones too.
pub async fn holds_after(
    db: &impl Conn,
    accounts: &[AccountId],
    after: Option<HoldId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(Column::AccountId.is_in(accounts.iter().copied()));
    if let Some(id) = after {
        query = query.filter(Column::Id.gt(id));
    }
    query.order_by_asc(Column::Id).limit(limit).all(db).await
}

/// Adds holds.
pub async fn insert_holds(db: &impl Conn, holds: &[Model]) -> Result<(), DbErr> {
    for chunk in holds.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Writes how holds were resolved that the transaction has locked.
pub async fn save_holds(db: &impl Conn, holds: &[Model]) -> Result<(), DbErr> {
    let update = OnConflict::column(Column::Id)
        .update_columns([Column::State, Column::Captured, Column::ResolvedAt])
        .to_owned();
    for chunk in holds.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        Entity::insert_many(rows).on_conflict(update.clone()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Gives every hold of an account to another one, resolved ones too: they may be refunded.
pub async fn move_holds(
    db: &impl Conn,
    from: AccountId,
    (to, member): (AccountId, MemberId),
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::AccountId, Expr::value(to))
        .col_expr(Column::MemberId, Expr::value(member))
        .filter(Column::AccountId.eq(from))
        .exec(db)
        .await?;
    Ok(())
}
