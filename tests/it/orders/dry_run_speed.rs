//! How long a trial takes (NC-3).

use std::time::Instant;

use chrono::TimeDelta;
use huiyi::orders::service::{self as orders, Draft, Trial};
use serde_json::Value;

use super::dry_run::campaign;
use super::{Till, sale};
use crate::support::{Kind, kind};

/// A statement that doubles the orders: each is copied with another number, and ids of the same millisecond.
const MORE: [&str; 3] = [
    "CREATE TEMP TABLE twin AS SELECT id, CAST(substr(id, 1, 6) || randomblob(10) AS BLOB) AS other FROM sales_order",
    "INSERT INTO order_line SELECT randomblob(16), t.other, line_no, sku_code, sku_known, style_code, name, colour, size, \
     category, season, price_band, style_tag, quantity, list_fen, paid_fen, points, growth, refunded_quantity, refunded_fen, \
     points_reversed, growth_reversed, campaign_points, deducted_points, deducted_returned FROM order_line l JOIN twin t ON t.id = l.order_id",
    "INSERT INTO sales_order SELECT t.other, channel, hex(t.other), version, fingerprint, status, member_id, partner_id, \
     store_id, guide_id, occurred_at, list_fen, paid_fen, refunded_fen, refunded_at, points, growth, received_at, updated_at, \
     points_rule_id, growth_rule_id, campaign_id, campaign_points, points_receipt, deducted_points FROM sales_order o JOIN twin t ON t.id = o.id",
];

/// Orders that come in over HTTP; the others are copies of them.
const SENT: usize = 250;

/// 2,000 orders; 128,000 and times of five runs with HUIYI_TEST_LONG=1: on two busy cores and without optimisation half a
/// minute each.
#[actix_web::test]
async fn a_dry_run_reads_page_by_page_however_many_orders_there_are() {
    if kind() != Kind::Sqlite {
        return;
    }
    let (doublings, runs) = if std::env::var("HUIYI_TEST_LONG").is_ok() { (9, 5) } else { (3, 1) };
    let till = Till::open().await;
    let orders: Vec<Value> = (0..SENT)
        .map(|n| {
            let phone = format!("138{:08}", n % 175);
            let mut order = sale(&format!("A-{n}"), &phone, &[20_000, 31_000]);
            order["occurred_at"] =
                format!("2026-{:02}-{:02}T06:00:00Z", 1 + n % 2, 1 + n % 28).into();
            order
        })
        .collect();
    till.batch(&orders).await;
    for _ in 0..doublings {
        let statements: String = MORE.join(";") + ";DROP TABLE twin";
        till.app.sql(&statements).await.unwrap();
    }
    till.app.advance(TimeDelta::days(1));
    let trial = Trial {
        draft: Draft::Campaign(None, campaign()),
        from: "2026-01-01".parse().unwrap(),
        to: "2026-03-15".parse().unwrap(),
    };
    let mut took = Vec::new();
    for _ in 0..runs {
        let began = Instant::now();
        let verdict =
            orders::dry_run(&till.app.app, &huiyi::audit::service::Author::system("test"), &trial)
                .await
                .unwrap();
        took.push(began.elapsed());
        assert_eq!(verdict.orders, (SENT as u64) << doublings);
        assert_eq!(verdict.granted, (510 * (SENT as i64)) << doublings);
        assert!(verdict.touched.orders > 0 && verdict.members > 0);
    }
    took.sort_unstable();
    println!("{} orders: {took:?}", SENT << doublings);
}
