//! The rows of the log.

use chrono::{DateTime, TimeDelta, Utc};
use entity::event_log as log;
use entity::ids::{EventId, MemberId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::Event;
use crate::db::Conn;
use crate::db::rows::{self, Writes};

pub(super) async fn append(
    writes: &mut Writes<'_, impl Conn>,
    events: Vec<Event>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    // Ids grow within a process, so that those of a member keep the sequence in which things happened.
    let rows = events.into_iter().map(|event| log::Model {
        id: EventId::new(now),
        kind: event.kind.to_owned(),
        version: event.version,
        member_id: event.member_id,
        payload: event.payload,
        occurred_at: event.occurred_at,
        recorded_at: now,
        relayed_at: None,
        claimed_until: None,
        attempts: 0,
    });
    let rows: Vec<_> = rows.collect();
    writes.insert::<log::Entity>(&rows.iter().collect::<Vec<_>>()).await
}

/// Events that nobody works on, and none of members who are `held`, oldest first. Never "newer than the last seen": ids
/// become visible out of order.
pub(super) async fn unclaimed(
    db: &impl Conn,
    held: &[MemberId],
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<log::Model>, DbErr> {
    let mut free = log::Entity::find().filter(log::Column::RelayedAt.is_null()).filter(free(now));
    if !held.is_empty() {
        let theirs = rows::among(db, log::Column::MemberId, held.iter().copied());
        let others = Condition::any().add(log::Column::MemberId.is_null()).add(theirs.not());
        free = free.filter(others);
    }
    free.order_by_asc(log::Column::Id).limit(limit).all(db).await
}

/// Events behind `after`, by id.
pub(super) async fn log_after(
    db: &impl Conn,
    after: Option<EventId>,
    limit: u64,
) -> Result<Vec<log::Model>, DbErr> {
    let mut query = log::Entity::find().order_by_asc(log::Column::Id).limit(limit);
    if let Some(after) = after {
        query = query.filter(log::Column::Id.gt(after));
    }
    query.all(db).await
}

fn free(now: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(log::Column::ClaimedUntil.is_null())
        .add(log::Column::ClaimedUntil.lte(now))
}

/// Members of whom an event is claimed and not relayed yet, up to `limit`: those of one batch of each relay, and those whose
/// events wait for another attempt.
pub(super) async fn held(
    db: &impl Conn,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<MemberId>, DbErr> {
    log::Entity::find()
        .select_only()
        .column(log::Column::MemberId)
        .distinct()
        .filter(log::Column::RelayedAt.is_null())
        .filter(log::Column::ClaimedUntil.gt(now))
        .filter(log::Column::MemberId.is_not_null())
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
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
        .filter(rows::among(db, log::Column::Id, ids.iter().copied()))
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
        .filter(rows::among(db, log::Column::Id, ids.iter().copied()))
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
        .filter(rows::among(db, log::Column::Id, ids.iter().copied()))
        .filter(log::Column::RelayedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}
