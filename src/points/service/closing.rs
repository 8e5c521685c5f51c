//! Proving the closed days (PT-9): each is added up once more.

use std::collections::HashMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use entity::codes::{Bucket, Ledger, TransferKind};
use entity::points_day_total::Model as Total;

use super::finance::{Period, bounds};
use crate::app::App;
use crate::db;
use crate::http::{Error, Result};
use crate::points::rules::{Difference, Fault, Flow};
use crate::points::store::{self, DayTotalKey, Readable};

/// Days a page; one is added up at a time.
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
    let Some(first) = store::first_booked(db).await? else { return Ok(found) };
    let (mut due, mut last) = (app.calendar.day(first), None);
    loop {
        let days = store::closed_after(db, last, DAYS).await?;
        let Some(upto) = days.last().copied() else { break };
        for day in days {
            for open in due.iter_days().take_while(|open| *open < day) {
                found.push(Difference::of_all(None, Fault::DayOpen(open), 1, 0));
            }
            due = due.max(day + Days::new(1));
            found.extend(prove(app, day).await?);
        }
        last = Some(upto);
    }
    // Totals of days that nobody closed.
    for row in store::totals_after(db, last).await? {
        let id = row.0.map_or_else(|DayTotalKey { id }| id, |row| row.id);
        found.push(Difference::of_all(None, Fault::DayTotal(id), 0, 1));
    }
    Ok(found)
}

/// What tells one way from another.
type Way = (Ledger, TransferKind, Bucket, Bucket, Option<DateTime<Utc>>);

async fn prove(app: &App, day: NaiveDate) -> Result<Vec<Difference>> {
    let (from, to) = bounds(app, Period { from: day, to: day });
    let mut moved: HashMap<Way, Flow> = HashMap::new();
    for ledger in Ledger::ALL.iter().copied() {
        let flows = match store::flows(app.db.read(), ledger, from, to).await {
            // Somebody wrote a word that is none, or a number too large: which row it is, its account tells.
            Err(error) if db::is_unreadable(&error) || db::is_out_of_range(&error) => {
                return Ok(vec![Difference::of_all(None, Fault::DayUnreadable(day), 1, 0)]);
            }
            flows => flows.map_err(Error::from)?,
        };
        let way = |flow: &Flow| (ledger, flow.kind, flow.from, flow.to, flow.expires_at);
        moved.extend(flows.into_iter().map(|flow| (way(&flow), flow)));
    }
    let mut found = Vec::new();
    for row in store::totals_of_day(app.db.read(), day).await? {
        match row {
            Readable(Ok(row)) => found.extend(compare(&row, moved.remove(&way(&row)))),
            Readable(Err(DayTotalKey { id })) => {
                found.push(Difference::of_all(None, Fault::DayTotal(id), 1, 0));
            }
        }
    }
    let missing = moved.into_iter().map(|(way, flow)| {
        Difference::of_all(Some(way.0), Fault::NoDayTotal(day, way.1), flow.points, 0)
    });
    found.extend(missing);
    Ok(found)
}

const fn way(row: &Total) -> Way {
    (row.ledger, row.kind, row.from_bucket, row.to_bucket, row.expires_at)
}

fn compare(row: &Total, moved: Option<Flow>) -> Option<Difference> {
    let (points, transfers) = moved.map_or((0, 0), |flow| (flow.points, flow.transfers));
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
