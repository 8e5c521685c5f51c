//! Where a member stands, as she reads it herself.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::ids::MemberId;
use entity::member;
use moka::sync::Cache;

use crate::app::App;
use crate::customers::store;
use crate::db::coalesce::{Gatherer, Limits, Lost, lane_of_thread};
use crate::db::{Backend, Conn};
use crate::http::{Error, Result, codes};
use crate::members::service::{self as members, MaskedIdentifier};
use crate::points::service::{self as ledger, Balance, Expiring, Overview};
use crate::tiers::service::{self as tiers, Record, Standing};

/// A member's points with her tier (PT-8, TR-3).
#[derive(Clone, Debug)]
pub struct PointsSummary {
    /// Balances; what can be spent now: lots that have run out are not in it even before a job has booked that.
    pub balance: Balance,
    /// What runs out when, soonest first, after now.
    pub expiring: Vec<Expiring>,
    /// Tier, growth, what the next tier needs.
    pub standing: Standing,
}

/// A member as she sees herself.
#[derive(Clone, Debug)]
pub struct Me {
    /// Her row.
    pub member: member::Model,
    /// What she can be found by, masked.
    pub identifiers: Vec<MaskedIdentifier>,
    /// Her points and tier.
    pub points: PointsSummary,
}

/// Where shoppers gather who ask for their points at the same time.
#[derive(Default)]
struct Asking(Arc<Gatherer<MemberId, Option<PointsSummary>, Error>>);

/// A member's points with her tier; those who ask at the same time are read together, each thread for itself.
///
/// # Errors
/// `not_found`; `unavailable` when too many wait; the database's.
pub async fn points(app: &App, member: MemberId) -> Result<PointsSummary> {
    let Some(limits) = app.gathering() else { return alone(app, member).await };
    let reader = app.clone();
    let read = async move |members: &[MemberId]| {
        let own = reader.db.own().await?;
        let found = summaries(own.read(), &reader, members).await?;
        Ok(members.iter().map(|member| found.get(member).cloned()).collect())
    };
    let limits = Limits { lanes: usize::MAX, ..limits };
    match app.memory.of::<Asking>().0.ask(lane_of_thread(), member, limits, read).await {
        Ok(found) => found.ok_or_else(|| codes::NOT_FOUND.into()),
        Err(Lost::Full | Lost::Away) => Err(Error::from(codes::UNAVAILABLE).retry_after(1)),
        Err(Lost::Failed(error)) => Err(error),
        Err(Lost::Ended | Lost::Broken) => alone(app, member).await,
    }
}

async fn alone(app: &App, member: MemberId) -> Result<PointsSummary> {
    let found = summaries(app.db.read(), app, &[member]).await?.remove(&member);
    found.ok_or_else(|| codes::NOT_FOUND.into())
}

/// All that a summary is made from, as it was read; the summary follows from it and the time.
#[derive(Debug)]
struct Papers {
    overview: Overview,
    record: Record,
}

impl Papers {
    fn summary(&self, app: &App) -> Result<PointsSummary> {
        let Overview { points, expiring, .. } = &self.overview;
        let (balance, expiring) = usable(*points, expiring.clone(), app.clock.now());
        Ok(PointsSummary { balance, expiring, standing: self.record.standing(app)? })
    }
}

/// Papers that this process has read, each with the mark of its rows then: good for as long as they have that mark.
struct Kept(Cache<MemberId, (String, Arc<Papers>)>);

impl Default for Kept {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MOST_KEPT).time_to_live(KEPT).build())
    }
}

/// About two kilobytes each.
const MOST_KEPT: u64 = 20_000;
/// PostgreSQL counts its transactions round and round; nobody writes four billion in this time.
const KEPT: Duration = Duration::from_mins(5);

/// The points of many with their tiers; unknown members are absent.
async fn summaries(
    db: &impl Conn,
    app: &App,
    ids: &[MemberId],
) -> Result<HashMap<MemberId, PointsSummary>> {
    let papers = if db.get_database_backend() == Backend::Postgres {
        kept_papers(db, app, ids).await?
    } else {
        papers(db, app, ids).await?
    };
    papers.iter().map(|(member, papers)| Ok((*member, papers.summary(app)?))).collect()
}

async fn kept_papers(
    db: &impl Conn,
    app: &App,
    ids: &[MemberId],
) -> Result<HashMap<MemberId, Arc<Papers>>> {
    let kept = app.memory.of::<Kept>();
    let (mut found, mut unknown) = (HashMap::with_capacity(ids.len()), HashMap::new());
    // Read before what they mark, so that nothing is ever kept with a younger mark than its own.
    for (member, mark) in store::marks(db, ids).await? {
        match kept.0.get(&member).filter(|(old, _)| *old == mark) {
            Some((_, papers)) => drop(found.insert(member, papers)),
            None => drop(unknown.insert(member, mark)),
        }
    }
    if !unknown.is_empty() {
        let ids: Vec<MemberId> = unknown.keys().copied().collect();
        for (member, papers) in papers(db, app, &ids).await? {
            if let Some(mark) = unknown.remove(&member) {
                kept.0.insert(member, (mark, Arc::clone(&papers)));
            }
            found.insert(member, papers);
        }
    }
    Ok(found)
}

async fn papers(
    db: &impl Conn,
    app: &App,
    ids: &[MemberId],
) -> Result<HashMap<MemberId, Arc<Papers>>> {
    let rows = members::by_ids(db, ids).await?;
    let rows: Vec<&member::Model> = rows.values().collect();
    let papers = papers_of(db, app, &rows).await?;
    Ok(rows.iter().map(|row| row.id).zip(papers.into_iter().map(Arc::new)).collect())
}

async fn papers_of(db: &impl Conn, app: &App, rows: &[&member::Model]) -> Result<Vec<Papers>> {
    let ids: Vec<MemberId> = rows.iter().map(|row| row.id).collect();
    let mut overviews = ledger::overviews(db, app, &ids).await?;
    let overviews: Vec<Overview> =
        ids.iter().map(|id| overviews.remove(id).unwrap_or_default()).collect();
    let standing: Vec<_> =
        rows.iter().zip(&overviews).map(|(row, own)| (*row, own.growth.available)).collect();
    let records = tiers::records_of(db, app, &standing).await?;
    let papers = |(overview, record)| Papers { overview, record };
    Ok(overviews.into_iter().zip(records).map(papers).collect())
}

pub(super) async fn summary(app: &App, row: &member::Model) -> Result<PointsSummary> {
    let only = papers_of(app.db.read(), app, &[row]).await?.pop();
    only.ok_or_else(|| Error::fault("a member has no points"))?.summary(app)
}

/// Leaves out what has run out, whether or not a job has booked it yet.
fn usable(
    mut balance: Balance,
    expiring: Vec<Expiring>,
    now: DateTime<Utc>,
) -> (Balance, Vec<Expiring>) {
    let (gone, left): (Vec<_>, Vec<_>) = expiring.into_iter().partition(|lot| lot.at <= now);
    balance.available -= gone.iter().map(|lot| lot.amount).sum::<i64>();
    (balance, left)
}

/// A member as she sees herself.
///
/// # Errors
/// `not_found`; the database's.
pub async fn me(app: &App, member: MemberId) -> Result<Me> {
    let member = members::profile(app.db.read(), member).await?;
    let identifiers = members::identifiers(app.db.read(), app, member.id).await?;
    let points = summary(app, &member).await?;
    Ok(Me { member, identifiers, points })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_that_have_run_out_cannot_be_spent_whether_booked_or_not() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let lots = [(10, 5), (20, 7), (30, 9)];
        let lots = lots.map(|(seconds, amount)| Expiring { at: at(seconds), amount }).to_vec();
        let balance = Balance { pending: 1, available: 25, frozen: 2 };
        let (left, soon) = usable(balance, lots.clone(), at(20));
        assert_eq!(left, Balance { pending: 1, available: 13, frozen: 2 });
        assert_eq!(soon, lots[2..]);
    }
}
