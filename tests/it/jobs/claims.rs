//! One worker at a time: leases, fencing, and effects that stand once (J2, J4).

use chrono::TimeDelta;
use entity::codes::JobState;
use huiyi::jobs::{self, NewJob, Outcome, StopSwitch};
use serde_json::json;

use super::{queue, ran_in, row, worker, worker_of};
use crate::support::TestApp;

const LEASE: TimeDelta = TimeDelta::seconds(60);

#[actix_web::test]
async fn a_claimed_job_is_nobody_elses_until_its_lease_ends() {
    let app = TestApp::start().await;
    queue(&app, "note", &["a"]).await;
    let (first, second) = (worker(&app), worker(&app));
    let held = first.claim(4).await.unwrap();
    assert_eq!((held.len(), row(&app, "a").await.attempts), (1, 1), "counted when claimed");
    app.advance(LEASE - TimeDelta::milliseconds(1));
    assert!(second.claim(4).await.unwrap().is_empty());
    app.advance(TimeDelta::milliseconds(1));
    assert_eq!(second.claim(4).await.unwrap().len(), 1);
    assert_eq!(row(&app, "a").await.attempts, 2);
}

#[actix_web::test]
async fn a_renewed_lease_holds_on_and_a_lost_one_cannot_be_renewed() {
    let app = TestApp::start().await;
    queue(&app, "note", &["a"]).await;
    let held = worker(&app).claim(1).await.unwrap().remove(0);
    app.advance(LEASE - TimeDelta::seconds(1));
    held.renew(&app.app).await.unwrap();
    app.advance(LEASE - TimeDelta::seconds(1));
    assert!(worker(&app).claim(1).await.unwrap().is_empty());
    app.advance(TimeDelta::seconds(1));
    assert_eq!(worker(&app).claim(1).await.unwrap().len(), 1);
    assert!(held.renew(&app.app).await.is_err());
}

/// J2, J3: whoever lost the lease has nothing to say, and the effect stands once although both ran.
#[actix_web::test]
async fn a_job_that_two_workers_ran_has_one_effect_and_one_end() {
    let app = TestApp::start().await;
    let member = app.known("13800138000").await;
    let new = NewJob::new("earn", "birthday 2026", json!(member), app.now());
    jobs::enqueue_in(app.app.db.write(), &[new], app.now()).await.unwrap();
    let (other, _, server) = app.replica().await;
    let (slow, fast) = (worker(&app), worker_of(&other, &[]));
    let stale = slow.claim(1).await.unwrap().remove(0);
    app.advance(LEASE);
    let fresh = fast.claim(1).await.unwrap().remove(0);
    let ended = futures_util::join!(slow.perform(stale), fast.perform(fresh));
    assert_eq!(ended, (Outcome::Lost, Outcome::Done));
    assert_eq!(app.available(member).await, 10);
    let row = row(&app, "birthday 2026").await;
    assert_eq!((row.state, row.attempts), (JobState::Done, 2));
    app.reconciles().await;
    server.stop(false).await;
}

#[actix_web::test]
async fn a_failure_of_a_lost_job_does_not_touch_its_new_claim() {
    let app = TestApp::start().await;
    queue(&app, "fail", &["a"]).await;
    let stale = worker(&app).claim(1).await.unwrap().remove(0);
    app.advance(LEASE);
    let _fresh = worker(&app).claim(1).await.unwrap();
    assert_eq!(worker(&app).perform(stale).await, Outcome::Lost);
    let row = row(&app, "a").await;
    assert!(row.lease_token.is_some() && row.reason.is_none(), "{row:?}");
}

/// J4: attempts count when they begin, so a job that kills its worker is given up and the queue goes on.
#[actix_web::test]
async fn a_job_whose_workers_die_is_given_up_after_five_of_them() {
    let app = TestApp::start().await;
    queue(&app, "note", &["killer"]).await;
    for _ in 0..5 {
        assert_eq!(worker(&app).claim(1).await.unwrap().len(), 1);
        app.advance(LEASE);
    }
    queue(&app, "note", &["next"]).await;
    app.work_with(&worker(&app)).await;
    let dead = row(&app, "killer").await;
    assert_eq!((dead.state, dead.attempts), (JobState::Dead, 5));
    assert!(dead.reason.unwrap().contains("died"));
    assert_eq!(ran_in(&app.app), ["next"]);
}

/// OPS-4: long work ends after its step, and another worker goes on as if nothing had been.
#[actix_web::test]
async fn a_worker_that_is_told_to_stop_gives_long_work_back() {
    let app = TestApp::start().await;
    queue(&app, "endless", &["long"]).await;
    let (switch, stop) = StopSwitch::new();
    let running = actix_web::rt::spawn(worker(&app).until(stop).run());
    while ran_in(&app.app).is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    switch.tell();
    running.await.unwrap();
    let row = row(&app, "long").await;
    assert_eq!((row.state, row.attempts, row.lease_token), (JobState::Queued, 0, None));
    assert_eq!(worker(&app).claim(1).await.unwrap().len(), 1, "at once");
}
