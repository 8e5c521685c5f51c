//! Queries of stores.

use entity::ids::{RegionId, StoreId};
use entity::{region, store};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::db::Conn;
use crate::db::rows::among;

/// Values in one IN list.
const CHUNK: usize = 1000;

/// Adds a region or renames the one with its code; answers the id that stands.
pub async fn put_region(db: &impl Conn, row: region::Model) -> Result<Option<RegionId>, DbErr> {
    let code = row.code.clone();
    let row: region::ActiveModel = row.into();
    let renamed =
        OnConflict::column(region::Column::Code).update_column(region::Column::Name).to_owned();
    region::Entity::insert(row).on_conflict(renamed).exec_without_returning(db).await?;
    Ok(region_by_code(db, &code).await?.map(|row| row.id))
}

pub async fn region_by_code(db: &impl Conn, code: &str) -> Result<Option<region::Model>, DbErr> {
    region::Entity::find().filter(region::Column::Code.eq(code)).one(db).await
}

pub async fn regions_by_ids(db: &impl Conn, ids: &[RegionId]) -> Result<Vec<region::Model>, DbErr> {
    let mut rows = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let ids = chunk.iter().copied();
        rows.extend(region::Entity::find().filter(region::Column::Id.is_in(ids)).all(db).await?);
    }
    Ok(rows)
}

/// Adds a store or changes the one with its code; answers the id that stands.
pub async fn put_store(db: &impl Conn, row: store::Model) -> Result<Option<StoreId>, DbErr> {
    let code = row.code.clone();
    let row: store::ActiveModel = row.into();
    let changed = OnConflict::column(store::Column::Code)
        .update_columns([store::Column::RegionId, store::Column::Name, store::Column::City])
        .to_owned();
    store::Entity::insert(row).on_conflict(changed).exec_without_returning(db).await?;
    let found = store::Entity::find().filter(store::Column::Code.eq(code)).one(db).await?;
    Ok(found.map(|row| row.id))
}

pub async fn by_codes(db: &impl Conn, codes: &[String]) -> Result<Vec<store::Model>, DbErr> {
    let mut rows = Vec::with_capacity(codes.len());
    for chunk in codes.chunks(CHUNK) {
        let query =
            store::Entity::find().filter(among(db, store::Column::Code, chunk.iter().cloned()));
        rows.extend(query.all(db).await?);
    }
    Ok(rows)
}

pub async fn by_ids(db: &impl Conn, ids: &[StoreId]) -> Result<Vec<store::Model>, DbErr> {
    let mut rows = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let ids = chunk.iter().copied();
        rows.extend(store::Entity::find().filter(store::Column::Id.is_in(ids)).all(db).await?);
    }
    Ok(rows)
}

pub async fn all(db: &impl Conn) -> Result<Vec<store::Model>, DbErr> {
    store::Entity::find().order_by_asc(store::Column::Code).all(db).await
}
