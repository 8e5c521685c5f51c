//! Adjustments by hand.

use chrono::{DateTime, Utc};
use entity::codes::AdjustmentState;
use entity::ids::{AdjustmentId, MemberId, StaffId};
use entity::points_adjustment::{Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::db::{Conn, keyset};

/// Which adjustments are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct AdjustmentFilter {
    /// Of this state only.
    pub state: Option<AdjustmentState>,
    /// Of this member only.
    pub member: Option<MemberId>,
}

/// Where a list of adjustments was left.
pub type AdjustmentPosition = (DateTime<Utc>, AdjustmentId);

/// Adds one.
pub async fn insert_adjustment(db: &impl Conn, row: &Model) -> Result<(), DbErr> {
    let row = row.clone().into_active_model().reset_all();
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// Writes one that the transaction has locked.
pub async fn save_adjustment(db: &impl Conn, row: &Model) -> Result<(), DbErr> {
    let row = row.clone().into_active_model().reset_all();
    Entity::update(row).exec(db).await?;
    Ok(())
}

/// One, not locked.
pub async fn adjustment_by_id(db: &impl Conn, id: AdjustmentId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// One, locked until the transaction ends.
pub async fn lock_adjustment(db: &impl Conn, id: AdjustmentId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).lock_exclusive().one(db).await
}

/// What a person posted for a member since `from` without a second person, one entry an adjustment.
pub async fn adjusted_alone(
    db: &impl Conn,
    member: MemberId,
    staff: StaffId,
    from: DateTime<Utc>,
) -> Result<Vec<i64>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Points)
        .filter(Column::MemberId.eq(member))
        .filter(Column::CreatedAt.gt(from))
        .filter(Column::RequestedBy.eq(staff))
        .filter(Column::State.eq(AdjustmentState::Posted))
        .filter(Column::DecidedBy.is_null())
        .into_tuple()
        .all(db)
        .await
}

/// Adjustments, latest first, after a position.
pub async fn adjustments(
    db: &impl Conn,
    filter: AdjustmentFilter,
    after: Option<AdjustmentPosition>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find();
    if let Some(state) = filter.state {
        query = query.filter(Column::State.eq(state));
    }
    if let Some(member) = filter.member {
        query = query.filter(Column::MemberId.eq(member));
    }
    if let Some((at, id)) = after {
        query = query.filter(keyset::earlier(Column::CreatedAt, at, Column::Id.lt(id)));
    }
    query.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).limit(limit).all(db).await
}
