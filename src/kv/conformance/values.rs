//! Single values: sessions, one-time codes, nonces, locks.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::{A_MINUTE, Stand, eventually};
use crate::kv::{BoardEntry, Kv, Quota};

const SHORT: Duration = Duration::from_millis(30);

pub async fn a_ping_is_answered(Stand { kv, .. }: Stand) {
    kv.ping().await.unwrap();
    assert!(kv.is_up());
}

pub async fn an_unknown_key_holds_nothing(Stand { kv, .. }: Stand) {
    assert_eq!(kv.get("k").await.unwrap(), None);
}

async fn check_round_trip(kv: &Kv, key: &str, value: &[u8]) {
    kv.put(key, value, A_MINUTE).await.unwrap();
    assert_eq!(kv.get(key).await.unwrap().as_deref(), Some(value), "key {key:?}");
}

pub async fn a_value_is_read_back_as_it_was_put(Stand { kv, .. }: Stand) {
    check_round_trip(&kv, "k", b"value").await;
    assert_eq!(kv.get("k").await.unwrap().as_deref(), Some(&b"value"[..]), "reading takes nothing");
}

pub async fn an_empty_value_is_a_value(Stand { kv, .. }: Stand) {
    check_round_trip(&kv, "k", b"").await;
    assert_eq!(kv.take("k").await.unwrap(), Some(Vec::new()));
}

pub async fn any_bytes_are_a_value(Stand { kv, .. }: Stand) {
    let bytes: Vec<u8> = (0..=255).collect();
    check_round_trip(&kv, "k", &bytes).await;
}

pub async fn a_large_value_is_kept_whole(Stand { kv, .. }: Stand) {
    check_round_trip(&kv, "k", &vec![7; 1 << 20]).await;
}

pub async fn a_put_replaces_value_and_lifetime(Stand { kv, .. }: Stand) {
    kv.put("k", b"old", SHORT).await.unwrap();
    kv.put("k", b"new", A_MINUTE).await.unwrap();
    kv.put("witness", b"", SHORT).await.unwrap();
    gone(&kv, "witness").await;
    assert_eq!(kv.get("k").await.unwrap().as_deref(), Some(&b"new"[..]));
}

async fn gone(kv: &Kv, key: &str) {
    eventually("a value expires", async || kv.get(key).await.unwrap().is_none()).await;
}

pub async fn a_value_expires(Stand { kv, .. }: Stand) {
    kv.put("k", b"v", SHORT).await.unwrap();
    gone(&kv, "k").await;
}

pub async fn a_lifetime_of_zero_is_the_shortest_there_is(Stand { kv, .. }: Stand) {
    kv.put("k", b"v", Duration::ZERO).await.unwrap();
    gone(&kv, "k").await;
}

pub async fn a_lifetime_without_end_is_accepted(Stand { kv, .. }: Stand) {
    kv.put("k", b"v", Duration::MAX).await.unwrap();
    assert!(kv.get("k").await.unwrap().is_some());
    kv.delete(&["k".into()]).await.unwrap();
}

pub async fn a_put_if_absent_sets_what_is_not_there(Stand { kv, .. }: Stand) {
    assert!(kv.put_if_absent("k", b"v", A_MINUTE).await.unwrap());
    assert_eq!(kv.get("k").await.unwrap().as_deref(), Some(&b"v"[..]));
}

pub async fn a_put_if_absent_leaves_what_is_there(Stand { kv, .. }: Stand) {
    kv.put("k", b"first", A_MINUTE).await.unwrap();
    assert!(!kv.put_if_absent("k", b"second", SHORT).await.unwrap());
    kv.put("witness", b"", SHORT).await.unwrap();
    gone(&kv, "witness").await;
    assert_eq!(kv.get("k").await.unwrap().as_deref(), Some(&b"first"[..]));
}

pub async fn an_expired_key_is_absent(Stand { kv, .. }: Stand) {
    assert!(kv.put_if_absent("k", b"first", SHORT).await.unwrap());
    eventually("the lock is free", async || {
        kv.put_if_absent("k", b"second", A_MINUTE).await.unwrap()
    })
    .await;
    assert_eq!(kv.get("k").await.unwrap().as_deref(), Some(&b"second"[..]));
}

pub async fn a_deleted_key_is_absent(Stand { kv, .. }: Stand) {
    assert!(kv.put_if_absent("k", b"first", A_MINUTE).await.unwrap());
    kv.delete(&["k".into()]).await.unwrap();
    assert!(kv.put_if_absent("k", b"second", A_MINUTE).await.unwrap());
}

/// Runs fifty tasks that start together and counts those that say true.
async fn winners<F: Future<Output = bool> + Send + 'static>(
    race: impl Fn(usize) -> F + Send + Sync + 'static,
) -> usize {
    let start = Arc::new(Barrier::new(50));
    let race = Arc::new(race);
    let mut racers = JoinSet::new();
    for n in 0..50 {
        let (start, race) = (Arc::clone(&start), Arc::clone(&race));
        racers.spawn(async move {
            start.wait().await;
            race(n).await
        });
    }
    racers.join_all().await.into_iter().filter(|won| *won).count()
}

pub async fn one_of_fifty_racers_puts_if_absent(Stand { kv, .. }: Stand) {
    for round in 0..10 {
        let kv = kv.clone();
        let won = winners(move |n| {
            let kv = kv.clone();
            async move {
                let racer = n.to_string();
                kv.put_if_absent(&round.to_string(), racer.as_bytes(), A_MINUTE).await.unwrap()
            }
        });
        assert_eq!(won.await, 1);
    }
}

pub async fn a_take_gives_the_value_and_forgets_it(Stand { kv, .. }: Stand) {
    kv.put("k", b"once", A_MINUTE).await.unwrap();
    assert_eq!(kv.take("k").await.unwrap().as_deref(), Some(&b"once"[..]));
    assert_eq!(kv.take("k").await.unwrap(), None);
    assert_eq!(kv.get("k").await.unwrap(), None);
}

pub async fn a_take_of_nothing_gives_nothing(Stand { kv, .. }: Stand) {
    assert_eq!(kv.take("k").await.unwrap(), None);
}

pub async fn an_expired_value_cannot_be_taken(Stand { kv, .. }: Stand) {
    kv.put("k", b"v", SHORT).await.unwrap();
    kv.put("witness", b"", SHORT).await.unwrap();
    gone(&kv, "witness").await;
    assert_eq!(kv.take("k").await.unwrap(), None);
}

pub async fn one_of_fifty_racers_takes(Stand { kv, .. }: Stand) {
    for round in 0..10 {
        let key = round.to_string();
        kv.put(&key, b"once", A_MINUTE).await.unwrap();
        let kv = kv.clone();
        let won = winners(move |_| {
            let (kv, key) = (kv.clone(), key.clone());
            async move { kv.take(&key).await.unwrap().is_some() }
        });
        assert_eq!(won.await, 1);
    }
}

pub async fn a_delete_forgets_many_and_minds_no_unknown(Stand { kv, .. }: Stand) {
    for key in ["a", "b", "c"] {
        kv.put(key, b"v", A_MINUTE).await.unwrap();
    }
    kv.delete(&["a".into(), "unknown".into(), "c".into(), "a".into()]).await.unwrap();
    assert_eq!(kv.get("a").await.unwrap(), None);
    assert!(kv.get("b").await.unwrap().is_some());
    assert_eq!(kv.get("c").await.unwrap(), None);
}

pub async fn a_delete_of_nothing_is_fine(Stand { kv, .. }: Stand) {
    kv.delete(&[]).await.unwrap();
}

pub async fn keys_may_hold_any_characters(Stand { kv, .. }: Stand) {
    for key in ["", " ", "a b", "会衣", "{x}", "}{", "/", "*", "\r\n", "\0"] {
        check_round_trip(&kv, key, key.as_bytes()).await;
    }
}

pub async fn prefixes_keep_values_apart(Stand { kv, other }: Stand) {
    kv.put("k", b"mine", A_MINUTE).await.unwrap();
    assert_eq!(other.get("k").await.unwrap(), None);
    assert!(other.put_if_absent("k", b"theirs", A_MINUTE).await.unwrap());
    other.delete(&["k".into()]).await.unwrap();
    assert_eq!(kv.take("k").await.unwrap().as_deref(), Some(&b"mine"[..]));
}

pub async fn clones_share_everything(Stand { kv, .. }: Stand) {
    kv.clone().put("k", b"v", A_MINUTE).await.unwrap();
    assert_eq!(kv.take("k").await.unwrap().as_deref(), Some(&b"v"[..]));
    assert_eq!(kv.clone().kind(), kv.kind());
}

pub async fn values_limits_and_boards_of_one_name_are_apart(Stand { kv, .. }: Stand) {
    let entry = BoardEntry { subject: "s".into(), score: 1, reached_at_ms: 1, version: 1 };
    kv.put("k", b"v", A_MINUTE).await.unwrap();
    kv.board_put("k", &[entry], A_MINUTE).await.unwrap();
    let quota = Quota { burst: 1, per: A_MINUTE };
    assert!(kv.admit("k", quota, 1).await.unwrap().allowed);
    kv.delete(&["k".into()]).await.unwrap();
    assert_eq!(kv.board_len("k").await.unwrap(), 1);
    assert!(!kv.admit("k", quota, 1).await.unwrap().allowed);
}
