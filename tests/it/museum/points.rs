//! The points faults of 芋道 (ruoyi-vue-pro), fuint, CRMEB and others, each as a test that ours does not have it.

use chrono::TimeDelta;
use futures_util::future::join_all;
use huiyi::kernel::codes::{Ledger, Source, StaffRole, TransferKind};
use huiyi::points::error;
use huiyi::points::service::{self as points, Act, Movement};
use serde_json::json;

use crate::support::{TestApp, earn, movement, order, reverse};

const PHONE: &str = "13800138000";

/// 芋道: when a refund would take the balance below zero it logs and goes on, so that the points stay with whoever
/// bought, spent and returned (odoo#257854 is the same: unlimited points).
#[actix_web::test]
async fn yudao_points_of_a_returned_order_are_taken_back_although_they_are_spent() {
    let app = TestApp::start().await;
    let member = app.known(PHONE).await;
    for round in 0..3 {
        let id = |what: &str| format!("{what}{round}");
        app.moved(member, &id("o"), earn(100)).await;
        let spent = movement(&app, member, &id("s"), Act::Spend { amount: 100 });
        let spent = app.moves(&[spent]).await.remove(0);
        assert_eq!(spent.is_ok(), round == 0, "the debt of the first round is paid first");
        app.moved(member, &id("r"), reverse(&id("o"), TransferKind::Earn, 100)).await;
        assert_eq!(app.available(member).await, -100);
    }
    app.reconciles().await;
}

/// 芋道: the check reads without a lock and the update has no floor; parallel spends go negative.
#[actix_web::test]
async fn yudao_parallel_spends_never_go_below_zero() {
    let app = TestApp::start().await;
    let member = app.known(PHONE).await;
    app.moved(member, "o", earn(1_000)).await;
    let spends = (0..40).map(|n| {
        let (app, act) = (&app, Act::Spend { amount: 90 });
        let spend = movement(app, member, &format!("s{n}"), act);
        async move { app.moves(&[spend]).await.remove(0).is_ok() }
    });
    let spent = join_all(spends).await.into_iter().filter(|done| *done).count();
    assert_eq!((spent, app.available(member).await), (11, 10));
    app.reconciles().await;
}

/// 芋道: `bizId` is stored and never checked, so that a replayed event pays twice.
#[actix_web::test]
async fn yudao_a_replayed_event_pays_once() {
    let app = TestApp::start().await;
    let member = app.known(PHONE).await;
    let again = (0..20).map(|_| {
        let (app, paid) = (&app, movement(&app, member, "o", earn(100)));
        async move { app.moves(&[paid]).await.remove(0).unwrap().transfer }
    });
    let mut transfers = join_all(again).await;
    transfers.dedup();
    assert_eq!((transfers.len(), app.available(member).await), (1, 100));
    app.reconciles().await;
}

/// 芋道: experience is clamped at zero, so that later refunds take away what they should not.
#[actix_web::test]
async fn yudao_growth_is_exact_after_refunds_in_any_order() {
    let app = TestApp::start().await;
    let member = app.known(PHONE).await;
    let growth =
        |id: &str, act| Movement { ledger: Ledger::Growth, ..movement(&app, member, id, act) };
    app.moves(&[
        growth("o1", earn(100)),
        growth("r1", reverse("o1", TransferKind::Earn, 100)),
        growth("o2", earn(70)),
        growth("r2", reverse("o2", TransferKind::Earn, 20)),
    ])
    .await;
    let balances = points::balances(app.app.db.read(), &[member], Ledger::Growth).await.unwrap();
    assert_eq!(balances[&member].available, 50);
    app.reconciles().await;
}

/// CRMEB: `user/give` takes no business key and names nobody: a retried call gives twice.
#[actix_web::test]
async fn crmeb_a_retried_gift_gives_once_and_names_the_giver() {
    let app = TestApp::start().await;
    let member = app.known(PHONE).await;
    let ann = app.hire("A-1", StaffRole::Admin, None).await;
    let token = app.staff_token(ann, "A-1", "admin").await;
    let body = json!({
        "member_id": member.to_string(), "points": 50, "reason": "campaign", "note": "店庆"
    });
    let sends = (0..10).map(|_| {
        app.post("/v1/admin/points/adjustments").bearer(&token).key("k").json(&body).send()
    });
    let answers = join_all(sends).await;
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 409)), "{answers:?}");
    let again = app.post("/v1/admin/points/adjustments").bearer(&token).key("k").json(&body);
    assert_eq!(again.send().await.expect(200)["requested_by"], ann.to_string());
    assert_eq!(app.available(member).await, 50);
    app.reconciles().await;
}

/// CRMEB: the thaw writes a balance that it read before, and what moved meanwhile is lost.
#[actix_web::test]
async fn crmeb_settling_beside_spending_loses_nothing() {
    let app = TestApp::start().await;
    let member = app.known(PHONE).await;
    let settles_at = Some(app.now() + TimeDelta::days(7));
    app.moved(member, "opening", earn(1_000)).await;
    for n in 0..20 {
        let act = Act::Earn { amount: 10, expires_at: None, rule: None, settles_at };
        app.moved(member, &format!("o{n}"), act).await;
    }
    app.advance(TimeDelta::days(7));
    let spends = (0..20).map(|n| {
        let spend = movement(&app, member, &format!("s{n}"), Act::Spend { amount: 50 });
        let app = &app;
        async move { app.moves(&[spend]).await.remove(0).unwrap() }
    });
    let settle = async { while points::settle_due(&app.app, 3).await.unwrap() > 0 {} };
    futures_util::join!(settle, join_all(spends));
    assert_eq!(app.available(member).await, 200);
    app.reconciles().await;
}

/// CRMEB: lottery points are written as an absolute value: of two at once one is lost.
#[actix_web::test]
async fn crmeb_concurrent_grants_all_count() {
    let app = TestApp::start().await;
    let member = app.known(PHONE).await;
    let grants = (0..30).map(|n| {
        let (app, grant) = (&app, movement(&app, member, &format!("g{n}"), earn(7)));
        async move { app.moves(&[grant]).await.remove(0).unwrap() }
    });
    join_all(grants).await;
    assert_eq!(app.available(member).await, 210);
    app.reconciles().await;
}

/// fuint: `addPoint` returns in silence when there is not enough, and the caller goes on as if it were paid.
#[actix_web::test]
async fn fuint_too_few_points_is_an_answer_and_not_a_silence() {
    let app = TestApp::start().await;
    let member = app.known(PHONE).await;
    app.moved(member, "o", earn(10)).await;
    let spend = movement(&app, member, "s", Act::Spend { amount: 11 });
    assert_eq!(app.moves(&[spend]).await, [Err(error::INSUFFICIENT)]);
    let take = movement(&app, member, "a", Act::Adjust { points: -11, expires_at: None });
    assert_eq!(app.moves(&[take]).await, [Err(error::INSUFFICIENT)]);
}

/// fuint: points are computed in doubles and rounded up: 0.01 yuan earns one, 29.01 yuan thirty.
#[actix_web::test]
async fn fuint_points_are_whole_yuan_and_never_rounded_up() {
    let app = TestApp::start().await;
    let key = app.partner("till", &["orders:write"]).await;
    app.catalogue().await;
    for (number, fen, points) in
        [("A-1", 1, 0), ("A-2", 99, 0), ("A-3", 2_901, 29), ("A-4", 199, 1)]
    {
        let order = order(number, PHONE, fen, "2026-03-14T06:30:00Z");
        let sold = app.post("/v1/open/orders").bearer(&key).json(&order).send().await.expect(200);
        assert_eq!(sold["points"], points, "{fen}");
    }
}

/// fuint: a refund looks only at the first points row of the order and takes that back in full, whatever the amount; when
/// it is the row of a spending, nothing is taken back (odoo#212922, #221928: charged again on a partial refund).
#[actix_web::test]
async fn fuint_a_partial_refund_takes_back_its_part_of_the_earning() {
    let app = TestApp::start().await;
    let member = app.known(PHONE).await;
    app.moved(member, "opening", earn(500)).await;
    // The order is paid with points first, then earns.
    app.moved(member, "o", Act::Spend { amount: 300 }).await;
    app.moved(member, "o", earn(100)).await;
    app.moved(member, "r1", reverse("o", TransferKind::Earn, 40)).await;
    assert_eq!(app.available(member).await, 260);
    app.moved(member, "r1-points", reverse("o", TransferKind::Spend, 120)).await;
    app.moved(member, "r2", reverse("o", TransferKind::Earn, 60)).await;
    app.moved(member, "r2-points", reverse("o", TransferKind::Spend, 180)).await;
    assert_eq!(app.available(member).await, 500, "everything came back, and nothing twice");
    app.reconciles().await;
}

/// fuint: what a refund gives back is unused again although it has run out.
#[actix_web::test]
async fn fuint_a_refund_does_not_make_expired_points_young() {
    let app = TestApp::start().await;
    let member = app.known(PHONE).await;
    let expires_at = Some(app.now() + TimeDelta::days(1));
    let act = Act::Earn { amount: 100, expires_at, rule: None, settles_at: None };
    app.moved(member, "o", act).await;
    app.moved(member, "s", Act::Spend { amount: 100 }).await;
    app.advance(TimeDelta::days(2));
    app.moved(member, "r", reverse("s", TransferKind::Spend, 100)).await;
    let spend = movement(&app, member, "s2", Act::Spend { amount: 1 });
    assert_eq!(app.moves(&[spend]).await, [Err(error::INSUFFICIENT)]);
    assert_eq!(points::expire_due(&app.app, 10).await.unwrap(), 1);
    assert_eq!(app.available(member).await, 0);
    app.reconciles().await;
}

/// RM9: points ran out by the text of their label; with any other label they never did. Here a lot runs out by its time,
/// whatever made it.
#[actix_web::test]
async fn rm9_points_run_out_whatever_made_them() {
    let app = TestApp::start().await;
    let member = app.known(PHONE).await;
    let at = Some(app.now() + TimeDelta::days(1));
    let lot = |points| Act::Earn { amount: points, expires_at: at, rule: None, settles_at: None };
    let of = |source, act| Movement { source, ..movement(&app, member, "x", act) };
    let batch = [
        of(Source::Order, lot(1)),
        of(Source::Till, lot(2)),
        of(Source::Transfer, lot(4)),
        of(Source::Adjustment, Act::Adjust { points: 8, expires_at: at }),
    ];
    assert!(app.moves(&batch).await.iter().all(Result::is_ok));
    app.advance(TimeDelta::days(1));
    assert_eq!(points::expire_due(&app.app, 10).await.unwrap(), 4);
    assert_eq!(app.available(member).await, 0);
    app.reconciles().await;
}

/// DeepBot#10: negative points by mixing escrow and direct spending.
#[actix_web::test]
async fn deepbot_holding_and_spending_at_once_never_use_a_point_twice() {
    let app = TestApp::start().await;
    let key = app.partner("till", &["points:write"]).await;
    let member = app.known(PHONE).await;
    app.moved(member, "o", earn(100)).await;
    let calls = (0..20).map(|n| {
        let number = format!("N-{n}");
        let body = if n % 2 == 0 {
            json!({"receipt_no": number, "member": {"phone": PHONE}, "points": 30})
        } else {
            json!({"checkout_no": number, "member": {"phone": PHONE}, "points": 30})
        };
        let path = if n % 2 == 0 { "/v1/open/points/spend" } else { "/v1/open/points/holds" };
        app.post(path).bearer(&key).key(&number).json(&body).send()
    });
    let answers = join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 3, "{answers:?}");
    assert_eq!(app.available(member).await, 10);
    app.reconciles().await;
}
