//! The figures, each both sides in one run.

use std::time::Instant;

use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::load::{Load, script, wrk};
use crate::peers::Peer;
use crate::program::{Program, connect, order};
use crate::{Effort, figure, imports, median, spine, sweeps, tills};

/// Name and measurement.
pub const ALL: [(&str, fn(Effort)); 13] = [
    ("http_overhead", http_overhead),
    ("points_read_vs_tokio_postgres", points_read),
    ("order_batch_vs_copy", order_batch),
    ("import_rows_vs_copy", imports::import_rows),
    ("earn_http_vs_pgbench", tills::earn),
    ("spend_http_vs_pgbench", tills::spend),
    ("tills_on_mariadb", tills::on_mariadb),
    ("gathered_latency", tills::latency),
    ("settle_vs_sql", sweeps::settle),
    ("expire_vs_sql", sweeps::expire),
    ("events_per_s", spine::events),
    ("jobs_per_s", spine::queue),
    ("ledger_size", crate::size::ledger_size),
];

const CONNECTIONS: usize = 64;
const SHOPPERS: usize = 200;

/// Both sides in alternating rounds after one of each that does not count.
pub fn compare(id: &str, effort: Effort, ours: impl Fn() -> Load, peer: impl Fn() -> Load) {
    ours();
    peer();
    let rounds: Vec<(Load, Load)> = (0..effort.rounds).map(|_| (ours(), peer())).collect();
    let (ours, peer): (Vec<Load>, Vec<Load>) = rounds.into_iter().unzip();
    let rate = |loads: &[Load]| median(loads.iter().map(|load| load.rate).collect());
    figure(id, rate(&ours) / rate(&peer), "ratio");
    for (side, loads) in [("ours", ours), ("peer", peer)] {
        figure(&format!("{id}.{side}"), rate(&loads), "requests/s");
        let p50 = median(loads.iter().map(|load| load.p50_ms).collect());
        figure(&format!("{id}.{side}_p50"), p50, "ms");
        let p99 = median(loads.iter().map(|load| load.p99_ms).collect());
        figure(&format!("{id}.{side}_p99"), p99, "ms");
    }
}

/// A constant route with everything that every request gets, against bare actix-web.
fn http_overhead(effort: Effort) {
    let program = Program::start("overhead");
    let peer = Peer::start("peer-constant", &[]);
    compare(
        "http_overhead",
        effort,
        || wrk(&format!("{}/livez", program.url), None, CONNECTIONS, effort.span),
        || wrk(&format!("{}/livez", peer.url), None, CONNECTIONS, effort.span),
    );
}

/// GET /v1/member/points, signed in, against a hand-written handler of the same row without sign-in.
fn points_read(effort: Effort) {
    let program = Program::start("points");
    let key = program.partner(&["orders:write"]);
    let orders: Vec<Value> = (0..SHOPPERS).map(|n| order(&format!("P{n}"), n, 2)).collect();
    program.post("/v1/open/orders:batch", Some(&key), &json!({"orders": orders}));
    let tokens: Vec<String> = (0..SHOPPERS).map(|n| program.shopper(n)).collect();
    let ids = program.runtime.block_on(async {
        let client = connect(&program.database_url).await;
        let sql = "SELECT member_id FROM points_account WHERE ledger = 'points' AND available > 0";
        let rows = client.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| row.get::<_, uuid::Uuid>(0)).collect::<Vec<_>>()
    });
    assert_eq!(ids.len(), SHOPPERS);
    let ours: Vec<_> =
        tokens.into_iter().map(|token| ("/v1/member/points".to_owned(), Some(token))).collect();
    let theirs: Vec<_> = ids.iter().map(|id| (format!("/points/{id}"), None)).collect();
    let (ours, theirs) = (script("ours", &ours), script("peer", &theirs));
    let peer = Peer::start("peer-row", &[&program.database_url]);
    compare(
        "points_read_vs_tokio_postgres",
        effort,
        || wrk(&program.url, Some(&ours), CONNECTIONS, effort.span),
        || wrk(&peer.url, Some(&theirs), CONNECTIONS, effort.span),
    );
    figure("points_read_vs_tokio_postgres.memory", program.memory_mib(), "MiB");
}

const TABLES: [&str; 13] = [
    "member",
    "member_identifier",
    "member_total",
    "member_spend",
    "sales_order",
    "order_line",
    "order_payment",
    "points_account",
    "points_transfer",
    "points_lot",
    "tier_change",
    "sales_credit",
    "event_log",
];

/// Orders through the batch endpoint, as rows a second in all tables, against COPY of the same rows into the
/// same tables with the same indexes.
fn order_batch(effort: Effort) {
    let program = Program::start("batch");
    let key = program.partner(&["orders:write"]);
    for streams in [1, 2, 4] {
        let before = rows(&program);
        let started = Instant::now();
        send(&program, &key, streams, effort.batches);
        let took = started.elapsed().as_secs_f64();
        let written = rows(&program) - before;
        let orders = (effort.batches * 1000) as f64;
        figure(&format!("order_batch.{streams}_streams"), orders / took, "orders/s");
        figure(&format!("order_batch.{streams}_streams_rows"), written / took, "rows/s");
        if streams == 2 {
            let copy = copy_rate(&program);
            figure("order_batch_vs_copy", written / took / copy, "ratio");
            figure("order_batch_vs_copy.copy", copy, "rows/s");
        }
    }
    figure("order_batch.memory", program.memory_mib(), "MiB");
}

fn send(program: &Program, key: &str, streams: usize, batches: usize) {
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let bodies: Vec<Value> = (0..batches)
        .map(|batch| {
            let number = |n: usize| batch * 1000 + n;
            let orders: Vec<Value> = (0..1000)
                .map(|n| order(&format!("{}-{}", &unique[..12], number(n)), number(n) / 3, 2))
                .collect();
            json!({"orders": orders})
        })
        .collect();
    program.runtime.block_on(async {
        let posts = futures_util::stream::iter(bodies).map(|body| {
            let request = program.http.post(format!("{}/v1/open/orders:batch", program.url));
            let request = request.bearer_auth(key).json(&body);
            async move {
                let answer = request.send().await.unwrap();
                let status = answer.status();
                let text = answer.text().await.unwrap();
                let body: Value = serde_json::from_str(&text).unwrap_or_default();
                let created = body["results"].as_array().map_or(0, |results| {
                    results.iter().filter(|result| result["result"] == "created").count()
                });
                assert!(
                    status.is_success() && created == 1000,
                    "{status} {created}: {}",
                    &text[..text.len().min(500)]
                );
            }
        });
        posts.buffer_unordered(streams).collect::<Vec<()>>().await;
    });
}

/// Rows of all tables that orders write.
pub fn rows(program: &Program) -> f64 {
    program.runtime.block_on(async {
        let client = connect(&program.database_url).await;
        let mut sum = 0;
        for table in TABLES {
            sum += client
                .query_one(&format!("SELECT count(*) FROM {table}"), &[])
                .await
                .unwrap()
                .get::<_, i64>(0);
        }
        sum as f64
    })
}

/// Rows a second of COPY, one stream, of everything that was written.
pub fn copy_rate(program: &Program) -> f64 {
    program.runtime.block_on(async {
        let client = connect(&program.database_url).await;
        let (mut copied, mut took) = (0.0, 0.0);
        for table in TABLES {
            let data: Vec<_> = client
                .copy_out(&format!("COPY {table} TO STDOUT BINARY"))
                .await
                .unwrap()
                .collect()
                .await;
            client
                .batch_execute(&format!("CREATE TABLE copy_{table} (LIKE {table} INCLUDING ALL)"))
                .await
                .unwrap();
            let started = Instant::now();
            let sink =
                client.copy_in(&format!("COPY copy_{table} FROM STDIN BINARY")).await.unwrap();
            let mut sink = std::pin::pin!(sink);
            for chunk in data {
                futures_util::SinkExt::send(&mut sink, chunk.unwrap()).await.unwrap();
            }
            copied += sink.as_mut().finish().await.unwrap() as f64;
            took += started.elapsed().as_secs_f64();
            client.batch_execute(&format!("DROP TABLE copy_{table}")).await.unwrap();
        }
        copied / took
    })
}
