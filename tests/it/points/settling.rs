//! Points that are pending until the return window has passed (PT-2b).

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use huiyi::kernel::codes::{Source, TransferKind};
use huiyi::kernel::ids::MemberId;
use huiyi::points::error;
use huiyi::points::service::{self as points, Act};

use crate::support::{TestApp, earn, movement, reverse};

pub fn pending(amount: i64, settles_at: DateTime<Utc>) -> Act {
    Act::Earn { amount, expires_at: None, rule: None, settles_at: Some(settles_at) }
}

async fn balances(app: &TestApp, member: MemberId) -> (i64, i64) {
    let balance = app.balance(member).await;
    (balance.pending, balance.available)
}

#[actix_web::test]
async fn points_are_pending_until_the_return_window_has_passed_to_the_millisecond() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    let at = app.now() + TimeDelta::days(7);
    app.moved(ann, "o1", pending(100, at)).await;
    assert_eq!(balances(&app, ann).await, (100, 0));
    let spend = movement(&app, ann, "s1", Act::Spend { amount: 1 });
    assert_eq!(app.moves(&[spend]).await, [Err(error::INSUFFICIENT)]);
    let entry = points::history(app.app.db.read(), ann, None, 10).await.unwrap().remove(0);
    assert_eq!((entry.kind, entry.settles_at, entry.points), (TransferKind::Earn, Some(at), 100));

    app.advance(TimeDelta::days(7) - TimeDelta::milliseconds(1));
    assert_eq!(points::settle_due(&app.app, 10).await.unwrap(), 0);
    app.advance(TimeDelta::milliseconds(1));
    assert_eq!(points::settle_due(&app.app, 10).await.unwrap(), 1);
    assert_eq!(points::settle_due(&app.app, 10).await.unwrap(), 0, "twice is once");
    assert_eq!(balances(&app, ann).await, (0, 100));
    let history = points::history(app.app.db.read(), ann, None, 10).await.unwrap();
    let lines: Vec<_> = history.iter().map(|line| (line.kind, line.source)).collect();
    let expected = [(TransferKind::Settle, Source::Transfer), (TransferKind::Earn, Source::Order)];
    assert_eq!(lines, expected);
    assert_eq!((history[0].occurred_at, history[1].settles_at), (at, None));
    app.reconciles().await;
}

/// Where the order comes in late, the goods can no longer come back.
#[actix_web::test]
async fn an_earning_whose_window_has_passed_can_be_spent_at_once() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    app.moved(ann, "o1", pending(100, app.now())).await;
    assert_eq!(balances(&app, ann).await, (0, 100));
    app.reconciles().await;
}

#[actix_web::test]
async fn what_comes_back_inside_the_window_is_taken_from_pending_and_only_the_rest_settles() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    let at = app.now() + TimeDelta::days(7);
    app.moved(ann, "free", earn(5)).await;
    app.moved(ann, "o1", pending(100, at)).await;
    app.moved(ann, "o2", pending(50, at)).await;
    app.moved(ann, "r1", reverse("o1", TransferKind::Earn, 40)).await;
    app.moved(ann, "r2", reverse("o2", TransferKind::Earn, 50)).await;
    assert_eq!(balances(&app, ann).await, (60, 5), "what can be spent is not touched");
    app.settle_all().await;
    assert_eq!(balances(&app, ann).await, (0, 65));
    // After the window it is taken from her balance.
    app.moved(ann, "r3", reverse("o1", TransferKind::Earn, 60)).await;
    assert_eq!(balances(&app, ann).await, (0, 5));
    app.reconciles().await;
}

#[actix_web::test]
async fn what_settles_pays_a_debt_first() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    app.moved(ann, "o1", earn(100)).await;
    app.moved(ann, "s1", Act::Spend { amount: 100 }).await;
    app.moved(ann, "r1", reverse("o1", TransferKind::Earn, 100)).await;
    app.moved(ann, "o2", pending(30, app.now() + TimeDelta::days(7))).await;
    app.moved(ann, "o3", pending(90, app.now() + TimeDelta::days(7))).await;
    assert_eq!(balances(&app, ann).await, (120, -100), "pending points pay nothing yet");
    app.settle_all().await;
    assert_eq!(balances(&app, ann).await, (0, 20));
    app.moved(ann, "s2", Act::Spend { amount: 20 }).await;
    app.reconciles().await;
}

#[actix_web::test]
async fn pending_points_go_over_with_a_merge_and_settle_for_the_one_who_stays() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.known("13800000001").await, app.known("13800000002").await);
    app.moved(ann, "o1", pending(100, app.now() + TimeDelta::days(7))).await;
    app.merge_members(ann, bea).await;
    assert_eq!((balances(&app, ann).await, balances(&app, bea).await), ((0, 0), (100, 0)));
    app.moved(bea, "r1", reverse("o1", TransferKind::Earn, 1)).await;
    app.settle_all().await;
    assert_eq!((balances(&app, ann).await, balances(&app, bea).await), ((0, 0), (0, 99)));
    app.reconciles().await;
}

/// J1: any number of workers, each with small batches, while a till spends and orders come back.
#[actix_web::test]
async fn many_workers_settle_each_lot_once() {
    let app = TestApp::start().await;
    let mut members = Vec::new();
    for n in 0..10 {
        members.push(app.known(&format!("138000001{n:02}")).await);
    }
    let at = app.now() + TimeDelta::days(7);
    let batch: Vec<_> = (0..200)
        .map(|n| movement(&app, members[n % 10], &format!("o{n}"), pending(10, at)))
        .collect();
    app.moves(&batch).await;
    app.advance(TimeDelta::days(10));
    let work = (0..6).map(|_| async {
        let mut done = 0;
        loop {
            match points::settle_due(&app.app, 7).await.unwrap() {
                0 => return done,
                some => done += some,
            }
        }
    });
    let returns = (0..20).map(|n| {
        let back = reverse(&format!("o{n}"), TransferKind::Earn, 3);
        let back = movement(&app, members[n % 10], &format!("r{n}"), back);
        let app = &app;
        async move { app.moves(&[back]).await.remove(0).unwrap() }
    });
    let (done, _) = futures_util::join!(join_all(work), join_all(returns));
    assert_eq!(done.iter().sum::<usize>(), 200);
    for member in members {
        assert_eq!(balances(&app, member).await, (0, 200 - 6));
    }
    app.reconciles().await;
}
