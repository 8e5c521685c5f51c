//! Boards from SQL alone: after the kv was lost, and whenever somebody wants to be sure (BN-7, F2).

use std::collections::{BTreeSet, HashMap};

use entity::codes::Board;
use uuid::Uuid;

use super::super::rules::{self, Scope, Standing, Standings, Stretch};
use super::super::store;
use super::follow::{life, put};
use super::{BOARDS, PERIODS, Tried, entry, facts};
use crate::app::App;
use crate::http::Result;
use crate::kv::BoardRow;
use crate::stores;

/// What a rebuild did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RebuildReport {
    /// Boards written.
    pub boards: u64,
    /// Rows on them.
    pub rows: u64,
    /// Rows that changed while the rebuild ran, or that the kv held in a version that SQL does not know.
    pub corrected: u64,
}

/// Rebuilds the boards of the current and the previous day, week and month, and all that missed changes. Each is
/// exchanged in one instant; readers and reactions go on meanwhile, and the result agrees with the live one (BN-7).
///
/// # Errors
/// `unavailable` while the kv is away; the database's.
pub async fn rebuild(app: &App) -> Result<RebuildReport> {
    let mut report = RebuildReport::default();
    for (board, stretch) in worth_rebuilding(app).await? {
        rebuild_stretch(app, board, stretch, &mut report).await?;
    }
    super::forget_pages(app);
    Ok(report)
}

async fn worth_rebuilding(app: &App) -> Result<BTreeSet<(Board, Stretch)>> {
    let today = app.calendar.day(app.clock.now());
    let mut all: BTreeSet<_> = store::gaps(app.db.read()).await?.into_iter().collect();
    for board in BOARDS {
        for period in PERIODS {
            let current = Stretch::around(app.calendar, *period, today);
            all.extend([(*board, current), (*board, current.previous())]);
        }
    }
    Ok(all)
}

/// Rebuilds every board of one stretch from one reading of the facts, then makes good what changed since that reading.
pub(super) async fn rebuild_stretch(
    app: &App,
    board: Board,
    stretch: Stretch,
    report: &mut RebuildReport,
) -> Tried<()> {
    // First of all: what is missed from now on leaves a new mark, which then stays.
    let mark = store::gap(app.db.read(), board, stretch).await?;
    let before = rules::standings(&facts::of(app, board, stretch, None).await?);
    let scopes = scopes(app, &before).await?;
    for scope in &scopes {
        let entries: Vec<_> = of(&before, *scope).iter().map(entry).collect();
        app.kv.board_replace(&rules::key(board, stretch, *scope), &entries, life(stretch)).await?;
        report.boards += 1;
        report.rows += entries.len() as u64;
    }
    let after = rules::standings(&facts::of(app, board, stretch, None).await?);
    for scope in &scopes {
        report.corrected += correct(app, board, stretch, *scope, of(&after, *scope)).await?;
    }
    if let Some(mark) = mark {
        store::clear_gap(app.db.write(), board, stretch, mark).await?;
    }
    Ok(())
}

fn of(standings: &Standings, scope: Scope) -> &[Standing] {
    standings.get(&scope).map_or(&[], Vec::as_slice)
}

/// Every board that there can be, also those that nobody stands on: an empty board is a whole one.
async fn scopes(app: &App, standings: &Standings) -> Tried<BTreeSet<Scope>> {
    let stores = stores::service::all(app.db.read()).await?;
    let places = stores.iter().flat_map(|s| [Scope::Store(s.id), Scope::Region(s.region_id)]);
    Ok(places.chain([Scope::Company]).chain(standings.keys().copied()).collect())
}

/// Compares a board with a later reading of the facts and writes anew what differs; says how many rows that were.
async fn correct(
    app: &App,
    board: Board,
    stretch: Stretch,
    scope: Scope,
    expected: &[Standing],
) -> Tried<u64> {
    let key = rules::key(board, stretch, scope);
    let wrong = differing(expected, &all_rows(app, &key).await?);
    if wrong.is_empty() {
        return Ok(0);
    }
    // Removed first, read after: a change before the reading is in it, a change after it brings its own reaction.
    let subjects: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    app.kv.board_remove(&key, &subjects).await?;
    let wrong: Vec<Uuid> = wrong.into_iter().collect();
    let mut again = rules::standings(&facts::of(app, board, stretch, Some(&wrong)).await?);
    again.retain(|found, _| *found == scope);
    put(app, board, stretch, &again).await?;
    Ok(wrong.len() as u64)
}

/// Rows read at once.
const PAGE: u64 = 1_000;

async fn all_rows(app: &App, key: &str) -> Tried<Vec<BoardRow>> {
    let mut rows = Vec::new();
    loop {
        let page = app.kv.board_page(key, rows.len() as u64, PAGE).await?;
        let last = (page.len() as u64) < PAGE;
        rows.extend(page);
        if last {
            return Ok(rows);
        }
    }
}

/// Who stands on one side only, or otherwise than on the other.
fn differing(expected: &[Standing], rows: &[BoardRow]) -> BTreeSet<Uuid> {
    let mut found: HashMap<&str, (i64, i64)> =
        rows.iter().map(|row| (row.subject.as_str(), (row.score, row.reached_at_ms))).collect();
    let mut wrong = BTreeSet::new();
    for standing in expected {
        let entry = entry(standing);
        if found.remove(entry.subject.as_str()) != Some((entry.score, entry.reached_at_ms)) {
            wrong.insert(standing.subject);
        }
    }
    wrong.extend(found.keys().filter_map(|subject| Uuid::parse_str(subject).ok()));
    wrong
}
