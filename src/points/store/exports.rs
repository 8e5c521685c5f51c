//! Movements one after the other.

use chrono::{DateTime, Utc};
use entity::codes::Ledger;
use entity::ids::{AccountId, TransferId};
use entity::points_transfer::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::db::Conn;

fn wanted(
    (from, until): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    accounts: Option<&[AccountId]>,
) -> Condition {
    Condition::all()
        .add(Column::Ledger.eq(Ledger::Points))
        .add_option(from.map(|from| Column::RecordedAt.gte(from)))
        .add_option(until.map(|until| Column::RecordedAt.lt(until)))
        .add_option(accounts.map(|accounts| Column::AccountId.is_in(accounts.iter().copied())))
}

/// How many movements of points were booked in a span, of some accounts or of all.
pub async fn count_wanted(
    db: &impl Conn,
    span: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    accounts: Option<&[AccountId]>,
) -> Result<u64, DbErr> {
    Entity::find().filter(wanted(span, accounts)).count(db).await
}

/// The next of them.
pub async fn wanted_after(
    db: &impl Conn,
    span: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    accounts: Option<&[AccountId]>,
    after: Option<TransferId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let place = after.map(|after| Column::Id.gt(after));
    Entity::find()
        .filter(wanted(span, accounts).add_option(place))
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}
