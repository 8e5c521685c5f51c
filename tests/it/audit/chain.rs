//! Many writers, several workers: one chain (S17).

use chrono::TimeDelta;
use futures_util::future::{join, join_all};
use huiyi::app::App;
use huiyi::audit::service::{self as audit, Author, Line};
use huiyi::jobs;
use huiyi::kernel::codes::{AuditAction, JobState};

use super::{lines, proves, seal, unprotect, writes};
use crate::support::{TestApp, logs};

/// Writers never wait for the chain, and each line comes into it once.
#[actix_web::test]
async fn many_writers_beside_two_workers_make_one_chain() {
    let app = TestApp::start().await;
    let (other, _, server) = app.replica().await;
    let author = Author::system("test");
    let write = async |n: usize| {
        for m in 0..10 {
            let line = Line::new(AuditAction::MemberSearched).gave(n * 10 + m);
            audit::write(&app.app, &author, line).await.unwrap();
        }
    };
    let work = async |app: &App| {
        while chained(app).await < 160 {
            audit::seal(app, 7).await.unwrap();
        }
    };
    join(join_all((0..16).map(write)), join(work(&app.app), work(&other))).await;
    proves(&app).await;
    let mut numbers: Vec<i64> = lines(&app).await.iter().filter_map(|line| line.seq).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=160).collect::<Vec<_>>());
    drop(server.stop(false));
}

async fn chained(app: &App) -> i64 {
    audit::head(app).await.unwrap().map_or(0, |head| head.seq)
}

/// The worker chains each minute, keeps the head outside each hour, and proves the whole log each night.
#[actix_web::test]
async fn the_worker_chains_keeps_the_head_and_proves_the_log() {
    let app = TestApp::start().await;
    let heads = || {
        let text = std::fs::read_to_string(audit::head_file(&app.app)).unwrap_or_default();
        text.lines().count()
    };
    writes(&app, 3).await;
    app.advance(TimeDelta::minutes(1));
    app.work().await;
    assert!(lines(&app).await.iter().all(|line| line.seq.is_some()));
    assert_eq!(heads(), 1);
    writes(&app, 1).await;
    app.advance(TimeDelta::minutes(1));
    app.work().await;
    assert_eq!((lines(&app).await[3].seq, heads()), (Some(4), 1), "within the hour");
    app.advance(TimeDelta::hours(1));
    app.work().await;
    assert_eq!(heads(), 2);
    app.advance(TimeDelta::hours(1));
    app.work().await;
    assert_eq!(heads(), 2, "nothing new");

    app.advance(TimeDelta::hours(14));
    app.work().await;
    let night = crate::jobs::row(&app, "verify_audit_log@2026-03-15T20:00:00Z").await;
    assert_eq!(night.state, JobState::Done);
    let metrics = app.get("/metrics").send().await.text;
    assert!(metrics.contains("huiyi_audit_verify_faults 0"), "{metrics}");
    unprotect(&app).await;
    app.sql("UPDATE audit_log SET rows_given = 99 WHERE seq = 2").await.unwrap();
    let second = lines(&app).await[1].id;
    app.advance(TimeDelta::days(1));
    app.work().await;
    let metrics = app.get("/metrics").send().await.text;
    assert!(metrics.contains("huiyi_audit_verify_faults 1"), "{metrics}");
    let logged = logs::text();
    let line = logged.lines().find(|line| line.contains(&second.to_string()));
    assert!(line.unwrap().contains("the audit log was touched"), "{line:?}");
    jobs::measure(&app.app).await.unwrap();
}

/// What was written before an upgrade or while no worker ran is chained by the first one that comes.
#[actix_web::test]
async fn lines_that_waited_long_are_chained_in_their_order() {
    let app = TestApp::start().await;
    writes(&app, 250).await;
    seal(&app).await;
    let lines = lines(&app).await;
    let numbers: Vec<_> = lines.iter().map(|line| line.seq).collect();
    assert_eq!(numbers, (1..=250).map(Some).collect::<Vec<_>>());
    proves(&app).await;
}
