//! How long a trial takes (NC-3); prints, and only when asked for.

use std::time::Instant;

use chrono::TimeDelta;
use huiyi::orders::service::{self as orders, Draft, Trial};
use serde_json::Value;

use super::dry_run::campaign;
use super::{Till, sale};

/// A statement that doubles the orders: each is copied with another number, and ids of the same millisecond.
const MORE: [&str; 3] = [
    "CREATE TEMP TABLE twin AS SELECT id, CAST(substr(id, 1, 6) || randomblob(10) AS BLOB) AS other FROM sales_order",
    "INSERT INTO order_line SELECT randomblob(16), t.other, line_no, sku_code, sku_known, style_code, name, colour, size, \
     category, season, price_band, style_tag, quantity, list_fen, paid_fen, points, growth, refunded_quantity, refunded_fen, \
     points_reversed, growth_reversed, campaign_points FROM order_line l JOIN twin t ON t.id = l.order_id",
    "INSERT INTO sales_order SELECT t.other, channel, hex(t.other), version, fingerprint, status, member_id, partner_id, \
     store_id, guide_id, occurred_at, list_fen, paid_fen, refunded_fen, refunded_at, points, growth, received_at, updated_at, \
     points_rule_id, growth_rule_id, campaign_id, campaign_points FROM sales_order o JOIN twin t ON t.id = o.id",
];

#[actix_web::test]
#[ignore = "a measurement on SQLite of a minute or two"]
async fn a_dry_run_over_a_hundred_thousand_orders() {
    let till = Till::open().await;
    let orders: Vec<Value> = (0..1_000)
        .map(|n| {
            let mut order =
                sale(&format!("A-{n}"), &format!("138{:08}", n % 700), &[20_000, 31_000]);
            order["occurred_at"] =
                format!("2026-{:02}-{:02}T06:00:00Z", 1 + n % 2, 1 + n % 28).into();
            order
        })
        .collect();
    till.batch(&orders).await;
    for _ in 0..7 {
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
    for _ in 0..5 {
        let began = Instant::now();
        let verdict = orders::dry_run(&till.app.app, &trial).await.unwrap();
        assert_eq!(verdict.orders, 128_000);
        took.push(began.elapsed());
    }
    took.sort_unstable();
    println!("128,000 orders: {took:?}");
}
