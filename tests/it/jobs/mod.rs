//! The durable job engine: claims, leases, retries, dead letters, schedules (J1, J2, J4, J5, J6).

mod claims;
mod console;
mod failures;
mod ledger;
mod nightly;
mod queue;
mod schedules;

use std::sync::Mutex;
use std::time::Duration;

use entity::job;
use futures_util::FutureExt;
use huiyi::app::App;
use huiyi::db::in_tx;
use huiyi::http::{Error, Result};
use huiyi::jobs::{self, Handler, Job, NewJob, Schedule, Worker};
use huiyi::kernel::actor::Actor;
use huiyi::kernel::codes::{Ledger, Source};
use huiyi::kernel::ids::MemberId;
use huiyi::points::service as points;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::support::{TestApp, earn};

/// What ran, by the kv prefix of the test's app and the key of the job.
static RAN: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

static HANDLERS: &[(&str, Handler)] = &[
    ("note", |app, job| async move { note(app, job) }.boxed_local()),
    ("all", |app, job| async move { note(app, job) }.boxed_local()),
    ("latest", |app, job| async move { note(app, job) }.boxed_local()),
    ("none", |app, job| async move { note(app, job) }.boxed_local()),
    ("slot", |_, job| async move { job.slot().map(drop) }.boxed_local()),
    ("earn", |app, job| earn_once(app, job).boxed_local()),
    ("fail", |_, _| async { Err(Error::fault("the roof leaks")) }.boxed_local()),
    ("panic", |_, job| async move { panic!("no {}", job.key) }.boxed_local()),
    ("endless", |app, job| endless(app, job).boxed_local()),
    ("slow", |app, job| wait_for_others(app, job).boxed_local()),
];

fn note(app: &App, job: &Job) -> Result<()> {
    RAN.lock().unwrap().push((app.config.redis.prefix.clone(), job.key.clone()));
    Ok(())
}

fn ran_in(app: &App) -> Vec<String> {
    let ran = RAN.lock().unwrap();
    let mine = ran.iter().filter(|(prefix, _)| *prefix == app.config.redis.prefix);
    mine.map(|(_, key)| key.clone()).collect()
}

/// Ten points for a member; the job's key is the cause, so that a second run finds them posted.
async fn earn_once(app: &App, job: &Job) -> Result<()> {
    let member: MemberId = job.payload()?;
    let earned = points::Movement {
        member,
        ledger: Ledger::Points,
        act: earn(10),
        source: Source::Order,
        source_id: job.key.clone(),
        occurred_at: app.clock.now(),
        order: None,
        store: None,
        actor: Actor::SYSTEM,
    };
    in_tx(&app.db, async |tx| points::post_in(tx, app, std::slice::from_ref(&earned)).await)
        .await?
        .remove(0)
        .map(drop)
        .map_err(Into::into)
}

/// Long work in steps that never ends by itself.
async fn endless(app: &App, job: &Job) -> Result<()> {
    note(app, job)?;
    loop {
        job.renew(app).await?;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn wait_for_others(app: &App, job: &Job) -> Result<()> {
    while ran_in(app).len() < 10 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    note(app, job)
}

fn worker(app: &TestApp) -> Worker {
    worker_of(&app.app, &[])
}

fn worker_of(app: &App, schedules: &'static [Schedule]) -> Worker {
    Worker::new(app.clone(), HANDLERS, schedules)
}

/// Queues jobs of one kind, one a key, to be done now.
async fn queue(app: &TestApp, kind: &'static str, keys: &[&str]) {
    let new: Vec<NewJob> =
        keys.iter().map(|key| NewJob::new(kind, *key, json!({}), app.now())).collect();
    jobs::enqueue_in(app.app.db.write(), &new, app.now()).await.unwrap();
}

/// The row of a job.
pub async fn row(app: &TestApp, key: &str) -> job::Model {
    let found = job::Entity::find().filter(job::Column::Key.eq(key));
    found.one(app.app.db.write()).await.unwrap().unwrap()
}
