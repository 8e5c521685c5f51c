//! Rate limits: never more than the quota, whoever races.

use std::time::Duration;

use tokio::task::JoinSet;

use super::{Stand, eventually};
use crate::kernel::clock::{elapsed, monotonic};
use crate::kv::{Kv, Quota};

/// Refills so slowly that no test sees it: one in six minutes.
const TEN_AN_HOUR: Quota = Quota { burst: 10, per: Duration::from_hours(1) };

async fn admitted(kv: &Kv, quota: Quota, cost: u32) -> bool {
    kv.admit("k", quota, cost).await.unwrap().allowed
}

pub async fn a_burst_is_admitted_and_then_refused(Stand { kv, .. }: Stand) {
    for left in (0..10).rev() {
        let admission = kv.admit("k", TEN_AN_HOUR, 1).await.unwrap();
        assert!(admission.allowed);
        assert_eq!((admission.remaining, admission.retry_after), (left, Duration::ZERO));
    }
    let refused = kv.admit("k", TEN_AN_HOUR, 1).await.unwrap();
    assert!(!refused.allowed);
    assert_eq!(refused.remaining, 0);
    assert!(refused.retry_after <= Duration::from_mins(6));
    assert!(refused.retry_after > Duration::from_mins(5));
    assert!(refused.reset_after <= TEN_AN_HOUR.per);
    assert!(refused.reset_after > Duration::from_secs(3_500));
}

pub async fn a_refusal_spends_nothing(Stand { kv, .. }: Stand) {
    assert!(admitted(&kv, TEN_AN_HOUR, 9).await);
    for _ in 0..20 {
        assert!(!admitted(&kv, TEN_AN_HOUR, 2).await);
    }
    assert!(admitted(&kv, TEN_AN_HOUR, 1).await);
}

pub async fn a_cost_of_zero_only_looks(Stand { kv, .. }: Stand) {
    for _ in 0..3 {
        let look = kv.admit("k", TEN_AN_HOUR, 0).await.unwrap();
        assert_eq!((look.allowed, look.remaining, look.reset_after), (true, 10, Duration::ZERO));
    }
    assert!(admitted(&kv, TEN_AN_HOUR, 10).await);
    assert_eq!(kv.admit("k", TEN_AN_HOUR, 0).await.unwrap().remaining, 0);
}

pub async fn a_cost_above_the_burst_is_never_admitted(Stand { kv, .. }: Stand) {
    assert!(!admitted(&kv, TEN_AN_HOUR, 11).await);
    assert!(!admitted(&kv, TEN_AN_HOUR, u32::MAX).await);
    assert!(admitted(&kv, TEN_AN_HOUR, 10).await);
}

pub async fn a_quota_of_nothing_admits_nothing(Stand { kv, .. }: Stand) {
    let nothing = Quota { burst: 0, per: Duration::from_micros(1) };
    for _ in 0..5 {
        assert!(!admitted(&kv, nothing, 1).await);
    }
}

pub async fn costs_add_up(Stand { kv, .. }: Stand) {
    for (cost, left) in [(3, 7), (4, 3), (0, 3), (3, 0)] {
        let admission = kv.admit("k", TEN_AN_HOUR, cost).await.unwrap();
        assert_eq!((admission.allowed, admission.remaining), (true, left));
    }
    assert!(!admitted(&kv, TEN_AN_HOUR, 1).await);
}

pub async fn a_refused_caller_is_admitted_after_retry_after(Stand { kv, .. }: Stand) {
    let quota = Quota { burst: 2, per: Duration::from_secs(1) };
    assert!(admitted(&kv, quota, 2).await);
    let refused_at = monotonic();
    let refused = kv.admit("k", quota, 1).await.unwrap();
    assert!(!refused.allowed);
    eventually("the quota refills", async || admitted(&kv, quota, 1).await).await;
    assert!(elapsed(refused_at) + Duration::from_millis(1) >= refused.retry_after);
}

pub async fn an_idle_quota_fills_up_and_not_further(Stand { kv, .. }: Stand) {
    let quick = Quota { burst: 5, per: Duration::from_millis(20) };
    assert!(admitted(&kv, quick, 5).await);
    eventually("the quota is full", async || {
        kv.admit("k", quick, 0).await.unwrap().reset_after.is_zero()
    })
    .await;
    assert_eq!(kv.admit("k", quick, 0).await.unwrap().remaining, 5);
    assert!(!admitted(&kv, quick, 6).await);
}

async fn race(kv: &Kv, costs: impl Iterator<Item = u32>) -> u32 {
    let mut racers = JoinSet::new();
    for cost in costs {
        let kv = kv.clone();
        racers.spawn(async move { if admitted(&kv, TEN_AN_HOUR, cost).await { cost } else { 0 } });
    }
    racers.join_all().await.into_iter().sum()
}

pub async fn a_hundred_racers_never_get_more_than_the_burst(Stand { kv, .. }: Stand) {
    assert_eq!(race(&kv, std::iter::repeat_n(1, 100)).await, 10);
    assert_eq!(race(&kv, std::iter::repeat_n(1, 100)).await, 0);
}

pub async fn racers_of_many_costs_never_get_more_than_the_burst(Stand { kv, .. }: Stand) {
    let spent = race(&kv, (0..100).map(|n| n % 4)).await;
    assert_eq!(spent, 10, "there are enough small ones to fill the last gap");
}

pub async fn a_steady_stream_gets_the_rate_and_no_more(Stand { kv, .. }: Stand) {
    let quota = Quota { burst: 5, per: Duration::from_millis(50) };
    let start = monotonic();
    let mut count: u128 = 0;
    while elapsed(start) < Duration::from_millis(300) {
        count += u128::from(admitted(&kv, quota, 1).await);
        tokio::task::yield_now().await;
    }
    let most = 5 + elapsed(start).as_micros() / 10_000 + 1;
    assert!(count <= most, "{count} admitted, at most {most} allowed");
    assert!(count > 5, "only {count} admitted: nothing refilled");
}

pub async fn keys_have_their_own_quota(Stand { kv, .. }: Stand) {
    assert!(kv.admit("a", TEN_AN_HOUR, 10).await.unwrap().allowed);
    assert!(kv.admit("b", TEN_AN_HOUR, 10).await.unwrap().allowed);
    assert!(!kv.admit("a", TEN_AN_HOUR, 1).await.unwrap().allowed);
}

pub async fn prefixes_keep_limits_apart(Stand { kv, other }: Stand) {
    assert!(admitted(&kv, TEN_AN_HOUR, 10).await);
    assert!(admitted(&other, TEN_AN_HOUR, 10).await);
}

pub async fn a_smaller_quota_holds_at_once(Stand { kv, .. }: Stand) {
    assert!(admitted(&kv, TEN_AN_HOUR, 10).await);
    let smaller = Quota { burst: 2, per: Duration::from_mins(1) };
    let refused = kv.admit("k", smaller, 1).await.unwrap();
    assert!(!refused.allowed);
    assert!(refused.retry_after <= smaller.per, "nobody waits for the old quota's hour");
}
