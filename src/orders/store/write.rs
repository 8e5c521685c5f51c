//! Writing, many rows a statement.

use entity::ids::{MemberId, OrderId};
use entity::{order_line, order_payment, order_refund, order_refund_line, sales_order};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter};

use super::CHUNK;
use crate::db::Tx;

/// Inserts rows. A number that another transaction inserted meanwhile is an error on purpose: the caller runs its
/// transaction again and finds it.
macro_rules! insert {
    ($(#[$doc:meta])* $name:ident, $entity:ident) => {
        $(#[$doc])*
        pub(in crate::orders) async fn $name(tx: &Tx, rows: Vec<$entity::Model>) -> Result<(), DbErr> {
            let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
            while rows.peek().is_some() {
                let chunk = rows.by_ref().take(CHUNK);
                $entity::Entity::insert_many(chunk).exec_without_returning(tx).await?;
            }
            Ok(())
        }
    };
}

insert!(
    /// New orders, sorted by number so that two transactions wait for each other in one direction only.
    insert_orders, sales_order
);
insert!(
    /// New lines.
    insert_lines, order_line
);
insert!(
    /// New payments.
    insert_payments, order_payment
);
insert!(
    /// New refunds, sorted by number.
    insert_refunds, order_refund
);
insert!(
    /// New lines of refunds.
    insert_refund_lines, order_refund_line
);

/// Writes what changes in stored orders.
pub(in crate::orders) async fn update_orders(
    tx: &Tx,
    rows: Vec<sales_order::Model>,
) -> Result<(), DbErr> {
    use sales_order::Column as C;
    let by_id = OnConflict::column(C::Id)
        .update_columns([
            C::Version,
            C::Fingerprint,
            C::Status,
            C::MemberId,
            C::PartnerId,
            C::StoreId,
            C::GuideId,
            C::OccurredAt,
            C::ListFen,
            C::PaidFen,
            C::RefundedFen,
            C::RefundedAt,
            C::Points,
            C::Growth,
            C::ReceivedAt,
            C::UpdatedAt,
            C::PointsRuleId,
            C::GrowthRuleId,
            C::CampaignId,
            C::CampaignPoints,
            C::PointsReceipt,
            C::DeductedPoints,
        ])
        .to_owned();
    for chunk in rows.chunks(CHUNK) {
        sales_order::Entity::insert_many(
            chunk.iter().cloned().map(IntoActiveModel::into_active_model),
        )
        .on_conflict(by_id.clone())
        .exec_without_returning(tx)
        .await?;
    }
    Ok(())
}

/// Writes how far lines have been taken back.
pub(in crate::orders) async fn update_lines(
    tx: &Tx,
    rows: Vec<order_line::Model>,
) -> Result<(), DbErr> {
    use order_line::Column as C;
    let by_id = OnConflict::column(C::Id)
        .update_columns([
            C::RefundedQuantity,
            C::RefundedFen,
            C::PointsReversed,
            C::GrowthReversed,
            C::DeductedPoints,
            C::DeductedReturned,
        ])
        .to_owned();
    for chunk in rows.chunks(CHUNK) {
        order_line::Entity::insert_many(
            chunk.iter().cloned().map(IntoActiveModel::into_active_model),
        )
        .on_conflict(by_id.clone())
        .exec_without_returning(tx)
        .await?;
    }
    Ok(())
}

/// Writes what became of stored refunds.
pub(in crate::orders) async fn update_refunds(
    tx: &Tx,
    rows: Vec<order_refund::Model>,
) -> Result<(), DbErr> {
    use order_refund::Column as C;
    let by_id = OnConflict::column(C::Id)
        .update_columns([
            C::AppliedAt,
            C::Refused,
            C::PointsReversed,
            C::ShortfallPoints,
            C::ShortfallFen,
            C::PointsReturned,
        ])
        .to_owned();
    for chunk in rows.chunks(CHUNK) {
        order_refund::Entity::insert_many(
            chunk.iter().cloned().map(IntoActiveModel::into_active_model),
        )
        .on_conflict(by_id.clone())
        .exec_without_returning(tx)
        .await?;
    }
    Ok(())
}

/// Removes lines and payments of orders that are not paid yet: their next version brings its own.
pub(in crate::orders) async fn clear_content(tx: &Tx, orders: &[OrderId]) -> Result<(), DbErr> {
    for chunk in orders.chunks(CHUNK) {
        let of = chunk.iter().copied();
        let lines = order_line::Column::OrderId.is_in(of.clone());
        order_line::Entity::delete_many().filter(lines).exec(tx).await?;
        let payments = order_payment::Column::OrderId.is_in(of);
        order_payment::Entity::delete_many().filter(payments).exec(tx).await?;
    }
    Ok(())
}

/// Gives the orders of one member to another.
pub(in crate::orders) async fn move_orders(
    tx: &Tx,
    from: MemberId,
    to: MemberId,
) -> Result<(), DbErr> {
    use sales_order::Column as C;
    sales_order::Entity::update_many()
        .col_expr(C::MemberId, Expr::value(Some(to)))
        .filter(C::MemberId.eq(from))
        .exec(tx)
        .await?;
    Ok(())
}
