//! Kinds of rows that can be exported: a file each, and its line in each list here.

mod members;
mod orders;
mod points_transfers;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::codes::BulkKind;
use entity::ids::{StaffId, StoreId};
use entity::values::Fen;
use uuid::Uuid;

use crate::app::App;
use crate::bulk::rules::options::Filter;
use crate::http::Result;
use crate::http::csv::{Cell, Lines};
use crate::staff::service as staff;
use crate::stores::service as stores;

/// Rows of a page: what an export holds in memory, however long it is.
pub(super) const PAGE: u64 = 1_000;

/// A page of an export.
pub(super) struct Page {
    /// Lines of the file; the first ones with the header.
    pub lines: Vec<u8>,
    /// How many rows they are.
    pub rows: i64,
    /// The last row.
    pub last: Option<Uuid>,
}

/// Whether a kind can be exported.
pub(super) const fn has(kind: BulkKind) -> bool {
    matches!(kind, BulkKind::Members | BulkKind::Orders | BulkKind::PointsTransfers)
}

/// How many rows there are.
pub(super) async fn count(app: &App, kind: BulkKind, filter: &Filter) -> Result<i64> {
    let rows = match kind {
        BulkKind::Members => members::count(app, filter).await?,
        BulkKind::Orders => orders::count(app, filter).await?,
        BulkKind::PointsTransfers => points_transfers::count(app, filter).await?,
        BulkKind::PointsBalances => 0,
    };
    Ok(i64::try_from(rows).unwrap_or(i64::MAX))
}

/// The rows after `position`, of which `before` stand in the file.
pub(super) async fn page(
    app: &App,
    kind: BulkKind,
    filter: &Filter,
    position: Option<Uuid>,
    before: i64,
) -> Result<Page> {
    match kind {
        BulkKind::Members => members::page(app, filter, position, before).await,
        BulkKind::Orders => orders::page(app, filter, position, before).await,
        BulkKind::PointsTransfers => points_transfers::page(app, filter, position, before).await,
        BulkKind::PointsBalances => Ok(Page { lines: Vec::new(), rows: 0, last: None }),
    }
}

/// A page of these rows.
fn written<'a>(
    columns: &[&'static str],
    before: i64,
    rows: impl Iterator<Item = (Uuid, Vec<Cell<'a>>)>,
) -> Result<Page> {
    let mut lines = if before == 0 { Lines::headed(columns)? } else { Lines::more() };
    let (mut count, mut last) = (0, None);
    for (id, cells) in rows {
        lines.add(cells)?;
        count += 1;
        last = Some(id);
    }
    Ok(Page { lines: lines.into_bytes()?.to_vec(), rows: count, last })
}

/// An instant as people of the retailer read it.
fn local(app: &App, at: DateTime<Utc>) -> String {
    at.with_timezone(&app.calendar.0).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Yuan with two decimals.
fn yuan(amount: Fen) -> String {
    let fen = amount.0.unsigned_abs();
    let sign = if amount.0 < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

async fn store_codes(
    app: &App,
    ids: impl Iterator<Item = StoreId>,
) -> Result<HashMap<StoreId, String>> {
    let ids: BTreeSet<StoreId> = ids.collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = stores::by_ids(app.db.read(), &ids.into_iter().collect::<Vec<_>>()).await?;
    Ok(found.into_iter().map(|(id, store)| (id, store.code)).collect())
}

async fn guide_numbers(
    app: &App,
    ids: impl Iterator<Item = StaffId>,
) -> Result<HashMap<StaffId, String>> {
    let ids: BTreeSet<StaffId> = ids.collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = staff::by_ids(app.db.read(), &ids.into_iter().collect::<Vec<_>>()).await?;
    Ok(found.into_iter().map(|(id, guide)| (id, guide.staff_no)).collect())
}
