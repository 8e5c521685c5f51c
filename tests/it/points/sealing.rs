//! L7: accounts from before the codes come under one, once; from then on no account is without.

use huiyi::kernel::ids::MemberId;
use huiyi::points::service::{Fault, Sealing, seal_accounts};

use super::proof::unprotect;
use super::tamper::{account, faults, history};
use crate::support::{TestApp, earn};

/// Takes the codes of accounts away, as the schema from before had none.
async fn without_codes(app: &TestApp, which: &str) {
    for table in [
        "points_transfer SET mac = NULL WHERE account_id",
        "points_account SET last_mac = NULL, sealed_mac = NULL, mac = NULL WHERE id",
    ] {
        app.sql(&format!("UPDATE {table} IN ({which})")).await.unwrap();
    }
}

const EVERYBODY: &str = "SELECT * FROM (SELECT id FROM points_account) everybody";

/// Those of whoever has this phone's points.
fn hers(points: i64) -> String {
    format!("SELECT * FROM (SELECT id FROM points_account WHERE available = {points}) hers")
}

/// A ledger that was written before there were codes.
async fn from_before() -> (TestApp, Vec<MemberId>) {
    let app = TestApp::start().await;
    let members = history(&app).await;
    unprotect(&app).await;
    without_codes(&app, EVERYBODY).await;
    (app, members)
}

async fn sealed(app: &TestApp) -> i64 {
    match seal_accounts(&app.app).await.unwrap() {
        Sealing::Done(accounts) => accounts,
        other => panic!("{other:?}"),
    }
}

#[actix_web::test]
async fn accounts_from_before_the_codes_are_sealed_once() {
    let (app, members) = from_before().await;
    assert!(faults(&app).await.iter().all(|fault| *fault == Fault::Unsealed));
    assert_eq!(sealed(&app).await, 8);
    app.reconciles().await;
    let then = app.now();
    // What comes after joins the chain.
    app.moved(members[0], "new", earn(10)).await;
    app.merge_ledgers(members[0], members[1]).await;
    app.reconciles().await;
    app.advance(chrono::TimeDelta::days(1));
    assert_eq!(seal_accounts(&app.app).await.unwrap(), Sealing::DoneBefore(then));
}

#[actix_web::test]
async fn what_was_sealed_cannot_be_changed() {
    let (app, members) = from_before().await;
    sealed(&app).await;
    let ann = account(&app, members[0]).await;
    // Nothing else depends on who did it.
    for (to, from) in [("'staff'", "'system'"), ("'system'", "'staff'")] {
        let change = format!(
            "UPDATE points_transfer SET actor_kind = {to} WHERE actor_kind = {from} AND seq = 2"
        );
        assert!(app.sql(&change).await.unwrap() > 0);
        if to == "'staff'" {
            assert!(faults(&app).await.contains(&Fault::AccountMac));
        }
    }
    app.reconciles().await;
    // The first transfer after the codes came in cannot be made one from before.
    let first = app.moved(ann.member_id, "new", earn(10)).await.transfer;
    app.moved(ann.member_id, "newer", earn(10)).await;
    app.sql("UPDATE points_transfer SET mac = NULL WHERE source_id = 'new'").await.unwrap();
    let found = faults(&app).await;
    assert!(matches!(found[..], [Fault::Mac(id), Fault::AccountMac] if id != first), "{found:?}");
}

/// Whoever may do anything with the tables takes every code of an account away and writes himself points, all sums right.
async fn enriches(app: &TestApp, from: i64) {
    without_codes(app, &hers(from)).await;
    let account = format!("account_id IN ({})", hers(from));
    for statement in [
        format!("UPDATE points_transfer SET amount = 900, available_after = 900 WHERE {account}"),
        format!("UPDATE points_lot SET amount = 900, remaining = 900 WHERE {account}"),
        format!("UPDATE points_account SET available = 900 WHERE available = {from}"),
    ] {
        assert_eq!(app.sql(&statement).await.unwrap(), 1, "{statement}");
    }
}

#[actix_web::test]
async fn an_account_whose_codes_were_all_taken_away_is_named() {
    let app = TestApp::start().await;
    let member = app.known("13800000999").await;
    app.moved(member, "hers", earn(77)).await;
    unprotect(&app).await;
    enriches(&app, 77).await;
    assert_eq!(faults(&app).await, [Fault::Unsealed]);
}

#[actix_web::test]
async fn nor_can_a_sealed_account_be_made_one_from_before_again() {
    let (app, _) = from_before().await;
    let member = app.known("13800000999").await;
    app.moved(member, "hers", earn(77)).await;
    without_codes(&app, EVERYBODY).await;
    sealed(&app).await;
    enriches(&app, 77).await;
    assert_eq!(faults(&app).await, [Fault::Unsealed]);
    assert!(matches!(seal_accounts(&app.app).await.unwrap(), Sealing::DoneBefore(_)));
    // Without the record it could be sealed once more: that it is gone is told, as long as any account was sealed.
    app.sql("DELETE FROM points_seal").await.unwrap();
    assert_eq!(faults(&app).await, [Fault::Unsealed, Fault::SealRecord]);
    assert!(matches!(seal_accounts(&app.app).await.unwrap(), Sealing::Refused(_)));
    assert_eq!(faults(&app).await, [Fault::Unsealed, Fault::SealRecord]);
}

#[actix_web::test]
async fn the_record_of_sealing_cannot_be_changed() {
    let (app, _) = from_before().await;
    sealed(&app).await;
    app.sql("UPDATE points_seal SET finished_at = NULL, upto = NULL").await.unwrap();
    assert_eq!(faults(&app).await, [Fault::SealRecord]);
    assert!(matches!(seal_accounts(&app.app).await.unwrap(), Sealing::Refused(_)));
}

#[actix_web::test]
async fn what_is_wrong_otherwise_is_not_sealed_until_it_is_right() {
    let (app, members) = from_before().await;
    let ann = account(&app, members[0]).await.available;
    let set = |to: i64, from: i64| {
        format!("UPDATE points_account SET available = {to} WHERE available = {from}")
    };
    assert!(app.sql(&set(4_711, ann)).await.unwrap() > 0);
    let refused = seal_accounts(&app.app).await.unwrap();
    assert!(matches!(&refused, Sealing::Refused(found) if !found.is_empty()), "{refused:?}");
    assert!(faults(&app).await.contains(&Fault::Unsealed), "only the others are sealed");
    app.sql(&set(ann, 4_711)).await.unwrap();
    assert_eq!(sealed(&app).await, 8);
    app.reconciles().await;
}
