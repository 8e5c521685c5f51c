//! Use cases of the catalogue.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use entity::ids::{ProductId, SkuId};
use entity::product;
use entity::values::Fen;

use super::store;
use crate::app::App;
use crate::db::{self, Conn};
use crate::http::{Error, Result};

/// A style with its SKUs, as it comes in.
#[derive(Clone, Debug)]
pub struct ProductIn {
    /// Style number.
    pub style_code: String,
    /// Name.
    pub name: String,
    /// Category.
    pub category: String,
    /// Season.
    pub season: String,
    /// Price band.
    pub price_band: String,
    /// Style tag.
    pub style_tag: String,
    /// List price.
    pub list: Fen,
    /// Code, colour, size.
    pub skus: Vec<(String, String, String)>,
}

/// What an order line takes from the catalogue.
#[derive(Clone, Debug)]
pub struct SkuInfo {
    /// The SKU.
    pub sku: entity::sku::Model,
    /// Its style.
    pub product: entity::product::Model,
}

/// Adds or changes styles and SKUs, by their codes; of a code that comes twice the last one stands.
///
/// # Errors
/// The database's.
pub async fn put(app: &App, products: Vec<ProductIn>) -> Result<()> {
    let now = app.clock.now();
    // Sorted by code, so that two loads lock the same rows in the same order.
    let mut styles = BTreeMap::new();
    let mut skus = BTreeMap::new();
    for product in products {
        for sku in &product.skus {
            skus.insert(sku.0.clone(), (product.style_code.clone(), sku.clone()));
        }
        styles.insert(product.style_code.clone(), product);
    }
    let codes: Vec<String> = styles.keys().cloned().collect();
    db::in_tx(&app.db, async |tx| {
        let rows = styles.values().map(|style| product_row(style, now)).collect();
        store::upsert_products(tx, rows).await?;
        let ids = store::product_ids(tx, &codes).await?;
        let row = |(style, sku): &(String, _)| {
            let product = ids.get(style).copied().ok_or_else(|| Error::fault("a style is gone"))?;
            Ok(store::sku_row(SkuId::new(now), product, Clone::clone(sku)))
        };
        let rows = skus.values().map(row).collect::<Result<Vec<_>>>()?;
        store::upsert_skus(tx, rows).await?;
        Ok(())
    })
    .await
}

fn product_row(style: &ProductIn, now: DateTime<Utc>) -> product::Model {
    product::Model {
        id: ProductId::new(now),
        style_code: style.style_code.clone(),
        name: style.name.clone(),
        category: style.category.clone(),
        season: style.season.clone(),
        price_band: style.price_band.clone(),
        style_tag: style.style_tag.clone(),
        list_fen: style.list,
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
