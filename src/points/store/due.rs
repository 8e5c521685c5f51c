//! Lots to which something happens by itself, and what members were told about it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::ids::AccountId;
use entity::points_lot::{Column, Entity, Model};
use entity::points_notice as notice;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::CHUNK;
use crate::db::{Conn, rows};

/// What a due lot waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// It is pending and settles.
    Settling,
    /// It is settled and runs out.
    Expiring,
}

impl Due {
    const fn settled(self) -> bool {
        matches!(self, Self::Expiring)
    }
}

/// Accounts of the first `limit` lots that are due by `now`, the oldest first, sorted by id.
pub async fn lots_due(
    db: &impl Conn,
    due: Due,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<AccountId>, DbErr> {
    let query = Entity::find()
        .select_only()
        .column(Column::AccountId)
        .filter(Column::Settled.eq(due.settled()))
        .filter(Column::DueAt.lte(now))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::Id)
        .limit(limit);
    let accounts: Vec<AccountId> = query.into_tuple().all(db).await?;
    Ok(accounts.into_iter().collect::<BTreeSet<_>>().into_iter().collect())
}

/// The lots of accounts that are due by `now`.
pub async fn lots_due_of(
    db: &impl Conn,
    accounts: &[AccountId],
    due: Due,
    now: DateTime<Utc>,
) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in accounts.chunks(CHUNK) {
        let query = Entity::find()
            .filter(rows::among(db, Column::AccountId, chunk.iter().copied()))
            .filter(Column::Settled.eq(due.settled()))
            .filter(Column::DueAt.lte(now));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// Points of one account that run out at one instant.
pub type DueExpiry = (AccountId, DateTime<Utc>);

/// What runs out after `from`, by `to` at the latest, and was not announced `days` before; by account and instant.
pub async fn expiring_soon(
    db: &impl Conn,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    days: i32,
    limit: u64,
) -> Result<Vec<DueExpiry>, DbErr> {
    let announced = Query::select()
        .expr(Expr::value(1))
        .from(notice::Entity)
        .and_where(
            Expr::col((notice::Entity, notice::Column::AccountId))
                .equals((Entity, Column::AccountId)),
        )
        .and_where(
            Expr::col((notice::Entity, notice::Column::ExpiresAt)).equals((Entity, Column::DueAt)),
        )
        .and_where(Expr::col((notice::Entity, notice::Column::Days)).eq(days))
        .to_owned();
    Entity::find()
        .select_only()
        .column(Column::AccountId)
        .column(Column::DueAt)
        .distinct()
        .filter(Column::Settled.eq(true))
        .filter(Column::DueAt.gt(from))
        .filter(Column::DueAt.lte(to))
        .filter(Expr::exists(announced).not())
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::AccountId)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// The settled lots of accounts that run out at one of these instants.
pub async fn lots_running_out(
    db: &impl Conn,
    accounts: &[AccountId],
    instants: &BTreeSet<DateTime<Utc>>,
) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in accounts.chunks(CHUNK) {
        let query = Entity::find()
            .filter(rows::among(db, Column::AccountId, chunk.iter().copied()))
            .filter(Column::Settled.eq(true))
            .filter(Column::DueAt.is_in(instants.iter().copied()));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// What was announced to accounts `days` before.
pub async fn notices_of(
    db: &impl Conn,
    accounts: &[AccountId],
    days: i32,
) -> Result<BTreeSet<DueExpiry>, DbErr> {
    let mut found = BTreeSet::new();
    for chunk in accounts.chunks(CHUNK) {
        let query = notice::Entity::find().filter(
            Condition::all()
                .add(rows::among(db, notice::Column::AccountId, chunk.iter().copied()))
                .add(notice::Column::Days.eq(days)),
        );
        let rows = query.all(db).await?;
        found.extend(rows.into_iter().map(|row| (row.account_id, row.expires_at)));
    }
    Ok(found)
}

/// Remembers what was announced.
pub async fn insert_notices(db: &impl Conn, notices: &[notice::Model]) -> Result<(), DbErr> {
    for chunk in notices.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        notice::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}
