//! The peer of the tills on MariaDB: sysbench calling the same effect as a stored procedure, one round trip a
//! transaction, which is its best.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::load::Load;

/// What both procedures begin and end with; ids are of the time, as ours are, for the tables are sorted by them.
const BEGIN: &str = "
  DECLARE account BINARY(16) DEFAULT UNHEX(CONCAT('00000000000070018000', LPAD(HEX(n), 12, '0')));
  DECLARE transfer BINARY(16) DEFAULT UNHEX(CONCAT(LPAD(HEX(UUID_SHORT()), 16, '0'), '8000000000000000'));
  DECLARE receipt CHAR(36) DEFAULT UUID();
  DECLARE member, lot BINARY(16);
  DECLARE seq, pending, available, frozen BIGINT;
  DECLARE moment DATETIME(6) DEFAULT UTC_TIMESTAMP(6);
  START TRANSACTION;
  UPDATE points_account a SET a.available = a.available + step, a.version = a.version + 1, a.updated_at = moment
    WHERE a.id = account;
  SELECT a.member_id, a.version, a.pending, a.available, a.frozen INTO member, seq, pending, available, frozen
    FROM points_account a WHERE a.id = account;
  INSERT INTO points_transfer (id, account_id, ledger, seq, kind, from_bucket, to_bucket, amount, pending_after,
      available_after, frozen_after, source, source_id, actor_kind, actor_id, occurred_at, recorded_at)
    VALUES (transfer, account, 'points', seq, MOVE, 5, pending, available, frozen, 'till',
      CONCAT('par_0698v9qe00t134m6ou6d8h2lal:', receipt), 'partner', account, moment, moment);
";
const END: &str = r#"
  INSERT INTO event_log (id, kind, version, member_id, payload, occurred_at, recorded_at, attempts)
    VALUES (UNHEX(CONCAT(LPAD(HEX(UUID_SHORT()), 16, '0'), '8000000000000000')), 'points.moved', 1, member,
      '{"ledger": "points", "kind": "earn", "amount": 5, "reverses": null}', moment, moment, 0);
  INSERT INTO idempotency_record
      (digest, fingerprint, owner, lease_until, status, body, created_at, expires_at)
    VALUES (SHA2(receipt, 256), SHA2(CONCAT('f', receipt), 256), transfer, moment, 200,
      CONCAT('{"transfer_id": "trf_0698v9qe00t134m6ou6d8h2lal", "points": 5, "balance": ', available,
        ', "replayed": false}'), moment, moment + INTERVAL 7 DAY);
  COMMIT;
END
"#;

/// Granting five points.
pub fn earn() -> String {
    let begin = BEGIN.replace("MOVE", "'earn', 'issued', 'available'").replace("step", "5");
    format!(
        "CREATE PROCEDURE bench_earn(n BIGINT) BEGIN {begin}
  INSERT INTO points_lot (id, account_id, transfer_id, amount, remaining, settled, settles_at, expires_at, earned_at)
    VALUES (transfer, account, transfer, 5, 5, true, moment, moment + INTERVAL 1 YEAR, moment);{END}"
    )
}

/// Spending five points of the lot that runs out first.
pub fn spend() -> String {
    let begin = BEGIN.replace("MOVE", "'spend', 'available', 'redeemed'").replace("step", "-5");
    format!(
        "CREATE PROCEDURE bench_spend(n BIGINT) BEGIN {begin}
  SELECT l.id INTO lot FROM points_lot l WHERE l.account_id = account AND l.remaining >= 5 AND l.settled
      AND (l.expires_at IS NULL OR l.expires_at > moment)
    ORDER BY l.expires_at IS NULL, l.expires_at, l.earned_at LIMIT 1;
  UPDATE points_lot l SET l.remaining = l.remaining - 5 WHERE l.id = lot;
  INSERT INTO points_lot_use (id, lot_id, transfer_id, amount) VALUES (transfer, lot, transfer, -5);{END}"
    )
}

/// Calls a procedure for one of `accounts` accounts each time; panics when a call failed.
pub fn sysbench(
    url: &str,
    procedure: &str,
    accounts: usize,
    clients: usize,
    span: Duration,
) -> Load {
    let script = script(procedure, accounts);
    let url = reqwest::Url::parse(url).unwrap();
    let output = Command::new("sysbench")
        .args(["--db-driver=mysql", "--percentile=99", "--histogram=on", "--rand-type=uniform"])
        .arg(format!("--mysql-host={}", url.host_str().unwrap()))
        .arg(format!("--mysql-port={}", url.port().unwrap()))
        .arg(format!("--mysql-user={}", url.username()))
        .arg(format!("--mysql-password={}", url.password().unwrap_or_default()))
        .arg(format!("--mysql-db={}", url.path().trim_start_matches('/')))
        .arg(format!("--threads={clients}"))
        .arg(format!("--time={}", span.as_secs()))
        .arg(script)
        .arg("run")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let word = |name: &str, at: usize| -> f64 {
        let line = text.lines().find(|line| line.trim().starts_with(name)).unwrap();
        let words = line.split([' ', '(', ')', ':']).filter(|word| !word.is_empty());
        words.skip(at).find_map(|word| word.parse().ok()).unwrap()
    };
    assert!(word("ignored errors", 2) == 0.0, "{text}");
    Load {
        rate: word("transactions", 2),
        p50_ms: middle(&text),
        p99_ms: word("99th percentile", 2),
    }
}

fn script(procedure: &str, accounts: usize) -> PathBuf {
    let place =
        std::env::temp_dir().join(format!("huiyi-bench-{}-{procedure}.lua", std::process::id()));
    let text = format!(
        "function thread_init() connection = sysbench.sql.driver():connect() end\n\
         function event() connection:query('CALL {procedure}(' .. sysbench.rand.uniform(1, {accounts}) .. ')') end\n"
    );
    std::fs::write(&place, text).unwrap();
    place
}

/// The median of its histogram, whose lines are `<ms> |<stars> <count>`.
fn middle(text: &str) -> f64 {
    let bars = text.lines().filter_map(|line| {
        let (value, rest) = line.split_once('|')?;
        Some((value.trim().parse().ok()?, rest.split(' ').next_back()?.parse().ok()?))
    });
    let bars: Vec<(f64, u64)> = bars.collect();
    let half = bars.iter().map(|bar| bar.1).sum::<u64>() / 2;
    let mut seen = 0;
    let reached = bars.iter().find(|bar| {
        seen += bar.1;
        seen >= half
    });
    reached.unwrap().0
}
