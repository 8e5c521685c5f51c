//! What stands in the ledger cannot be changed unseen (PT-1, L7).

use huiyi::kernel::codes::TransferKind;
use huiyi::kernel::ids::HoldId;
use huiyi::points::service::{self as points, Act, Fault};

use crate::support::{Kind, TestApp, earn, kind, reverse};

/// A few members with a bit of everything.
async fn history(app: &TestApp) {
    for n in 0..3 {
        let member = app.known(&format!("1380000010{n}")).await;
        let id = |what: &str| format!("{what}{n}");
        app.moved(member, &id("o"), earn(100)).await;
        app.moved(member, &id("p"), earn(50)).await;
        app.moved(member, &id("s"), Act::Spend { amount: 120 }).await;
        app.moved(member, &id("r"), reverse(&id("s"), TransferKind::Spend, 30)).await;
        app.moved(member, &id("q"), reverse(&id("o"), TransferKind::Earn, 100)).await;
    }
    checkout(app).await;
    app.reconciles().await;
}

/// One more member with points that are pending and held.
async fn checkout(app: &TestApp) {
    let member = app.known("13800000104").await;
    let later = app.now() + chrono::TimeDelta::days(7);
    let waiting = Act::Earn { amount: 9, expires_at: None, rule: None, settles_at: Some(later) };
    app.moved(member, "waiting", waiting).await;
    app.moved(member, "opening", earn(77)).await;
    for (number, amount) in [("open", 10), ("used", 20)] {
        let hold = HoldId::new(app.now());
        let freeze = Act::Freeze { amount, hold, lapses_at: later, order_ref: None };
        app.moved(member, number, freeze).await;
        if number == "used" {
            app.moved(member, number, Act::Capture { hold, amount: 15 }).await;
        }
    }
}

#[actix_web::test]
async fn the_database_itself_refuses_to_change_a_transfer() {
    let app = TestApp::start().await;
    history(&app).await;
    for statement in [
        "UPDATE points_transfer SET amount = amount + 1",
        "UPDATE points_transfer SET source_id = 'x' WHERE seq = 1",
        "DELETE FROM points_transfer",
        "DELETE FROM points_transfer WHERE seq = 5",
    ] {
        let error = app.sql(statement).await.expect_err(statement).to_string();
        assert!(error.contains("points_transfer are immutable"), "{error}");
    }
    app.reconciles().await;
}

/// Somebody who may do anything takes the protection away first.
pub(super) async fn unprotect(app: &TestApp) {
    let statements: &[&str] = match kind() {
        Kind::Postgres => &["ALTER TABLE points_transfer DISABLE TRIGGER USER"],
        Kind::Sqlite | Kind::Mariadb => {
            &["DROP TRIGGER points_transfer_no_update", "DROP TRIGGER points_transfer_no_delete"]
        }
    };
    for statement in statements {
        app.sql(statement).await.unwrap();
    }
}

/// Changes something by hand in a fresh ledger and says what the reconciliation finds.
async fn found_after(statement: &str) -> Vec<Fault> {
    let app = TestApp::start().await;
    history(&app).await;
    unprotect(&app).await;
    assert!(app.sql(statement).await.unwrap() > 0, "{statement} changed nothing");
    let found = points::reconcile(&app.app).await.unwrap();
    found.into_iter().map(|difference| difference.what).collect()
}

macro_rules! seen {
    ($name:ident, $statement:expr, $fault:pat) => {
        #[actix_web::test]
        async fn $name() {
            let found = found_after($statement).await;
            assert!(found.iter().any(|fault| matches!(fault, $fault)), "{found:?}");
        }
    };
}

seen!(
    a_changed_amount_is_seen,
    "UPDATE points_transfer SET amount = amount + 1 WHERE source_id = 's1'",
    Fault::BalanceAfter(..)
);
seen!(
    a_changed_balance_after_is_seen,
    "UPDATE points_transfer SET available_after = available_after + 1 WHERE source_id = 'o1'",
    Fault::BalanceAfter(..)
);
seen!(
    a_removed_transfer_is_seen,
    "DELETE FROM points_transfer WHERE source_id = 'p1'",
    Fault::Sequence(..)
);
seen!(
    a_removed_last_transfer_is_seen,
    "DELETE FROM points_transfer WHERE source_id = 'q1'",
    Fault::Version
);
seen!(
    a_gift_to_a_balance_is_seen,
    "UPDATE points_account SET available = available + 1000 WHERE version = 5",
    Fault::Balance(_)
);
seen!(
    a_lot_made_larger_is_seen,
    "UPDATE points_lot SET amount = amount + 1, remaining = remaining + 1",
    Fault::LotMade(_)
);
seen!(
    a_lot_filled_up_again_is_seen,
    "UPDATE points_lot SET remaining = remaining + 1",
    Fault::LotLeft(_)
);
seen!(a_removed_lot_is_seen, "DELETE FROM points_lot WHERE amount = 50", Fault::LotMade(_));
seen!(
    a_removed_record_of_use_is_seen,
    "DELETE FROM points_lot_use WHERE amount > 0",
    Fault::LotUse(_)
);
seen!(
    a_reversal_made_larger_is_seen,
    "UPDATE points_transfer SET amount = 5000 WHERE source_id = 'q1'",
    Fault::Reversed(_)
);
seen!(
    a_lot_that_would_never_settle_is_seen,
    "UPDATE points_lot SET due_at = NULL WHERE settled = FALSE",
    Fault::LotDue(_)
);
seen!(
    a_lot_that_was_settled_by_hand_is_seen,
    "UPDATE points_lot SET settled = TRUE WHERE amount = 9",
    Fault::PendingLotSum
);
seen!(
    a_hold_made_larger_is_seen,
    "UPDATE points_hold SET amount = amount + 1 WHERE state = 'held'",
    Fault::HoldSum
);
seen!(
    a_hold_that_was_opened_again_is_seen,
    "UPDATE points_hold SET state = 'held' WHERE state = 'captured'",
    Fault::Hold(_)
);
seen!(
    a_changed_use_of_a_hold_is_seen,
    "UPDATE points_hold SET captured = 1 WHERE state = 'captured'",
    Fault::HoldCaptured(_)
);
seen!(a_removed_hold_is_seen, "DELETE FROM points_hold WHERE state = 'held'", Fault::HoldSum);
seen!(
    a_number_too_large_for_a_sum_is_seen,
    "UPDATE points_transfer SET available_after = 9223372036854775807 WHERE source_id = 'o1'",
    Fault::BalanceAfter(..)
);
seen!(
    a_use_of_a_lot_that_is_not_there_is_seen,
    "UPDATE points_lot_use SET lot_id = transfer_id WHERE amount < -50",
    Fault::LotLeft(_)
);
seen!(a_removed_account_is_seen, "DELETE FROM points_account WHERE version = 5", Fault::NoAccount);

#[actix_web::test]
async fn the_difference_names_the_account() {
    let app = TestApp::start().await;
    history(&app).await;
    let ann = app.known("13800000100").await;
    let changed =
        app.sql("UPDATE points_account SET available = 7 WHERE available <> 7").await.unwrap();
    assert_eq!(changed, 4);
    let found = points::reconcile(&app.app).await.unwrap();
    // The balance, and the code over the row.
    assert_eq!(found.len(), 8);
    let hers = found
        .iter()
        .find(|found| found.member == Some(ann) && matches!(found.what, Fault::Balance(_)))
        .unwrap();
    assert_eq!((hers.expected, hers.found), (-40, 7));
    assert!(hers.to_string().contains(&hers.account.unwrap().to_string()));
}
