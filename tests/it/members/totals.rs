//! Running totals and spend by day (OR-4, TR-1, RM6).

use chrono::{DateTime, NaiveDate, Utc};
use entity::ids::MemberId;
use entity::values::Fen;
use futures_util::future::join_all;
use huiyi::db::in_tx;
use huiyi::http::Error;
use huiyi::members::service::{Purchase, book_purchases_in, spent_since, total};

use super::{by_phone, resolve_one};
use crate::support::TestApp;

fn purchase(member: MemberId, day: &str, orders: i64, paid: i64, refunded: i64) -> Purchase {
    let day: NaiveDate = day.parse().unwrap();
    let at = day.and_hms_opt(9, 0, 0).unwrap().and_utc();
    Purchase { member, at, day, orders, paid: Fen(paid), refunded: Fen(refunded) }
}

async fn book(app: &TestApp, purchases: &[Purchase]) {
    in_tx::<_, Error>(&app.app.db, async |tx| book_purchases_in(tx, purchases).await)
        .await
        .unwrap();
}

fn noon(day: &str) -> Option<DateTime<Utc>> {
    Some(format!("{day}T09:00:00Z").parse().unwrap())
}

#[actix_web::test]
async fn purchases_refunds_and_cancellations_add_up() {
    let app = TestApp::start().await;
    let (ann, bea) = (
        resolve_one(&app, by_phone("13700000001")).await,
        resolve_one(&app, by_phone("13700000002")).await,
    );
    book(
        &app,
        &[
            purchase(ann, "2026-01-10", 1, 300_00, 0),
            purchase(ann, "2026-01-10", 1, 200_00, 0),
            purchase(ann, "2026-02-01", 1, 100_00, 0),
            purchase(bea, "2026-02-02", 1, 1_000_000_000_000, 0),
        ],
    )
    .await;
    book(
        &app,
        &[purchase(ann, "2026-01-05", 1, 50_00, 0), purchase(ann, "2026-01-10", 0, 0, 200_00)],
    )
    .await;
    book(&app, &[purchase(ann, "2026-02-01", -1, -100_00, 0)]).await;

    let db = app.app.db.read();
    let hers = total(db, ann).await.unwrap();
    assert_eq!((hers.order_count, hers.paid_fen, hers.refunded_fen), (3, Fen(550_00), Fen(200_00)));
    assert_eq!((hers.first_order_at, hers.last_order_at), (noon("2026-01-05"), noon("2026-02-01")));
    let since = |day: &'static str| async move {
        let spent = spent_since(db, &[ann, bea], day.parse().unwrap()).await.unwrap();
        (spent[&ann], spent[&bea])
    };
    assert_eq!(since("2026-01-01").await, (Fen(350_00), Fen(1_000_000_000_000)));
    assert_eq!(since("2026-01-10").await, (Fen(300_00), Fen(1_000_000_000_000)));
    assert_eq!(since("2026-01-11").await, (Fen(0), Fen(1_000_000_000_000)));
    assert_eq!(since("2026-03-01").await, (Fen(0), Fen(0)));
}

#[actix_web::test]
async fn a_refund_before_any_order_leaves_no_date() {
    let app = TestApp::start().await;
    let her = resolve_one(&app, by_phone("13700000001")).await;
    assert_eq!(total(app.app.db.read(), her).await.unwrap().order_count, 0);
    book(&app, &[purchase(her, "2026-01-10", 0, 0, 10)]).await;
    let total_now = total(app.app.db.read(), her).await.unwrap();
    assert_eq!((total_now.first_order_at, total_now.last_order_at), (None, None));
    book(&app, &[purchase(her, "2026-01-11", 1, 10, 0)]).await;
    let total_now = total(app.app.db.read(), her).await.unwrap();
    assert_eq!(
        (total_now.first_order_at, total_now.last_order_at),
        (noon("2026-01-11"), noon("2026-01-11"))
    );
    book(&app, &[]).await;
}

#[actix_web::test]
async fn tills_that_book_at_once_lose_nothing() {
    let app = TestApp::start().await;
    let mut members = Vec::new();
    for n in 0..5 {
        members.push(resolve_one(&app, by_phone(&format!("1370000000{n}"))).await);
    }
    let batches: Vec<Vec<Purchase>> = (0..24)
        .map(|turn| {
            let mut batch: Vec<Purchase> =
                members.iter().map(|member| purchase(*member, "2026-01-10", 1, 100, 1)).collect();
            batch.rotate_left(turn % 5);
            batch
        })
        .collect();
    join_all(batches.iter().map(|batch| book(&app, batch))).await;
    for member in members {
        let row = total(app.app.db.read(), member).await.unwrap();
        assert_eq!((row.order_count, row.paid_fen, row.refunded_fen), (24, Fen(2400), Fen(24)));
    }
}
