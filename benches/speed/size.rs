//! A ledger of a million members and ten million transfers: filled by SQL, read over HTTP, proved by `huiyi reconcile`.

use std::io::Read;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use chrono::Days;
use huiyi::app::App;
use huiyi::kernel::clock::Clock;
use huiyi::points::service as points;
use secrecy::SecretString;
use serde_json::Value;

use crate::load::{Load, script, wrk};
use crate::program::{Program, connect};
use crate::{Effort, figure};

/// Members who read; the others only take room.
const READERS: usize = 500;
const CONNECTIONS: usize = 16;
/// Pairs of earning and spending in the long history of the first reader.
const DEEP: u64 = 10_000;
/// Lots a batch of settling and expiring, as the jobs have it.
const BATCH: u64 = 500;

/// Fills a ledger and measures what could grow with its size.
pub fn ledger_size(effort: Effort) {
    let members = std::env::var("HUIYI_BENCH_MEMBERS").ok().and_then(|text| text.parse().ok());
    let members: u64 = members.unwrap_or(effort.members);
    let mut program = Program::start("size");
    let tokens: Vec<String> = (0..READERS).map(|n| program.shopper(n)).collect();
    let transfers = fill(&program, members);
    seal(&program);
    read(&program, effort, &tokens);
    prove(&program, transfers, "2");
    prove(&program, transfers, "1");
    disturb(&program, effort, &tokens);
    // Its worker would settle beside us.
    program.stop();
    let moved = due(&program, members / 5);
    prove(&program, transfers + moved, "2");
    drop_database(program);
}

fn fill(program: &Program, members: u64) -> u64 {
    let now = Clock::system().now().timestamp_millis();
    let sql = include_str!("fill/ledger.sql")
        .replace(":members", &members.to_string())
        .replace(":deep", &DEEP.to_string())
        .replace(":now_ms", &now.to_string());
    program.runtime.block_on(async {
        let client = connect(&program.database_url).await;
        let started = Instant::now();
        client.batch_execute(&sql).await.unwrap();
        figure("ledger_size.fill", started.elapsed().as_secs_f64(), "s");
        client.batch_execute("ANALYZE").await.unwrap();
        let sql =
            "SELECT (SELECT count(*) FROM points_transfer), pg_database_size(current_database())";
        let row = client.query_one(sql, &[]).await.unwrap();
        let (transfers, bytes) = (row.get::<_, i64>(0), row.get::<_, i64>(1));
        figure("ledger_size.members", members as f64, "members");
        figure("ledger_size.transfers", transfers as f64, "transfers");
        figure("ledger_size.disk", bytes as f64 / 1e9, "GB");
        transfers as u64
    })
}

fn read(program: &Program, effort: Effort, tokens: &[String]) {
    let history = "/v1/member/points/history?limit=20";
    let each = |path: &str| -> Vec<(String, Option<String>)> {
        tokens.iter().map(|token| (path.to_owned(), Some(token.clone()))).collect()
    };
    loads(program, effort, "points_read", &each("/v1/member/points"));
    loads(program, effort, "history_first", &each(history));
    // The pages of the long history, from its first to its last.
    let mut pages = Vec::new();
    let mut path = "/v1/member/points/history?limit=100".to_owned();
    while let Some(cursor) = get(program, &path, &tokens[0])["next_cursor"].as_str() {
        pages.push((format!("{history}&cursor={cursor}"), Some(tokens[0].clone())));
        path = format!("/v1/member/points/history?limit=100&cursor={cursor}");
    }
    assert!(pages.len() as u64 >= DEEP / 50, "{} pages", pages.len());
    loads(program, effort, "history_deep", &pages);
    statement(program, effort, tokens);
    figure("ledger_size.server_memory", program.memory_mib(), "MiB");
}

/// A year of an ordinary reader as CSV, and that of the long history.
fn statement(program: &Program, effort: Effort, tokens: &[String]) {
    let today = Clock::system().now().date_naive();
    let (from, to) = (today - Days::new(390), today + Days::new(1));
    let path = format!("/v1/member/points/statement.csv?from={from}&to={to}");
    let each: Vec<_> =
        tokens[1..].iter().map(|token| (path.clone(), Some(token.clone()))).collect();
    loads(program, effort, "statement", &each);
    let started = Instant::now();
    let lines = text(program, &path, &tokens[0]).lines().count();
    figure("ledger_size.statement_long", started.elapsed().as_secs_f64() * 1000.0, "ms");
    figure("ledger_size.statement_long_lines", lines as f64, "lines");
    assert!(lines as u64 > DEEP, "{lines} lines");
}

fn text(program: &Program, path: &str, token: &str) -> String {
    program.runtime.block_on(async {
        let request = program.http.get(format!("{}{path}", program.url)).bearer_auth(token);
        request.send().await.unwrap().text().await.unwrap()
    })
}

fn get(program: &Program, path: &str, token: &str) -> Value {
    let text = text(program, path, token);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
}

fn loads(program: &Program, effort: Effort, name: &str, requests: &[(String, Option<String>)]) {
    let requests = script(name, requests);
    wrk(&program.url, Some(&requests), CONNECTIONS, Duration::from_secs(2));
    told(name, wrk(&program.url, Some(&requests), CONNECTIONS, effort.span));
}

fn told(name: &str, load: Load) {
    figure(&format!("ledger_size.{name}"), load.rate, "requests/s");
    figure(&format!("ledger_size.{name}_p50"), load.p50_ms, "ms");
    figure(&format!("ledger_size.{name}_p99"), load.p99_ms, "ms");
}

/// Rows that were written by SQL have no codes, as those from before them.
fn seal(program: &Program) {
    let started = Instant::now();
    let sealed = program.command(&["reconcile", "--seal"]).output().unwrap();
    assert!(sealed.status.success(), "{:.2000}", String::from_utf8_lossy(&sealed.stdout));
    figure("ledger_size.seal", started.elapsed().as_secs_f64(), "s");
}

fn start_proof(program: &Program, lanes: &str) -> Child {
    program.command(&["reconcile", "--lanes", lanes]).stdout(Stdio::piped()).spawn().unwrap()
}

/// `huiyi reconcile` must find nothing.
fn prove(program: &Program, transfers: u64, lanes: &str) {
    let started = Instant::now();
    let mut child = start_proof(program, lanes);
    let mut peak: f64 = 0.0;
    let status = loop {
        peak = peak.max(peak_mib(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let took = started.elapsed().as_secs_f64();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(status.success(), "{said:.2000}");
    figure(&format!("ledger_size.reconcile_{lanes}_lanes"), took, "s");
    figure(
        &format!("ledger_size.reconcile_{lanes}_lanes_rate"),
        transfers as f64 / took,
        "transfers/s",
    );
    figure(&format!("ledger_size.reconcile_{lanes}_lanes_memory"), peak, "MiB");
}

fn peak_mib(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// Readers while the nightly proof runs, one statement at a time.
fn disturb(program: &Program, effort: Effort, tokens: &[String]) {
    let requests: Vec<_> =
        tokens.iter().map(|token| ("/v1/member/points".to_owned(), Some(token.clone()))).collect();
    let requests = script("beside", &requests);
    let mut proof = start_proof(program, "1");
    told(
        "points_read_beside_reconcile",
        wrk(&program.url, Some(&requests), CONNECTIONS, effort.span),
    );
    let _ = proof.kill();
    let _ = proof.wait();
}

/// Settling and expiring of so many lots each, through the batches of the jobs; says how many transfers that made.
fn due(program: &Program, lots: u64) -> u64 {
    program.runtime.block_on(async {
        let client = connect(&program.database_url).await;
        let due = |what: &str, which: &str| {
            format!(
                "UPDATE points_lot SET {what} = now() - interval '1 minute', due_at = now() - interval '1 minute' WHERE id IN \
                 (SELECT id FROM points_lot WHERE due_at IS NOT NULL AND {which} ORDER BY due_at, id LIMIT {lots})"
            )
        };
        client.batch_execute(&due("settles_at", "NOT settled")).await.unwrap();
        client.batch_execute(&due("expires_at", "settled")).await.unwrap();
        client.batch_execute("ANALYZE points_lot").await.unwrap();
        let count = async || -> u64 {
            let sql = "SELECT count(*) FROM points_transfer WHERE kind IN ('settle', 'expire')";
            client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) as u64
        };
        let before = count().await;
        let app = beside(program).await;
        let started = Instant::now();
        let mut done = 0;
        while let moved @ 1.. = points::settle_due(&app, BATCH).await.unwrap() {
            done += moved;
        }
        figure("ledger_size.settle", done as f64 / started.elapsed().as_secs_f64(), "lots/s");
        let started = Instant::now();
        let mut done = 0;
        while let moved @ 1.. = points::expire_due(&app, BATCH).await.unwrap() {
            done += moved;
        }
        figure("ledger_size.expire", done as f64 / started.elapsed().as_secs_f64(), "lots/s");
        count().await - before
    })
}

/// An app of this process on the program's database.
async fn beside(program: &Program) -> App {
    let mut config = huiyi::config::load(None).unwrap();
    config.server.data_dir =
        std::env::temp_dir().join(format!("huiyi-bench-{}-beside", std::process::id()));
    config.database.url = SecretString::from(program.database_url.clone());
    config.redis.url =
        SecretString::from(std::env::var("HUIYI_BENCH_REDIS_URL").unwrap_or_default());
    App::build(config, Clock::system()).await.unwrap()
}

/// Ten gigabytes are not left to the benches after this one.
fn drop_database(program: Program) {
    let (server, name) = program.database_url.rsplit_once('/').unwrap();
    let (server, drop) =
        (format!("{server}/postgres"), format!("DROP DATABASE {name} WITH (FORCE)"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    std::mem::drop(program);
    runtime.block_on(async { connect(&server).await.batch_execute(&drop).await.unwrap() });
}
