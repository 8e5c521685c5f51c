//! Queries.

use chrono::{DateTime, NaiveDate, Utc};
use entity::ids::{PartnerId, PartnerKeyId};
use entity::{partner, partner_key, partner_key_usage as usage};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::rules::Counts;
use crate::db::{Conn, rows};

/// Rows a statement.
const CHUNK: usize = 500;

/// Adds a partner; false when the name is taken.
pub async fn insert(db: &impl Conn, row: partner::Model) -> Result<bool, DbErr> {
    let id = row.id;
    let row: partner::ActiveModel = row.into();
    partner::Entity::insert(row)
        .on_conflict_do_nothing_on([partner::Column::Name])
        .exec_without_returning(db)
        .await?;
    Ok(find(db, id).await?.is_some())
}

pub async fn find(db: &impl Conn, id: PartnerId) -> Result<Option<partner::Model>, DbErr> {
    partner::Entity::find_by_id(id).one(db).await
}

/// Those of these that there are.
pub async fn of_ids(db: &impl Conn, ids: &[PartnerId]) -> Result<Vec<partner::Model>, DbErr> {
    let among = rows::among(db, partner::Column::Id, ids.iter().copied());
    partner::Entity::find().filter(among).all(db).await
}

pub async fn find_named(db: &impl Conn, name: &str) -> Result<Option<partner::Model>, DbErr> {
    partner::Entity::find().filter(partner::Column::Name.eq(name)).one(db).await
}

pub async fn lock(db: &impl Conn, id: PartnerId) -> Result<Option<partner::Model>, DbErr> {
    partner::Entity::find_by_id(id).lock_exclusive().one(db).await
}

/// Writes a whole row that the caller has locked.
pub async fn save(db: &impl Conn, row: partner::Model) -> Result<(), DbErr> {
    partner::Entity::update_many()
        .filter(partner::Column::Id.eq(row.id))
        .set(row.into_active_model().reset_all())
        .exec(db)
        .await?;
    Ok(())
}

/// Those that are stopped.
pub async fn stopped(db: &impl Conn) -> Result<Vec<PartnerId>, DbErr> {
    let ended = partner::Entity::find().filter(partner::Column::DisabledAt.is_not_null());
    ended.select_only().column(partner::Column::Id).into_tuple().all(db).await
}

/// Partners in the order they were added, after `after`.
pub async fn page(
    db: &impl Conn,
    after: Option<PartnerId>,
    limit: u64,
) -> Result<Vec<partner::Model>, DbErr> {
    let mut query = partner::Entity::find().order_by_asc(partner::Column::Id).limit(limit);
    if let Some(after) = after {
        query = query.filter(partner::Column::Id.gt(after));
    }
    query.all(db).await
}

pub async fn insert_key(db: &impl Conn, row: partner_key::Model) -> Result<(), DbErr> {
    let row: partner_key::ActiveModel = row.into();
    partner_key::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// A key with its partner.
pub async fn find_key(
    db: &impl Conn,
    id: PartnerKeyId,
) -> Result<Option<(partner_key::Model, partner::Model)>, DbErr> {
    let Some(key) = partner_key::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    Ok(find(db, key.partner_id).await?.map(|partner| (key, partner)))
}

/// A key of this partner, locked.
pub async fn lock_key(
    db: &impl Conn,
    partner: PartnerId,
    id: PartnerKeyId,
) -> Result<Option<partner_key::Model>, DbErr> {
    partner_key::Entity::find_by_id(id)
        .filter(partner_key::Column::PartnerId.eq(partner))
        .lock_exclusive()
        .one(db)
        .await
}

/// Writes a whole row that the caller has locked.
pub async fn save_key(db: &impl Conn, row: partner_key::Model) -> Result<(), DbErr> {
    partner_key::Entity::update_many()
        .filter(partner_key::Column::Id.eq(row.id))
        .set(row.into_active_model().reset_all())
        .exec(db)
        .await?;
    Ok(())
}

/// Keys of a partner, newest first, before `before`.
pub async fn keys(
    db: &impl Conn,
    partner: PartnerId,
    before: Option<PartnerKeyId>,
    limit: u64,
) -> Result<Vec<partner_key::Model>, DbErr> {
    let mut query = partner_key::Entity::find()
        .filter(partner_key::Column::PartnerId.eq(partner))
        .order_by_desc(partner_key::Column::Id)
        .limit(limit);
    if let Some(before) = before {
        query = query.filter(partner_key::Column::Id.lt(before));
    }
    query.all(db).await
}

/// Adds to what keys did by day, and to when they were last used. Rows are locked in the sequence of `counts`.
pub async fn add_uses(db: &impl Conn, counts: &Counts) -> Result<(), DbErr> {
    let nothing = |&(key_id, day): &(PartnerKeyId, NaiveDate)| {
        usage::Model { key_id, day, requests: 0, limited: 0 }.into_active_model().reset_all()
    };
    for chunk in counts.keys().collect::<Vec<_>>().chunks(CHUNK) {
        usage::Entity::insert_many(chunk.iter().map(|place| nothing(place)))
            .on_conflict_do_nothing_on([usage::Column::KeyId, usage::Column::Day])
            .exec_without_returning(db)
            .await?;
    }
    // A row each: as many as keys were used in the last seconds, which is few.
    for ((key, day), count) in counts {
        usage::Entity::update_many()
            .col_expr(
                usage::Column::Requests,
                Expr::col(usage::Column::Requests).add(count.requests),
            )
            .col_expr(usage::Column::Limited, Expr::col(usage::Column::Limited).add(count.limited))
            .filter(usage::Column::KeyId.eq(*key))
            .filter(usage::Column::Day.eq(*day))
            .exec(db)
            .await?;
    }
    for ((key, _), count) in counts {
        used(db, *key, count.last_at).await?;
    }
    Ok(())
}

/// Notes a use, unless a later one is noted.
async fn used(db: &impl Conn, id: PartnerKeyId, at: DateTime<Utc>) -> Result<(), DbErr> {
    let last = partner_key::Column::LastUsedAt;
    partner_key::Entity::update_many()
        .col_expr(last, Expr::value(Some(at)))
        .filter(partner_key::Column::Id.eq(id))
        .filter(Condition::any().add(last.is_null()).add(last.lt(at)))
        .exec(db)
        .await?;
    Ok(())
}

/// What a key did, latest day first, before `before`.
pub async fn usage(
    db: &impl Conn,
    key: PartnerKeyId,
    before: Option<NaiveDate>,
    limit: u64,
) -> Result<Vec<usage::Model>, DbErr> {
    let mut query = usage::Entity::find()
        .filter(usage::Column::KeyId.eq(key))
        .order_by_desc(usage::Column::Day)
        .limit(limit);
    if let Some(before) = before {
        query = query.filter(usage::Column::Day.lt(before));
    }
    query.all(db).await
}
