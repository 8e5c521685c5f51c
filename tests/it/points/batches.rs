//! Batches of movements (PT-1, PT-3, PT-5, PT-6).

use chrono::TimeDelta;
use huiyi::kernel::codes::{Ledger, TransferKind};
use huiyi::points::error;
use huiyi::points::service::{self as points, Act, Expiring, Movement, Replayed};

use crate::support::{TestApp, earn, movement, reverse};

#[actix_web::test]
async fn each_movement_of_a_batch_is_answered_by_itself() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.known("13800000001").await, app.known("13800000002").await);
    let batch = [
        movement(&app, ann, "a1", earn(100)),
        movement(&app, bea, "b1", Act::Spend { amount: 1 }),
        movement(&app, ann, "a2", Act::Spend { amount: 30 }),
        movement(&app, ann, "a1", earn(100)),
        movement(&app, ann, "a1", earn(101)),
        movement(&app, bea, "b2", earn(0)),
        movement(&app, bea, "b3", reverse("a1", TransferKind::Earn, 1)),
        movement(&app, ann, "a3", reverse("a2", TransferKind::Spend, 10)),
    ];
    let answers = app.moves(&batch).await;
    let codes: Vec<_> = answers.iter().map(|answer| answer.as_ref().err().copied()).collect();
    let expected = [
        None,
        Some(error::INSUFFICIENT),
        None,
        None,
        Some(error::CAUSE_CONFLICT),
        Some(error::OUT_OF_RANGE),
        Some(error::ORIGINAL_NOT_FOUND),
        None,
    ];
    assert_eq!(codes, expected);
    assert_eq!(answers[3].as_ref().unwrap().replayed, Replayed::Yes);
    assert_eq!((app.available(ann).await, app.available(bea).await), (80, 0));
    app.reconciles().await;
}

#[actix_web::test]
async fn the_same_batch_again_changes_nothing() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    let batch: Vec<Movement> = (0..50)
        .flat_map(|n| {
            let spend = Act::Spend { amount: 5 };
            [
                movement(&app, ann, &n.to_string(), earn(10)),
                movement(&app, ann, &n.to_string(), spend),
                movement(
                    &app,
                    ann,
                    &n.to_string(),
                    reverse(&n.to_string(), TransferKind::Spend, 2),
                ),
            ]
        })
        .collect();
    let first = app.moves(&batch).await;
    app.advance(TimeDelta::days(1));
    let second = app.moves(&batch).await;
    for (first, second) in first.into_iter().zip(second) {
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!((first.replayed, second.replayed), (Replayed::No, Replayed::Yes));
        assert_eq!((first.transfer, first.available), (second.transfer, second.available));
    }
    assert_eq!(app.available(ann).await, 50 * 7);
    app.reconciles().await;
}

#[actix_web::test]
async fn a_thousand_movements_of_many_members_are_one_batch() {
    let app = TestApp::start().await;
    let mut members = Vec::new();
    for n in 0..20 {
        members.push(app.known(&format!("138000001{n:02}")).await);
    }
    let batch: Vec<Movement> = (0..2_100)
        .map(|n: usize| {
            let ledger = if n.is_multiple_of(2) { Ledger::Points } else { Ledger::Growth };
            let member = members[n % members.len()];
            Movement { ledger, ..movement(&app, member, &format!("o{n}"), earn(3)) }
        })
        .collect();
    let answers = app.moves(&batch).await;
    assert!(answers.iter().all(Result::is_ok));
    let db = app.app.db.read();
    let points = points::balances(db, &members, Ledger::Points).await.unwrap();
    let growth = points::balances(db, &members, Ledger::Growth).await.unwrap();
    let sum: i64 = points.values().chain(growth.values()).map(|balance| balance.available).sum();
    assert_eq!(sum, 2_100 * 3);
    app.reconciles().await;
}

#[actix_web::test]
async fn lots_run_out_soonest_first_and_come_back_with_their_expiry() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    let (soon, late) = (app.now() + TimeDelta::days(10), app.now() + TimeDelta::days(400));
    let lot = |amount, at| Act::Earn { amount, expires_at: Some(at), rule: None, settles_at: None };
    app.moved(ann, "late", lot(100, late)).await;
    app.moved(ann, "soon", lot(100, soon)).await;
    app.moved(ann, "s1", Act::Spend { amount: 130 }).await;
    let expiring = || async { points::expiring(app.app.db.read(), ann).await.unwrap() };
    assert_eq!(expiring().await, [Expiring { at: late, amount: 70 }]);
    app.moved(ann, "r1", reverse("s1", TransferKind::Spend, 50)).await;
    let expected = [Expiring { at: soon, amount: 20 }, Expiring { at: late, amount: 100 }];
    assert_eq!(expiring().await, expected);

    // What ran out cannot be spent, although it still stands in the balance until the expiry job takes it.
    app.advance(TimeDelta::days(10));
    let spend = movement(&app, ann, "s2", Act::Spend { amount: 101 });
    assert_eq!(app.moves(&[spend]).await, [Err(error::INSUFFICIENT)]);
    app.moved(ann, "s3", Act::Spend { amount: 100 }).await;
    app.reconciles().await;
}

#[actix_web::test]
async fn a_refund_of_points_already_spent_leaves_a_debt_that_earnings_pay_first() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    app.moved(ann, "o1", earn(599)).await;
    app.moved(ann, "s1", Act::Spend { amount: 500 }).await;
    let refund = app.moved(ann, "r1", reverse("o1", TransferKind::Earn, 599)).await;
    assert_eq!(refund.available, -500);
    app.reconciles().await;
    let paid = app.moved(ann, "o2", earn(450)).await;
    assert_eq!(paid.available, -50);
    let paid = app.moved(ann, "o3", earn(60)).await;
    assert_eq!(paid.available, 10);
    let spend = movement(&app, ann, "s2", Act::Spend { amount: 11 });
    assert_eq!(app.moves(&[spend]).await, [Err(error::INSUFFICIENT)]);
    let too_much = movement(&app, ann, "r2", reverse("o1", TransferKind::Earn, 1));
    assert_eq!(app.moves(&[too_much]).await, [Err(error::REVERSAL_EXCEEDS)]);
    app.reconciles().await;
}

#[actix_web::test]
async fn what_a_day_earned_counts_for_the_business_day_of_the_movement() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.known("13800000001").await, app.known("13800000002").await);
    let at = |text: &str| text.parse().unwrap();
    let earned = |member, id: &str, amount, time: &str| Movement {
        occurred_at: at(time),
        ..movement(&app, member, id, earn(amount))
    };
    let batch = [
        earned(ann, "1", 10, "2026-03-13T15:59:59.999Z"),
        earned(ann, "2", 20, "2026-03-13T16:00:00Z"),
        earned(ann, "3", 40, "2026-03-14T15:59:59.999Z"),
        earned(ann, "4", 80, "2026-03-14T16:00:00Z"),
        earned(bea, "5", 160, "2026-03-14T04:00:00Z"),
    ];
    app.moves(&batch).await;
    app.moved(ann, "6", Act::Spend { amount: 5 }).await;
    let wanted = [(ann, at("2026-03-14T04:00:00Z")), (bea, at("2026-03-15T04:00:00Z"))];
    let earned = points::earned_on_day(app.app.db.read(), &app.app, &wanted, &[], Ledger::Points);
    let earned = earned.await.unwrap();
    assert_eq!(earned.get(&(ann, "2026-03-14".parse().unwrap())), Some(&60));
    assert_eq!(earned.len(), 1, "{earned:?}");
}

#[actix_web::test]
async fn a_rule_applies_from_its_start_to_its_end() {
    let app = TestApp::start().await;
    let rule = |at: &str| {
        let at = at.parse().unwrap();
        let app = &app;
        async move {
            let rule = points::purchase_rule_at(app.app.db.read(), Ledger::Points, at).await;
            rule.unwrap().map(|rule| rule.row.version)
        }
    };
    app.sql("UPDATE earning_rule SET ends_at = '2026-04-01 00:00:00.000000' WHERE code = 'purchase_points'")
        .await
        .unwrap();
    assert_eq!(rule("2026-03-01T00:00:00Z").await, Some(1));
    assert_eq!(rule("2026-05-01T00:00:00Z").await, None);
}
