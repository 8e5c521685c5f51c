//! Earning rules.

use entity::earning_rule::{Column, Entity, Model};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::db::Conn;

/// All versions of a rule, newest first.
pub async fn versions_of(db: &impl Conn, code: &str) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Code.eq(code)).order_by_desc(Column::Version).all(db).await
}
