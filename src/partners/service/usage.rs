//! How much keys are used: counted in memory, written together every ten seconds.

use std::time::Duration;

use chrono::NaiveDate;
use entity::ids::{PartnerId, PartnerKeyId};
use parking_lot::Mutex;

use super::keys::find_key_of;
use crate::app::App;
use crate::db;
use crate::http::{Error, Result};
use crate::jobs::Stop;
use crate::partners::rules::{Count, Counts, add};
use crate::partners::store;

/// The longest that a use is not seen by people; what a process that dies has counted since is lost.
const PAUSE: Duration = Duration::from_secs(10);

/// What became of a request of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It was let in.
    Admitted,
    /// It was refused for being one too many.
    Limited,
}

/// Counted and not written yet.
#[derive(Default)]
struct Uses(Mutex<Counts>);

/// Counts one request; nothing is written.
pub fn note_use(app: &App, key: PartnerKeyId, what: Use) {
    let now = app.clock.now();
    let (requests, limited) = match what {
        Use::Admitted => (1, 0),
        Use::Limited => (0, 1),
    };
    let count = Count { requests, limited, last_at: now };
    let uses = app.memory.of::<Uses>();
    add(&mut uses.0.lock(), (key, app.calendar.day(now)), count);
}

/// Writes what was counted since the last time. After a failure it is kept for the next time; a commit whose answer was
/// lost may be counted twice.
///
/// # Errors
/// The database's.
pub async fn write_uses(app: &App) -> Result<()> {
    let uses = app.memory.of::<Uses>();
    let counts = std::mem::take(&mut *uses.0.lock());
    if counts.is_empty() {
        return Ok(());
    }
    let written = db::in_tx(&app.db, async |tx| {
        store::add_uses(tx, &counts).await?;
        Ok::<_, Error>(())
    })
    .await;
    if written.is_err() {
        let mut kept = uses.0.lock();
        for (place, count) in counts {
            add(&mut kept, place, count);
        }
    }
    written
}

/// Writes uses until told to stop, and once more then.
pub async fn keep_writing_uses(app: App, mut stop: Stop) {
    while !stop.is_told() {
        stop.or(tokio::time::sleep(PAUSE)).await;
        if let Err(error) = write_uses(&app).await {
            tracing::warn!(%error, "uses of partner keys were not written; they are tried again");
        }
    }
}

/// What a key of a partner did, latest day first, before `before`; `not_found` for another's.
pub async fn usage(
    app: &App,
    partner: PartnerId,
    key: PartnerKeyId,
    before: Option<NaiveDate>,
    limit: u64,
) -> Result<Vec<UsageDay>> {
    find_key_of(app, partner, key).await?;
    Ok(store::usage(app.db.read(), key, before, limit).await?)
}

/// One business day of a key.
pub type UsageDay = entity::partner_key_usage::Model;
