//! Queries.

use entity::ids::MemberId;
use entity::{tier, tier_change};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::db::Conn;

/// Values or rows a statement.
const CHUNK: usize = 1000;

/// Every tier, lowest first.
pub async fn tiers(db: &impl Conn) -> Result<Vec<tier::Model>, DbErr> {
    tier::Entity::find().order_by_asc(tier::Column::Rank).all(db).await
}

/// The changes of members, oldest first.
pub async fn changes_of(
    db: &impl Conn,
    members: &[MemberId],
) -> Result<Vec<tier_change::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in members.chunks(CHUNK) {
        let query = tier_change::Entity::find()
            .filter(tier_change::Column::MemberId.is_in(chunk.iter().copied()))
            .order_by_asc(tier_change::Column::ChangedAt)
            .order_by_asc(tier_change::Column::Id);
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// Appends changes.
pub async fn insert_changes(db: &impl Conn, changes: &[tier_change::Model]) -> Result<(), DbErr> {
    for chunk in changes.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        tier_change::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}
