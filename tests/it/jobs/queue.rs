//! What is queued runs; what is not committed does not (J1).

use std::collections::BTreeSet;

use chrono::TimeDelta;
use entity::codes::JobState;
use huiyi::db::in_tx;
use huiyi::http::Error;
use huiyi::jobs::{self, NewJob, StopSwitch};
use serde_json::json;

use super::{queue, ran_in, row, worker, worker_of};
use crate::support::TestApp;

async fn enqueue_or_not(app: &TestApp, key: &str, commits: bool) {
    let new = NewJob::new("note", key, json!({}), app.now());
    let result = in_tx(&app.app.db, async |tx| {
        jobs::enqueue_in(tx, std::slice::from_ref(&new), app.now()).await?;
        if commits { Ok(()) } else { Err(Error::fault("no")) }
    });
    assert_eq!(result.await.is_ok(), commits);
}

/// J1.
#[actix_web::test]
async fn a_job_runs_if_its_transaction_commits_and_never_if_it_rolls_back() {
    let app = TestApp::start().await;
    for number in 0..40 {
        enqueue_or_not(&app, &format!("{number}"), number % 2 == 0).await;
    }
    app.work_with(&worker(&app)).await;
    let ran = ran_in(&app.app);
    assert_eq!(ran.len(), 20, "each once: {ran:?}");
    assert!(ran.iter().all(|key| key.parse::<u32>().unwrap() % 2 == 0), "{ran:?}");
    assert_eq!(row(&app, "0").await.state, JobState::Done);
}

#[actix_web::test]
async fn a_key_that_is_known_is_not_queued_again() {
    let app = TestApp::start().await;
    queue(&app, "note", &["a", "b", "a"]).await;
    app.work_with(&worker(&app)).await;
    queue(&app, "note", &["b", "c"]).await;
    app.work_with(&worker(&app)).await;
    let mut ran = ran_in(&app.app);
    ran.sort();
    assert_eq!(ran, ["a", "b", "c"]);
}

#[actix_web::test]
async fn a_job_waits_for_its_time() {
    let app = TestApp::start().await;
    let later = NewJob::new("note", "later", json!({}), app.now() + TimeDelta::hours(1));
    jobs::enqueue_in(app.app.db.write(), &[later], app.now()).await.unwrap();
    app.work_with(&worker(&app)).await;
    assert_eq!(ran_in(&app.app), Vec::<String>::new());
    app.advance(TimeDelta::hours(1));
    app.work_with(&worker(&app)).await;
    assert_eq!(ran_in(&app.app), ["later"]);
}

/// J3, in small: two processes share the work and nothing runs twice.
#[actix_web::test]
async fn two_workers_run_two_hundred_jobs_once_each() {
    let app = TestApp::start().await;
    let keys: Vec<String> = (0..200).map(|number| format!("{number:03}")).collect();
    queue(&app, "note", &keys.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (other, _, server) = app.replica().await;
    let (mine, theirs) = (worker(&app), worker_of(&other, &[]));
    let (first, second) = futures_util::join!(mine.drain(), theirs.drain());
    let (first, second) = (first.unwrap(), second.unwrap());
    let ran = ran_in(&app.app);
    assert_eq!((first + second, ran.len()), (200, 200), "{first} and {second}");
    assert_eq!(ran.iter().collect::<BTreeSet<_>>().len(), 200);
    server.stop(false).await;
}

/// A slow job does not hold up the others: here it even waits for ten of them.
#[actix_web::test]
async fn a_worker_does_several_jobs_at_once() {
    let app = TestApp::start().await;
    queue(&app, "slow", &["slow"]).await;
    app.advance(TimeDelta::seconds(1));
    queue(&app, "note", &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]).await;
    let (switch, stop) = StopSwitch::new();
    let running = actix_web::rt::spawn(worker(&app).until(stop).run());
    while row(&app, "slow").await.state != JobState::Done {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    switch.tell();
    running.await.unwrap();
    assert_eq!(ran_in(&app.app).last().unwrap(), "slow");
}

#[actix_web::test]
async fn what_was_done_a_week_ago_is_forgotten_and_what_is_dead_is_not() {
    let app = TestApp::start().await;
    queue(&app, "note", &["done"]).await;
    queue(&app, "nobody", &["dead"]).await;
    app.work_with(&worker(&app)).await;
    app.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    assert_eq!(jobs::forget_old(&app.app, 100).await.unwrap(), 0);
    app.advance(TimeDelta::seconds(1));
    assert_eq!(jobs::forget_old(&app.app, 100).await.unwrap(), 1);
    assert_eq!(row(&app, "dead").await.state, JobState::Dead);
}
