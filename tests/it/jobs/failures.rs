//! Retries with longer and longer pauses, then a dead letter with its reason (J4, J5).

use chrono::TimeDelta;
use entity::codes::JobState;
use huiyi::audit::service::Author;
use huiyi::operations::service as operations;

use super::{queue, ran_in, row, worker};
use crate::support::TestApp;

#[actix_web::test]
async fn a_job_that_fails_is_tried_five_times_and_then_dead_with_its_reason() {
    let app = TestApp::start().await;
    queue(&app, "fail", &["a"]).await;
    for attempt in 1..=4 {
        app.work_with(&worker(&app)).await;
        let waiting = row(&app, "a").await;
        assert_eq!((waiting.state, waiting.attempts), (JobState::Queued, attempt));
        assert_eq!(waiting.reason.as_deref(), Some("the roof leaks"));
        let pause = (waiting.run_at - app.now()).num_milliseconds();
        let usual = 5_000 << (attempt - 1);
        assert!((usual * 4 / 5..=usual * 6 / 5).contains(&pause), "{attempt}: {pause}");
        app.advance(TimeDelta::milliseconds(pause - 1));
        assert_eq!(worker(&app).drain().await.unwrap(), 0, "not before");
        app.advance(TimeDelta::milliseconds(1));
    }
    app.work_with(&worker(&app)).await;
    let dead = row(&app, "a").await;
    assert_eq!((dead.state, dead.attempts), (JobState::Dead, 5));
    assert_eq!(dead.finished_at, Some(app.now()));
    assert_eq!(dead.reason.as_deref(), Some("the roof leaks"));
}

#[actix_web::test]
async fn a_panic_is_a_failure_like_any_other_and_the_worker_lives_on() {
    let app = TestApp::start().await;
    queue(&app, "panic", &["way"]).await;
    queue(&app, "note", &["other"]).await;
    app.work_with(&worker(&app)).await;
    let failed = row(&app, "way").await;
    assert_eq!(failed.reason.as_deref(), Some("panicked: no way"));
    assert_eq!((failed.state, ran_in(&app.app)), (JobState::Queued, vec!["other".to_owned()]));
}

/// J5: whatever stands there, it is a dead letter, and its neighbours run.
#[actix_web::test]
async fn a_payload_or_kind_that_nobody_can_read_is_dead_at_once() {
    let app = TestApp::start().await;
    let payloads = ["", "{", "null", "[]", "{\"slot\":5}", "{\"slot\":\"noon\"}", "\u{1f457}"];
    for (number, payload) in payloads.iter().enumerate() {
        queue(&app, "slot", &[&format!("bad {number}")]).await;
        let spoil = format!("UPDATE job SET payload = '{payload}' WHERE state = 'queued'");
        app.sql(&spoil).await.unwrap();
        queue(&app, "note", &[&format!("good {number}")]).await;
        app.work_with(&worker(&app)).await;
        let dead = row(&app, &format!("bad {number}")).await;
        assert_eq!((dead.state, dead.attempts), (JobState::Dead, 1), "{payload}");
        assert!(dead.reason.unwrap().starts_with("the payload cannot be read"), "{payload}");
    }
    assert_eq!(ran_in(&app.app).len(), payloads.len());
    queue(&app, "from the future", &["strange"]).await;
    app.work_with(&worker(&app)).await;
    let strange = row(&app, "strange").await;
    assert_eq!(strange.state, JobState::Dead);
    assert_eq!(strange.reason.as_deref(), Some("no handler for this kind"));
}

#[actix_web::test]
async fn a_dead_job_can_be_retried_or_discarded_and_others_cannot() {
    let app = TestApp::start().await;
    queue(&app, "nobody", &["a", "b"]).await;
    queue(&app, "note", &["done"]).await;
    app.work_with(&worker(&app)).await;
    let (a, b) = (row(&app, "a").await.id, row(&app, "b").await.id);
    let done = row(&app, "done").await.id;
    let author = Author::system("test");
    assert!(operations::retry(&app.app, &author, done).await.is_err());
    assert!(operations::discard(&app.app, &author, done).await.is_err());

    app.sql("UPDATE job SET kind = 'note' WHERE kind = 'nobody'").await.unwrap();
    assert!(operations::retry(&app.app, &author, a).await.is_ok());
    assert!(operations::discard(&app.app, &author, b).await.is_ok());
    app.work_with(&worker(&app)).await;
    assert_eq!(ran_in(&app.app), ["done", "a"]);
    assert_eq!(row(&app, "a").await.attempts, 1, "it started over");
    assert_eq!(row(&app, "b").await.state, JobState::Discarded);
    assert!(operations::retry(&app.app, &author, b).await.is_err(), "what is discarded rests");
}

static BEGUN: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

/// J1: a loop that panics or ends by itself is begun again, and takes nothing else with it.
#[actix_web::test]
async fn background_work_that_panics_is_begun_again() {
    use std::sync::atomic::Ordering;
    let app = TestApp::start().await;
    let (switch, stop) = huiyi::jobs::StopSwitch::new();
    let work = huiyi::jobs::Work {
        reactions: &[],
        chores: &[],
        handlers: &[],
        schedules: &[],
        duties: &[("leaky", |_, mut stop| {
            Box::pin(async move {
                match BEGUN.fetch_add(1, Ordering::SeqCst) {
                    0 => panic!("the roof leaks"),
                    1 => {}
                    _ => stop.told().await,
                }
            })
        })],
    };
    let running = actix_web::rt::spawn(huiyi::jobs::run(app.app.clone(), work, stop));
    while BEGUN.load(Ordering::SeqCst) < 3 {
        actix_web::rt::task::yield_now().await;
    }
    switch.tell();
    running.await.unwrap();
    let metrics = app.get("/metrics").send().await.text;
    assert!(metrics.contains("huiyi_work_restarts_total{work=\"leaky\"} 2"), "{metrics}");
}
