//! Ledgers of merged members (ID-3, PT-6).

use chrono::TimeDelta;
use huiyi::kernel::codes::{Ledger, TransferKind};
use huiyi::points::error;
use huiyi::points::service::{self as points, Act, Expiring, Movement, Replayed};

use crate::support::{TestApp, earn, movement, reverse};

#[actix_web::test]
async fn a_merge_carries_points_growth_and_expiry_over() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.known("13800000001").await, app.known("13800000002").await);
    let (soon, late) = (app.now() + TimeDelta::days(10), app.now() + TimeDelta::days(20));
    let lot = |amount, at| Act::Earn { amount, expires_at: Some(at), rule: None, settles_at: None };
    app.moved(ann, "a1", lot(100, soon)).await;
    app.moved(bea, "b1", lot(50, late)).await;
    app.moved(ann, "a2", Act::Spend { amount: 30 }).await;
    let growth = Movement { ledger: Ledger::Growth, ..movement(&app, ann, "a1", earn(100)) };
    app.moves(&[growth]).await.remove(0).unwrap();
    app.merge_ledgers(ann, bea).await;
    assert_eq!((app.available(ann).await, app.available(bea).await), (0, 120));
    let db = app.app.db.read();
    let growth = points::balances(db, &[ann, bea], Ledger::Growth).await.unwrap();
    assert_eq!((growth[&ann].available, growth[&bea].available), (0, 100));
    let expiring = points::expiring(db, bea).await.unwrap();
    assert_eq!(expiring, [Expiring { at: soon, amount: 70 }, Expiring { at: late, amount: 50 }]);
    app.reconciles().await;

    // Twice is once.
    app.merge_ledgers(ann, bea).await;
    assert_eq!((app.available(ann).await, app.available(bea).await), (0, 120));
    app.reconciles().await;
}

#[actix_web::test]
async fn orders_of_the_merged_member_can_be_refunded_afterwards() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.known("13800000001").await, app.known("13800000002").await);
    let cat = app.known("13800000003").await;
    let at = app.now() + TimeDelta::days(10);
    app.moved(
        ann,
        "a1",
        Act::Earn { amount: 100, expires_at: Some(at), rule: None, settles_at: None },
    )
    .await;
    app.moved(ann, "a2", earn(40)).await;
    app.moved(ann, "s1", Act::Spend { amount: 120 }).await;
    app.moved(bea, "b1", earn(10)).await;
    app.merge_ledgers(ann, bea).await;
    app.merge_ledgers(bea, cat).await;
    assert_eq!(app.available(cat).await, 30);

    // The spending goes back to the very lots it took, the one used last first.
    app.moved(cat, "r1", reverse("s1", TransferKind::Spend, 30)).await;
    assert_eq!(app.available(cat).await, 60);
    let expiring = points::expiring(app.app.db.read(), cat).await.unwrap();
    assert_eq!(expiring, [Expiring { at, amount: 10 }]);
    // The earning is taken from its own lot first, then from the others.
    app.moved(cat, "r2", reverse("a2", TransferKind::Earn, 40)).await;
    assert_eq!(app.available(cat).await, 20);
    let expiring = points::expiring(app.app.db.read(), cat).await.unwrap();
    assert_eq!(expiring, [Expiring { at, amount: 10 }]);
    // Nobody but the one who stays.
    let refused = movement(&app, bea, "r3", reverse("a1", TransferKind::Earn, 1));
    assert_eq!(app.moves(&[refused]).await, [Err(error::ORIGINAL_NOT_FOUND)]);
    // What came before the merge is not done again after it.
    let again = app
        .moves(&[movement(
            &app,
            cat,
            "a1",
            Act::Earn { amount: 100, expires_at: Some(at), rule: None, settles_at: None },
        )])
        .await;
    assert_eq!(again[0].as_ref().unwrap().replayed, Replayed::Yes);
    app.reconciles().await;
}

#[actix_web::test]
async fn a_debt_goes_over_and_is_paid_from_what_the_other_had() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.known("13800000001").await, app.known("13800000002").await);
    app.moved(ann, "a1", earn(100)).await;
    app.moved(ann, "s1", Act::Spend { amount: 80 }).await;
    app.moved(ann, "r1", reverse("a1", TransferKind::Earn, 100)).await;
    app.moved(bea, "b1", earn(30)).await;
    assert_eq!(app.available(ann).await, -80);
    app.merge_ledgers(ann, bea).await;
    assert_eq!((app.available(ann).await, app.available(bea).await), (0, -50));
    app.reconciles().await;

    // And the other way round.
    let cat = app.known("13800000003").await;
    app.moved(cat, "c1", earn(60)).await;
    app.merge_ledgers(cat, bea).await;
    assert_eq!((app.available(cat).await, app.available(bea).await), (0, 10));
    app.moved(bea, "s2", Act::Spend { amount: 10 }).await;
    app.reconciles().await;
}
