//! Lines whose time is over go, and the rest still proves itself (PV-6).

use chrono::TimeDelta;
use huiyi::audit::service::{self as audit, Fault};
use huiyi::kernel::codes::AuditAction;

use super::{found, lines, of, proves, seal, unprotect, writes};
use crate::support::TestApp;

async fn forget(app: &TestApp) -> u64 {
    let mut gone = 0;
    loop {
        let some = audit::forget_old(&app.app, 3).await.unwrap();
        if some == 0 {
            return gone;
        }
        gone += some;
    }
}

#[actix_web::test]
async fn old_lines_go_from_the_start_only_and_the_chain_stays_provable() {
    let app = TestApp::start_with(|config| config.audit.keep_days = 200).await;
    writes(&app, 7).await;
    seal(&app).await;
    audit::append_head(&app.app).await.unwrap();
    app.advance(TimeDelta::days(199));
    assert_eq!(forget(&app).await, 0);
    writes(&app, 4).await;
    seal(&app).await;
    audit::append_head(&app.app).await.unwrap();
    app.advance(TimeDelta::days(2));
    assert_eq!(forget(&app).await, 7);
    let left: Vec<_> = lines(&app).await.iter().filter_map(|line| line.seq).collect();
    assert_eq!(left, [8, 9, 10, 11]);
    // That they went is a line itself, and old heads are no reproach.
    let told: i64 =
        of(&app, AuditAction::AuditForgotten).await.iter().filter_map(|it| it.rows_given).sum();
    assert_eq!(told, 7);
    proves(&app).await;
    // What goes on after them is still proved to be what it was.
    unprotect(&app).await;
    app.sql("DELETE FROM audit_log WHERE seq = 8").await.unwrap();
    assert_eq!(found(&app).await[0].what, Fault::Removed { upto: 8 });
}

#[actix_web::test]
async fn what_was_touched_is_not_forgotten() {
    let app = TestApp::start().await;
    writes(&app, 5).await;
    seal(&app).await;
    unprotect(&app).await;
    app.sql("UPDATE audit_log SET rows_given = 40 WHERE seq = 2").await.unwrap();
    app.advance(TimeDelta::days(1_200));
    let refused = audit::forget_old(&app.app, 10).await.unwrap_err();
    assert!(refused.to_string().contains("huiyi audit verify"), "{refused}");
    assert_eq!(lines(&app).await.len(), 5);
}

/// Whoever says that lines are old needs a mark, and cannot sign one.
#[actix_web::test]
async fn a_start_that_was_moved_by_hand_is_told() {
    let app = TestApp::start().await;
    writes(&app, 6).await;
    seal(&app).await;
    app.sql(
        "INSERT INTO audit_mark (name, seq, link, marked_at, mac) \
         SELECT 'start', 3, link, marked_at, mac FROM audit_mark WHERE name = 'head'",
    )
    .await
    .unwrap();
    app.sql("DELETE FROM audit_log WHERE seq <= 3").await.unwrap();
    assert!(found(&app).await.iter().any(|one| one.what == Fault::Mark("start")));
}
