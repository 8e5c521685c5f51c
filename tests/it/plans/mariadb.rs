//! MariaDB without statistics, as on the day a retailer's old data came in: its plans must not hinge on them.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use serde_json::json;

use super::filled::Shop;
use super::{LARGE, uses};
use crate::support::{Kind, TestApp, kind};

/// What needs no more than members with points; the others' plans are asked of PostgreSQL.
const CASES: [&str; 11] = [
    "earn at a till",
    "spend at a till",
    "give back at a till",
    "a spending repeated",
    "points",
    "tiers",
    "herself",
    "event relay",
    "freeze, capture, release",
    "adjust",
    "lapse of checkouts",
];

/// Twenty thousand members with an account, a transfer and a lot each.
const FILL: [&str; 4] = [
    "INSERT INTO member (id, status, gender, sizes, source, tier, tier_since, created_at, updated_at, version)
  SELECT UNHEX(CONCAT('00000000000070008000', LPAD(HEX(seq), 12, '0'))), 'unregistered', 'unknown', '{}', 'pos',
    'silver', :now, :now, :now, 1 FROM seq_1_to_20000",
    "INSERT INTO points_account (id, member_id, ledger, pending, available, frozen, version, updated_at)
  SELECT UNHEX(CONCAT('00000000000070018000', LPAD(HEX(seq), 12, '0'))),
    UNHEX(CONCAT('00000000000070008000', LPAD(HEX(seq), 12, '0'))), 'points', 0, 1000, 0, 1, :now FROM seq_1_to_20000",
    "INSERT INTO points_transfer (id, account_id, ledger, seq, kind, from_bucket, to_bucket, amount, pending_after,
    available_after, frozen_after, source, source_id, actor_kind, occurred_at, recorded_at)
  SELECT UNHEX(CONCAT('00000000000070028000', LPAD(HEX(seq), 12, '0'))),
    UNHEX(CONCAT('00000000000070018000', LPAD(HEX(seq), 12, '0'))), 'points', 1, 'earn', 'issued', 'available',
    1000, 0, 1000, 0, 'order', CONCAT('opening-', seq), 'system', :now, :now FROM seq_1_to_20000",
    "INSERT INTO points_lot (id, account_id, transfer_id, amount, remaining, settled, settles_at, expires_at, earned_at)
  SELECT UNHEX(CONCAT('00000000000070038000', LPAD(HEX(seq), 12, '0'))),
    UNHEX(CONCAT('00000000000070018000', LPAD(HEX(seq), 12, '0'))),
    UNHEX(CONCAT('00000000000070028000', LPAD(HEX(seq), 12, '0'))), 1000, 1000, true, :now,
    :now + INTERVAL 1 YEAR, :now FROM seq_1_to_20000",
];

async fn without_statistics() -> Shop {
    let app = TestApp::start().await;
    let connection = Database::connect(app.database_url()).await.unwrap();
    connection.execute_unprepared("SET GLOBAL userstat = 1").await.unwrap();
    for table in tables(&connection).await {
        let frozen = format!("ALTER TABLE `{table}` STATS_AUTO_RECALC = 0");
        connection.execute_unprepared(&frozen).await.unwrap();
    }
    let now = format!("'{}'", app.now().naive_utc().format("%F %T%.6f"));
    for statement in FILL {
        connection.execute_unprepared(&statement.replace(":now", &now)).await.unwrap();
    }
    connection.close().await.unwrap();
    let till = app.partner("till", &["orders:write", "points:write"]).await;
    let store = app.store("EAST", "SH01").await;
    let guide_id = app.guide("G-1", store).await;
    let guide = app.staff_token(guide_id, "G-1", "guide").await;
    let shopper = app.shopper("lina").await;
    app.bind_phone("lina", &shopper.token, super::filled::PHONE).send().await.expect(200);
    let opening =
        json!({"receipt_no": "OPEN-1", "member": {"member_id": shopper.id}, "points": 5_000});
    let earned = app.post("/v1/open/points/earn").bearer(&till).key("OPEN-1").json(&opening);
    earned.send().await.expect(200);
    let member = shopper.id.parse().unwrap();
    Shop { app, till, guide, shopper: shopper.token, member }
}

async fn tables(connection: &DatabaseConnection) -> Vec<String> {
    let sql = "SELECT table_name AS name FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'";
    let rows = connection.query_all_raw(Statement::from_string(DbBackend::MySql, sql)).await;
    rows.unwrap().iter().map(|row| row.try_get("", "name").unwrap()).collect()
}

/// How many rows have been read of each table.
async fn read(connection: &DatabaseConnection) -> BTreeMap<String, i64> {
    let sql = "SELECT table_name AS name, CAST(rows_read AS SIGNED) AS n
        FROM information_schema.table_statistics WHERE table_schema = DATABASE()";
    let rows = connection.query_all_raw(Statement::from_string(DbBackend::MySql, sql)).await;
    let rows = rows.unwrap();
    rows.iter()
        .map(|row| (row.try_get("", "name").unwrap(), row.try_get("", "n").unwrap()))
        .collect()
}

#[actix_web::test]
async fn no_hot_query_reads_a_large_table_from_end_to_end_on_mariadb_without_statistics() {
    if kind() != Kind::Mariadb {
        eprintln!("skipped: only MariaDB (scripts/test mariadb plans::)");
        return;
    }
    let shop = without_statistics().await;
    let counters = Database::connect(shop.app.database_url()).await.unwrap();
    let mut found = Vec::new();
    for (name, case) in uses::ALL.iter().filter(|(name, _)| CASES.contains(name)) {
        let before = read(&counters).await;
        case(&shop).await;
        let after = read(&counters).await;
        let rows =
            |(table, n): (&String, &i64)| (table.clone(), n - before.get(table).unwrap_or(&0));
        let large = after.iter().map(rows).filter(|(_, rows)| *rows > LARGE);
        found.extend(large.map(|(table, rows)| format!("{name}: {rows} rows of {table}")));
    }
    counters.close().await.unwrap();
    assert!(found.is_empty(), "{found:#?}");
}
