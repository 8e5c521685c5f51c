//! Redis killed, hung, restarted, emptied, locked: what callers see (F1, F2, OPS-6).

mod private_redis;
mod rebuild;

use std::time::Duration;

use redis::{Value, cmd};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::conformance::{A_MINUTE, eventually};
use super::{BoardEntry, Kv, KvError, KvKind, Patience, Quota};
use crate::kernel::clock::{elapsed, monotonic};
use private_redis::{PrivateRedis, free_port};

/// The default, but with room for a test machine that stands still now and then.
const PATIENCE: Patience = Patience {
    operation: Duration::from_millis(400),
    connect: Duration::from_secs(1),
    pause: Duration::from_secs(1),
};

fn store(url: &str) -> Kv {
    Kv::redis_with(url, "faults", PATIENCE).unwrap()
}

async fn comes_up(kv: &Kv) {
    eventually("redis is up", async || kv.ping().await.is_ok()).await;
    assert!(kv.is_up());
}

async fn goes_down(kv: &Kv) {
    eventually("redis is seen to be down", async || kv.get("k").await.is_err()).await;
    assert!(!kv.is_up());
}

fn one(score: i64, version: i64) -> [BoardEntry; 1] {
    [BoardEntry { subject: "s".into(), score, reached_at_ms: 1, version }]
}

#[tokio::test]
async fn a_redis_that_is_down_at_start_is_no_error_and_is_found_later() {
    let port = free_port();
    let kv = Kv::redis(&format!("redis://127.0.0.1:{port}"), "faults").await.unwrap();
    assert_eq!(kv.kind(), KvKind::Redis);
    assert_eq!(kv.get("k").await, Err(KvError::Down));
    let Some(_redis) = PrivateRedis::start_on(port, &[]) else { return };
    comes_up(&kv).await;
    assert_eq!(kv.get("k").await, Ok(None));
}

#[tokio::test]
async fn a_killed_redis_fails_fast_and_comes_back_by_itself() {
    let Some(mut redis) = PrivateRedis::start() else { return };
    let kv = store(&redis.url());
    comes_up(&kv).await;
    redis.kill();
    goes_down(&kv).await;
    let start = monotonic();
    let mut tried = 0;
    while elapsed(start) < Duration::from_millis(500) {
        assert!(kv.get("k").await.is_err());
        tried += 1;
        tokio::task::yield_now().await;
    }
    assert!(tried > 1_000, "only {tried} calls in half a second: they did not fail fast");
    redis.restart();
    comes_up(&kv).await;
    kv.put("k", b"v", A_MINUTE).await.unwrap();
    assert!(kv.get("k").await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hung_redis_costs_its_callers_one_time_out_and_never_piles_up() {
    let Some(redis) = PrivateRedis::start() else { return };
    let kv = store(&redis.url());
    comes_up(&kv).await;
    redis.signal("STOP");
    let start = monotonic();
    let mut callers = JoinSet::new();
    for _ in 0..300 {
        let kv = kv.clone();
        callers.spawn(async move { kv.get("k").await });
    }
    for outcome in callers.join_all().await {
        assert!(matches!(outcome, Err(KvError::Timeout | KvError::Down)), "{outcome:?}");
    }
    assert!(elapsed(start) < PATIENCE.operation * 2, "300 callers took {:?}", elapsed(start));
    assert!(!kv.is_up());
    redis.signal("CONT");
    comes_up(&kv).await;
    assert_eq!(kv.get("k").await, Ok(None));
}

#[tokio::test]
async fn a_hung_redis_is_probed_once_a_period() {
    let Some(redis) = PrivateRedis::start() else { return };
    let kv = store(&redis.url());
    comes_up(&kv).await;
    redis.signal("STOP");
    let start = monotonic();
    let (mut calls, mut timed_out) = (0, 0);
    while elapsed(start) < Duration::from_millis(4_500) {
        calls += 1;
        timed_out += u32::from(kv.get("k").await == Err(KvError::Timeout));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // Each period is the pause and at most one probe of 400 ms: at 0, 1.4, 2.8 and 4.2 s.
    assert!((2..=4).contains(&timed_out), "{timed_out} of {calls} calls timed out");
    assert!(calls > 500, "only {calls} calls: they did not fail fast");
    redis.signal("CONT");
    comes_up(&kv).await;
}

#[tokio::test]
async fn a_server_that_accepts_and_never_answers_is_left_for_one_that_does() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let kv = store(&format!("redis://127.0.0.1:{port}"));
    let start = monotonic();
    assert_eq!(kv.get("k").await, Err(KvError::Timeout));
    assert!(elapsed(start) < PATIENCE.operation * 3);
    assert_eq!(kv.get("k").await, Err(KvError::Down));
    drop(silent);
    let Some(_redis) = PrivateRedis::start_on(port, &[]) else { return };
    comes_up(&kv).await;
}

#[tokio::test]
async fn callers_that_give_up_leave_the_connection_usable() {
    let Some(redis) = PrivateRedis::start() else { return };
    let kv = store(&redis.url());
    comes_up(&kv).await;
    for n in 0..200_u32 {
        let key = n.to_string();
        kv.put(&key, key.as_bytes(), A_MINUTE).await.unwrap();
        // Polled once, then dropped in the middle of its round trip.
        let _ = tokio::time::timeout(Duration::ZERO, kv.get("0")).await;
        assert_eq!(kv.get(&key).await.unwrap().as_deref(), Some(key.as_bytes()));
    }
}

#[tokio::test]
async fn scripts_that_the_server_forgot_are_loaded_again() {
    let Some(mut redis) = PrivateRedis::start() else { return };
    let kv = store(&redis.url());
    comes_up(&kv).await;
    kv.board_put("b", &one(1, 1), A_MINUTE).await.unwrap();
    redis.ask(cmd("SCRIPT").arg("FLUSH")).await;
    kv.board_put("b", &one(2, 2), A_MINUTE).await.unwrap();
    assert_eq!(kv.board_find("b", "s").await.unwrap().unwrap().score, 2);
    redis.kill();
    redis.restart();
    eventually("boards work again", async || kv.board_put("b", &one(3, 3), A_MINUTE).await.is_ok())
        .await;
    assert!(kv.admit("k", Quota { burst: 1, per: A_MINUTE }, 1).await.unwrap().allowed);
}

#[tokio::test]
async fn a_board_lost_by_flushall_does_not_exist_until_it_is_rebuilt() {
    let Some(redis) = PrivateRedis::start() else { return };
    let kv = store(&redis.url());
    comes_up(&kv).await;
    kv.board_replace("b", &one(1, 1), A_MINUTE).await.unwrap();
    assert!(kv.board_exists("b").await.unwrap());
    redis.ask(&cmd("FLUSHALL")).await;
    assert!(!kv.board_exists("b").await.unwrap());
    kv.board_put("b", &one(2, 2), A_MINUTE).await.unwrap();
    assert!(!kv.board_exists("b").await.unwrap());
    kv.board_replace("b", &one(2, 2), A_MINUTE).await.unwrap();
    assert!(kv.board_exists("b").await.unwrap());
}

#[tokio::test]
async fn a_board_of_which_half_was_evicted_does_not_exist() {
    let Some(redis) = PrivateRedis::start() else { return };
    let kv = store(&redis.url());
    comes_up(&kv).await;
    for half in ["z", "v"] {
        kv.board_replace("b", &one(1, 1), A_MINUTE).await.unwrap();
        let deleted = redis.ask(cmd("DEL").arg(format!("{{faults/b/b}}:{half}"))).await;
        assert_eq!(deleted, Value::Int(1));
        assert!(!kv.board_exists("b").await.unwrap(), "without {half}");
    }
}

#[tokio::test]
async fn every_key_expires_and_the_keys_of_a_board_share_a_slot() {
    let Some(redis) = PrivateRedis::start() else { return };
    let kv = store(&redis.url());
    comes_up(&kv).await;
    kv.put("k", b"v", A_MINUTE).await.unwrap();
    kv.admit("k", Quota { burst: 1, per: A_MINUTE }, 1).await.unwrap();
    kv.board_replace("b", &one(1, 1), A_MINUTE).await.unwrap();
    kv.board_put("b", &one(2, 2), A_MINUTE).await.unwrap();
    let keys: Vec<String> = redis::from_redis_value(redis.ask(cmd("KEYS").arg("*")).await).unwrap();
    assert_eq!(keys.len(), 4, "nothing of the rebuild stays: {keys:?}");
    for key in &keys {
        let Value::Int(lifetime) = redis.ask(cmd("PTTL").arg(key)).await else { panic!("{key}") };
        assert!((1..=60_000).contains(&lifetime), "{key} lives {lifetime} ms");
    }
    assert_eq!(keys.iter().filter(|key| key.starts_with("{faults/b/b}:")).count(), 2);
}

#[tokio::test]
async fn a_refusal_of_the_server_is_no_failure_and_says_no_key() {
    let Some(redis) = PrivateRedis::start() else { return };
    let kv = store(&redis.url());
    comes_up(&kv).await;
    redis.ask(cmd("SADD").arg("faults/v/k").arg("member")).await;
    assert_eq!(kv.get("k").await, Err(KvError::Protocol("WRONGTYPE".into())));
    assert!(kv.is_up());
}

#[tokio::test]
async fn a_wrong_password_is_down_and_appears_nowhere() {
    let port = free_port();
    let Some(_redis) = PrivateRedis::start_on(port, &["--requirepass", "right"]) else { return };
    let wrong = store(&format!("redis://:hunter2@127.0.0.1:{port}"));
    let error = wrong.ping().await.unwrap_err();
    assert_eq!(error, KvError::Down);
    let none = store(&format!("redis://127.0.0.1:{port}"));
    assert!(none.ping().await.is_err());
    let right = store(&format!("redis://:right@127.0.0.1:{port}"));
    comes_up(&right).await;
}

#[tokio::test]
async fn tls_against_a_server_without_it_is_down_and_no_crash() {
    let Some(redis) = PrivateRedis::start() else { return };
    let kv = store(&redis.url().replace("redis://", "rediss://"));
    assert!(matches!(kv.ping().await, Err(KvError::Down | KvError::Timeout)));
    assert!(!kv.is_up());
}

#[test]
fn a_store_outlives_the_runtime_that_connected_it() {
    let Some(redis) = PrivateRedis::start() else { return };
    let kv = store(&redis.url());
    for _ in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(comes_up(&kv));
    }
}

#[tokio::test]
async fn malformed_addresses_and_prefixes_are_refused_without_quoting_them() {
    let refused = [
        ("", "p"),
        ("http://:hunter2@localhost", "p"),
        ("redis://:hunter2@", "p"),
        ("redis://:hunter2@host:port", "p"),
        ("redis://localhost", ""),
        ("redis://localhost", "a/b"),
        ("redis://localhost", "{a}"),
        ("redis://localhost", "a b"),
    ];
    for (url, prefix) in refused {
        let error = Kv::redis(url, prefix).await.err();
        let Some(KvError::Config(why)) = error else { panic!("{url} {prefix} gave {error:?}") };
        assert!(!why.contains("hunter2"), "{why}");
    }
}

#[tokio::test]
async fn going_down_and_coming_up_are_logged_once_each_without_keys() {
    let Some(mut redis) = PrivateRedis::start() else { return };
    let (subscriber, log) = private_redis::log();
    // With a second one alive, tracing asks all subscribers and not just the default of whichever
    // thread logs first, which in a parallel test is nobody.
    let _second = tracing::Dispatch::new(private_redis::log().0);
    let _guard = tracing::subscriber::set_default(subscriber);
    let kv = store(&redis.url());
    comes_up(&kv).await;
    redis.kill();
    for _ in 0..200 {
        let _ = kv.put("secret-key", b"secret-value", A_MINUTE).await;
    }
    redis.restart();
    comes_up(&kv).await;
    let text = log.text();
    assert_eq!(text.matches("WARN").count(), 1, "{text}");
    assert_eq!(text.matches("INFO").count(), 1, "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_board_that_a_restart_brought_back_from_a_snapshot_does_not_exist() {
    let folder = std::env::temp_dir().join(format!("huiyi-kv-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&folder).unwrap();
    let options = ["--dir", folder.to_str().unwrap(), "--save", "3600 1"];
    let Some(mut redis) = PrivateRedis::start_on(free_port(), &options) else { return };
    let kv = store(&redis.url());
    comes_up(&kv).await;
    kv.board_replace("b", &one(1, 1), A_MINUTE).await.unwrap();
    redis.ask(&cmd("SAVE")).await;
    kv.board_put("b", &one(2, 2), A_MINUTE).await.unwrap();
    assert!(kv.board_exists("b").await.unwrap());
    redis.kill();
    goes_down(&kv).await;
    redis.restart();
    comes_up(&kv).await;
    assert_eq!(kv.board_find("b", "s").await.unwrap().unwrap().score, 1, "the change is lost");
    assert!(!kv.board_exists("b").await.unwrap());
    kv.board_replace("b", &one(2, 2), A_MINUTE).await.unwrap();
    assert!(kv.board_exists("b").await.unwrap());
    drop(redis);
    std::fs::remove_dir_all(folder).unwrap();
}
