//! Proving the closed days (PT-9): each is added up once more.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Days, NaiveDate, Utc};
use entity::codes::{Bucket, Ledger, TransferKind};
use entity::points_day_total::Model as Total;

use super::finance::{Period, bounds};
use crate::app::App;
use crate::db;
use crate::http::Result;
use crate::points::rules::{Difference, Fault, Flow};
use crate::points::store::{self, DayTotalKey, Readable};

/// Days a page.
const DAYS: u64 = 100;

/// Adds up every closed day once more and says which totals differ, are missing or stand for what never moved, and which
/// days between the first movement and the last closed day are open. What is booked on a closed day never changes, so
/// writers need not wait.
///
/// # Errors
/// The database's.
pub(super) async fn prove_days(app: &App) -> Result<Vec<Difference>> {
    let db = app.db.read();
    let mut found = Vec::new();
    let Some(first) = store::first_booked(db, None).await? else { return Ok(found) };
    let (mut due, mut last) = (app.calendar.day(first), None);
    loop {
        let days = store::closed_after(db, last, DAYS).await?;
        let (Some(first), Some(upto)) = (days.first(), days.last().copied()) else { break };
        found.extend(prove_page(app, Period { from: *first, to: upto }).await?);
        for day in days {
            let open = due.iter_days().take_while(|open| *open < day);
            found.extend(open.map(|open| Difference::of_all(None, Fault::DayOpen(open), 1, 0)));
            due = due.max(day + Days::new(1));
        }
        last = Some(upto);
    }
    for row in store::totals_of_open_days(db, last).await? {
        let id = row.0.map_or_else(|DayTotalKey { id }| id, |row| row.id);
        found.push(Difference::of_all(None, Fault::DayTotal(id), 0, 1));
    }
    Ok(found)
}

/// What tells one way from another.
type Way = (Ledger, TransferKind, Bucket, Bucket, Option<DateTime<Utc>>);
/// How many, in how many movements.
type Sum = (i64, i64);

/// Proves each day that has totals; that nothing moved on the others, one sum over all of them tells.
async fn prove_page(app: &App, page: Period) -> Result<Vec<Difference>> {
    let mut found = Vec::new();
    let mut days: BTreeMap<NaiveDate, Vec<Total>> = BTreeMap::new();
    let mut all: HashMap<Way, Sum> = HashMap::new();
    for row in store::totals_between(app.db.read(), page.from, page.to).await? {
        match row {
            Readable(Ok(row)) => {
                let sum = all.entry(way(&row)).or_default();
                *sum = (sum.0.saturating_add(row.points), sum.1.saturating_add(row.transfers));
                days.entry(row.day).or_default().push(row);
            }
            Readable(Err(DayTotalKey { id })) => {
                found.push(Difference::of_all(None, Fault::DayTotal(id), 1, 0));
            }
        }
    }
    let mut quiet =
        page.from.iter_days().take_while(|day| *day <= page.to).collect::<BTreeSet<_>>();
    for (day, rows) in days {
        quiet.remove(&day);
        found.extend(prove(app, day, &rows).await?);
    }
    if found.is_empty() && moved(app, page).await?.as_ref() != Some(&all) {
        for day in quiet {
            found.extend(prove(app, day, &[]).await?);
        }
    }
    Ok(found)
}

/// What moved in a period; none if somebody wrote a word that is none, or a number too large: which row it is, its
/// account tells.
async fn moved(app: &App, period: Period) -> Result<Option<HashMap<Way, Sum>>> {
    let (from, to) = bounds(app, period);
    let flows = match store::flows(app.db.read(), Ledger::ALL, from, to).await {
        Err(error) if db::is_unreadable(&error) || db::is_out_of_range(&error) => return Ok(None),
        flows => flows?,
    };
    let sum = |(ledger, flow): (Ledger, Flow)| {
        let way = (ledger, flow.kind, flow.from, flow.to, flow.expires_at);
        (way, (flow.points, flow.transfers))
    };
    Ok(Some(flows.into_iter().map(sum).collect()))
}

async fn prove(app: &App, day: NaiveDate, rows: &[Total]) -> Result<Vec<Difference>> {
    let Some(mut moved) = moved(app, Period { from: day, to: day }).await? else {
        return Ok(vec![Difference::of_all(None, Fault::DayUnreadable(day), 1, 0)]);
    };
    let mut found: Vec<Difference> =
        rows.iter().filter_map(|row| compare(row, moved.remove(&way(row)))).collect();
    let missing = moved.into_iter().map(|(way, (points, _))| {
        Difference::of_all(Some(way.0), Fault::NoDayTotal(day, way.1), points, 0)
    });
    found.extend(missing);
    Ok(found)
}

const fn way(row: &Total) -> Way {
    (row.ledger, row.kind, row.from_bucket, row.to_bucket, row.expires_at)
}

fn compare(row: &Total, moved: Option<Sum>) -> Option<Difference> {
    let (points, transfers) = moved.unwrap_or_default();
    let differs = |expected, found| {
        let what = Fault::DayTotal(row.id);
        Some(Difference::of_all(Some(row.ledger), what, expected, found))
    };
    if row.points != points {
        return differs(points, row.points);
    }
    if row.transfers != transfers {
        return differs(transfers, row.transfers);
    }
    None
}
