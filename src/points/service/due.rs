//! What time does to points: pending ones settle (PT-2b), lots run out (PT-3), unfinished checkouts lapse (PT-4).
//!
//! Each function is one bounded batch, done for good when it returns: a job calls it until it answers 0, and starts over
//! after a crash. Two at once do no harm: who comes second finds nothing left under the lock.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::codes::{Ledger, Source};
use entity::ids::AccountId;
use entity::points_hold;

use super::posting;
use crate::app::App;
use crate::db::rows::Writes;
use crate::db::{self, Tx};
use crate::http::Result;
use crate::kernel::actor::Actor;
use crate::members::service as members;
use crate::points::rules::{self, Account, Act, Entries, Movement};
use crate::points::store::{self, Due};

/// How often a batch is looked for when another worker, or a merge, took what was found.
pub(super) const TRIES: usize = 3;

/// What happens to the due lots of an account; says to how many.
type Rule = fn(&mut Account, DateTime<Utc>, &mut Entries) -> usize;

/// Settles about `limit` pending lots whose time has come (PT-2b): of an account all that are due. Returns how many.
///
/// # Errors
/// The database's.
pub async fn settle_due(app: &App, limit: u64) -> Result<usize> {
    sweep(app, (Due::Settling, rules::settle), limit).await
}

/// Books about `limit` lots as expired whose time has passed (PT-3): of an account all that are due. Returns how many.
///
/// # Errors
/// The database's.
pub async fn expire_due(app: &App, limit: u64) -> Result<usize> {
    sweep(app, (Due::Expiring, rules::expire), limit).await
}

async fn sweep(app: &App, kind: (Due, Rule), limit: u64) -> Result<usize> {
    let now = app.clock.now();
    for _ in 0..TRIES {
        let accounts = store::lots_due(app.db.read(), kind.0, now, limit).await?;
        if accounts.is_empty() {
            return Ok(0);
        }
        let done =
            db::in_tx(&app.db, async |tx| sweep_in(tx, app, &accounts, kind, now).await).await?;
        app.bell.ring();
        if done > 0 {
            return Ok(done);
        }
    }
    Ok(0)
}

async fn sweep_in(
    tx: &Tx,
    app: &App,
    accounts: &[AccountId],
    (kind, rule): (Due, Rule),
    now: DateTime<Utc>,
) -> Result<usize> {
    let locked = store::lock_accounts(tx, accounts).await?;
    let mut accounts_by_key = posting::by_key(locked);
    let due = store::lots_due_of(tx, accounts, kind, now).await?;
    posting::shelve(due, accounts_by_key.values_mut());
    let (mut entries, mut done) = (Entries::default(), 0);
    let mut sweeping: Vec<&mut Account> = accounts_by_key.values_mut().collect();
    sweeping.sort_unstable_by_key(|account| account.row.id);
    for account in sweeping {
        done += rule(account, now, &mut entries);
    }
    let mut writes = Writes::new(tx);
    posting::write(&mut writes, app, accounts_by_key.into_values(), &entries).await?;
    posting::publish(&mut writes, &entries, &HashMap::new(), now).await?;
    writes.send().await?;
    Ok(done)
}

/// Gives up to `limit` unfinished checkouts' points back whose time has passed (PT-4). Returns how many.
///
/// # Errors
/// The database's.
pub async fn lapse_due(app: &App, limit: u64) -> Result<usize> {
    let now = app.clock.now();
    for _ in 0..TRIES {
        let due = store::holds_due(app.db.read(), now, limit).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let done = db::in_tx(&app.db, async |tx| lapse_in(tx, app, &due, now).await).await?;
        app.bell.ring();
        if done > 0 {
            return Ok(done);
        }
    }
    Ok(0)
}

async fn lapse_in(
    tx: &Tx,
    app: &App,
    due: &[points_hold::Model],
    now: DateTime<Utc>,
) -> Result<usize> {
    // A merge that is just running moves holds: it is waited for.
    let mut holders: Vec<_> = due.iter().map(|hold| hold.member_id).collect();
    holders.sort_unstable();
    holders.dedup();
    members::lock_in(tx, &holders).await?;
    let movements: Vec<Movement> = due.iter().map(|hold| lapse(hold, now)).collect();
    let answers = posting::post_in(tx, app, &movements).await?;
    Ok(answers.iter().filter(|answer| answer.is_ok()).count())
}

fn lapse(hold: &points_hold::Model, now: DateTime<Utc>) -> Movement {
    Movement {
        member: hold.member_id,
        ledger: Ledger::Points,
        act: Act::Release { hold: hold.id },
        source: Source::Transfer,
        source_id: hold.freeze_transfer.to_string(),
        occurred_at: hold.lapses_at.max(hold.created_at).min(now),
        order: None,
        store: hold.store_id,
        actor: Actor::SYSTEM,
    }
}
