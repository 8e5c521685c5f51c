//! What time does to points: the jobs' batches against one bare SQL statement over the same rows, durable.

use std::time::{Duration, Instant};

use huiyi::app::App;
use huiyi::config;
use huiyi::kernel::clock::Clock;
use huiyi::points::service;
use secrecy::SecretString;

use crate::program::{Program, connect};
use crate::{Effort, figure, median};

/// Lots that are due, one an account, in each round of each side.
const LOTS: usize = 20_000;
/// As the jobs take them.
const BATCH: u64 = 500;

/// Members whose only lot is due; `KIND` is what it waits for, `FIRST` and `LAST` are their numbers.
const SEED: &str = r"
INSERT INTO member (id, status, gender, sizes, source, tier, tier_since, created_at, updated_at, version)
  SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'unregistered', 'unknown', '{}', 'pos',
    'silver', now(), now(), now(), 1 FROM generate_series(FIRST, LAST) n;
INSERT INTO points_account (id, member_id, ledger, pending, available, frozen, version, updated_at)
  SELECT ('00000000-0000-7001-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'points', PENDING, AVAILABLE, 0, 1,
    now() - interval '9 days' FROM generate_series(FIRST, LAST) n;
INSERT INTO points_transfer (id, account_id, ledger, seq, kind, from_bucket, to_bucket, amount, pending_after,
    available_after, frozen_after, source, source_id, actor_kind, occurred_at, recorded_at)
  SELECT ('00000000-0000-7002-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    ('00000000-0000-7001-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'points', 1, 'earn', 'issued', 'BUCKET',
    10, PENDING, AVAILABLE, 0, 'order', 'opening-' || n, 'system', now() - interval '9 days',
    now() - interval '9 days' FROM generate_series(FIRST, LAST) n;
INSERT INTO points_lot (id, account_id, transfer_id, amount, remaining, settled, settles_at, expires_at, due_at, earned_at)
  SELECT ('00000000-0000-7003-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    ('00000000-0000-7001-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    ('00000000-0000-7002-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 10, 10, SETTLED, now() - interval '2 days',
    EXPIRES, DUE, now() - interval '9 days' FROM generate_series(FIRST, LAST) n;
";

const SETTLE: &str = r#"
WITH due AS (SELECT id, account_id, transfer_id, remaining FROM points_lot WHERE NOT settled AND due_at <= now()),
sums AS (SELECT account_id, sum(remaining)::bigint AS amount, count(*) AS lots FROM due GROUP BY account_id),
a AS (UPDATE points_account SET pending = pending - sums.amount, available = available + sums.amount,
    version = version + sums.lots, updated_at = now() FROM sums WHERE id = sums.account_id
  RETURNING id, member_id, version, pending, available, frozen),
l AS (UPDATE points_lot lot SET settled = true, due_at = lot.expires_at FROM due WHERE lot.id = due.id),
t AS (INSERT INTO points_transfer (id, account_id, ledger, seq, kind, from_bucket, to_bucket, amount,
    pending_after, available_after, frozen_after, source, source_id, actor_kind, occurred_at, recorded_at)
  SELECT gen_random_uuid(), a.id, 'points', a.version, 'settle', 'pending', 'available', due.remaining, a.pending,
    a.available, a.frozen, 'transfer', due.transfer_id::text, 'system', now(), now()
    FROM due JOIN a ON a.id = due.account_id)
INSERT INTO event_log (id, kind, version, member_id, payload, occurred_at, recorded_at, attempts)
  SELECT gen_random_uuid(), 'points.moved', 1, a.member_id,
    '{"ledger": "points", "kind": "settle", "amount": 10, "reverses": null}'::jsonb, now(), now(), 0
    FROM due JOIN a ON a.id = due.account_id
"#;

const EXPIRE: &str = r#"
WITH due AS (SELECT id, account_id, remaining FROM points_lot WHERE settled AND due_at <= now()),
sums AS (SELECT account_id, sum(remaining)::bigint AS amount FROM due GROUP BY account_id),
a AS (UPDATE points_account SET available = available - sums.amount, version = version + 1, updated_at = now()
    FROM sums WHERE id = sums.account_id
  RETURNING id, member_id, version, pending, available, frozen, sums.amount),
l AS (UPDATE points_lot lot SET remaining = 0, due_at = NULL FROM due WHERE lot.id = due.id),
t AS (INSERT INTO points_transfer (id, account_id, ledger, seq, kind, from_bucket, to_bucket, amount,
    pending_after, available_after, frozen_after, source, source_id, actor_kind, occurred_at, recorded_at)
  SELECT gen_random_uuid(), a.id, 'points', a.version, 'expire', 'available', 'expired', a.amount, a.pending,
    a.available, a.frozen, 'expiry', a.id || '/' || a.version, 'system', now(), now() FROM a RETURNING id, account_id),
u AS (INSERT INTO points_lot_use (id, lot_id, transfer_id, amount)
  SELECT gen_random_uuid(), due.id, t.id, -due.remaining FROM due JOIN t ON t.account_id = due.account_id)
INSERT INTO event_log (id, kind, version, member_id, payload, occurred_at, recorded_at, attempts)
  SELECT gen_random_uuid(), 'points.moved', 1, a.member_id,
    '{"ledger": "points", "kind": "expire", "amount": 10, "reverses": null}'::jsonb, now(), now(), 0 FROM a
"#;

#[derive(Clone, Copy)]
enum Kind {
    Settle,
    Expire,
}

impl Kind {
    fn seed(self, first: usize) -> String {
        let (pending, available, bucket, settled, expires, due) = match self {
            Self::Settle => (
                "10",
                "0",
                "pending",
                "false",
                "now() + interval '1 year'",
                "now() - interval '2 days'",
            ),
            Self::Expire => (
                "0",
                "10",
                "available",
                "true",
                "now() - interval '1 day'",
                "now() - interval '1 day'",
            ),
        };
        SEED.replace("FIRST", &first.to_string())
            .replace("LAST", &(first + LOTS - 1).to_string())
            .replace("PENDING", pending)
            .replace("AVAILABLE", available)
            .replace("BUCKET", bucket)
            .replace("SETTLED", settled)
            .replace("EXPIRES", expires)
            .replace("DUE", due)
    }
}

/// The job's batches, as its worker calls them.
async fn ours(app: &App, kind: Kind) -> usize {
    let mut done = 0;
    loop {
        let batch = match kind {
            Kind::Settle => service::settle_due(app, BATCH).await,
            Kind::Expire => service::expire_due(app, BATCH).await,
        };
        match batch.unwrap() {
            0 => return done,
            some => done += some,
        }
    }
}

fn sweep(id: &str, kind: Kind, effort: Effort) {
    let program = Program::start_with(id, &[("WORKER__ENABLED", "false")]);
    let (mut job, mut bare) = (Vec::new(), Vec::new());
    program.runtime.block_on(async {
        let app = app(&program.database_url).await;
        let client = connect(&program.database_url).await;
        for round in 0..=effort.rounds {
            client.batch_execute(&kind.seed(round * 2 * LOTS + 1)).await.unwrap();
            client.batch_execute("ANALYZE").await.unwrap();
            let began = Instant::now();
            assert_eq!(ours(&app, kind).await, LOTS);
            let took = began.elapsed();
            client.batch_execute(&kind.seed((round * 2 + 1) * LOTS + 1)).await.unwrap();
            client.batch_execute("ANALYZE").await.unwrap();
            let began = Instant::now();
            let sql = match kind {
                Kind::Settle => SETTLE,
                Kind::Expire => EXPIRE,
            };
            assert_eq!(client.execute(sql, &[]).await.unwrap(), LOTS as u64);
            let rate = |took: Duration| LOTS as f64 / took.as_secs_f64();
            // The first of each warms up.
            if round > 0 {
                job.push(rate(took));
                bare.push(rate(began.elapsed()));
            }
        }
    });
    let (job, bare) = (median(job), median(bare));
    figure(id, job / bare, "ratio");
    figure(&format!("{id}.job"), job, "lots/s");
    figure(&format!("{id}.sql"), bare, "lots/s");
}

/// The parts of Huiyi on a database that is there, as a worker has them.
pub async fn app(url: &str) -> App {
    let mut config = config::load(None).unwrap();
    config.server.data_dir =
        std::env::temp_dir().join(format!("huiyi-bench-{}-sweeps", std::process::id()));
    config.database.url = SecretString::from(url.to_owned());
    App::build(config, Clock::system()).await.unwrap()
}

/// Pending lots settle.
pub fn settle(effort: Effort) {
    sweep("settle_vs_sql", Kind::Settle, effort);
}

/// Lots run out.
pub fn expire(effort: Effort) {
    sweep("expire_vs_sql", Kind::Expire, effort);
}
