//! Telling members what runs out soon (PT-3).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::AccountId;
use entity::points_notice;

use super::due::TRIES;
use crate::app::App;
use crate::db::{self, Tx};
use crate::events;
use crate::http::Result;
use crate::points::events as told;
use crate::points::store::{self, DueExpiry};

/// How many days before points run out members are told, the earliest notice first.
pub const NOTICE_DAYS: [i32; 2] = [30, 7];

/// Publishes `points.expiring` for about `limit` accounts and instants that lie at most `days` days after `slot`, once
/// for each account, instant and number of days; what the next shorter notice covers is left to it. Returns how many.
///
/// # Errors
/// The database's.
pub async fn announce_expiring(
    app: &App,
    slot: DateTime<Utc>,
    days: i32,
    limit: u64,
) -> Result<usize> {
    let shorter = NOTICE_DAYS.into_iter().filter(|other| *other < days).max().unwrap_or(0);
    let span = [shorter, days].map(|days| slot + TimeDelta::days(i64::from(days)));
    for _ in 0..TRIES {
        let found = store::expiring_soon(app.db.read(), span.into(), days, limit).await?;
        if found.is_empty() {
            return Ok(0);
        }
        let done = db::in_tx(&app.db, async |tx| announce_in(tx, app, &found, days).await).await?;
        app.bell.ring();
        if done > 0 {
            return Ok(done);
        }
    }
    Ok(0)
}

async fn announce_in(tx: &Tx, app: &App, found: &[DueExpiry], days: i32) -> Result<usize> {
    let now = app.clock.now();
    let accounts: BTreeSet<AccountId> = found.iter().map(|due| due.0).collect();
    let accounts: Vec<AccountId> = accounts.into_iter().collect();
    let locked = store::lock_accounts(tx, &accounts).await?;
    let told = store::notices_of(tx, &accounts, days).await?;
    let wanted: BTreeSet<DueExpiry> =
        found.iter().filter(|due| !told.contains(due)).copied().collect();
    let instants: BTreeSet<DateTime<Utc>> = wanted.iter().map(|due| due.1).collect();
    let mut points: BTreeMap<DueExpiry, i64> = BTreeMap::new();
    for lot in store::lots_running_out(tx, &accounts, &instants).await? {
        let Some(at) = lot.due_at else { continue };
        if wanted.contains(&(lot.account_id, at)) {
            *points.entry((lot.account_id, at)).or_default() += lot.remaining;
        }
    }
    let notice = |(&(account_id, expires_at), &points): (&DueExpiry, &i64)| points_notice::Model {
        account_id,
        expires_at,
        days,
        points,
        announced_at: now,
    };
    let notices: Vec<points_notice::Model> = points.iter().map(notice).collect();
    let members: BTreeMap<_, _> = locked.iter().map(|row| (row.id, row.member_id)).collect();
    let event = |notice: &points_notice::Model| {
        told::expiring(members.get(&notice.account_id).copied(), notice, now)
    };
    store::insert_notices(tx, &notices).await?;
    events::publish(tx, notices.iter().map(event).collect(), now).await?;
    Ok(notices.len())
}
