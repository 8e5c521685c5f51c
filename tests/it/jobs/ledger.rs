//! What time does to points happens by itself, also after days without a worker, and once (PT-2b, PT-3, PT-4, L6).

use chrono::{DateTime, TimeDelta, Utc};
use entity::event_log;
use huiyi::kernel::codes::TransferKind;
use huiyi::kernel::ids::{HoldId, MemberId};
use huiyi::points::service::{self as points, Act};
use huiyi::wiring::jobs;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::support::{TestApp, movement};

fn lot(amount: i64, settles_at: Option<DateTime<Utc>>, expires_at: DateTime<Utc>) -> Act {
    Act::Earn { amount, expires_at: Some(expires_at), rule: None, settles_at }
}

async fn balances(app: &TestApp, member: MemberId) -> (i64, i64, i64) {
    let balance = app.balance(member).await;
    (balance.pending, balance.available, balance.frozen)
}

async fn announced(app: &TestApp) -> u64 {
    let events = event_log::Entity::find().filter(event_log::Column::Kind.eq("points.expiring"));
    events.count(app.app.db.read()).await.unwrap()
}

#[actix_web::test]
async fn points_settle_lapse_and_run_out_at_their_minute() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    let (noon, day) = (app.now(), TimeDelta::days(1));
    app.moved(ann, "o1", lot(100, Some(noon + day), noon + day * 2)).await;
    app.work().await;
    assert_eq!(balances(&app, ann).await, (100, 0, 0));
    app.advance(day);
    app.work().await;
    assert_eq!(balances(&app, ann).await, (0, 100, 0));

    let (hold, lapses_at) = (HoldId::new(app.now()), app.now() + TimeDelta::minutes(30));
    app.moved(ann, "c1", Act::Freeze { amount: 40, hold, lapses_at, order_ref: None }).await;
    app.advance(TimeDelta::minutes(29));
    app.work().await;
    assert_eq!(balances(&app, ann).await, (0, 60, 40));
    app.advance(TimeDelta::minutes(1));
    app.work().await;
    assert_eq!(balances(&app, ann).await, (0, 100, 0));

    app.advance(day - TimeDelta::minutes(30));
    app.work().await;
    assert_eq!(balances(&app, ann).await, (0, 0, 0));
    app.reconciles().await;
}

/// More lots than a batch, two workers, three days late: each lot once.
#[actix_web::test]
async fn after_three_days_down_everything_that_was_due_is_done_once() {
    let app = TestApp::start().await;
    let people = [app.known("13800000001").await, app.known("13800000002").await];
    let (noon, day) = (app.now(), TimeDelta::days(1));
    let mut batch = Vec::new();
    for number in 0..600 {
        let settles_at = (number % 2 == 0).then(|| noon + TimeDelta::hours(1));
        let act = lot(1, settles_at, noon + day + TimeDelta::minutes(number % 3));
        batch.push(movement(&app, people[(number % 2) as usize], &format!("o{number}"), act));
    }
    app.moves(&batch).await;
    app.work().await;
    app.advance(day * 3);
    let (other, _, server) = app.replica().await;
    let (mine, theirs) = (jobs::worker(&app.app), jobs::worker(&other));
    let now = app.now();
    let (first, second) = futures_util::join!(mine.plan(now), theirs.plan(now));
    first.unwrap();
    second.unwrap();
    let (first, second) = futures_util::join!(mine.drain(), theirs.drain());
    first.unwrap();
    second.unwrap();
    // Who ran out of work first may have left a lot that settled only then.
    app.advance(TimeDelta::minutes(30));
    app.work().await;
    for person in people {
        assert_eq!(balances(&app, person).await, (0, 0, 0));
        let history = points::history(app.app.db.read(), person, None, 1000).await.unwrap();
        let expired = history.iter().filter(|line| line.kind == TransferKind::Expire);
        assert_eq!(expired.map(|line| line.points).sum::<i64>(), -300);
    }
    app.reconciles().await;
    server.stop(false).await;
}

#[actix_web::test]
async fn members_are_told_30_and_7_days_before_once_also_when_the_morning_was_missed() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    app.moved(ann, "o1", lot(100, None, app.now() + TimeDelta::days(40))).await;
    app.work().await;
    app.advance(TimeDelta::days(9));
    app.work().await;
    assert_eq!(announced(&app).await, 0, "31 days and three hours before");
    app.advance(TimeDelta::days(3));
    app.work().await;
    assert_eq!(announced(&app).await, 1);
    for _ in 0..5 {
        app.advance(TimeDelta::days(1));
        app.work().await;
    }
    assert_eq!(announced(&app).await, 1);
    app.advance(TimeDelta::days(18));
    app.work().await;
    assert_eq!(announced(&app).await, 2, "5 days before, because the seventh was missed");
    app.advance(TimeDelta::days(1));
    app.work().await;
    assert_eq!(announced(&app).await, 2);
}
