//! What a member's orders say about her.

use entity::codes::OrderStatus;
use entity::ids::{MemberId, OrderId};
use entity::{order_line, sales_order};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, JoinType, Order, QueryFilter, QueryOrder,
    QuerySelect, RelationDef,
};

use crate::db::{Backend, Conn};
use crate::orders::rules::SizeKept;

/// An order of a member; not one of which only a refund was seen.
pub(in crate::orders) async fn order_of_member(
    db: &impl Conn,
    member: MemberId,
    order: OrderId,
) -> Result<Option<sales_order::Model>, DbErr> {
    sales_order::Entity::find_by_id(order)
        .filter(sales_order::Column::MemberId.eq(member))
        .filter(sales_order::Column::Version.gt(0))
        .one(db)
        .await
}

#[derive(FromQueryResult)]
struct Kept {
    category: String,
    size: String,
    pieces: i64,
    last_at: chrono::DateTime<chrono::Utc>,
}

/// The sizes that a member kept, the latest first.
pub(in crate::orders) async fn sizes_kept(
    db: &impl Conn,
    member: MemberId,
) -> Result<Vec<SizeKept>, DbErr> {
    use order_line::Column as L;
    use sales_order::Column as O;
    let integer = if db.get_database_backend() == Backend::MySql { "signed" } else { "bigint" };
    let kept = || {
        Expr::col((order_line::Entity, L::Quantity))
            .sub(Expr::col((order_line::Entity, L::RefundedQuantity)))
    };
    let rows: Vec<Kept> = order_line::Entity::find()
        .select_only()
        .columns([L::Category, L::Size])
        .column_as(kept().sum().cast_as(integer), "pieces")
        .column_as(O::OccurredAt.max(), "last_at")
        .join(JoinType::InnerJoin, order_of_line())
        .filter(O::MemberId.eq(member))
        .filter(O::Status.eq(OrderStatus::Paid))
        .filter(L::Category.is_not_null())
        .filter(L::Size.is_not_null())
        .filter(kept().gt(0))
        .group_by(L::Category)
        .group_by(L::Size)
        .order_by(O::OccurredAt.max(), Order::Desc)
        .order_by_asc(L::Category)
        .order_by_asc(L::Size)
        .into_model()
        .all(db)
        .await?;
    let size =
        |Kept { category, size, pieces, last_at }| SizeKept { category, size, pieces, last_at };
    Ok(rows.into_iter().map(size).collect())
}

fn order_of_line() -> RelationDef {
    order_line::Entity::belongs_to(sales_order::Entity)
        .from(order_line::Column::OrderId)
        .to(sales_order::Column::Id)
        .into()
}
