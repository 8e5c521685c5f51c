//! Products and their SKUs.

use std::collections::HashMap;

use entity::codes::ProductState;
use entity::ids::{ProductId, SkuId};
use entity::{product, sku};
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::CHUNK;
use crate::db::rows::{Writes, among};
use crate::db::{Conn, Tx};

/// Adds or changes styles by their code, which must not repeat in `rows`. The ids of known ones stay.
pub(in crate::catalog) async fn upsert_products(
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
                C::Material,
                C::SizeChart,
                C::State,
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
pub(in crate::catalog) async fn upsert_skus(
    db: &impl Conn,
    rows: Vec<sku::Model>,
) -> Result<(), DbErr> {
    use sku::Column as C;
    for chunk in rows.chunks(CHUNK) {
        let by_code = OnConflict::column(C::Code)
            .update_columns([C::ProductId, C::Colour, C::Size, C::State, C::Position])
            .to_owned();
        sku::Entity::insert_many(chunk.iter().cloned().map(IntoActiveModel::into_active_model))
            .on_conflict(by_code)
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// The ids of styles by code.
pub(in crate::catalog) async fn product_ids(
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
pub(in crate::catalog) async fn skus_with_products(
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

/// The products with these style numbers, locked in the order of those until the transaction ends. `codes` are sorted.
pub(in crate::catalog) async fn lock_products(
    tx: &Tx,
    codes: &[String],
) -> Result<Vec<product::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in codes.chunks(CHUNK) {
        let query = product::Entity::find()
            .filter(among(tx, product::Column::StyleCode, chunk.iter().cloned()))
            .order_by_asc(product::Column::StyleCode)
            .lock_exclusive();
        found.extend(query.all(tx).await?);
    }
    Ok(found)
}

/// The SKUs with these codes, whosever they are.
pub(in crate::catalog) async fn skus_by_code(
    db: &impl Conn,
    codes: &[String],
) -> Result<Vec<sku::Model>, DbErr> {
    let mut found = Vec::with_capacity(codes.len());
    for chunk in codes.chunks(CHUNK) {
        let filter = among(db, sku::Column::Code, chunk.iter().cloned());
        found.extend(sku::Entity::find().filter(filter).all(db).await?);
    }
    Ok(found)
}

/// SKUs by id.
pub(in crate::catalog) async fn skus_by_id(
    db: &impl Conn,
    ids: &[SkuId],
) -> Result<Vec<sku::Model>, DbErr> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let filter = among(db, sku::Column::Id, chunk.iter().copied());
        found.extend(sku::Entity::find().filter(filter).all(db).await?);
    }
    Ok(found)
}

/// All SKUs of products, in the sequence in which they were sent.
pub(in crate::catalog) async fn skus_of(
    db: &impl Conn,
    products: &[ProductId],
) -> Result<Vec<sku::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in products.chunks(CHUNK) {
        let query = sku::Entity::find()
            .filter(among(db, sku::Column::ProductId, chunk.iter().copied()))
            .order_by_asc(sku::Column::Position)
            .order_by_asc(sku::Column::Code);
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// What a batch of products writes. A code that another transaction wrote meanwhile is an error on purpose: the caller
/// runs its transaction again and finds it.
pub(in crate::catalog) struct Changes<'a> {
    pub new_products: Vec<&'a product::Model>,
    pub products: Vec<&'a product::Model>,
    pub new_skus: Vec<&'a sku::Model>,
    pub skus: Vec<&'a sku::Model>,
}

/// Writes a batch. All rows are sorted by code, or locked.
pub(in crate::catalog) async fn save_products<C: Conn>(
    writes: &mut Writes<'_, C>,
    changes: &Changes<'_>,
) -> Result<(), DbErr> {
    use product::Column as P;
    use sku::Column as S;
    writes.insert::<product::Entity>(&changes.new_products).await?;
    let columns = [
        P::Name,
        P::Category,
        P::Season,
        P::PriceBand,
        P::StyleTag,
        P::ListFen,
        P::Material,
        P::SizeChart,
        P::State,
        P::Version,
        P::Fingerprint,
        P::UpdatedAt,
    ];
    writes.update::<product::Entity>(&changes.products, P::Id, &columns).await?;
    writes.insert::<sku::Entity>(&changes.new_skus).await?;
    writes
        .update::<sku::Entity>(&changes.skus, S::Id, &[S::Colour, S::Size, S::State, S::Position])
        .await
}

/// Which products are listed.
#[derive(Clone, Debug, Default)]
pub struct ProductFilter {
    /// Of this category.
    pub category: Option<String>,
    /// Of this season.
    pub season: Option<String>,
    /// In this state.
    pub state: Option<ProductState>,
    /// Whose style number or name begins so.
    pub begins: Option<String>,
    /// After this one.
    pub after: Option<ProductId>,
}

/// Products, the latest first.
pub(in crate::catalog) async fn list_products(
    db: &impl Conn,
    filter: &ProductFilter,
    limit: u64,
) -> Result<Vec<product::Model>, DbErr> {
    use product::Column as C;
    let begins = filter.begins.as_deref().map(begins);
    let wanted = Condition::all()
        .add_option(filter.category.as_ref().map(|it| C::Category.eq(it)))
        .add_option(filter.season.as_ref().map(|it| C::Season.eq(it)))
        .add_option(filter.state.map(|it| C::State.eq(it)))
        .add_option(begins)
        .add_option(filter.after.map(|after| C::Id.lt(after)));
    product::Entity::find().filter(wanted).order_by_desc(C::Id).limit(limit).all(db).await
}

/// As typed: each database's own LIKE has another idea of case, so both spellings are asked for.
fn begins(prefix: &str) -> Condition {
    let mut any = Condition::any();
    for text in [prefix.to_owned(), prefix.to_uppercase()] {
        let mut pattern = String::new();
        for c in text.chars() {
            if matches!(c, '%' | '_' | '!') {
                pattern.push('!');
            }
            pattern.push(c);
        }
        pattern.push('%');
        for column in [product::Column::StyleCode, product::Column::Name] {
            let like = LikeExpr::new(pattern.clone()).escape('!');
            any = any.add(Expr::col((product::Entity, column)).like(like));
        }
    }
    any
}

/// One product by id.
pub(in crate::catalog) async fn product_by_id(
    db: &impl Conn,
    id: ProductId,
) -> Result<Option<product::Model>, DbErr> {
    product::Entity::find_by_id(id).one(db).await
}

/// One product by its style number.
pub(in crate::catalog) async fn product_by_code(
    db: &impl Conn,
    code: &str,
) -> Result<Option<product::Model>, DbErr> {
    product::Entity::find().filter(product::Column::StyleCode.eq(code)).one(db).await
}
