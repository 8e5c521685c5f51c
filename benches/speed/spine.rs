//! The relay of events and the queue of jobs against the bare SQL of the same claims, durable (issue 4, J9).

use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::join_all;
use huiyi::app::App;
use huiyi::events::{Reaction, Relay};
use huiyi::jobs::{self, Handler, NewJob, Worker};
use huiyi::wiring::reactions::REACTIONS;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::program::{Program, connect};
use crate::sweeps::app;
use crate::{Effort, figure, median};

const EVENTS: usize = 20_000;
const JOBS: usize = 4_000;
/// As the relay and the worker take them.
const EVENTS_AT_ONCE: i64 = 500;
const JOBS_AT_ONCE: i64 = 4;

/// Two events each of ten thousand members, an instant apart.
const SEED: &str = r#"
INSERT INTO event_log (id, kind, version, member_id, payload, occurred_at, recorded_at, attempts)
  SELECT ('00000000-0000-7ROU-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'points.moved', 1,
    ('00000000-0000-7000-8000-' || lpad(to_hex(n % 10000 + 1), 12, '0'))::uuid,
    '{"ledger": "points", "kind": "earn", "amount": 10, "reverses": null}'::jsonb, now(), now(), 0
    FROM generate_series(1, 20000) n
"#;
const MEMBERS: &str = r"
INSERT INTO member (id, status, gender, sizes, source, tier, tier_since, created_at, updated_at, version)
  SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'unregistered', 'unknown', '{}', 'pos',
    'silver', now(), now(), now(), 1 FROM generate_series(1, 10000) n
";

const CLAIM_EVENTS: &str = "
UPDATE event_log SET claimed_until = now() + interval '30 seconds', attempts = attempts + 1 WHERE id IN (
  SELECT id FROM event_log WHERE relayed_at IS NULL AND (claimed_until IS NULL OR claimed_until <= now())
  ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING id, kind, member_id, payload, occurred_at::text";
const RELAYED: &str = "UPDATE event_log SET relayed_at = now() WHERE id = ANY($1)";

const CLAIM_JOBS: &str = "
UPDATE job SET lease_token = $2, lease_until = now() + interval '1 minute', attempts = attempts + 1 WHERE id IN (
  SELECT id FROM job WHERE state = 'queued' AND run_at <= now() AND (lease_until IS NULL OR lease_until <= now())
  ORDER BY run_at, id LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING id, kind, key, payload, attempts";
const DONE: &str =
    "UPDATE job SET state = 'done', finished_at = now(), lease_token = NULL, lease_until = NULL
  WHERE id = $1 AND lease_token = $2 AND state = 'queued'";

static NOTHING: &[(&str, Reaction)] = &[("nothing", |_, _| async { Ok(()) }.boxed_local())];
static TRIVIAL: &[(&str, Handler)] = &[("trivial", |_, _| async { Ok(()) }.boxed_local())];

/// Events relayed a second, to a reaction that does nothing and to all that there are.
pub fn events(effort: Effort) {
    let program = Program::start_with("events", &[("WORKER__ENABLED", "false")]);
    let (mut relay, mut bare, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    program.runtime.block_on(async {
        let app = app(&program.database_url).await;
        let client = connect(&program.database_url).await;
        client.batch_execute(MEMBERS).await.unwrap();
        for round in 0..=effort.rounds {
            let kinds: [(&mut Vec<f64>, _); 3] =
                [(&mut relay, Some(NOTHING)), (&mut bare, None), (&mut whole, Some(REACTIONS))];
            for (kind, (rates, reactions)) in kinds.into_iter().enumerate() {
                let number = format!("{:03x}", round * 3 + kind + 1);
                client.batch_execute(&SEED.replace("ROU", &number)).await.unwrap();
                client.batch_execute("ANALYZE event_log").await.unwrap();
                let began = Instant::now();
                let done = match reactions {
                    Some(reactions) => relayed(&app, reactions).await,
                    None => relayed_bare(&client).await,
                };
                assert_eq!(done, EVENTS);
                // The first of each warms up.
                if round > 0 {
                    rates.push(rate(EVENTS, began.elapsed()));
                }
            }
        }
    });
    told("events_per_s", "events/s", median(relay), median(bare));
    figure("events_per_s.all_reactions", median(whole), "events/s");
}

async fn relayed(app: &App, reactions: &'static [(&'static str, Reaction)]) -> usize {
    Relay::new(app.clone(), reactions).drain().await.unwrap().try_into().unwrap()
}

async fn relayed_bare(client: &Client) -> usize {
    let claim = client.prepare(CLAIM_EVENTS).await.unwrap();
    let relayed = client.prepare(RELAYED).await.unwrap();
    let mut done = 0;
    loop {
        let rows = client.query(&claim, &[&EVENTS_AT_ONCE]).await.unwrap();
        if rows.is_empty() {
            return done;
        }
        let ids: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
        client.execute(&relayed, &[&ids]).await.unwrap();
        done += ids.len();
    }
}

/// Trivial jobs done a second.
pub fn queue(effort: Effort) {
    let program = Program::start_with("queue", &[("WORKER__ENABLED", "false")]);
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    program.runtime.block_on(async {
        let app = app(&program.database_url).await;
        let client = connect(&program.database_url).await;
        for round in 0..=effort.rounds {
            queued(&app, &client, round * 2).await;
            let began = Instant::now();
            let done = Worker::new(app.clone(), TRIVIAL, &[]).drain().await.unwrap();
            assert_eq!(done, JOBS as u64);
            let took = began.elapsed();
            queued(&app, &client, round * 2 + 1).await;
            let began = Instant::now();
            assert_eq!(done_bare(&client).await, JOBS);
            if round > 0 {
                ours.push(rate(JOBS, took));
                bare.push(rate(JOBS, began.elapsed()));
            }
        }
    });
    told("jobs_per_s", "jobs/s", median(ours), median(bare));
}

async fn queued(app: &App, client: &Client, round: usize) {
    let now = app.clock.now();
    let new = |n| NewJob::new("trivial", format!("{round}/{n}"), json!({ "n": n }), now);
    let new: Vec<NewJob> = (0..JOBS).map(new).collect();
    jobs::enqueue_in(app.db.write(), &new, now).await.unwrap();
    client.batch_execute("ANALYZE job").await.unwrap();
}

/// The ends of a claim travel together, as the worker's do.
async fn done_bare(client: &Client) -> usize {
    let claim = client.prepare(CLAIM_JOBS).await.unwrap();
    let end = client.prepare(DONE).await.unwrap();
    let mut done = 0;
    loop {
        let token = Uuid::new_v4();
        let rows = client.query(&claim, &[&JOBS_AT_ONCE, &token]).await.unwrap();
        if rows.is_empty() {
            return done;
        }
        let ids: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
        let (end, token) = (&end, &token);
        let ends = ids.iter().map(async |id| client.execute(end, &[id, token]).await.unwrap());
        done += join_all(ends).await.len();
    }
}

fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

fn told(id: &str, unit: &str, ours: f64, bare: f64) {
    figure(id, ours / bare, "ratio");
    figure(&format!("{id}.ours"), ours, unit);
    figure(&format!("{id}.sql"), bare, unit);
}
