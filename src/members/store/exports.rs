//! Members one after the other.

use entity::codes::MemberStatus;
use entity::ids::MemberId;
use entity::member::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::db::Conn;
use crate::members::rules::MembersWanted;

fn wanted(wanted: &MembersWanted) -> Condition {
    Condition::all()
        .add(Column::Status.ne(MemberStatus::Merged))
        .add_option(wanted.from.map(|from| Column::CreatedAt.gte(from)))
        .add_option(wanted.until.map(|until| Column::CreatedAt.lt(until)))
        .add_option(wanted.store.map(|store| Column::StoreId.eq(store)))
        .add_option(wanted.tier.as_ref().map(|tier| Column::Tier.eq(tier)))
}

pub(in crate::members) async fn count(db: &impl Conn, which: &MembersWanted) -> Result<u64, DbErr> {
    Entity::find().filter(wanted(which)).count(db).await
}

pub(in crate::members) async fn after(
    db: &impl Conn,
    which: &MembersWanted,
    after: Option<MemberId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let place = after.map(|after| Column::Id.gt(after));
    Entity::find()
        .filter(wanted(which).add_option(place))
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}
