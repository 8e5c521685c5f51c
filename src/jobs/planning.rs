//! Turning schedules into jobs: each slot once, whoever looks.

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use super::{Missed, NewJob, Schedule, store};
use crate::app::App;
use crate::db;
use crate::http::{Error, Result};

pub(super) async fn plan(app: &App, schedules: &[Schedule], at: DateTime<Utc>) -> Result<()> {
    let rows = store::schedules(app.db.read()).await?;
    let reached: HashMap<&str, DateTime<Utc>> =
        rows.iter().map(|row| (row.name.as_str(), row.last_slot)).collect();
    for schedule in schedules {
        let newest = schedule.when.latest(at, app.calendar);
        match reached.get(schedule.name) {
            // Nothing was missed before the first start: the next slot is the first.
            None => store::begin_schedule(app.db.write(), schedule.name, newest).await?,
            Some(last) if *last < newest => advance(app, schedule, *last, newest, at).await?,
            Some(_) => {}
        }
    }
    Ok(())
}

async fn advance(
    app: &App,
    schedule: &Schedule,
    last: DateTime<Utc>,
    newest: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<()> {
    // A slot that is still worked on covers this one when it is tried again; two would only stand in each other's way.
    let one_is_enough = matches!(schedule.missed, Missed::Latest);
    if one_is_enough && store::is_queued(app.db.read(), schedule.name).await? {
        return Ok(());
    }
    let slots = schedule.due(last, at, app.calendar);
    let jobs: Vec<NewJob> = slots.iter().map(|slot| job(schedule, *slot)).collect();
    db::in_tx(&app.db, async |tx| {
        if store::advance_schedule(tx, schedule.name, last, newest).await? {
            store::insert(tx, &jobs, at).await?;
        }
        Ok::<_, Error>(())
    })
    .await
}

fn job(schedule: &Schedule, slot: DateTime<Utc>) -> NewJob {
    let text = slot.to_rfc3339_opts(SecondsFormat::Secs, true);
    let key = format!("{}@{text}", schedule.name);
    NewJob::new(schedule.name, key, json!({ "slot": text }), slot)
}
