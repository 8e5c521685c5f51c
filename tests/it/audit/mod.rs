//! The audit log: every read, search, export and change of personal data by staff, and that nobody changes it (PV-6, S17).

mod chain;
mod forgetting;
mod reading;
mod routes;
mod tamper;
mod writing;

use entity::audit_log;
use huiyi::audit::service::{self as audit, Author, Finding, Line, Written};
use huiyi::kernel::codes::{AuditAction, StaffRole};
use sea_orm::{EntityTrait, QueryOrder};

use crate::support::{Kind, TestApp, kind};

/// All lines, the earliest first.
pub async fn lines(app: &TestApp) -> Vec<Written> {
    let query = audit_log::Entity::find().order_by_asc(audit_log::Column::Id);
    query.all(app.app.db.read()).await.unwrap()
}

/// The lines of one action.
pub async fn of(app: &TestApp, action: AuditAction) -> Vec<Written> {
    let lines = lines(app).await.into_iter();
    lines.filter(|line| line.action == action.as_str()).collect()
}

/// Some lines of jobs, a millisecond apart, so that their order is known.
pub async fn writes(app: &TestApp, count: usize) {
    for n in 0..count {
        app.advance(chrono::TimeDelta::milliseconds(1));
        let line = Line::new(AuditAction::MemberSearched).gave(n).word("part", "test");
        audit::write(&app.app, &Author::system("test"), line).await.unwrap();
    }
}

/// Chains all that waits.
pub async fn seal(app: &TestApp) {
    while audit::seal(&app.app, 100).await.unwrap() > 0 {}
}

/// What a proof finds.
pub async fn found(app: &TestApp) -> Vec<Finding> {
    audit::prove(&app.app).await.unwrap().found
}

/// The log proves itself, with every line in the chain.
pub async fn proves(app: &TestApp) {
    seal(app).await;
    let proof = audit::prove(&app.app).await.unwrap();
    assert_eq!(proof.found, [], "{} lines", proof.lines);
    assert_eq!(proof.lines, lines(app).await.len() as u64);
}

/// Somebody who may do anything takes the protection away first.
pub async fn unprotect(app: &TestApp) {
    let statements: &[&str] = match kind() {
        Kind::Postgres => &["ALTER TABLE audit_log DISABLE TRIGGER USER"],
        Kind::Sqlite | Kind::Mariadb => {
            &["DROP TRIGGER audit_log_no_update", "DROP TRIGGER audit_log_no_delete"]
        }
    };
    for statement in statements {
        app.sql(statement).await.unwrap();
    }
}

/// An administrator's token.
pub async fn admin(app: &TestApp, staff_no: &str) -> String {
    let id = app.hire(staff_no, StaffRole::Admin, None).await;
    app.staff_token(id, staff_no, "admin").await
}
