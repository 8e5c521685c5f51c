//! Earning rules.

use chrono::{DateTime, Utc};
use entity::earning_rule::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::db::Conn;

/// The newest version of a rule that is in force at `at`.
pub async fn rule_at(
    db: &impl Conn,
    code: &str,
    at: DateTime<Utc>,
) -> Result<Option<Model>, DbErr> {
    let open = Condition::any().add(Column::EndsAt.is_null()).add(Column::EndsAt.gt(at));
    Entity::find()
        .filter(Column::Code.eq(code))
        .filter(Column::StartsAt.lte(at))
        .filter(open)
        .order_by_desc(Column::Version)
        .one(db)
        .await
}

/// All versions of a rule, newest first.
pub async fn versions_of(db: &impl Conn, code: &str) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Code.eq(code)).order_by_desc(Column::Version).all(db).await
}
