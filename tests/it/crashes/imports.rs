//! Workers die in the middle of an import, and each row happens once and is told once (OP-4, J2, L3).

use std::collections::BTreeSet;
use std::time::Duration;

use entity::{bulk_run, member, points_transfer, sales_order};
use huiyi::app::App;
use huiyi::bulk::service::{self as bulk, Asker, ImportWish};
use huiyi::db::in_tx;
use huiyi::kernel::codes::{BulkKind, BulkState, ImportMode, TransferKind};
use huiyi::kernel::ids::BulkRunId;
use rand::RngExt;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::rounds;
use super::shop::Shop;

const ORDERS: usize = 6_000;
/// Where a worker dies: before, in and after the transaction of a step.
const STEPS: &[&str] =
    &["job_claimed", "import_written", "import_step", "import_written:2", "import_step:2"];

async fn sent(app: &App, shop: &Shop) -> BulkRunId {
    use std::fmt::Write;
    let mut file = "订单号,支付时间,手机号,商品编码,数量,实付金额\n".to_owned();
    for n in 0..ORDERS {
        writeln!(file, "C-{n},2026-03-14,1370000{:04},D100-RED-M,1,10.00", n % 20).unwrap();
    }
    let wish = ImportWish {
        kind: BulkKind::Orders,
        mode: ImportMode::Apply,
        partner: Some(shop.partner),
        reference: None,
    };
    let checked = bulk::check_import(app, &wish, file.into_bytes()).await.unwrap();
    let asker = Asker::Partner(shop.partner);
    let run =
        in_tx(&app.db, async |tx| bulk::start_import_in(tx, app, asker, &wish, &checked).await);
    run.await.unwrap().id
}

async fn run(shop: &Shop) -> bulk_run::Model {
    let app = shop.look().await;
    let run = bulk_run::Entity::find().one(app.db.read()).await.unwrap().unwrap();
    app.db.clone().close().await.unwrap();
    run
}

#[actix_web::test]
async fn each_row_of_an_import_happens_once_however_often_the_worker_is_killed() {
    let shop = Shop::open(1).await;
    let app = shop.look().await;
    let id = sent(&app, &shop).await;
    app.db.clone().close().await.unwrap();
    let mut seen = 0;
    for step in STEPS {
        shop.start_worker(step).died();
        shop.leases_end().await;
        let done = run(&shop).await.rows_done;
        assert!(done >= seen, "{step}");
        seen = done;
    }
    assert!(seen > 0 && run(&shop).await.state == BulkState::Running);
    for _ in 0..rounds() / 4 {
        let mut worker = shop.start_worker("");
        let pause = rand::rng().random_range(1..=300);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        worker.kill();
        shop.leases_end().await;
    }
    let mut worker = shop.start_worker("");
    for round in 0.. {
        if run(&shop).await.state == BulkState::Done {
            break;
        }
        assert!(round < 600, "the import does not end: {:?}", run(&shop).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    worker.kill();

    let run = run(&shop).await;
    let all = ORDERS as i64;
    assert_eq!((run.rows_done, run.rows_created, run.rows_refused), (all, all, 0));
    let app = shop.look().await;
    let db = app.db.read();
    assert_eq!(sales_order::Entity::find().count(db).await.unwrap(), ORDERS as u64);
    assert_eq!(member::Entity::find().count(db).await.unwrap(), 21);
    let earned = points_transfer::Entity::find()
        .filter(points_transfer::Column::Kind.eq(TransferKind::Earn))
        .filter(points_transfer::Column::OrderId.is_not_null());
    assert!(earned.count(db).await.unwrap() >= ORDERS as u64);
    assert_eq!(told(&app, &shop, id).await, (2..=all + 1).collect::<Vec<_>>());
    app.db.clone().close().await.unwrap();
    shop.reconciles();
}

/// The rows that the report tells of, in its sequence.
async fn told(app: &App, shop: &Shop, id: BulkRunId) -> Vec<i64> {
    let mut report = bulk::open_report(app, Asker::Partner(shop.partner), id).await.unwrap();
    let mut text = String::new();
    while let Some(piece) = report.next(app).await.unwrap() {
        text.push_str(&String::from_utf8(piece).unwrap());
    }
    let rows: Vec<i64> =
        text.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len());
    rows
}
