//! The rows of the log.

use chrono::{DateTime, TimeDelta, Utc};
use entity::event_log as log;
use entity::ids::EventId;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::Event;
use crate::db::Conn;

/// Rows a statement: SQLite binds at most 32,766 values.
const CHUNK: usize = 1000;

pub(super) async fn append(
    db: &impl Conn,
    events: Vec<Event>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let rows: Vec<_> = events
        .into_iter()
        .map(|event| log::ActiveModel {
            id: Set(EventId::new(now)),
            kind: Set(event.kind.to_owned()),
            version: Set(event.version),
            member_id: Set(event.member_id),
            payload: Set(event.payload),
            occurred_at: Set(event.occurred_at),
            recorded_at: Set(now),
            relayed_at: Set(None),
            claimed_until: Set(None),
            attempts: Set(0),
        })
        .collect();
    for chunk in rows.chunks(CHUNK) {
        log::Entity::insert_many(chunk.to_vec()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Events that nobody works on, oldest first. Never "newer than the last seen": ids become visible out of order.
pub(super) async fn unclaimed(
    db: &impl Conn,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<log::Model>, DbErr> {
    log::Entity::find()
        .filter(log::Column::RelayedAt.is_null())
        .filter(free(now))
        .order_by_asc(log::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

fn free(now: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(log::Column::ClaimedUntil.is_null())
        .add(log::Column::ClaimedUntil.lte(now))
}

/// Claims one event until `now + lease`; `false` when another relay was first.
pub(super) async fn claim(
    db: &impl Conn,
    ids: &[EventId],
    now: DateTime<Utc>,
    lease: TimeDelta,
) -> Result<u64, DbErr> {
    let claimed = log::Entity::update_many()
        .col_expr(log::Column::ClaimedUntil, Expr::value(Some(now + lease)))
        .col_expr(log::Column::Attempts, Expr::col(log::Column::Attempts).add(1))
        .filter(log::Column::Id.is_in(ids.iter().copied()))
        .filter(log::Column::RelayedAt.is_null())
        .filter(free(now))
        .exec(db)
        .await?;
    Ok(claimed.rows_affected)
}

pub(super) async fn mark_relayed(
    db: &impl Conn,
    ids: &[EventId],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    log::Entity::update_many()
        .col_expr(log::Column::RelayedAt, Expr::value(Some(now)))
        .filter(log::Column::Id.is_in(ids.iter().copied()))
        .exec(db)
        .await?;
    Ok(())
}

/// Gives claimed events back, to be tried again at `at`.
pub(super) async fn postpone(
    db: &impl Conn,
    ids: &[EventId],
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    log::Entity::update_many()
        .col_expr(log::Column::ClaimedUntil, Expr::value(Some(at)))
        .filter(log::Column::Id.is_in(ids.iter().copied()))
        .filter(log::Column::RelayedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}
