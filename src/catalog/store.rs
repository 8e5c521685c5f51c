//! Queries.

use std::collections::HashMap;

use entity::ids::{ProductId, SkuId};
use entity::{product, sku};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use crate::db::Conn;

/// Rows a statement and values a list: SQLite binds at most 32,766 values.
const CHUNK: usize = 1000;

/// Adds or changes styles by their code, which must not repeat in `rows`. The ids of known ones stay.
pub(super) async fn upsert_products(
    db: &impl Conn,
    rows: Vec<product::Model>,
) -> Result<(), DbErr> {
    use product::Column as C;
    for chunk in rows.chunks(CHUNK) {
        let by_code = OnConflict::column(C::StyleCode)
            .update_columns([
                C::Name,
                C::Category,
                C::Season,
                C::PriceBand,
                C::StyleTag,
                C::ListFen,
            ])
            .to_owned();
        product::Entity::insert_many(chunk.iter().cloned().map(IntoActiveModel::into_active_model))
            .on_conflict(by_code)
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Adds or changes SKUs by their code, which must not repeat in `rows`. The ids of known ones stay.
pub(super) async fn upsert_skus(db: &impl Conn, rows: Vec<sku::Model>) -> Result<(), DbErr> {
    use sku::Column as C;
    for chunk in rows.chunks(CHUNK) {
        let by_code = OnConflict::column(C::Code)
            .update_columns([C::ProductId, C::Colour, C::Size])
            .to_owned();
        sku::Entity::insert_many(chunk.iter().cloned().map(IntoActiveModel::into_active_model))
            .on_conflict(by_code)
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// The ids of styles by code.
pub(super) async fn product_ids(
    db: &impl Conn,
    codes: &[String],
) -> Result<HashMap<String, ProductId>, DbErr> {
    let mut found = HashMap::with_capacity(codes.len());
    for chunk in codes.chunks(CHUNK) {
        let rows: Vec<(String, ProductId)> = product::Entity::find()
            .select_only()
            .column(product::Column::StyleCode)
            .column(product::Column::Id)
            .filter(product::Column::StyleCode.is_in(chunk))
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// SKUs with their styles, by code.
pub(super) async fn skus_with_products(
    db: &impl Conn,
    codes: &[String],
) -> Result<Vec<(sku::Model, product::Model)>, DbErr> {
    let mut skus = Vec::with_capacity(codes.len());
    for chunk in codes.chunks(CHUNK) {
        let filter = sku::Column::Code.is_in(chunk);
        skus.extend(sku::Entity::find().filter(filter).all(db).await?);
    }
    let mut ids: Vec<ProductId> = skus.iter().map(|sku: &sku::Model| sku.product_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut products = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let filter = product::Column::Id.is_in(chunk.iter().copied());
        let rows = product::Entity::find().filter(filter).all(db).await?;
        products.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    let pair = |sku: sku::Model| products.get(&sku.product_id).cloned().map(|style| (sku, style));
    Ok(skus.into_iter().filter_map(pair).collect())
}

/// A new row's id stays only when its code is new.
pub(super) fn sku_row(
    id: SkuId,
    product_id: ProductId,
    (code, colour, size): (String, String, String),
) -> sku::Model {
    sku::Model { id, product_id, code, colour, size }
}
