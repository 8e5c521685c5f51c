//! Kinds of rows that can be imported: a file each, and its line in each list here.

mod members;
mod orders;
mod points_balances;

use std::collections::HashMap;

use entity::codes::BulkKind;

use crate::app::App;
use crate::audit::service::Author;
use crate::bulk::rules::columns::Column;
use crate::bulk::rules::options::Options;
use crate::bulk::rules::outcome::Told;
use crate::bulk::rules::rows::Row;
use crate::bulk::rules::table;
use crate::db::{Conn, Tx};
use crate::http::{Result, codes};
use crate::kernel::actor::Actor;
use crate::staff::service as staff;
use crate::stores::service as stores;

/// For whom rows are imported.
pub(super) struct Errand<'a> {
    pub app: &'a App,
    /// Who is responsible.
    pub actor: Actor,
    /// The same for the audit log.
    pub author: Author,
    /// What was asked for.
    pub options: Options,
}

/// The columns of a kind; none when it cannot be imported.
#[must_use]
pub const fn columns(kind: BulkKind) -> Option<&'static [Column]> {
    match kind {
        BulkKind::Members => Some(members::COLUMNS),
        BulkKind::Orders => Some(orders::COLUMNS),
        BulkKind::PointsBalances => Some(points_balances::COLUMNS),
        BulkKind::PointsTransfers => None,
    }
}

/// What rows do, in the caller's transaction; one that is refused spoils no other.
pub(super) async fn take_in(
    tx: &Tx,
    kind: BulkKind,
    errand: &Errand<'_>,
    rows: &[Row],
) -> Result<Vec<Told>> {
    match kind {
        BulkKind::Members => members::take_in(tx, errand, rows).await,
        BulkKind::Orders => orders::take_in(tx, errand, rows).await,
        BulkKind::PointsBalances => points_balances::take_in(tx, errand, rows).await,
        BulkKind::PointsTransfers => Ok(Vec::new()),
    }
}

/// Whether a row belongs to the one before it.
pub(super) fn joins(kind: BulkKind, before: &Row, row: &Row) -> bool {
    kind == BulkKind::Orders && orders::joins(before, row)
}

/// What a row is about, as far as anybody may read it.
pub(super) fn key(kind: BulkKind, row: &Row) -> String {
    match kind {
        BulkKind::Orders => row.raw("external_no").to_owned(),
        _ => person(row),
    }
}

/// What tells a row from others of its kind; none where nothing does.
pub(super) fn identity(kind: BulkKind, errand: &Errand<'_>, row: &Row) -> Option<String> {
    let names: &[&str] = match kind {
        BulkKind::Orders => &["channel", "external_no"],
        BulkKind::PointsBalances => return points_balances::reference(row, errand),
        BulkKind::Members | BulkKind::PointsTransfers => &["phone", "card_no", "union_id"],
    };
    let texts: Vec<&str> = names.iter().map(|name| row.raw(name)).collect();
    Some(texts.join("\n"))
}

/// Whether a row that is another one once more is refused: two equal lots of points would silently become one.
pub(super) fn comes_once(kind: BulkKind) -> bool {
    kind == BulkKind::PointsBalances
}

/// Whom a row names, without the middle of the number.
fn person(row: &Row) -> String {
    let number = ["phone", "card_no", "member_id"].map(|name| row.raw(name));
    let number = number.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let letters: Vec<char> = number.chars().collect();
    match letters.len() {
        0 => String::new(),
        1..8 => "****".to_owned(),
        length => {
            let text = |letters: &[char]| letters.iter().collect::<String>();
            format!("{}****{}", text(&letters[..3]), text(&letters[length - 4..]))
        }
    }
}

/// An empty file of a kind, with its columns.
///
/// # Errors
/// `not_found` for a kind that cannot be imported.
pub fn template(kind: BulkKind) -> Result<Vec<u8>> {
    table::template(columns(kind).ok_or(codes::NOT_FOUND)?)
}

/// Stores and guides that rows name.
struct Places {
    stores: HashMap<String, stores::StoreRef>,
    guides: HashMap<String, staff::StaffRef>,
}

impl Places {
    async fn of(db: &impl Conn, rows: &[Row]) -> Result<Self> {
        let named = |name: &str| {
            let mut texts: Vec<String> = rows
                .iter()
                .map(|row| row.raw(name).to_owned())
                .filter(|it| !it.is_empty())
                .collect();
            texts.sort_unstable();
            texts.dedup();
            texts
        };
        let (codes, numbers) = (named("store_code"), named("guide_no"));
        let stores =
            if codes.is_empty() { HashMap::new() } else { stores::by_codes(db, &codes).await? };
        let guides = if numbers.is_empty() {
            HashMap::new()
        } else {
            staff::by_numbers(db, &numbers).await?
        };
        Ok(Self { stores, guides })
    }
}
