//! Slots run once each, also after days without a worker (J6).

use chrono::TimeDelta;
use huiyi::jobs::{Missed, Schedule, When};

use super::{ran_in, row, worker_of};
use crate::support::TestApp;

/// Nine in the morning in Shanghai; the tests start at noon.
const NINE: When = When::DailyAt(9, 0);
static SCHEDULES: &[Schedule] = &[
    Schedule { name: "all", when: NINE, missed: Missed::All { max: 10 } },
    Schedule { name: "latest", when: NINE, missed: Missed::Latest },
    Schedule { name: "none", when: NINE, missed: Missed::None },
];
static EACH_MINUTE: &[Schedule] =
    &[Schedule { name: "fail", when: When::Every(1), missed: Missed::Latest }];

#[actix_web::test]
async fn a_first_start_runs_no_slot_of_the_past() {
    let app = TestApp::start().await;
    let worker = worker_of(&app.app, SCHEDULES);
    app.work_with(&worker).await;
    app.advance(TimeDelta::hours(20));
    app.work_with(&worker).await;
    assert_eq!(ran_in(&app.app), Vec::<String>::new());
    app.advance(TimeDelta::hours(1));
    app.work_with(&worker).await;
    let mut ran = ran_in(&app.app);
    ran.sort();
    let slot = "2026-03-16T01:00:00Z";
    assert_eq!(ran, [format!("all@{slot}"), format!("latest@{slot}"), format!("none@{slot}")]);
}

/// J6: a table of policies after three days down; nothing is run twice by looking again.
#[actix_web::test]
async fn after_three_days_down_each_schedule_follows_its_policy() {
    let app = TestApp::start().await;
    let worker = worker_of(&app.app, SCHEDULES);
    app.work_with(&worker).await;
    app.advance(TimeDelta::days(3));
    app.work_with(&worker).await;
    app.work_with(&worker_of(&app.app, SCHEDULES)).await;
    let ran = ran_in(&app.app);
    let of = |name: &str| -> Vec<&str> {
        let mut slots: Vec<_> = ran.iter().filter_map(|key| key.strip_prefix(name)).collect();
        slots.sort_unstable();
        slots
    };
    let days = ["@2026-03-16T01:00:00Z", "@2026-03-17T01:00:00Z", "@2026-03-18T01:00:00Z"];
    assert_eq!(of("all"), days);
    assert_eq!(of("latest"), days[2..]);
    assert_eq!(of("none"), Vec::<&str>::new());
}

#[actix_web::test]
async fn workers_that_plan_at_the_same_time_queue_a_slot_once() {
    let app = TestApp::start().await;
    let (other, _, server) = app.replica().await;
    let (mine, theirs) = (worker_of(&app.app, SCHEDULES), worker_of(&other, SCHEDULES));
    for _ in 0..10 {
        let now = app.now();
        let (first, second) = futures_util::join!(mine.plan(now), theirs.plan(now));
        first.unwrap();
        second.unwrap();
        let (first, second) = futures_util::join!(mine.drain(), theirs.drain());
        first.unwrap();
        second.unwrap();
        app.advance(TimeDelta::days(1));
    }
    let ran = ran_in(&app.app);
    let all = ran.iter().filter(|key| key.starts_with("all@")).count();
    let latest = ran.iter().filter(|key| key.starts_with("latest@")).count();
    assert_eq!((all, latest), (9, 9), "{ran:?}");
    server.stop(false).await;
}

/// A slot that waits for its next attempt covers the later ones: they do not pile up.
#[actix_web::test]
async fn a_slot_that_is_still_tried_covers_the_next_ones() {
    let app = TestApp::start().await;
    let worker = worker_of(&app.app, EACH_MINUTE);
    app.work_with(&worker).await;
    let first = app.now() + TimeDelta::minutes(1);
    for _ in 0..20 {
        app.advance(TimeDelta::seconds(30));
        app.work_with(&worker).await;
    }
    let key = format!("fail@{}", first.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
    assert_eq!(row(&app, &key).await.attempts, 5, "given up after five attempts");
    let queued = app.sql("DELETE FROM job WHERE state = 'queued'").await.unwrap();
    assert!(queued <= 1, "{queued} slots wait");
}
