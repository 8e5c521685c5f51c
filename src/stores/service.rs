//! Use cases of stores.

use std::collections::HashMap;

use entity::ids::{RegionId, StoreId};
use entity::{region, store as row};

use super::store;
use crate::app::App;
use crate::db::{self, Conn};
use crate::http::{Error, Result};

/// A store as others need it.
#[derive(Clone, Debug)]
pub struct StoreRef {
    /// Id.
    pub id: StoreId,
    /// Its region.
    pub region_id: RegionId,
    /// The retailer's code.
    pub code: String,
    /// Name shown.
    pub name: String,
}

impl From<row::Model> for StoreRef {
    fn from(row: row::Model) -> Self {
        Self { id: row.id, region_id: row.region_id, code: row.code, name: row.name }
    }
}

/// Adds or renames a region, by its code.
pub async fn put_region(app: &App, code: &str, name: &str) -> Result<RegionId> {
    let id = RegionId::new(app.clock.now());
    let region = region::Model { id, code: code.to_owned(), name: name.to_owned() };
    let put = db::in_tx(&app.db, async |tx| store::put_region(tx, region.clone()).await).await?;
    put.ok_or_else(|| Error::fault("a region was not there right after it was put"))
}

/// Adds or changes a store, by its code; refuses an unknown region.
pub async fn put_store(
    app: &App,
    region_code: &str,
    code: &str,
    name: &str,
    city: &str,
) -> Result<StoreId> {
    let put = db::in_tx(&app.db, async |tx| {
        let Some(region) = store::region_by_code(tx, region_code).await? else {
            let en = "there is no such region";
            return Err(Error::field("/region_code", "unknown", "没有这个区域", en));
        };
        let store = row::Model {
            id: StoreId::new(app.clock.now()),
            region_id: region.id,
            code: code.to_owned(),
            name: name.to_owned(),
            city: city.to_owned(),
        };
        Ok(store::put_store(tx, store).await?)
    })
    .await?;
    put.ok_or_else(|| Error::fault("a store was not there right after it was put"))
}

/// The stores with these codes; unknown codes are absent.
pub async fn by_codes(db: &impl Conn, codes: &[String]) -> Result<HashMap<String, StoreRef>> {
    let rows = store::by_codes(db, codes).await?;
    Ok(rows.into_iter().map(|row| (row.code.clone(), row.into())).collect())
}

/// The stores with these ids.
pub async fn by_ids(db: &impl Conn, ids: &[StoreId]) -> Result<HashMap<StoreId, StoreRef>> {
    let rows = store::by_ids(db, ids).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
}

/// Every store, by code.
pub async fn all(db: &impl Conn) -> Result<Vec<StoreRef>> {
    Ok(store::all(db).await?.into_iter().map(Into::into).collect())
}

/// The names of the regions with these ids.
pub async fn regions_by_ids(db: &impl Conn, ids: &[RegionId]) -> Result<HashMap<RegionId, String>> {
    let rows = store::regions_by_ids(db, ids).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}
