//! Use cases of the timeline.

use chrono::{DateTime, Utc};
use entity::event_log::Model as Logged;
use entity::ids::{EventId, MemberId};
use entity::member_timeline::Model as Row;
use futures_util::future::LocalBoxFuture;

use super::rules::{Facts, TimelineKind, line, row_of};
use super::store::{self, Wanted};
use crate::app::App;
use crate::audit::service::Author;
use crate::events;
use crate::http::Result;
use crate::members::service as members;
use crate::staff::service::StaffRef;
use crate::tiers::service as tiers;

pub use super::store::Position;

/// Events that are read at a time.
const A_TURN: u64 = 1000;

/// What happened, with its line.
#[derive(Clone, Debug)]
pub struct Happened {
    /// The event.
    pub id: EventId,
    /// Business time.
    pub at: DateTime<Utc>,
    /// What it was.
    pub kind: TimelineKind,
    /// What it is made of.
    pub facts: Facts,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Happened {
    /// Where to read on after it.
    #[must_use]
    pub const fn position(&self) -> Position {
        (self.at, self.id)
    }
}

/// Which part of a timeline somebody wants to read.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Of this kind; none is all.
    pub kind: Option<TimelineKind>,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub until: Option<DateTime<Utc>>,
    /// After the last of the page before.
    pub after: Option<Position>,
}

/// The reaction: writes one row for each event that tells of a member, however often it is seen.
#[must_use]
pub fn on_events<'a>(app: &'a App, batch: &'a [Logged]) -> LocalBoxFuture<'a, Result<()>> {
    Box::pin(write(app, batch))
}

async fn write(app: &App, batch: &[Logged]) -> Result<()> {
    let rows: Vec<Row> = batch.iter().filter_map(row_of).collect();
    // A statement a chunk, and each row by its event: what was written before a failure is not written again.
    Ok(store::insert(app.db.write(), &rows).await?)
}

/// Writes the rows of every event in the log that are missing; says how many events were read. For installations that are
/// older than their timeline; it may run beside the others.
///
/// # Errors
/// The database's.
pub async fn rebuild(app: &App) -> Result<u64> {
    let (mut after, mut total) = (None, 0);
    loop {
        let batch = events::log_after(app.db.read(), after, A_TURN).await?;
        let Some(last) = batch.last() else { return Ok(total) };
        after = Some(last.id);
        total += batch.len() as u64;
        write(app, &batch).await?;
    }
}

/// A customer's timeline, newest first, with that of members who were merged into her.
///
/// # Errors
/// `not_found` also outside the caller's data scope.
pub async fn of_customer(
    app: &App,
    who: (&StaffRef, &Author),
    member: MemberId,
    search: Search,
    limit: u64,
) -> Result<Vec<Happened>> {
    let seen = members::show_in_scope(app, who, member, "timeline").await?;
    page(app, seen.id, search, limit).await
}

/// The same for any member, by the id of one that was merged too.
///
/// # Errors
/// `not_found`.
pub async fn of_member(
    app: &App,
    author: &Author,
    member: MemberId,
    search: Search,
    limit: u64,
) -> Result<Vec<Happened>> {
    let seen = members::show_any(app, author, member, "timeline").await?;
    page(app, seen.id, search, limit).await
}

async fn page(app: &App, member: MemberId, search: Search, limit: u64) -> Result<Vec<Happened>> {
    let db = app.db.read();
    let mut all = members::losers(db, member).await?;
    all.push(member);
    let Search { kind, from, until, after } = search;
    let wanted = Wanted { members: all, kind, from, until, after };
    let rows = store::page(db, &wanted, limit).await?;
    let names = tiers::tiers(db).await?.into_iter().map(|(row, _)| (row.code, row.name)).collect();
    let told = |row: Row| {
        let facts: Facts = serde_json::from_value(row.facts).unwrap_or_default();
        let (zh, en) = line(row.kind, &facts, &names, app.calendar);
        Happened { id: row.event_id, at: row.occurred_at, kind: row.kind, facts, zh, en }
    };
    Ok(rows.into_iter().map(told).collect())
}
