//! Rows of `tier_change`.

use chrono::{DateTime, Utc};
use entity::ids::{MemberId, TierChangeId};
use entity::tier_change;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::CHUNK;
use crate::db::{Conn, keyset, rows};

/// The changes of members, oldest first.
pub async fn changes_of(
    db: &impl Conn,
    members: &[MemberId],
) -> Result<Vec<tier_change::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in members.chunks(CHUNK) {
        let query = tier_change::Entity::find()
            .filter(rows::among(db, tier_change::Column::MemberId, chunk.iter().copied()))
            .order_by_asc(tier_change::Column::ChangedAt)
            .order_by_asc(tier_change::Column::Id);
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// The changes of a member and those merged into her, latest first, after a position.
pub async fn page_of(
    db: &impl Conn,
    members: &[MemberId],
    after: Option<(DateTime<Utc>, i64, TierChangeId)>,
    limit: u64,
) -> Result<Vec<tier_change::Model>, DbErr> {
    use tier_change::Column::{ChangedAt, Id, MemberId as Member, Seq};
    let mut query = tier_change::Entity::find()
        .filter(Member.is_in(members.iter().copied()))
        .order_by_desc(ChangedAt)
        .order_by_desc(Seq)
        .order_by_desc(Id)
        .limit(limit);
    if let Some((at, seq, id)) = after {
        let same = Condition::all().add(Seq.eq(seq)).add(Id.lt(id));
        let same_time = Condition::any().add(Seq.lt(seq)).add(same);
        query = query.filter(keyset::earlier(ChangedAt, at, same_time));
    }
    query.all(db).await
}

/// Appends changes.
pub async fn insert_changes(db: &impl Conn, changes: &[tier_change::Model]) -> Result<(), DbErr> {
    for chunk in changes.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        tier_change::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}
