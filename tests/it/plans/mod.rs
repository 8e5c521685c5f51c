//! No hot query reads a large table from end to end: the database itself counts sequential scans while each use case runs on a
//! filled database (issue 3, "Speed and size").

mod filled;
mod mariadb;
mod uses;

use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};

use crate::support::{Kind, TestApp, kind};
use filled::{Shop, filled};

/// Tables above this many rows are large; below it, reading all rows is the better plan.
const LARGE: i64 = 5_000;

/// PostgreSQL counts scans by table; the others count nothing that a test could read.
fn counts_scans() -> bool {
    if kind() == Kind::Postgres {
        return true;
    }
    eprintln!(
        "skipped: only PostgreSQL counts sequential scans by table (scripts/test postgres plans::)"
    );
    false
}

/// A large table and how often it was read from end to end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Scans {
    table: String,
    rows: i64,
    scans: i64,
    /// Rows that were fetched by way of an index.
    fetched: i64,
}

/// A look at the counters from outside the app.
struct Counters(DatabaseConnection);

impl Counters {
    async fn of(app: &TestApp) -> Self {
        let mut one = ConnectOptions::new(app.database_url());
        one.max_connections(1);
        Self(Database::connect(one).await.unwrap())
    }

    /// The counters of large tables. A backend hands its counts on when it ends, so everybody else's is ended.
    async fn read(&self) -> Vec<Scans> {
        self.alone().await;
        let sql = "SELECT pg_class.relname::text AS name, reltuples::bigint AS rows, seq_scan, idx_tup_fetch FROM pg_stat_user_tables \
                   JOIN pg_class ON pg_class.oid = relid ORDER BY 1";
        let rows = self.0.query_all_raw(postgres(sql)).await.unwrap();
        let rows = rows.iter().map(|row| Scans {
            table: row.try_get("", "name").unwrap(),
            rows: row.try_get("", "rows").unwrap(),
            scans: row.try_get("", "seq_scan").unwrap(),
            fetched: row.try_get("", "idx_tup_fetch").unwrap(),
        });
        rows.filter(|table| table.rows > LARGE).collect()
    }

    async fn alone(&self) {
        let others = "SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity WHERE datname = current_database() \
                      AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
        for _ in 0..3000 {
            let row = self.0.query_one_raw(postgres(others)).await.unwrap().unwrap();
            if row.try_get::<i64>("", "n").unwrap() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("somebody still holds a connection");
    }
}

fn postgres(sql: &str) -> Statement {
    Statement::from_string(sea_orm::DbBackend::Postgres, sql)
}

/// Runs one use case in a process of its own, as it were: the counters before and after it.
async fn counted(
    shop: &mut Shop,
    counters: &Counters,
    case: impl AsyncFn(&Shop),
) -> (Vec<Scans>, Vec<Scans>) {
    let before = counters.read().await;
    let (replica, url, server) = shop.app.replica().await;
    (shop.app.app, shop.app.url) = (replica, url);
    case(shop).await;
    drop(server.stop(false));
    (before, counters.read().await)
}

/// Runs one use case and says which large tables it read from end to end.
async fn scans_of(
    shop: &mut Shop,
    counters: &Counters,
    name: &str,
    case: uses::Case,
) -> Vec<String> {
    let (before, after) = counted(shop, counters, case).await;
    let scanned = after.iter().filter_map(|now| {
        let then = before.iter().find(|then| then.table == now.table).map_or(0, |then| then.scans);
        (now.scans > then).then(|| {
            format!(
                "{name}: read all {} rows of {} {} times: look at the query with EXPLAIN, then let it use an index, or add one in a \
                 migration",
                now.rows,
                now.table,
                now.scans - then
            )
        })
    });
    scanned.collect()
}

async fn scans(shop: &mut Shop, cases: &[(&str, uses::Case)]) -> Vec<String> {
    let counters = Counters::of(&shop.app).await;
    let mut found = Vec::new();
    for (name, case) in cases {
        found.extend(scans_of(shop, &counters, name, *case).await);
    }
    counters.0.close().await.unwrap();
    found
}

#[actix_web::test]
async fn no_hot_query_reads_a_large_table_from_end_to_end() {
    if !counts_scans() {
        return;
    }
    let mut shop = filled().await;
    // First without an index, so that what follows is known to see one that is missing.
    run(&shop, "DROP INDEX ix_points_lot_transfer_id").await;
    let history: Vec<_> =
        uses::ALL.iter().filter(|(name, _)| name.contains("history")).copied().collect();
    let found = scans(&mut shop, &history).await;
    assert!(found.iter().any(|line| line.contains("rows of points_lot ")), "{found:#?}");
    let again = "CREATE UNIQUE INDEX ix_points_lot_transfer_id ON points_lot (transfer_id)";
    run(&shop, again).await;
    let found = scans(&mut shop, uses::ALL).await;
    assert!(found.is_empty(), "{found:#?}");
}

/// PT-8: a page far down in a history reads nothing of what is before it. (How much of what is after it is read is
/// up to the planner, who may take an account for a short one.)
#[actix_web::test]
async fn a_page_of_a_long_history_reads_nothing_before_it() {
    if !counts_scans() {
        return;
    }
    let mut shop = filled().await;
    let counters = Counters::of(&shop.app).await;
    let (before, after) = counted(&mut shop, &counters, uses::deep_history).await;
    counters.0.close().await.unwrap();
    let fetched = |scans: &[Scans]| {
        scans.iter().find(|scans| scans.table == "points_transfer").unwrap().fetched
    };
    let read = fetched(&after) - fetched(&before);
    let (pages, length) = (i64::from(uses::DEEP_PAGES), 2 * i64::from(filled::DEEP) + 7);
    let not_before: i64 = (0..pages).map(|page| length - 100 * page).sum();
    assert!((100 * pages..=not_before).contains(&read), "{read} rows, {not_before} at most");
}

async fn run(shop: &Shop, statement: &str) {
    let connection = Database::connect(shop.app.database_url()).await.unwrap();
    connection.execute_unprepared(statement).await.unwrap();
    connection.close().await.unwrap();
}
