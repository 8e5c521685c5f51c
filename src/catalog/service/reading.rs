//! What is where.

use std::collections::{BTreeSet, HashMap};

use entity::ids::{SkuId, StockLevelId, StoreId};
use entity::{sku, stock_level};

use super::posting::level_of;
use super::reporting::Known;
use crate::app::App;
use crate::catalog::rules::stock::Level;
use crate::catalog::store::{self, Place, StockFilter};
use crate::db::Conn;
use crate::http::Result;
use crate::stores::service::{self as stores, StoreRef};

/// Pieces of a SKU in a store.
#[derive(Clone, Debug)]
pub struct StockAt {
    /// Its row; none where nothing ever moved.
    pub id: Option<StockLevelId>,
    /// Of what.
    pub sku: sku::Model,
    /// Where.
    pub store: StoreRef,
    /// How many.
    pub level: Level,
    /// Counts the moves.
    pub version: i64,
}

impl StockAt {
    /// Of what, where.
    #[must_use]
    pub const fn place(&self) -> Place {
        (self.sku.id, self.store.id)
    }
}

/// Which levels are listed.
#[derive(Clone, Debug, Default)]
pub struct StockWish {
    /// Of this SKU.
    pub sku_code: Option<String>,
    /// In this store.
    pub store_code: Option<String>,
    /// Which of them.
    pub only: Option<StockOnly>,
    /// After this one.
    pub after: Option<StockLevelId>,
}

pub use crate::catalog::store::StockOnly;

/// Levels, in the order in which stock came to be there.
///
/// # Errors
/// `stock_sku_unknown`, `stock_store_unknown`.
pub async fn list_stock(app: &App, wish: &StockWish, limit: u64) -> Result<Vec<StockAt>> {
    let db = app.db.read();
    let (skus, places) = (wish.sku_code.as_deref(), wish.store_code.as_deref());
    let known = Known::of(db, skus.into_iter(), places.into_iter()).await?;
    let sku = wish.sku_code.as_deref().map(|code| known.sku(code)).transpose()?;
    let place = wish.store_code.as_deref().map(|code| known.store("?store_code", code));
    let filter = StockFilter { sku, store: place.transpose()?, only: wish.only, after: wish.after };
    stock_of(db, store::list_levels(db, &filter, limit).await?).await
}

/// The stock of each of these SKUs in each of these stores, also where nothing ever was; in the sequence asked for.
///
/// # Errors
/// `stock_sku_unknown`, `stock_store_unknown`.
pub async fn ask_stock(app: &App, skus: &[String], places: &[String]) -> Result<Vec<StockAt>> {
    let db = app.db.read();
    let all_skus = store::skus_by_code(db, skus).await?;
    let all_places = stores::by_codes(db, places).await?;
    let known = Known::of(db, codes_of(skus), codes_of(places)).await?;
    let mut wanted = BTreeSet::new();
    for sku in skus {
        for place in places {
            wanted.insert((known.sku(sku)?, known.store("/store_codes", place)?));
        }
    }
    let levels = store::levels_at(db, &wanted).await?;
    let levels: HashMap<Place, stock_level::Model> =
        levels.into_iter().map(|row| ((row.sku_id, row.store_id), row)).collect();
    let skus_by_code: HashMap<&str, &sku::Model> =
        all_skus.iter().map(|sku| (sku.code.as_str(), sku)).collect();
    let mut found = Vec::with_capacity(wanted.len());
    for sku in skus.iter().filter_map(|code| skus_by_code.get(code.as_str())) {
        for place in places.iter().filter_map(|code| all_places.get(code)) {
            let row = levels.get(&(sku.id, place.id));
            found.push(stock_at(row, (*sku).clone(), place.clone()));
        }
    }
    Ok(found)
}

fn codes_of(codes: &[String]) -> impl Iterator<Item = &str> {
    codes.iter().map(String::as_str)
}

/// Levels with what they are of.
pub(super) async fn stock_of(
    db: &impl Conn,
    rows: Vec<stock_level::Model>,
) -> Result<Vec<StockAt>> {
    let skus: BTreeSet<SkuId> = rows.iter().map(|row| row.sku_id).collect();
    let places: BTreeSet<StoreId> = rows.iter().map(|row| row.store_id).collect();
    let skus = store::skus_by_id(db, &skus.into_iter().collect::<Vec<_>>()).await?;
    let skus: HashMap<SkuId, sku::Model> = skus.into_iter().map(|row| (row.id, row)).collect();
    let places = stores::by_ids(db, &places.into_iter().collect::<Vec<_>>()).await?;
    let view = |row: stock_level::Model| {
        let (sku, place) = (skus.get(&row.sku_id)?, places.get(&row.store_id)?);
        Some(stock_at(Some(&row), sku.clone(), place.clone()))
    };
    Ok(rows.into_iter().filter_map(view).collect())
}

fn stock_at(row: Option<&stock_level::Model>, sku: sku::Model, store: StoreRef) -> StockAt {
    StockAt {
        id: row.map(|row| row.id),
        level: row.map(level_of).unwrap_or_default(),
        version: row.map_or(0, |row| row.version),
        sku,
        store,
    }
}
