//! Points that run out, and the notices before (PT-3, L6).

use chrono::{DateTime, TimeDelta, Utc};
use entity::event_log;
use futures_util::future::join_all;
use huiyi::kernel::codes::{Ledger, TransferKind};
use huiyi::kernel::ids::HoldId;
use huiyi::points::service::{self as points, Act, NOTICE_DAYS};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::settling::pending;
use crate::support::{TestApp, earn, movement, reverse};

fn lot(amount: i64, at: DateTime<Utc>) -> Act {
    Act::Earn { amount, expires_at: Some(at), rule: None, settles_at: None }
}

async fn expire_all(app: &TestApp) -> usize {
    let mut all = 0;
    loop {
        match points::expire_due(&app.app, 3).await.unwrap() {
            0 => return all,
            done => all += done,
        }
    }
}

/// PT-3: one movement for each instant, at that instant, however late the job is; and never twice.
#[actix_web::test]
async fn what_ran_out_is_booked_once_even_after_three_days_down() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    let (first, second) = (app.now() + TimeDelta::days(1), app.now() + TimeDelta::days(2));
    app.moved(ann, "o1", lot(10, first)).await;
    app.moved(ann, "o2", lot(20, first)).await;
    app.moved(ann, "o3", lot(40, second)).await;
    app.moved(ann, "o4", lot(80, app.now() + TimeDelta::days(30))).await;
    app.moved(ann, "o5", earn(160)).await;
    app.moved(ann, "s1", Act::Spend { amount: 5 }).await;
    app.advance(TimeDelta::days(1) - TimeDelta::milliseconds(1));
    assert_eq!(expire_all(&app).await, 0, "not a millisecond early");
    app.advance(TimeDelta::days(4));
    assert_eq!(expire_all(&app).await, 3);
    assert_eq!(expire_all(&app).await, 0, "twice is once");
    assert_eq!(app.available(ann).await, 240);
    let history = points::history(app.app.db.read(), ann, None, 3).await.unwrap();
    let lines: Vec<_> =
        history.iter().map(|line| (line.kind, line.points, line.occurred_at)).collect();
    let expire = TransferKind::Expire;
    assert_eq!(lines[..2], [(expire, -40, second), (expire, -25, first)]);
    app.reconciles().await;
}

/// Points that come back to a lot that ran out meanwhile are no way to keep them.
#[actix_web::test]
async fn points_that_come_back_after_their_time_run_out_again() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    app.moved(ann, "o1", lot(100, app.now() + TimeDelta::days(1))).await;
    app.moved(ann, "s1", Act::Spend { amount: 60 }).await;
    app.advance(TimeDelta::days(2));
    assert_eq!(expire_all(&app).await, 1);
    assert_eq!(app.available(ann).await, 0);
    for (back, amount) in [("r1", 25), ("r2", 35)] {
        app.moved(ann, back, reverse("s1", TransferKind::Spend, amount)).await;
        assert_eq!(app.available(ann).await, amount);
        assert_eq!(expire_all(&app).await, 1);
        assert_eq!(app.available(ann).await, 0);
    }
    app.reconciles().await;
}

#[actix_web::test]
async fn pending_and_frozen_points_do_not_run_out() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    let soon = app.now() + TimeDelta::days(1);
    app.moved(ann, "o1", lot(100, soon)).await;
    let hold = HoldId::new(app.now());
    let lapses_at = app.now() + TimeDelta::days(9);
    let order_ref = None;
    app.moved(ann, "f1", Act::Freeze { amount: 70, hold, lapses_at, order_ref }).await;
    let late = Act::Earn {
        amount: 50,
        expires_at: Some(soon),
        rule: None,
        settles_at: Some(app.now() + TimeDelta::days(7)),
    };
    app.moved(ann, "o2", late).await;
    app.advance(TimeDelta::days(2));
    assert_eq!(expire_all(&app).await, 1);
    let balance = app.balance(ann).await;
    assert_eq!((balance.pending, balance.available, balance.frozen), (50, 0, 70));
    app.moved(ann, "x1", Act::Release { hold }).await;
    assert_eq!(expire_all(&app).await, 1);
    app.settle_all().await;
    assert_eq!(app.available(ann).await, 50, "settled late, and run out already");
    assert_eq!(expire_all(&app).await, 1);
    let balance = app.balance(ann).await;
    assert_eq!((balance.pending, balance.available, balance.frozen), (0, 0, 0));
    app.reconciles().await;
}

/// An account in debt has no lots: nothing can run out.
#[actix_web::test]
async fn a_debt_does_not_run_out() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    app.moved(ann, "o1", lot(100, app.now() + TimeDelta::days(1))).await;
    app.moved(ann, "s1", Act::Spend { amount: 60 }).await;
    app.moved(ann, "r1", reverse("o1", TransferKind::Earn, 100)).await;
    app.advance(TimeDelta::days(2));
    assert_eq!(expire_all(&app).await, 0);
    assert_eq!(app.available(ann).await, -60);
    app.reconciles().await;
}

#[actix_web::test]
async fn many_workers_expire_each_lot_once_while_points_are_spent() {
    let app = TestApp::start().await;
    let mut members = Vec::new();
    for n in 0..10 {
        members.push(app.known(&format!("138000001{n:02}")).await);
    }
    let at = app.now() + TimeDelta::days(1);
    let batch: Vec<_> = (0..100)
        .map(|n| movement(&app, members[n % 10], &format!("o{n}"), lot(10, at)))
        .chain((0..10).map(|n| movement(&app, members[n], &format!("k{n}"), earn(7))))
        .collect();
    app.moves(&batch).await;
    app.advance(TimeDelta::days(3));
    let work = (0..6).map(|_| expire_all(&app));
    let spends = (0..10).map(|n| {
        let spend = movement(&app, members[n], &format!("s{n}"), Act::Spend { amount: 7 });
        let app = &app;
        async move { app.moves(&[spend]).await.remove(0).unwrap() }
    });
    let (done, _) = futures_util::join!(join_all(work), join_all(spends));
    assert_eq!(done.iter().sum::<usize>(), 100);
    let found = points::balances(app.app.db.read(), &members, Ledger::Points).await.unwrap();
    assert!(found.values().all(|balance| balance.available == 0), "{found:?}");
    app.reconciles().await;
}

async fn announced(app: &TestApp) -> Vec<Value> {
    let rows = event_log::Entity::find()
        .filter(event_log::Column::Kind.eq("points.expiring"))
        .order_by_asc(event_log::Column::RecordedAt)
        .order_by_asc(event_log::Column::Id)
        .all(app.app.db.read());
    rows.await.unwrap().into_iter().map(|row| row.payload).collect()
}

async fn announce_all(app: &TestApp) -> usize {
    let mut all = 0;
    for days in NOTICE_DAYS {
        loop {
            match points::announce_expiring(&app.app, app.now(), days, 2).await.unwrap() {
                0 => break,
                done => all += done,
            }
        }
    }
    all
}

/// PT-3: 30 and 7 days before, each once; a job that was down catches up, and nobody gets both on one day.
#[actix_web::test]
async fn members_are_told_thirty_and_seven_days_before() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.known("13800000001").await, app.known("13800000002").await);
    let at = app.now() + TimeDelta::days(31);
    app.moved(ann, "o1", lot(100, at)).await;
    app.moved(ann, "o2", lot(50, at)).await;
    app.moved(bea, "o3", lot(30, app.now() + TimeDelta::days(5))).await;
    app.moved(bea, "o4", pending(30, app.now() + TimeDelta::days(5))).await;
    assert_eq!(announce_all(&app).await, 1, "the one that runs out in five days");
    app.advance(TimeDelta::days(1));
    assert_eq!((announce_all(&app).await, announce_all(&app).await), (1, 0));
    app.moved(ann, "s1", Act::Spend { amount: 120 }).await;
    app.advance(TimeDelta::days(26));
    assert_eq!((announce_all(&app).await, announce_all(&app).await), (1, 0));
    app.advance(TimeDelta::days(10));
    assert_eq!(announce_all(&app).await, 0, "what has run out is no news");
    let told = announced(&app).await;
    let told: Vec<_> = told.iter().map(|it| json!([it["points"], it["days"]])).collect();
    assert_eq!(told, [json!([30, 7]), json!([150, 30]), json!([30, 7])]);
    app.reconciles().await;
}

#[actix_web::test]
async fn many_workers_tell_each_member_once() {
    let app = TestApp::start().await;
    for n in 0..12 {
        let member = app.known(&format!("138000001{n:02}")).await;
        app.moved(member, &format!("o{n}"), lot(10, app.now() + TimeDelta::days(20))).await;
    }
    let done = join_all((0..5).map(|_| announce_all(&app))).await;
    assert_eq!(done.iter().sum::<usize>(), 12);
    assert_eq!(announced(&app).await.len(), 12);
}
