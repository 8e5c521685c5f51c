//! Two-phase checkout in the ledger (PT-4), and adjustments (PT-7).

use chrono::TimeDelta;
use futures_util::future::join_all;
use huiyi::kernel::codes::TransferKind;
use huiyi::kernel::ids::{HoldId, MemberId};
use huiyi::points::error;
use huiyi::points::service::{self as points, Act, Expiring, Replayed};

use crate::support::{TestApp, earn, movement, reverse};

const MINUTES: i64 = 30;

fn freeze(app: &TestApp, amount: i64) -> (HoldId, Act) {
    let hold = HoldId::new(app.now());
    let lapses_at = app.now() + TimeDelta::minutes(MINUTES);
    (hold, Act::Freeze { amount, hold, lapses_at, order_ref: None })
}

async fn balances(app: &TestApp, member: MemberId) -> (i64, i64) {
    let balance = app.balance(member).await;
    (balance.available, balance.frozen)
}

#[actix_web::test]
async fn a_part_of_a_hold_is_used_and_the_rest_goes_back_to_its_lots() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    let (soon, late) = (app.now() + TimeDelta::days(10), app.now() + TimeDelta::days(20));
    let lot = |amount, at| Act::Earn { amount, expires_at: Some(at), rule: None, settles_at: None };
    app.moved(ann, "o1", lot(50, soon)).await;
    app.moved(ann, "o2", lot(50, late)).await;
    let (hold, act) = freeze(&app, 80);
    let frozen = app.moved(ann, "c1", act.clone()).await;
    assert_eq!((frozen.amount, frozen.available), (80, 20));
    assert_eq!(app.moved(ann, "c1", act).await.replayed, Replayed::Yes);
    assert_eq!(balances(&app, ann).await, (20, 80));
    let spend = movement(&app, ann, "s1", Act::Spend { amount: 21 });
    assert_eq!(app.moves(&[spend]).await, [Err(error::INSUFFICIENT)], "frozen is not spendable");

    let captured = app.moved(ann, "c1", Act::Capture { hold, amount: 60 }).await;
    assert_eq!((captured.amount, captured.available), (60, 40));
    let again = app.moved(ann, "c1", Act::Capture { hold, amount: 60 }).await;
    assert_eq!((again.replayed, again.available), (Replayed::Yes, 40));
    let expiring = || async { points::expiring(app.app.db.read(), ann).await.unwrap() };
    // The 20 that were not used came from the second lot, and stand there again.
    assert_eq!(expiring().await, [Expiring { at: late, amount: 40 }]);
    for (number, act, code) in [
        ("c2", Act::Capture { hold, amount: 1 }, error::HOLD_RESOLVED),
        ("c1", Act::Capture { hold, amount: 59 }, error::CAUSE_CONFLICT),
        ("c1", Act::Release { hold }, error::HOLD_RESOLVED),
        ("c2", Act::Release { hold }, error::HOLD_RESOLVED),
    ] {
        let answers = app.moves(&[movement(&app, ann, number, act.clone())]).await;
        assert_eq!(answers, [Err(code)], "{number} {act:?}");
    }

    // A refund of what was used goes back to the lots the freeze took, the last first.
    app.moved(ann, "r1", reverse("c1", TransferKind::Capture, 25)).await;
    let expected = [Expiring { at: soon, amount: 15 }, Expiring { at: late, amount: 50 }];
    assert_eq!(expiring().await, expected);
    let more = movement(&app, ann, "r2", reverse("c1", TransferKind::Capture, 36));
    assert_eq!(app.moves(&[more]).await, [Err(error::REVERSAL_EXCEEDS)]);
    app.moved(ann, "r3", reverse("c1", TransferKind::Capture, 35)).await;
    assert_eq!(balances(&app, ann).await, (100, 0));
    app.reconciles().await;
}

#[actix_web::test]
async fn a_hold_that_is_given_up_goes_back_whole_and_once() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.known("13800000001").await, app.known("13800000002").await);
    app.moved(ann, "o1", earn(100)).await;
    let (hold, act) = freeze(&app, 80);
    app.moved(ann, "c1", act).await;
    let foreign = movement(&app, bea, "c1", Act::Release { hold });
    assert_eq!(app.moves(&[foreign]).await, [Err(error::HOLD_NOT_FOUND)]);
    let released = app.moved(ann, "c1", Act::Release { hold }).await;
    assert_eq!((released.amount, released.available), (80, 100));
    assert_eq!(app.moved(ann, "c1", Act::Release { hold }).await.replayed, Replayed::Yes);
    let capture = movement(&app, ann, "c1", Act::Capture { hold, amount: 1 });
    assert_eq!(app.moves(&[capture]).await, [Err(error::HOLD_RESOLVED)]);
    assert_eq!(balances(&app, ann).await, (100, 0));
    app.reconciles().await;
}

/// PT-4: after 30 minutes nothing can be used, whether the job has run or not.
#[actix_web::test]
async fn a_hold_that_nobody_finished_lapses() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    app.moved(ann, "o1", earn(100)).await;
    let (hold, act) = freeze(&app, 80);
    app.moved(ann, "c1", act).await;
    app.advance(TimeDelta::minutes(MINUTES) - TimeDelta::milliseconds(1));
    assert_eq!(points::lapse_due(&app.app, 10).await.unwrap(), 0);
    app.advance(TimeDelta::milliseconds(1));
    let capture = || movement(&app, ann, "c1", Act::Capture { hold, amount: 80 });
    assert_eq!(app.moves(&[capture()]).await, [Err(error::HOLD_LAPSED)], "although no job ran");
    assert_eq!(balances(&app, ann).await, (20, 80));
    assert_eq!(points::lapse_due(&app.app, 10).await.unwrap(), 1);
    assert_eq!(points::lapse_due(&app.app, 10).await.unwrap(), 0, "twice is once");
    assert_eq!(app.moves(&[capture()]).await, [Err(error::HOLD_LAPSED)]);
    assert_eq!(balances(&app, ann).await, (100, 0));
    app.reconciles().await;
}

#[actix_web::test]
async fn a_debt_that_arose_meanwhile_is_paid_from_what_comes_back() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    app.moved(ann, "o1", earn(100)).await;
    let (hold, act) = freeze(&app, 80);
    app.moved(ann, "c1", act).await;
    app.moved(ann, "r1", reverse("o1", TransferKind::Earn, 100)).await;
    assert_eq!(balances(&app, ann).await, (-80, 80));
    app.moved(ann, "c1", Act::Capture { hold, amount: 50 }).await;
    assert_eq!(balances(&app, ann).await, (-50, 0));
    app.moved(ann, "r2", reverse("c1", TransferKind::Capture, 50)).await;
    assert_eq!(balances(&app, ann).await, (0, 0));
    app.reconciles().await;
}

#[actix_web::test]
async fn holds_go_over_with_a_merge() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.known("13800000001").await, app.known("13800000002").await);
    app.moved(ann, "o1", earn(100)).await;
    let mut holds = Vec::new();
    for number in ["c1", "c2", "c3", "c4"] {
        let (hold, act) = freeze(&app, 20);
        app.moved(ann, number, act).await;
        holds.push(hold);
    }
    app.moved(ann, "c4", Act::Capture { hold: holds[3], amount: 20 }).await;
    app.merge_members(ann, bea).await;
    assert_eq!(balances(&app, bea).await, (20, 60));
    let foreign = movement(&app, ann, "x", Act::Release { hold: holds[0] });
    assert_eq!(app.moves(&[foreign]).await, [Err(error::HOLD_NOT_FOUND)]);
    app.moved(bea, "c1", Act::Capture { hold: holds[0], amount: 15 }).await;
    app.moved(bea, "c2", Act::Release { hold: holds[1] }).await;
    assert_eq!(balances(&app, bea).await, (45, 20));
    app.advance(TimeDelta::hours(1));
    assert_eq!(points::lapse_due(&app.app, 10).await.unwrap(), 1);
    // What the merged member used and what the one who stays used can both be refunded.
    app.moved(bea, "r1", reverse("c1", TransferKind::Capture, 15)).await;
    app.moved(bea, "r4", reverse("c4", TransferKind::Capture, 20)).await;
    assert_eq!((balances(&app, ann).await, balances(&app, bea).await), ((0, 0), (100, 0)));
    app.reconciles().await;
}

/// RM7 for holds: whatever races, a hold ends once.
#[actix_web::test]
async fn a_hold_ends_once_whoever_races_for_it() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    app.moved(ann, "o1", earn(1_000)).await;
    for round in 0..5 {
        let (hold, act) = freeze(&app, 100);
        app.moved(ann, &format!("f{round}"), act).await;
        app.advance(TimeDelta::minutes(MINUTES) - TimeDelta::milliseconds(1));
        let before = balances(&app, ann).await.0;
        let rivals = (0..12).map(|n| {
            let act =
                if n % 2 == 0 { Act::Capture { hold, amount: 60 } } else { Act::Release { hold } };
            let movement = movement(&app, ann, &format!("{round}-{n}"), act);
            let app = &app;
            async move { app.moves(&[movement]).await.remove(0) }
        });
        let answers = join_all(rivals).await;
        let won: Vec<_> = answers.iter().flatten().collect();
        assert_eq!(won.len(), 1, "{answers:?}");
        let (available, frozen) = balances(&app, ann).await;
        let back = if won[0].amount == 60 { 40 } else { 100 };
        assert_eq!((available - before, frozen), (back, 0));
    }
    app.reconciles().await;
}

#[actix_web::test]
async fn an_adjustment_adds_a_lot_or_takes_what_is_there_and_never_more() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    let adjust = |points| Act::Adjust { points, expires_at: None };
    app.moved(ann, "a1", adjust(100)).await;
    app.moved(ann, "a2", adjust(-30)).await;
    let same = app.moved(ann, "a2", adjust(-30)).await;
    assert_eq!((same.replayed, same.available), (Replayed::Yes, 70));
    for (number, points, code) in [
        ("a2", 30, error::CAUSE_CONFLICT),
        ("a3", -71, error::INSUFFICIENT),
        ("a3", 0, error::OUT_OF_RANGE),
        ("a3", i64::MIN, error::OUT_OF_RANGE),
    ] {
        let answers = app.moves(&[movement(&app, ann, number, adjust(points))]).await;
        assert_eq!(answers, [Err(code)], "{number} {points}");
    }
    assert_eq!(balances(&app, ann).await, (70, 0));
    app.reconciles().await;
}
