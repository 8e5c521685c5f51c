//! Points campaigns: versions are added and stopped, their terms never change.

use chrono::{DateTime, Utc};
use entity::ids::{CampaignId, StaffId};
use entity::points_campaign::{Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
};

use crate::db::Conn;

/// All versions of all campaigns: as many as people wrote.
pub async fn campaigns(db: &impl Conn) -> Result<Vec<Model>, DbErr> {
    Entity::find().all(db).await
}

/// Versions whose span touches the time from `first` to `last`, both included.
pub async fn campaigns_between(
    db: &impl Conn,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::EndsAt.gt(first)).filter(Column::StartsAt.lte(last)).all(db).await
}

/// All versions of one campaign.
pub async fn campaign_versions(db: &impl Conn, code: &str) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Code.eq(code)).all(db).await
}

/// Versions by id.
pub async fn campaigns_by_id(db: &impl Conn, ids: &[CampaignId]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// Adds a version; a number that somebody else used first is refused by its unique key.
pub async fn insert_campaign(db: &impl Conn, row: Model) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// Ends every version that has not ended: at once, or before it begins.
pub async fn stop_campaign(
    db: &impl Conn,
    code: &str,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let begins = Expr::col(Column::StartsAt);
    let end = Expr::case(begins.clone().gt(now), begins).finally(Expr::value(now));
    Entity::update_many()
        .col_expr(Column::EndsAt, end.into())
        .col_expr(Column::StoppedBy, Expr::value(Some(by)))
        .col_expr(Column::StoppedAt, Expr::value(Some(now)))
        .filter(Column::Code.eq(code))
        .filter(Column::EndsAt.gt(now))
        .exec(db)
        .await?;
    Ok(())
}
