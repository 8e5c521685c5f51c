//! The proof of the ledgers adds up closed days once more (PT-9).

use std::cell::Cell;
use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::points_day_total::{Column, Entity, Model};
use huiyi::kernel::codes::{Ledger, TransferKind};
use huiyi::points::service::{self as points, Act, Fault};
use sea_orm::{EntityTrait, QueryOrder};

use super::proof::unprotect;
use super::tamper::faults;
use crate::support::{TestApp, earn, lot};

/// Three closed days, one of them without a movement, and one that is still open.
async fn closed() -> TestApp {
    let app = TestApp::start().await;
    let her = app.known("13800138000").await;
    let ends: DateTime<Utc> = "2026-03-16T16:00:00Z".parse().unwrap();
    app.moved(her, "o1", lot(1_000, ends)).await;
    app.moved(her, "o2", earn(500)).await;
    app.moved(her, "s1", Act::Spend { amount: 300 }).await;
    app.advance(TimeDelta::days(2));
    points::expire_due(&app.app, 10).await.unwrap();
    app.moved(her, "o3", earn(70)).await;
    app.advance(TimeDelta::days(1));
    assert_eq!(points::close_days(&app.app, 100).await.unwrap(), 3);
    app.moved(her, "o4", earn(7)).await;
    app.reconciles().await;
    app
}

async fn totals(app: &TestApp) -> Vec<Model> {
    Entity::find().order_by_asc(Column::Id).all(app.app.db.read()).await.unwrap()
}

#[actix_web::test]
async fn a_total_that_was_changed_by_hand_is_named() {
    let app = closed().await;
    let row = totals(&app).await.into_iter().find(|row| row.points == 300).unwrap();
    for (change, back) in [
        ("points = 301", "points = 300"),
        ("transfers = 2", "transfers = 1"),
        ("kind = 'spent'", "kind = 'spend'"),
        ("day = '2026-03-16'", "day = '2026-03-15'"),
        ("day = '2026-04-01'", "day = '2026-03-15'"),
        ("ledger = 'growth'", "ledger = 'points'"),
    ] {
        let set =
            |what: &str| format!("UPDATE points_day_total SET {what} WHERE points IN (300, 301)");
        assert_eq!(app.sql(&set(change)).await.unwrap(), 1);
        assert!(faults(&app).await.contains(&Fault::DayTotal(row.id)), "{change}");
        app.sql(&set(back)).await.unwrap();
        app.reconciles().await;
    }
}

#[actix_web::test]
async fn a_total_or_a_day_that_was_removed_is_named() {
    let app = closed().await;
    let day = |text: &str| text.parse().unwrap();
    let middle = app.sql("DELETE FROM points_closed_day WHERE day = '2026-03-16'").await;
    assert_eq!(middle.unwrap(), 1);
    assert_eq!(faults(&app).await, [Fault::DayOpen(day("2026-03-16"))]);
    app.sql("DELETE FROM points_closed_day WHERE day = '2026-03-15'").await.unwrap();
    let first = [Fault::DayOpen(day("2026-03-15")), Fault::DayOpen(day("2026-03-16"))];
    assert_eq!(faults(&app).await, first);
    app.sql("DELETE FROM points_closed_day WHERE day = '2026-03-17'").await.unwrap();
    // Totals of days that are not closed.
    assert_eq!(told(&faults(&app).await), told(&of(totals(&app).await)));

    let app = closed().await;
    assert_eq!(app.sql("DELETE FROM points_day_total WHERE points = 300").await.unwrap(), 1);
    let missing = Fault::NoDayTotal(day("2026-03-15"), TransferKind::Spend);
    assert_eq!(faults(&app).await, [missing]);
}

/// Nothing else tells of an account that is gone with all that was in it.
#[actix_web::test]
async fn an_account_that_was_removed_without_a_trace_is_missed_in_the_totals() {
    let app = closed().await;
    unprotect(&app).await;
    for table in ["points_lot_use", "points_lot", "points_transfer", "points_account"] {
        app.sql(&format!("DELETE FROM {table}")).await.unwrap();
    }
    let other = app.known("13800138001").await;
    app.moved(other, "o9", earn(7)).await;
    let rows = totals(&app).await;
    assert!(rows.iter().all(|row| row.ledger == Ledger::Points));
    assert_eq!(told(&faults(&app).await), told(&of(rows)));
}

fn of(rows: Vec<Model>) -> Vec<Fault> {
    rows.into_iter().map(|row| Fault::DayTotal(row.id)).collect()
}

/// In any sequence: totals of a moment have none.
fn told(faults: &[Fault]) -> BTreeSet<String> {
    faults.iter().map(|fault| format!("{fault:?}")).collect()
}

/// A word that is none, or a number too large for sums, ends no proof.
#[actix_web::test]
async fn a_closed_day_that_cannot_be_added_up_is_named() {
    let app = closed().await;
    unprotect(&app).await;
    let kind =
        |to: &str| format!("UPDATE points_transfer SET kind = '{to}' WHERE source_id = 's1'");
    app.sql(&kind("spent")).await.unwrap();
    let unreadable = Fault::DayUnreadable("2026-03-15".parse().unwrap());
    assert!(faults(&app).await.contains(&unreadable));
    app.sql(&kind("spend")).await.unwrap();
    app.reconciles().await;
}

/// The night closes days and proves them side by side.
#[actix_web::test]
async fn a_day_that_is_closed_during_the_proof_is_no_difference() {
    const DAYS: usize = 30;
    let app = TestApp::start().await;
    let her = app.known("13800138000").await;
    for day in 0..DAYS {
        app.moved(her, &format!("o{day}"), earn(10)).await;
        app.advance(TimeDelta::days(1));
    }
    let closed = Cell::new(false);
    let close = async {
        for _ in 0..DAYS {
            assert_eq!(points::close_days(&app.app, 1).await.unwrap(), 1);
        }
        closed.set(true);
    };
    // To its end each time: a proof that is dropped leaves its snapshot open, which nobody may drop a database under.
    let prove = async {
        while !closed.get() {
            app.reconciles().await;
        }
    };
    futures_util::join!(close, prove);
}
