//! The nightly proof of the ledgers, and what operators are alarmed by (PT-9, OPS-2).

use std::collections::BTreeSet;

use chrono::TimeDelta;
use entity::codes::JobState;
use entity::points_account;
use huiyi::jobs;
use huiyi::points::jobs as points;
use sea_orm::EntityTrait;
use serde_json::Value;

use super::{queue, row};
use crate::support::{TestApp, earn, logs};

const ALERTS: &str = include_str!("../../../deploy/alerts.yml");
const BOARD: &str = include_str!("../../../deploy/grafana.json");

async fn metrics(app: &TestApp) -> String {
    jobs::measure(&app.app).await.unwrap();
    app.get("/metrics").send().await.text
}

/// PT-9: half past three, business time; the log names the row by ids, the metric rings.
#[actix_web::test]
async fn the_ledgers_are_proved_each_night_and_a_difference_is_told() {
    let app = TestApp::start().await;
    let member = app.known("13800138000").await;
    app.moved(member, "o1", earn(100)).await;
    app.advance(TimeDelta::hours(15) + TimeDelta::minutes(30));
    app.work().await;
    let night = "reconcile@2026-03-15T19:30:00Z";
    assert_eq!(row(&app, night).await.state, JobState::Done);
    assert!(metrics(&app).await.contains("huiyi_ledger_verify_differences 0"));

    app.sql("UPDATE points_account SET available = 101").await.unwrap();
    app.advance(TimeDelta::days(1));
    app.work().await;
    let account = points_account::Entity::find().one(app.app.db.read()).await.unwrap().unwrap();
    assert_eq!(row(&app, "reconcile@2026-03-16T19:30:00Z").await.state, JobState::Done);
    let text = metrics(&app).await;
    let gauge = text.lines().find(|line| line.starts_with("huiyi_ledger_verify_differences "));
    let found: u64 = gauge.unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    assert!(found >= 1, "{gauge:?}");
    let logged = logs::text();
    let line = logged.lines().find(|line| line.contains(&account.id.to_string()));
    assert!(line.unwrap().contains("a ledger differs from its movements"), "{line:?}");
    app.sql("UPDATE points_account SET available = 100").await.unwrap();
}

/// OPS-2: whichever process proved them, and before whichever restart.
#[actix_web::test]
async fn how_the_last_proof_ended_and_when_outlives_a_restart() {
    let mut app = TestApp::start().await;
    let member = app.known("13800138000").await;
    app.moved(member, "o1", earn(100)).await;
    points::measure(&app.app).await.unwrap();
    assert!(!metrics(&app).await.contains("\nhuiyi_ledger_verify_"), "nothing is known yet");
    app.sql("UPDATE points_account SET available = 101").await.unwrap();
    app.advance(TimeDelta::hours(15) + TimeDelta::minutes(30));
    app.work().await;
    let proved = "huiyi_ledger_verify_timestamp_seconds 1773603000\n";
    let before = metrics(&app).await;
    assert!(before.contains(proved), "{before}");
    let found = before.lines().find(|line| line.starts_with("huiyi_ledger_verify_differences "));

    app.advance(TimeDelta::hours(1));
    let (restarted, url, server) = app.replica().await;
    (app.app, app.url) = (restarted, url);
    assert!(!metrics(&app).await.contains("\nhuiyi_ledger_verify_"));
    points::measure(&app.app).await.unwrap();
    let after = metrics(&app).await;
    assert!(after.contains(proved) && after.contains(found.unwrap()), "{after}");
    drop(server.stop(false));
    app.sql("UPDATE points_account SET available = 100").await.unwrap();
}

#[actix_web::test]
async fn the_queue_is_measured() {
    let app = TestApp::start().await;
    queue(&app, "nobody", &["a"]).await;
    app.work().await;
    queue(&app, "nobody", &["b"]).await;
    app.advance(TimeDelta::seconds(90));
    let text = metrics(&app).await;
    for line in [
        "huiyi_jobs_dead 1",
        "huiyi_jobs_waiting 1",
        "huiyi_jobs_oldest_age_seconds 90.0",
        "huiyi_jobs_finished_total{kind=\"_OTHER\",result=\"dead\"} 1",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("nobody"), "kinds that we do not know are no labels");
}

/// Each metric that an alert or a panel of the board names is exported.
#[actix_web::test]
async fn every_metric_of_the_alert_rules_and_of_the_board_is_exported() {
    let app = TestApp::start().await;
    app.get("/v1/nowhere").send().await;
    // Families without a sample are not shown.
    app.app.measures.webhook_attempted("delivered");
    app.app.measures.job_finished("reconcile", "done");
    let text = metrics(&app).await;
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let rules = ALERTS.lines().filter(|line| line.trim_start().starts_with("expr:"));
    let board: Value = serde_json::from_str(BOARD).unwrap();
    let targets = board["panels"].as_array().unwrap().iter().flat_map(|panel| {
        panel["targets"].as_array().into_iter().flatten().map(|target| target["expr"].as_str())
    });
    let named: BTreeSet<&str> = rules
        .chain(targets.flatten())
        .flat_map(|line| line.split(word))
        .filter(|name| {
            ["huiyi_", "http_server_", "process_"].iter().any(|own| name.starts_with(own))
        })
        .collect();
    for some in ["huiyi_ledger_verify_differences", "huiyi_jobs_dead", "process_open_fds"] {
        assert!(named.contains(some), "{named:?}");
    }
    for name in named {
        let family = ["_total", "_bucket", "_count"]
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix))
            .unwrap_or(name);
        assert!(text.contains(&format!("# TYPE {family} ")), "{name} is not exported\n{text}");
    }
}

/// OPS-2: a scrape tells of its own moment.
#[actix_web::test]
async fn a_scrape_tells_whether_the_database_answers() {
    let app = TestApp::start().await;
    let text = metrics(&app).await;
    for line in ["huiyi_database_up 1", "huiyi_kv_up 1"] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    app.app.db.clone().close().await.unwrap();
    let text = app.get("/metrics").send().await.text;
    assert!(text.contains("huiyi_database_up 0") && text.contains("huiyi_kv_up 1"), "{text}");
}
