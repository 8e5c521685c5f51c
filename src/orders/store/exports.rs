//! Orders one after the other.

use chrono::{DateTime, Utc};
use entity::codes::{Channel, OrderStatus};
use entity::ids::{MemberId, OrderId, StoreId};
use entity::sales_order::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::db::Conn;

/// Orders of a span of business time, a store, a channel, a state, a member: each where it is given.
pub(in crate::orders) fn wanted_orders(
    (from, until): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    store: Option<StoreId>,
    (channel, status): (Option<Channel>, Option<OrderStatus>),
    member: Option<MemberId>,
) -> Condition {
    Condition::all()
        .add(Column::Version.gt(0))
        .add_option(from.map(|from| Column::OccurredAt.gte(from)))
        .add_option(until.map(|until| Column::OccurredAt.lt(until)))
        .add_option(store.map(|store| Column::StoreId.eq(store)))
        .add_option(channel.map(|channel| Column::Channel.eq(channel)))
        .add_option(status.map(|status| Column::Status.eq(status)))
        .add_option(member.map(|member| Column::MemberId.eq(member)))
}

pub(in crate::orders) async fn count_wanted(
    db: &impl Conn,
    wanted: Condition,
) -> Result<u64, DbErr> {
    Entity::find().filter(wanted).count(db).await
}

pub(in crate::orders) async fn wanted_after(
    db: &impl Conn,
    wanted: Condition,
    after: Option<OrderId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let place = after.map(|after| Column::Id.gt(after));
    Entity::find()
        .filter(wanted.add_option(place))
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}
