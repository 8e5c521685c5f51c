//! Orders without their lines.

use entity::ids::OrderId;
use entity::sales_order;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::CHUNK;
use crate::db::Conn;

/// Orders by id.
pub(in crate::orders) async fn orders_by_id(
    db: &impl Conn,
    ids: &[OrderId],
) -> Result<Vec<sales_order::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let filter = sales_order::Column::Id.is_in(chunk.iter().copied());
        found.extend(sales_order::Entity::find().filter(filter).all(db).await?);
    }
    Ok(found)
}
