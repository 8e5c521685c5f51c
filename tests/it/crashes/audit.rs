//! Workers die while they chain the audit log: what is left proves itself, and the next one goes on (S17, L3).

use huiyi::app::App;
use huiyi::audit::service::{self as audit, Author, Line};
use huiyi::kernel::codes::AuditAction;

use super::shop::Shop;

/// Two batches and a bit.
const LINES: usize = 1_100;
/// The partner that was set up, and its key.
const OF_SETUP: usize = 2;
/// Where a worker dies.
const STEPS: &[&str] =
    &["job_claimed", "lines_chained", "before_commit", "lines_chained:2", "batch_done"];

async fn chained(app: &App) -> i64 {
    audit::head(app).await.unwrap().map_or(0, |head| head.seq)
}

#[actix_web::test]
async fn a_worker_that_dies_at_any_step_leaves_a_chain_that_proves_itself() {
    let shop = Shop::open(0).await;
    let app = shop.look().await;
    for n in OF_SETUP..LINES {
        let line = Line::new(AuditAction::MemberSearched).gave(n);
        audit::write(&app, &Author::system("test"), line).await.unwrap();
    }
    app.db.clone().close().await.unwrap();
    let mut before = 0;
    for (number, step) in STEPS.iter().enumerate() {
        before = dies_at(&shop, step, number, before).await;
    }
    for number in STEPS.len().. {
        // What a dead worker had claimed waits for its lease; each step here leaves a whole batch behind.
        if before == LINES as i64 {
            break;
        }
        assert!(number < 20, "the chain does not end");
        before = dies_at(&shop, "batch_done", number, before).await;
    }
}

/// A worker dies; the log proves itself as it is then. Answers how much is chained: never less than before.
async fn dies_at(shop: &Shop, step: &str, number: usize, before: i64) -> i64 {
    shop.queue("seal_audit_log", &format!("seal {number}")).await;
    shop.start_worker(step).died();
    let app = shop.look().await;
    let now = chained(&app).await;
    assert!(now >= before, "{step}");
    let proof = audit::prove(&app).await.unwrap();
    assert_eq!((proof.lines, proof.found), (LINES as u64, vec![]), "{step}");
    app.db.clone().close().await.unwrap();
    now
}
