//! Products as they are loaded and looked up.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use entity::ids::{ProductId, SkuId};
use entity::{product, sku};

use crate::app::App;
use crate::catalog::rules::product::{ProductIn, SkuIn};
use crate::catalog::store::{self, ProductFilter};
use crate::db::{self, Conn};
use crate::http::{Error, Result, codes};

/// What an order line takes from the catalogue.
#[derive(Clone, Debug)]
pub struct SkuInfo {
    /// The SKU.
    pub sku: entity::sku::Model,
    /// Its style.
    pub product: entity::product::Model,
}

/// Adds or changes styles and SKUs of our own, by their codes, whatever their versions; of a code that comes twice the
/// last one stands. What third parties send goes by [`upsert`](super::upsert).
///
/// # Errors
/// The database's.
pub async fn put(app: &App, products: Vec<ProductIn>) -> Result<()> {
    let now = app.clock.now();
    // Sorted by code, so that two loads lock the same rows in the same order.
    let mut styles = BTreeMap::new();
    let mut skus = BTreeMap::new();
    for product in products {
        for (place, sku) in product.skus.iter().enumerate() {
            skus.insert(sku.code.clone(), (product.style_code.clone(), place, sku.clone()));
        }
        styles.insert(product.style_code.clone(), product);
    }
    let codes: Vec<String> = styles.keys().cloned().collect();
    db::in_tx(&app.db, async |tx| {
        let rows = styles.values().map(|style| product_row(style, now)).collect();
        store::upsert_products(tx, rows).await?;
        let ids = store::product_ids(tx, &codes).await?;
        let row = |(style, place, sku): &(String, _, _)| {
            let product = ids.get(style).copied().ok_or_else(|| Error::fault("a style is gone"))?;
            Ok(sku_row(product, *place, sku, now))
        };
        let rows = skus.values().map(row).collect::<Result<Vec<_>>>()?;
        store::upsert_skus(tx, rows).await?;
        Ok(())
    })
    .await
}

/// A row that is to stand where the catalogue lacks its style number.
pub(super) fn product_row(style: &ProductIn, now: DateTime<Utc>) -> product::Model {
    product::Model {
        id: ProductId::new(now),
        style_code: style.style_code.clone(),
        name: style.name.clone(),
        category: style.category.clone(),
        season: style.season.clone(),
        price_band: style.price_band.clone(),
        style_tag: style.style_tag.clone(),
        list_fen: style.list,
        material: style.material.clone(),
        size_chart: style.size_chart.clone(),
        state: style.state,
        version: 0,
        fingerprint: None,
        updated_at: Some(now),
    }
}

/// A row that is to stand where the catalogue lacks its code.
pub(super) fn sku_row(
    product_id: ProductId,
    place: usize,
    sku: &SkuIn,
    now: DateTime<Utc>,
) -> sku::Model {
    sku::Model {
        id: SkuId::new(now),
        product_id,
        code: sku.code.clone(),
        colour: sku.colour.clone(),
        size: sku.size.clone(),
        state: sku.state,
        position: i32::try_from(place).unwrap_or(i32::MAX),
    }
}

/// SKUs by code; unknown codes are absent.
///
/// # Errors
/// The database's.
pub async fn by_codes(db: &impl Conn, codes: &[String]) -> Result<HashMap<String, SkuInfo>> {
    let rows = store::skus_with_products(db, codes).await?;
    Ok(rows
        .into_iter()
        .map(|(sku, product)| (sku.code.clone(), SkuInfo { sku, product }))
        .collect())
}

/// A product with its SKUs.
#[derive(Clone, Debug)]
pub struct WholeProduct {
    /// The product.
    pub product: product::Model,
    /// Its SKUs, in the sequence in which they were sent, also those that are not sold any more.
    pub skus: Vec<sku::Model>,
}

/// Products, the latest first.
///
/// # Errors
/// The database's.
pub async fn list(app: &App, filter: &ProductFilter, limit: u64) -> Result<Vec<product::Model>> {
    Ok(store::list_products(app.db.read(), filter, limit).await?)
}

/// One product.
///
/// # Errors
/// `not_found`.
pub async fn find(app: &App, id: ProductId) -> Result<WholeProduct> {
    whole(app, store::product_by_id(app.db.read(), id).await?).await
}

/// One product by its style number.
///
/// # Errors
/// `not_found`.
pub async fn find_by_code(app: &App, code: &str) -> Result<WholeProduct> {
    whole(app, store::product_by_code(app.db.read(), code).await?).await
}

async fn whole(app: &App, product: Option<product::Model>) -> Result<WholeProduct> {
    let product = product.ok_or(codes::NOT_FOUND)?;
    let skus = store::skus_of(app.db.read(), &[product.id]).await?;
    Ok(WholeProduct { product, skus })
}
