//! Rows of `member`.

use chrono::{DateTime, Utc};
use entity::ids::MemberId;
use entity::member;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::CHUNK;
use crate::db::Conn;
use crate::db::rows::among;

pub(in crate::members) async fn insert(
    db: &impl Conn,
    rows: Vec<member::Model>,
) -> Result<(), DbErr> {
    for chunk in rows.chunks(CHUNK) {
        let rows = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
        member::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Ids of members who were merged into one of `winners` directly.
pub(in crate::members) async fn merged_into(
    db: &impl Conn,
    winners: &[MemberId],
) -> Result<Vec<MemberId>, DbErr> {
    let mut found = Vec::new();
    for chunk in winners.chunks(CHUNK) {
        let query = member::Entity::find()
            .select_only()
            .column(member::Column::Id)
            .filter(among(db, member::Column::MergedInto, chunk.iter().copied()))
            .order_by_asc(member::Column::Id);
        found.extend(query.into_tuple::<MemberId>().all(db).await?);
    }
    Ok(found)
}

/// Who was merged into one of `winners` directly, into whom, and when her row changed last.
pub(in crate::members) async fn gone_into(
    db: &impl Conn,
    winners: &[MemberId],
) -> Result<Vec<(MemberId, MemberId, DateTime<Utc>)>, DbErr> {
    let mut found = Vec::new();
    for chunk in winners.chunks(CHUNK) {
        let rows: Vec<(MemberId, Option<MemberId>, DateTime<Utc>)> = member::Entity::find()
            .select_only()
            .columns([member::Column::Id, member::Column::MergedInto, member::Column::UpdatedAt])
            .filter(among(db, member::Column::MergedInto, chunk.iter().copied()))
            .order_by_asc(member::Column::Id)
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows.into_iter().filter_map(|(id, into, at)| Some((id, into?, at))));
    }
    Ok(found)
}

/// When members were merged, by the journal.
pub(in crate::members) async fn merge_times(
    db: &impl Conn,
    losers: &[MemberId],
) -> Result<Vec<(MemberId, DateTime<Utc>)>, DbErr> {
    use entity::member_merge::{Column, Entity};
    let mut found = Vec::new();
    for chunk in losers.chunks(CHUNK) {
        let query = Entity::find()
            .select_only()
            .columns([Column::LoserId, Column::MergedAt])
            .filter(among(db, Column::LoserId, chunk.iter().copied()));
        found.extend(query.into_tuple::<(MemberId, DateTime<Utc>)>().all(db).await?);
    }
    Ok(found)
}

/// Rows by id, in id order.
pub(in crate::members) async fn by_ids(
    db: &impl Conn,
    ids: &[MemberId],
) -> Result<Vec<member::Model>, DbErr> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows = member::Entity::find()
            .filter(among(db, member::Column::Id, chunk.iter().copied()))
            .order_by_asc(member::Column::Id)
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Rows by id, locked in id order; give `ids` sorted.
pub(in crate::members) async fn lock(
    db: &impl Conn,
    ids: &[MemberId],
) -> Result<Vec<member::Model>, DbErr> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows = member::Entity::find()
            .filter(among(db, member::Column::Id, chunk.iter().copied()))
            .order_by_asc(member::Column::Id)
            .lock_exclusive()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Locks rows in id order and says whom each was merged into; give `ids` sorted.
pub(in crate::members) async fn lock_successors(
    db: &impl Conn,
    ids: &[MemberId],
) -> Result<Vec<(MemberId, Option<MemberId>)>, DbErr> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(MemberId, Option<MemberId>)> = member::Entity::find()
            .select_only()
            .column(member::Column::Id)
            .column(member::Column::MergedInto)
            .filter(among(db, member::Column::Id, chunk.iter().copied()))
            .order_by_asc(member::Column::Id)
            .lock_exclusive()
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Whom each was merged into.
pub(in crate::members) async fn successors(
    db: &impl Conn,
    ids: &[MemberId],
) -> Result<Vec<(MemberId, Option<MemberId>)>, DbErr> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(MemberId, Option<MemberId>)> = member::Entity::find()
            .select_only()
            .column(member::Column::Id)
            .column(member::Column::MergedInto)
            .filter(among(db, member::Column::Id, chunk.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Writes a whole row that the caller has locked.
pub(in crate::members) async fn save(db: &impl Conn, row: member::Model) -> Result<(), DbErr> {
    member::Entity::update_many()
        .set(row.clone().into_active_model().reset_all())
        .filter(member::Column::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

/// A tier, its start and its end.
pub(in crate::members) type TierColumns = (String, DateTime<Utc>, Option<DateTime<Utc>>);

/// Gives members the same tier columns.
pub(in crate::members) async fn set_tier(
    db: &impl Conn,
    members: &[MemberId],
    (tier, since, until): &TierColumns,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    for chunk in members.chunks(CHUNK) {
        member::Entity::update_many()
            .col_expr(member::Column::Tier, Expr::value(tier.clone()))
            .col_expr(member::Column::TierSince, Expr::value(*since))
            .col_expr(member::Column::TierUntil, Expr::value(*until))
            .col_expr(member::Column::UpdatedAt, Expr::value(now))
            .filter(among(db, member::Column::Id, chunk.iter().copied()))
            .exec(db)
            .await?;
    }
    Ok(())
}
