//! Queries.

use chrono::{DateTime, Utc};
use entity::ids::{MemberId, SessionId};
use entity::values::{Digest, Sealed};
use entity::{refresh_token, session};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, UpdateMany,
};

use super::rules::Principal;
use crate::db::Conn;
use crate::kernel::codes::PrincipalKind;

/// The most devices that are shown.
const DEVICES: u64 = 100;

pub async fn insert(db: &impl Conn, row: session::Model) -> Result<(), DbErr> {
    let row: session::ActiveModel = row.into();
    session::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

pub async fn find(db: &impl Conn, id: SessionId) -> Result<Option<session::Model>, DbErr> {
    session::Entity::find_by_id(id).one(db).await
}

/// The row, locked: refreshes of one family stand in line here.
pub async fn lock(db: &impl Conn, id: SessionId) -> Result<Option<session::Model>, DbErr> {
    session::Entity::find_by_id(id).lock_exclusive().one(db).await
}

/// Every session that was ended or given away at `since` or later.
pub async fn changed(db: &impl Conn, since: DateTime<Utc>) -> Result<Vec<session::Model>, DbErr> {
    session::Entity::find().filter(session::Column::ChangedAt.gte(since)).all(db).await
}

pub async fn seen(db: &impl Conn, id: SessionId, now: DateTime<Utc>) -> Result<(), DbErr> {
    session::Entity::update_many()
        .col_expr(session::Column::LastSeenAt, Expr::value(now))
        .filter(session::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

fn ending(now: DateTime<Utc>) -> UpdateMany<session::Entity> {
    session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(Some(now)))
        .col_expr(session::Column::ChangedAt, Expr::value(Some(now)))
        .filter(session::Column::RevokedAt.is_null())
}

/// Ends one session; false when it had ended or never was.
pub async fn end(db: &impl Conn, id: SessionId, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let done = ending(now).filter(session::Column::Id.eq(id)).exec(db).await?;
    Ok(done.rows_affected > 0)
}

/// As [`end`], only if it is theirs.
pub async fn end_of(
    db: &impl Conn,
    who: Principal,
    id: SessionId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let done = ending(now)
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::PrincipalKind.eq(who.kind))
        .filter(session::Column::PrincipalId.eq(who.id))
        .exec(db)
        .await?;
    Ok(done.rows_affected > 0)
}

pub async fn end_all(db: &impl Conn, who: Principal, now: DateTime<Utc>) -> Result<(), DbErr> {
    ending(now)
        .filter(session::Column::PrincipalKind.eq(who.kind))
        .filter(session::Column::PrincipalId.eq(who.id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn give(
    db: &impl Conn,
    from: MemberId,
    to: MemberId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    session::Entity::update_many()
        .col_expr(session::Column::PrincipalId, Expr::value(to.0))
        .col_expr(session::Column::ChangedAt, Expr::value(Some(now)))
        .filter(session::Column::PrincipalKind.eq(PrincipalKind::Member))
        .filter(session::Column::PrincipalId.eq(from.0))
        .exec(db)
        .await?;
    Ok(())
}

/// The live sessions of one principal, latest seen first.
pub async fn live_of(
    db: &impl Conn,
    who: Principal,
    now: DateTime<Utc>,
) -> Result<Vec<session::Model>, DbErr> {
    session::Entity::find()
        .filter(session::Column::PrincipalKind.eq(who.kind))
        .filter(session::Column::PrincipalId.eq(who.id))
        .filter(session::Column::RevokedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now))
        .order_by_desc(session::Column::LastSeenAt)
        .order_by_desc(session::Column::Id)
        .limit(DEVICES)
        .all(db)
        .await
}

pub async fn insert_token(
    db: &impl Conn,
    digest: Digest,
    session: SessionId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = refresh_token::ActiveModel {
        digest: Set(digest),
        session_id: Set(session),
        issued_at: Set(now),
        used_at: Set(None),
        successor: Set(None),
    };
    refresh_token::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

pub async fn find_token(
    db: &impl Conn,
    digest: &Digest,
) -> Result<Option<refresh_token::Model>, DbErr> {
    refresh_token::Entity::find_by_id(digest.clone()).one(db).await
}

/// Uses a token up; true for exactly one of all callers.
pub async fn use_token(
    db: &impl Conn,
    digest: &Digest,
    successor: Sealed,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let used = refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::UsedAt, Expr::value(Some(now)))
        .col_expr(refresh_token::Column::Successor, Expr::value(Some(successor)))
        .filter(refresh_token::Column::Digest.eq(digest.clone()))
        .filter(refresh_token::Column::UsedAt.is_null())
        .exec(db)
        .await?;
    Ok(used.rows_affected == 1)
}

/// Forgets the successors of tokens of a session that were used before `then`.
pub async fn drop_successors(
    db: &impl Conn,
    session: SessionId,
    then: DateTime<Utc>,
) -> Result<(), DbErr> {
    refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::Successor, Expr::value(Option::<Sealed>::None))
        .filter(refresh_token::Column::SessionId.eq(session))
        .filter(refresh_token::Column::UsedAt.lt(then))
        .filter(refresh_token::Column::Successor.is_not_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Sessions whose sign-in ran out before `then`, oldest first.
pub async fn over(
    db: &impl Conn,
    then: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<SessionId>, DbErr> {
    let query: Select<session::Entity> = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::ExpiresAt.lt(then))
        .order_by_asc(session::Column::ExpiresAt)
        .order_by_asc(session::Column::Id)
        .limit(limit);
    query.into_tuple().all(db).await
}

pub async fn delete(db: &impl Conn, ids: &[SessionId]) -> Result<(), DbErr> {
    let ids = || ids.iter().copied();
    refresh_token::Entity::delete_many()
        .filter(refresh_token::Column::SessionId.is_in(ids()))
        .exec(db)
        .await?;
    session::Entity::delete_many().filter(session::Column::Id.is_in(ids())).exec(db).await?;
    Ok(())
}
