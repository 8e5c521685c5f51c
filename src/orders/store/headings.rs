//! Orders without their lines.

use std::collections::BTreeSet;

use entity::ids::{OrderId, PartnerId};
use entity::sales_order;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::CHUNK;
use crate::db::{Conn, rows};

/// Orders by id.
pub(in crate::orders) async fn orders_by_id(
    db: &impl Conn,
    ids: &[OrderId],
) -> Result<Vec<sales_order::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let filter = rows::among(db, sales_order::Column::Id, chunk.iter().copied());
        found.extend(sales_order::Entity::find().filter(filter).all(db).await?);
    }
    Ok(found)
}

/// Orders that name one of these numbers of their partner as the one under which points paid.
pub(in crate::orders) async fn orders_by_receipt(
    db: &impl Conn,
    receipts: &BTreeSet<(PartnerId, String)>,
) -> Result<Vec<sales_order::Model>, DbErr> {
    use sales_order::Column as C;
    let wanted: Vec<&(PartnerId, String)> = receipts.iter().collect();
    let mut found = Vec::new();
    for chunk in wanted.chunks(CHUNK) {
        let numbers = chunk.iter().map(|(_, number)| number.as_str());
        let filter = C::PointsReceipt.is_in(numbers);
        found.extend(sales_order::Entity::find().filter(filter).all(db).await?);
    }
    // Another partner may have given the same number.
    let own = |order: &sales_order::Model| {
        let receipt = order.points_receipt.clone().map(|number| (order.partner_id, number));
        receipt.is_some_and(|receipt| receipts.contains(&receipt))
    };
    found.retain(own);
    Ok(found)
}
