//! The peer of the tills: pgbench running the same effect as one statement, which is its best.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::load::Load;

/// The rows that both earning and spending leave, but for what moves; `a` is the account, `t` the transfer.
const REST: &str = r#"
e AS (INSERT INTO event_log (id, kind, version, member_id, payload, occurred_at, recorded_at, attempts)
  SELECT gen_random_uuid(), 'points.moved', 1, a.member_id,
    '{"ledger": "points", "kind": "earn", "amount": 5, "reverses": null}'::jsonb, now(), now(), 0 FROM a)
INSERT INTO idempotency_record
  (digest, fingerprint, owner, lease_until, status, body, created_at, expires_at)
SELECT encode(sha256(convert_to('k' || (:r)::text, 'UTF8')), 'hex'),
  encode(sha256(convert_to('f' || (:r)::text, 'UTF8')), 'hex'), gen_random_uuid(), now(), 200,
  '{"transfer_id": "trf_0698v9qe00t134m6ou6d8h2lal", "points": 5, "balance": ' || a.available || ', "replayed": false}',
  now(), now() + interval '7 days' FROM a;
"#;

const TRANSFER: &str = r#"
t AS (INSERT INTO points_transfer (id, account_id, ledger, seq, kind, from_bucket, to_bucket, amount,
    pending_after, available_after, frozen_after, source, source_id, actor_kind, actor_id, occurred_at, recorded_at)
  SELECT gen_random_uuid(), a.id, 'points', a.version, MOVE, 5, a.pending, a.available, a.frozen,
    'till', 'par_0698v9qe00t134m6ou6d8h2lal:' || (:r)::text, 'partner',
    '00000000-0000-7000-8000-000000000000'::uuid, now(), now() FROM a RETURNING id, account_id),"#;

const ACCOUNT: &str =
    "id = ('00000000-0000-7001-8000-' || lpad(to_hex((:n)::bigint), 12, '0'))::uuid";

const VARIABLES: &str = "\\set n random(1, :accounts)\n\\set r random(1, 9223372036854775807)\n";

/// Granting five points.
pub fn earn() -> PathBuf {
    let transfer = TRANSFER.replace("MOVE", "'earn', 'issued', 'available'");
    let sql = format!(
        r#"{VARIABLES}WITH a AS (UPDATE points_account
    SET available = available + 5, version = version + 1, updated_at = now() WHERE {ACCOUNT}
  RETURNING id, member_id, version, pending, available, frozen),{transfer}
l AS (INSERT INTO points_lot (id, account_id, transfer_id, amount, remaining, settled, settles_at, expires_at, earned_at)
  SELECT gen_random_uuid(), t.account_id, t.id, 5, 5, true, now(), now() + interval '1 year', now() FROM t),{REST}"#
    );
    write("earn", &sql)
}

/// Spending five points of the lot that runs out first.
pub fn spend() -> PathBuf {
    let transfer = TRANSFER.replace("MOVE", "'spend', 'available', 'redeemed'");
    let sql = format!(
        r#"{VARIABLES}WITH a AS (UPDATE points_account
    SET available = available - 5, version = version + 1, updated_at = now() WHERE {ACCOUNT} AND available >= 5
  RETURNING id, member_id, version, pending, available, frozen),{transfer}
l AS (UPDATE points_lot SET remaining = remaining - 5 WHERE id = (
    SELECT lot.id FROM points_lot lot JOIN a ON lot.account_id = a.id
    WHERE lot.remaining >= 5 AND lot.settled AND (lot.expires_at IS NULL OR lot.expires_at > now())
    ORDER BY lot.expires_at NULLS LAST, lot.earned_at LIMIT 1) RETURNING id),
u AS (INSERT INTO points_lot_use (id, lot_id, transfer_id, amount)
  SELECT gen_random_uuid(), l.id, t.id, -5 FROM l, t),{REST}"#
    );
    write("spend", &sql)
}

fn write(name: &str, sql: &str) -> PathBuf {
    let place = std::env::temp_dir().join(format!("huiyi-bench-{}-{name}.sql", std::process::id()));
    // pgbench reads a statement up to its semicolon.
    std::fs::write(&place, sql).unwrap();
    place
}

/// Runs it on `accounts` accounts; panics when a transaction failed.
pub fn pgbench(url: &str, script: &Path, accounts: usize, clients: usize, span: Duration) -> Load {
    let logs = std::env::temp_dir().join(format!("huiyi-bench-{}-pgbench", std::process::id()));
    let _ = std::fs::remove_dir_all(&logs);
    std::fs::create_dir_all(&logs).unwrap();
    let output = Command::new(program())
        .args(["-n", "-M", "prepared", "-j", "2", "-c", &clients.to_string()])
        .args(["-T", &span.as_secs().to_string(), "-D", &format!("accounts={accounts}")])
        .args(["--log", "--log-prefix", logs.join("log").to_str().unwrap()])
        .args(["-f", script.to_str().unwrap(), url])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "pgbench: {text}{errors}");
    let failed = text.lines().find(|line| line.starts_with("number of failed transactions"));
    assert!(failed.is_none_or(|line| line.contains(": 0 ")), "{text}");
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
    let mut micros = latencies(&logs);
    micros.sort_unstable();
    let at = |part: usize| micros[(micros.len() - 1) * part / 100] as f64 / 1000.0;
    Load { rate: rate.unwrap().parse().unwrap(), p50_ms: at(50), p99_ms: at(99) }
}

/// The third word of each line of its logs.
fn latencies(logs: &Path) -> Vec<u64> {
    let files = std::fs::read_dir(logs).unwrap();
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let micros = texts.flat_map(|text| {
        let words = text.lines().filter_map(|line| line.split(' ').nth(2)?.parse().ok());
        words.collect::<Vec<u64>>()
    });
    micros.collect()
}

/// Debian keeps it beside the server, outside the PATH.
fn program() -> PathBuf {
    let newest = std::fs::read_dir("/usr/lib/postgresql").ok().and_then(|versions| {
        let places = versions.filter_map(|version| Some(version.ok()?.path().join("bin/pgbench")));
        places.filter(|place| place.exists()).max()
    });
    newest.unwrap_or_else(|| PathBuf::from("pgbench"))
}
