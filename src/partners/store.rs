//! Queries.

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{PartnerId, PartnerKeyId};
use entity::{partner, partner_key};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::db::Conn;

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

/// Revokes a key of this partner; false when there is none. The time of the first revocation stays.
pub async fn revoke_key(
    db: &impl Conn,
    partner: PartnerId,
    id: PartnerKeyId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let Some(key) = lock_key(db, partner, id).await? else { return Ok(false) };
    if key.revoked_at.is_none() {
        partner_key::Entity::update_many()
            .col_expr(partner_key::Column::RevokedAt, Expr::value(Some(now)))
            .filter(partner_key::Column::Id.eq(id))
            .exec(db)
            .await?;
    }
    Ok(true)
}

pub async fn expire_key(db: &impl Conn, id: PartnerKeyId, at: DateTime<Utc>) -> Result<(), DbErr> {
    partner_key::Entity::update_many()
        .col_expr(partner_key::Column::ExpiresAt, Expr::value(Some(at)))
        .filter(partner_key::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Notes a use, unless one was noted within the last minute.
pub async fn used(db: &impl Conn, id: PartnerKeyId, now: DateTime<Utc>) -> Result<(), DbErr> {
    let before = now - TimeDelta::minutes(1);
    partner_key::Entity::update_many()
        .col_expr(partner_key::Column::LastUsedAt, Expr::value(Some(now)))
        .filter(partner_key::Column::Id.eq(id))
        .filter(
            Condition::any()
                .add(partner_key::Column::LastUsedAt.is_null())
                .add(partner_key::Column::LastUsedAt.lt(before)),
        )
        .exec(db)
        .await?;
    Ok(())
}
