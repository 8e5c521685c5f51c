//! Points at tills: gathered requests against pgbench with the same effect on the same tables, durable.

use std::path::Path;
use std::time::Duration;

use huiyi::kernel::ids::MemberId;
use sea_orm::ConnectionTrait;

use crate::figures::compare;
use crate::load::{Load, tills, wrk};
use crate::pgbench::{self, pgbench};
use crate::program::{Program, connect};
use crate::sysbench::{self, sysbench};
use crate::{Effort, figure};

/// Members with an account each.
const MEMBERS: usize = 10_000;

/// pgbench does not relay events, so neither does the process that is measured against it; nobody is limited.
const ALIKE: [(&str, &str); 2] =
    [("WORKER__ENABLED", "false"), ("SECURITY__PARTNER_REQUESTS_PER_MINUTE", "60000000")];

/// Members, accounts and one large lot each, as an opening balance leaves them.
const SEED: &str = r"
INSERT INTO member (id, status, gender, sizes, source, tier, tier_since, created_at, updated_at, version)
  SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'unregistered', 'unknown', '{}', 'pos',
    'silver', now(), now(), now(), 1 FROM generate_series(1, 10000) n;
INSERT INTO points_account (id, member_id, ledger, pending, available, frozen, version, updated_at)
  SELECT ('00000000-0000-7001-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'points', 0, 1000000000, 0, 1, now()
    FROM generate_series(1, 10000) n;
INSERT INTO points_transfer (id, account_id, ledger, seq, kind, from_bucket, to_bucket, amount, pending_after,
    available_after, frozen_after, source, source_id, actor_kind, occurred_at, recorded_at)
  SELECT ('00000000-0000-7002-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    ('00000000-0000-7001-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'points', 1, 'earn', 'issued', 'available',
    1000000000, 0, 1000000000, 0, 'order', 'opening-' || n, 'system', now(), now() FROM generate_series(1, 10000) n;
INSERT INTO points_lot (id, account_id, transfer_id, amount, remaining, settled, settles_at, earned_at)
  SELECT ('00000000-0000-7003-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    ('00000000-0000-7001-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    ('00000000-0000-7002-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1000000000, 1000000000, true, now(), now()
    FROM generate_series(1, 10000) n;
";

/// The same on MariaDB.
const MARIADB_SEED: [&str; 4] = [
    "INSERT INTO member (id, status, gender, sizes, source, tier, tier_since, created_at, updated_at, version)
  SELECT UNHEX(CONCAT('00000000000070008000', LPAD(HEX(seq), 12, '0'))), 'unregistered', 'unknown', '{}', 'pos',
    'silver', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 1 FROM seq_1_to_10000",
    "INSERT INTO points_account (id, member_id, ledger, pending, available, frozen, version, updated_at)
  SELECT UNHEX(CONCAT('00000000000070018000', LPAD(HEX(seq), 12, '0'))),
    UNHEX(CONCAT('00000000000070008000', LPAD(HEX(seq), 12, '0'))), 'points', 0, 1000000000, 0, 1,
    UTC_TIMESTAMP(6) FROM seq_1_to_10000",
    "INSERT INTO points_transfer (id, account_id, ledger, seq, kind, from_bucket, to_bucket, amount, pending_after,
    available_after, frozen_after, source, source_id, actor_kind, occurred_at, recorded_at)
  SELECT UNHEX(CONCAT('00000000000070028000', LPAD(HEX(seq), 12, '0'))),
    UNHEX(CONCAT('00000000000070018000', LPAD(HEX(seq), 12, '0'))), 'points', 1, 'earn', 'issued', 'available',
    1000000000, 0, 1000000000, 0, 'order', CONCAT('opening-', seq), 'system', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)
    FROM seq_1_to_10000",
    "INSERT INTO points_lot (id, account_id, transfer_id, amount, remaining, settled, settles_at, earned_at)
  SELECT UNHEX(CONCAT('00000000000070038000', LPAD(HEX(seq), 12, '0'))),
    UNHEX(CONCAT('00000000000070018000', LPAD(HEX(seq), 12, '0'))),
    UNHEX(CONCAT('00000000000070028000', LPAD(HEX(seq), 12, '0'))), 1000000000, 1000000000, true,
    UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) FROM seq_1_to_10000",
];

fn member(n: usize) -> String {
    MemberId(uuid::Uuid::from_u128(0x7000_8000_0000_0000_0000 + n as u128)).to_string()
}

struct Shop {
    program: Program,
    key: String,
}

impl Shop {
    fn open(name: &str) -> Self {
        let program = Program::start_with(name, &ALIKE);
        program.runtime.block_on(async {
            let client = connect(&program.database_url).await;
            client.batch_execute(SEED).await.unwrap();
            client.batch_execute("VACUUM ANALYZE").await.unwrap();
        });
        let key = program.partner(&["points:write"]);
        Self { program, key }
    }

    /// On MariaDB, with the procedures of the peer.
    fn on_mariadb(name: &str) -> Self {
        let program = Program::on_mariadb(name, &ALIKE);
        program.runtime.block_on(async {
            let database = sea_orm::Database::connect(&program.database_url).await.unwrap();
            let procedures = [sysbench::earn(), sysbench::spend()];
            for statement in MARIADB_SEED.into_iter().chain(procedures.iter().map(String::as_str)) {
                database.execute_unprepared(statement).await.unwrap();
            }
            database.close().await.unwrap();
        });
        let key = program.partner(&["points:write"]);
        Self { program, key }
    }

    fn script(&self, name: &str, path: &str, members: usize) -> std::path::PathBuf {
        let members: Vec<String> = (1..=members).map(member).collect();
        tills(name, &format!("/v1/open/points/{path}"), &self.key, &members, 5)
    }

    fn wrk(&self, script: &Path, connections: usize, span: Duration) -> Load {
        wrk(&self.program.url, Some(&script.to_owned()), connections, span)
    }

    /// How many clients are best for pgbench here.
    fn clients(&self, script: &Path, accounts: usize) -> usize {
        let span = Duration::from_secs(2);
        let url = &self.program.database_url;
        best(|clients| pgbench(url, script, accounts, clients, span))
    }

    fn against(&self, id: &str, effort: Effort, (ours, theirs): (&Path, &Path), load: Crowd) {
        let clients = self.clients(theirs, load.accounts);
        let url = &self.program.database_url;
        compare(
            id,
            effort,
            || self.wrk(ours, load.connections, effort.span),
            || pgbench(url, theirs, load.accounts, clients, effort.span),
        );
        figure(&format!("{id}.peer_clients"), clients as f64, "clients");
    }
}

/// The number of clients that gives the highest rate.
fn best(load: impl Fn(usize) -> Load) -> usize {
    let rates = [4, 8, 16, 32, 64].map(|clients| (clients, load(clients).rate));
    rates.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap().0
}

struct Crowd {
    connections: usize,
    accounts: usize,
}

/// POST /v1/open/points/earn over 64 and 256 connections, and over 64 on one account.
pub fn earn(effort: Effort) {
    let shop = Shop::open("earn");
    let peer = pgbench::earn();
    let many = shop.script("earn", "earn", MEMBERS);
    let crowd = |connections| Crowd { connections, accounts: MEMBERS };
    shop.against("earn_http_vs_pgbench", effort, (&many, &peer), crowd(64));
    shop.against("earn256_http_vs_pgbench", effort, (&many, &peer), crowd(256));
    figure("earn_http.memory", shop.program.memory_mib(), "MiB");
    let hot = shop.script("hot", "earn", 1);
    let one = Crowd { connections: 64, accounts: 1 };
    shop.against("earn_hot_http_vs_pgbench", effort, (&hot, &peer), one);
    // The same process with its background work: events are handed to the leaderboards meanwhile.
    let limit = ALIKE[1];
    let whole = shop.program.beside("earn_whole", &[limit]);
    let whole = Shop { program: whole, key: shop.key.clone() };
    whole.wrk(&many, 64, effort.span);
    let load = whole.wrk(&many, 64, effort.span);
    figure("earn_http.with_background_work", load.rate, "requests/s");
    figure("earn_http.with_background_work_p99", load.p99_ms, "ms");
    figure("earn_http.with_background_work_memory", whole.program.memory_mib(), "MiB");
}

/// POST /v1/open/points/spend over 64 connections.
pub fn spend(effort: Effort) {
    let shop = Shop::open("spend");
    let ours = shop.script("spend", "spend", MEMBERS);
    let crowd = Crowd { connections: 64, accounts: MEMBERS };
    shop.against("spend_http_vs_pgbench", effort, (&ours, &pgbench::spend()), crowd);
    figure("spend_http.memory", shop.program.memory_mib(), "MiB");
}

/// Earning and spending on MariaDB over 64 connections, against its own best.
pub fn on_mariadb(effort: Effort) {
    let shop = Shop::on_mariadb("tills");
    let url = &shop.program.database_url;
    for path in ["earn", "spend"] {
        let ours = shop.script(path, path, MEMBERS);
        let procedure = format!("bench_{path}");
        let peer = |clients, span| sysbench(url, &procedure, MEMBERS, clients, span);
        let clients = best(|clients| peer(clients, Duration::from_secs(2)));
        let id = format!("{path}_http_vs_sysbench_on_mariadb");
        compare(&id, effort, || shop.wrk(&ours, 64, effort.span), || peer(clients, effort.span));
        figure(&format!("{id}.peer_clients"), clients as f64, "clients");
    }
    figure("tills_on_mariadb.memory", shop.program.memory_mib(), "MiB");
}

/// What gathering costs somebody who is alone: one connection, with and without.
pub fn latency(effort: Effort) {
    let shop = Shop::open("latency");
    let alone = shop.program.beside("alone", &[ALIKE[0], ALIKE[1], ("DATABASE__GATHER", "off")]);
    let script = shop.script("latency", "earn", MEMBERS);
    let mut ratios = (Vec::new(), Vec::new());
    for round in 0..=effort.rounds {
        let gathered = shop.wrk(&script, 1, effort.span);
        let single = wrk(&alone.url, Some(&script), 1, effort.span);
        if round > 0 {
            ratios.0.push(gathered);
            ratios.1.push(single);
        }
    }
    let middle =
        |loads: &[Load], of: fn(&Load) -> f64| crate::median(loads.iter().map(of).collect());
    let (gathered, single) =
        (middle(&ratios.0, |load| load.p50_ms), middle(&ratios.1, |load| load.p50_ms));
    figure("gathered_latency", gathered / single, "ratio");
    for (side, loads) in [("gathered", &ratios.0), ("single", &ratios.1)] {
        figure(&format!("gathered_latency.{side}_p50"), middle(loads, |load| load.p50_ms), "ms");
        figure(&format!("gathered_latency.{side}_p99"), middle(loads, |load| load.p99_ms), "ms");
    }
}
