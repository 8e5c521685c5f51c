//! Rows of `tier_hold`, read and written under the row lock of the member.

use chrono::{DateTime, Utc};
use entity::ids::MemberId;
use entity::tier_hold as hold;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::CHUNK;
use crate::db::{Conn, rows};

/// The rows of members that have one.
pub async fn holds_of(db: &impl Conn, members: &[MemberId]) -> Result<Vec<hold::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in members.chunks(CHUNK) {
        let these = rows::among(db, hold::Column::MemberId, chunk.iter().copied());
        found.extend(hold::Entity::find().filter(these).all(db).await?);
    }
    Ok(found)
}

/// Those among `members` of whom something has ended.
pub async fn due_among(
    db: &impl Conn,
    members: &[MemberId],
    now: DateTime<Utc>,
) -> Result<Vec<MemberId>, DbErr> {
    let mut found = Vec::new();
    for chunk in members.chunks(CHUNK) {
        let rows: Vec<MemberId> = hold::Entity::find()
            .select_only()
            .column(hold::Column::MemberId)
            .filter(rows::among(db, hold::Column::MemberId, chunk.iter().copied()))
            .filter(hold::Column::DueAt.lte(now))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Members of whom something has ended, the longest ago first.
pub async fn due(db: &impl Conn, now: DateTime<Utc>, limit: u64) -> Result<Vec<MemberId>, DbErr> {
    first(db, hold::Column::DueAt, now, limit).await
}

/// Members to be looked at for a notice, the longest ago first.
pub async fn noticeable(
    db: &impl Conn,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<MemberId>, DbErr> {
    first(db, hold::Column::NoticeAt, now, limit).await
}

async fn first(
    db: &impl Conn,
    column: hold::Column,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<MemberId>, DbErr> {
    hold::Entity::find()
        .select_only()
        .column(hold::Column::MemberId)
        .filter(column.lte(now))
        .order_by_asc(column)
        .order_by_asc(hold::Column::MemberId)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// Writes whole rows, new ones too; give them in id order.
pub async fn save(db: &impl Conn, rows: &[hold::Model]) -> Result<(), DbErr> {
    use hold::Column::{
        Changes, DueAt, GrowthBase, GrowthMark, MemberId as Member, NoticeAt, PinSince, PinTier,
        PinUntil, Since, Tier, Until,
    };
    let set = OnConflict::column(Member)
        .update_columns([
            Tier, Since, Until, GrowthBase, GrowthMark, PinTier, PinSince, PinUntil, DueAt,
            NoticeAt, Changes,
        ])
        .to_owned();
    for chunk in rows.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        hold::Entity::insert_many(rows).on_conflict(set.clone()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Removes the row of a member who was merged.
pub async fn delete(db: &impl Conn, member: MemberId) -> Result<(), DbErr> {
    hold::Entity::delete_by_id(member).exec(db).await?;
    Ok(())
}
