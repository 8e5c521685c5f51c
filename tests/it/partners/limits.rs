//! How often a key may ask, and what its answers tell (OP-1, S6, F1).

use serde_json::json;

use super::{with_key, works};
use crate::staff::boss;
use crate::support::redis::Redis;
use crate::support::{Answer, TestApp};

async fn ask(app: &TestApp, key: &str) -> Answer {
    app.get("/v1/open/me").bearer(key).send().await
}

/// The numbers of `"default";r=…;t=…`.
fn numbers(header: &str) -> (u64, u64) {
    let rest = header.strip_prefix("\"default\";").unwrap_or_else(|| panic!("{header:?}"));
    let (first, second) = rest.split_once(';').unwrap();
    let number = |text: &str| text.split_once('=').unwrap().1.parse().unwrap();
    (number(first), number(second))
}

/// OP-1: every answer tells the quota and what is left of it; a refusal when to come again.
#[actix_web::test]
async fn answers_tell_the_quota_and_what_is_left_of_it() {
    let app = TestApp::start_with(|config| config.security.partner_requests_per_minute = 1).await;
    let key = app.partner("a", &["points:write"]).await;
    let first = ask(&app, &key).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.header("ratelimit-policy"), "\"default\";q=1;w=60");
    assert_eq!(first.header("ratelimit"), "\"default\";r=0;t=60");
    let second = ask(&app, &key).await;
    second.refused(429, "rate_limited");
    assert_eq!(second.header("ratelimit-policy"), "\"default\";q=1;w=60");
    let wait: u64 = second.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(numbers(second.header("ratelimit")), (0, wait));
    // What the door refuses is counted for nobody.
    let nobody = app.get("/v1/open/me").bearer("hyk_x").send().await;
    assert!(nobody.header("ratelimit").is_empty());
}

/// Large quotas are counted in blocks; what is told of them stays right to the block.
#[actix_web::test]
async fn a_large_quota_goes_down_one_by_one() {
    let app = TestApp::start_with(|config| config.security.partner_requests_per_minute = 1_000_000);
    let app = app.await;
    let key = app.partner("a", &["points:write"]).await;
    for _ in 0..5 {
        let answer = ask(&app, &key).await;
        assert_eq!(answer.header("ratelimit-policy"), "\"default\";q=1000000;w=60");
        let (left, _) = numbers(answer.header("ratelimit"));
        assert!((997_000..1_000_000).contains(&left), "{left}");
    }
}

/// A partner's rate is data: it counts for each of its keys, from the next request on.
#[actix_web::test]
async fn a_partner_has_a_rate_of_its_own() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let (id, _, key) = with_key(&app, &boss, "slow", &["orders:write"]).await;
    let other = app.partner("other", &["orders:write"]).await;
    assert_eq!(ask(&app, &key).await.header("ratelimit-policy"), "\"default\";q=60000;w=60");
    let path = format!("/v1/admin/partners/{id}");
    let slow = json!({"requests_per_minute": 1});
    app.patch(&path).bearer(&boss).json(&slow).send().await.expect(200);
    let mut refused = false;
    for _ in 0..3 {
        let answer = ask(&app, &key).await;
        assert_eq!(answer.header("ratelimit-policy"), "\"default\";q=1;w=60");
        refused |= answer.status == 429;
    }
    assert!(refused);
    assert!(works(&app, &other).await);
}

#[actix_web::test]
async fn the_headers_can_be_left_out() {
    let app = TestApp::start_with(|config| config.security.rate_limit_headers = false).await;
    let key = app.partner("a", &["points:write"]).await;
    let answer = ask(&app, &key).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("ratelimit").is_empty() && answer.header("ratelimit-policy").is_empty());
}

/// F1: without Redis each process counts by itself at half the quota, and says so.
#[actix_web::test]
async fn without_redis_the_quota_is_half() {
    let Some(mut redis) = Redis::start() else { return };
    let url = redis.url();
    let app = TestApp::start_with(move |config| {
        config.redis.url = url.into();
        config.security.partner_requests_per_minute = 8;
    })
    .await;
    let key = app.partner("a", &["points:write"]).await;
    redis.kill();
    assert!(app.app.kv.ping().await.is_err());
    let first = ask(&app, &key).await;
    assert_eq!(first.header("ratelimit-policy"), "\"default\";q=4;w=60");
    assert_eq!(numbers(first.header("ratelimit")).0, 3);
}

/// The hot path: an admitted request costs Redis one script in a thousandth of the quota, and the database nothing.
#[actix_web::test]
async fn an_admitted_request_is_a_round_trip_in_many() {
    let Some(redis) = Redis::start() else { return };
    let url = redis.url();
    let app = TestApp::start_with(move |config| config.redis.url = url.into()).await;
    redis.heal(&app.app.kv).await;
    let key = app.partner("a", &["points:write"]).await;
    let before = redis.calls("evalsha") + redis.calls("eval");
    let mut asked = 0;
    for _ in 0..120 {
        asked += u64::from(ask(&app, &key).await.status == 200);
    }
    let calls = redis.calls("evalsha") + redis.calls("eval") - before;
    assert_eq!(asked, 120);
    // A block is 60 requests and is given up after 10 s: on a machine that stands still, more blocks are taken.
    assert!((2..60).contains(&calls), "{calls} scripts for {asked} requests");
}
