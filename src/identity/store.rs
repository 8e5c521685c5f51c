//! The journal of merges.

use entity::ids::MemberId;
use entity::member_merge as merge;
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::db::Conn;

pub(super) async fn insert(db: &impl Conn, row: merge::Model) -> Result<(), DbErr> {
    merge::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Merges that a member won or lost, the earliest first.
pub(super) async fn of_member(
    db: &impl Conn,
    member: MemberId,
) -> Result<Vec<merge::Model>, DbErr> {
    let either = Condition::any()
        .add(merge::Column::WinnerId.eq(member))
        .add(merge::Column::LoserId.eq(member));
    merge::Entity::find()
        .filter(either)
        .order_by_asc(merge::Column::MergedAt)
        .order_by_asc(merge::Column::Id)
        .all(db)
        .await
}
