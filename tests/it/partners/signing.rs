//! Signed requests (S21): what is let in, and what each kind of refusal says.

use chrono::TimeDelta;
use huiyi::kernel::secret::{RequestKey, sha256_hex};
use serde_json::{Value, json};

use super::{with_key, works};
use crate::staff::boss;
use crate::support::redis::Redis;
use crate::support::{Answer, Call, TestApp, order};

/// A till that signs.
pub struct Signer {
    pub id: String,
    pub key: String,
}

/// What one request is signed with.
#[derive(Clone)]
pub struct Seal {
    timestamp: i64,
    nonce: String,
}

impl Signer {
    /// A new partner's key whose requests are signed as `signing` says.
    pub async fn new(app: &TestApp, boss: &str, name: &str, signing: &str) -> Self {
        let (partner, _, _) = with_key(app, boss, name, &["orders:write"]).await;
        let body = json!({"name": "signs", "scopes": ["orders:write"], "signing": signing});
        let keys = format!("/v1/admin/partners/{partner}/keys");
        let made = app.post(&keys).bearer(boss).json(&body).send().await.expect(201);
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        Self { id: text("id"), key: text("key") }
    }

    /// The signature of a request, written down once more, apart from the server's own.
    fn signature(&self, seal: &Seal, method: &str, target: &str, body: &str) -> String {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut query: Vec<&str> = query.split('&').filter(|part| !part.is_empty()).collect();
        query.sort_unstable();
        let lines = [
            method,
            path,
            &query.join("&"),
            &seal.timestamp.to_string(),
            &seal.nonce,
            &sha256_hex(body.as_bytes()),
        ];
        RequestKey::new(&self.key).sign(&lines.join("\n"))
    }

    fn headers(&self, call: Call, seal: &Seal, signature: &str) -> Call {
        call.header("x-app-id", &self.id)
            .header("x-timestamp", &seal.timestamp.to_string())
            .header("x-nonce", &seal.nonce)
            .header("x-signature", signature)
            .header("accept-language", "en")
    }

    pub async fn get(&self, app: &TestApp, seal: &Seal, target: &str) -> Answer {
        let signature = self.signature(seal, "GET", target, "");
        self.headers(app.get(target), seal, &signature).send().await
    }

    async fn post(&self, app: &TestApp, seal: &Seal, target: &str, body: &str) -> Answer {
        let signature = self.signature(seal, "POST", target, body);
        self.headers(app.post(target), seal, &signature).raw(body.to_owned()).send().await
    }
}

/// Now, with a nonce of its own.
pub fn seal(app: &TestApp, n: u32) -> Seal {
    Seal { timestamp: app.now().timestamp(), nonce: format!("nonce-of-a-test-{n}") }
}

fn an_order(number: &str) -> String {
    order(number, "13800138000", 100_00, "2026-03-14T06:30:00Z").to_string()
}

const ORDERS: &str = "/v1/open/orders";
const ME: &str = "/v1/open/me";

/// With a body, without one, with a query; and the key itself is not needed any more.
#[actix_web::test]
async fn a_signed_request_is_let_in() {
    let app = TestApp::start().await;
    app.catalogue().await;
    let till = Signer::new(&app, &boss(&app).await, "a", "required").await;
    let me = till.get(&app, &seal(&app, 1), ME).await.expect(200);
    assert_eq!((&me["key_id"], &me["signing"]), (&json!(till.id), &json!("required")));
    let sent = till.post(&app, &seal(&app, 2), ORDERS, &an_order("S-1")).await.expect(200);
    assert_eq!(sent["result"], "created");
    let batch = format!("{{\"orders\":[{},{}]}}", an_order("S-1"), an_order("S-2"));
    let batch = till.post(&app, &seal(&app, 3), "/v1/open/orders:batch", &batch).await.expect(200);
    assert_eq!(batch["results"][0]["result"], "unchanged", "{batch}");
    till.get(&app, &seal(&app, 4), "/v1/open/me?b=2&a=%E4%BC%9A&&a=1").await.expect(200);
    till.get(&app, &seal(&app, 5), "/v1/open/orders/pos/S-1").await.expect(200);
    app.reconciles().await;
}

/// S21: altered body, query, method, path, time or nonce; another key; a signature of other length.
#[actix_web::test]
async fn whatever_is_altered_on_the_way_is_refused() {
    let app = TestApp::start().await;
    app.catalogue().await;
    let boss = boss(&app).await;
    let till = Signer::new(&app, &boss, "a", "required").await;
    let other = Signer::new(&app, &boss, "b", "required").await;
    let (good, body) = (seal(&app, 1), an_order("S-1"));
    let signature = till.signature(&good, "POST", ORDERS, &body);
    let altered = |call: Call, seal: &Seal, body: &str| {
        till.headers(call, seal, &signature).raw(body.to_owned()).send()
    };
    let later = Seal { timestamp: good.timestamp + 1, ..good.clone() };
    let fresh = Seal { nonce: "another-nonce-of-1".to_owned(), ..good.clone() };
    let more = body.replace("10000", "1");
    assert_ne!(more, body);
    for answer in [
        altered(app.post(ORDERS), &good, &more).await,
        altered(app.post(ORDERS), &good, &format!("{body} ")).await,
        altered(app.post(ORDERS), &good, "").await,
        altered(app.post("/v1/open/orders?dry=1"), &good, &body).await,
        altered(app.post("/v1/open/refunds"), &good, &body).await,
        altered(app.get(ME), &good, &body).await,
        altered(app.post(ORDERS), &later, &body).await,
        altered(app.post(ORDERS), &fresh, &body).await,
        other.headers(app.post(ORDERS), &good, &signature).raw(body.clone()).send().await,
    ] {
        answer.refused(401, "signature_wrong");
        assert_eq!(answer.fields(), ["X-Signature"]);
        assert!(!answer.text.contains(&till.key) && !answer.text.contains(&signature));
    }
    // What was refused used up no nonce, and wrote nothing.
    let sent = till.post(&app, &good, ORDERS, &body).await.expect(200);
    assert_eq!(sent["result"], "created");
}

/// Where engineers develop, the answer quotes the text that the server signs.
#[actix_web::test]
async fn a_wrong_signature_is_answered_with_the_text_that_the_server_signs() {
    let app = TestApp::start().await;
    let till = Signer::new(&app, &boss(&app).await, "a", "required").await;
    let seal = seal(&app, 1);
    let call = till.headers(app.get("/v1/open/me?b=1&a=2"), &seal, &"0".repeat(64));
    let answer = call.send().await;
    answer.refused(401, "signature_wrong");
    let message = answer.body["errors"][0]["message"].as_str().unwrap();
    let empty = sha256_hex(b"");
    let lines = format!("GET\n/v1/open/me\na=2&b=1\n{}\n{}\n{empty}", seal.timestamp, seal.nonce);
    assert_eq!(message, format!("the server signs: {lines}"));
}

/// S21, F7: five minutes either way; the answer tells the server's time.
#[actix_web::test]
async fn a_clock_that_is_six_minutes_off_is_refused_and_told() {
    let app = TestApp::start().await;
    let till = Signer::new(&app, &boss(&app).await, "a", "required").await;
    let now = app.now().timestamp();
    for (n, off, good) in [(1, 300, true), (2, -300, true), (3, 301, false), (4, -301, false)] {
        let seal = Seal { timestamp: now + off, ..seal(&app, n) };
        let answer = till.get(&app, &seal, ME).await;
        if good {
            answer.expect(200);
            continue;
        }
        answer.refused(401, "signature_expired");
        let message = answer.body["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(&format!("{now}")) && message.contains(&format!("{off} seconds")));
    }
    for (n, off) in [(5, 360), (6, -360)] {
        let seal = Seal { timestamp: now + off, ..seal(&app, n) };
        till.get(&app, &seal, ME).await.refused(401, "signature_expired");
    }
}

/// S21: a request is good once, also when its timestamp still is.
#[actix_web::test]
async fn a_replay_is_refused() {
    let app = TestApp::start().await;
    app.catalogue().await;
    let boss = boss(&app).await;
    let till = Signer::new(&app, &boss, "a", "required").await;
    let other = Signer::new(&app, &boss, "b", "required").await;
    let seal = seal(&app, 1);
    till.post(&app, &seal, ORDERS, &an_order("S-1")).await.expect(200);
    till.post(&app, &seal, ORDERS, &an_order("S-1")).await.refused(401, "signature_replayed");
    app.advance(TimeDelta::minutes(5));
    till.post(&app, &seal, ORDERS, &an_order("S-1")).await.refused(401, "signature_replayed");
    // The nonces of one key are no business of another's.
    other.get(&app, &seal, ME).await.expect(200);
}

/// S21: replicas share nonces; without a place to keep them nothing is let in.
#[actix_web::test]
async fn without_a_nonce_store_signed_requests_are_refused() {
    let Some(mut redis) = Redis::start() else { return };
    let url = redis.url();
    let app = TestApp::start_with(move |config| config.redis.url = url.into()).await;
    let till = Signer::new(&app, &boss(&app).await, "a", "optional").await;
    let (replica, _, _server) = app.replica().await;
    redis.heal(&app.app.kv).await;
    redis.heal(&replica.kv).await;
    // On a slow machine an answer of Redis may come too late: then the request was refused, and is signed again.
    let mut n = 0;
    let used = loop {
        n += 1;
        let used = seal(&app, n);
        let answer = till.get(&app, &used, ME).await;
        if answer.status == 200 {
            break used;
        }
        answer.refused(503, "signature_unchecked");
        redis.heal(&app.app.kv).await;
    };
    let nonce = app.app.vault.index("partner nonce", &format!("{} {}", till.id, used.nonce));
    let seen = replica.kv.get(&format!("nonce/{}", nonce.0)).await;
    assert!(seen.unwrap().is_some(), "another replica knows the nonce");
    redis.kill();
    assert!(app.app.kv.ping().await.is_err());
    let refused = till.get(&app, &seal(&app, 1_000), ME).await;
    refused.refused(503, "signature_unchecked");
    assert_eq!(refused.header("retry-after"), "1");
    // What needs no nonce goes on.
    assert!(works(&app, &till.key).await);
}

#[actix_web::test]
async fn a_key_is_used_the_way_it_was_made_for() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let required = Signer::new(&app, &boss, "a", "required").await;
    let optional = Signer::new(&app, &boss, "b", "optional").await;
    let off = Signer::new(&app, &boss, "c", "off").await;
    let bare = async |key: &str| app.get(ME).bearer(key).send().await;
    bare(&required.key).await.refused(401, "signature_required");
    bare(&optional.key).await.expect(200);
    bare(&off.key).await.expect(200);
    required.get(&app, &seal(&app, 1), ME).await.expect(200);
    optional.get(&app, &seal(&app, 2), ME).await.expect(200);
    off.get(&app, &seal(&app, 3), ME).await.refused(401, "signing_off");
    // Other headers of these names are no signature.
    let call =
        app.get(ME).bearer(&off.key).header("x-timestamp", "yesterday").header("x-nonce", "1");
    call.send().await.expect(200);
    // A good key beside a bad signature is a bad signature.
    let call = optional.headers(app.get(ME).bearer(&optional.key), &seal(&app, 4), "0");
    call.send().await.refused(401, "signature_malformed");
    let nobody = Signer { id: required.id.replace("key_0", "key_1"), key: required.key.clone() };
    nobody.get(&app, &seal(&app, 5), ME).await.refused(401, "unauthenticated");
}

#[actix_web::test]
async fn headers_that_are_missing_or_twice_are_named() {
    let app = TestApp::start().await;
    let till = Signer::new(&app, &boss(&app).await, "a", "required").await;
    let only = app.get(ME).header("x-app-id", &till.id).send().await;
    only.refused(401, "signature_malformed");
    assert_eq!(only.fields(), ["X-Timestamp", "X-Nonce", "X-Signature"]);
    let seal = seal(&app, 1);
    let call = till.headers(app.get(ME), &seal, &till.signature(&seal, "GET", ME, ""));
    let twice = call.header("x-nonce", &seal.nonce).send().await;
    twice.refused(401, "signature_malformed");
    assert_eq!(twice.fields(), ["X-Nonce"]);
    let key = Signer { id: till.key.clone(), key: till.key.clone() };
    let answer = key.get(&app, &seal, ME).await;
    assert_eq!(answer.fields(), ["X-App-Id"]);
    assert!(!answer.text.contains(&till.key));
}

/// S5: who signs a body is judged by its size like everybody else, before it is kept.
#[actix_web::test]
async fn a_signed_body_has_the_usual_limits() {
    let app = TestApp::start_with(|config| {
        config.server.max_body_bytes = 2_000;
        config.server.max_batch_body_bytes = 20_000;
    })
    .await;
    let till = Signer::new(&app, &boss(&app).await, "a", "required").await;
    let large = |bytes: usize| format!("{{\"orders\":[],\"x\":\"{}\"}}", "x".repeat(bytes));
    let post =
        async |n, target: &str, bytes| till.post(&app, &seal(&app, n), target, &large(bytes)).await;
    post(1, ORDERS, 2_000).await.refused(413, "body_too_large");
    post(2, "/v1/open/orders:batch", 2_000).await.refused(400, "bad_json");
    post(3, "/v1/open/orders:batch", 20_000).await.refused(413, "body_too_large");
    post(4, ORDERS, 100).await.refused(400, "bad_json");
}

/// From sending the key to signing, without a stop.
#[actix_web::test]
async fn a_partner_changes_over_to_signing_without_a_stop() {
    let app = TestApp::start().await;
    let admin = boss(&app).await;
    let (partner, id, old) = with_key(&app, &admin, "a", &["orders:write"]).await;
    let keys = format!("/v1/admin/partners/{partner}/keys");
    let body = json!({"overlap_hours": 24, "signing": "optional"});
    let made = app.post(&format!("{keys}/{id}:rotate")).bearer(&admin).json(&body).send().await;
    let made = made.expect(201);
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    let till = Signer { id: text("id"), key: text("key") };
    assert!(works(&app, &old).await && works(&app, &till.key).await);
    till.get(&app, &seal(&app, 1), ME).await.expect(200);
    let path = format!("{keys}/{}", till.id);
    let turn = async |signing: &str| {
        let call = app.patch(&path).bearer(&admin).json(&json!({"signing": signing}));
        call.send().await
    };
    assert_eq!(turn("required").await.expect(200)["signing"], "required");
    assert!(!works(&app, &till.key).await);
    till.get(&app, &seal(&app, 2), ME).await.expect(200);
    turn("off").await.expect(200);
    till.get(&app, &seal(&app, 3), ME).await.refused(401, "signing_off");
    assert!(works(&app, &till.key).await);
    // Off for good: nothing is kept of a key that does not sign.
    let again = turn("optional").await;
    again.refused(422, "invalid_fields");
    assert_eq!(again.fields(), ["/signing"]);
}

/// The key is kept sealed, and not at all when it is of no more use; a signed key that is revoked is refused.
#[actix_web::test]
async fn what_signs_is_sealed_and_forgotten_when_it_is_revoked() {
    use sea_orm::EntityTrait;
    let app = TestApp::start().await;
    let admin = boss(&app).await;
    let till = Signer::new(&app, &admin, "a", "required").await;
    let rows = async || entity::partner_key::Entity::find().all(app.app.db.read()).await.unwrap();
    let sealed = rows().await.into_iter().find_map(|row| row.sealed_key).unwrap();
    assert!(!sealed.0.contains(&till.key[31..]));
    let (key, partner) =
        huiyi::partners::service::find_key(&app.app, till.id.parse().unwrap()).await.unwrap();
    let path = format!("/v1/admin/partners/{}/keys/{}", partner.id, key.id);
    app.delete(&path).bearer(&admin).send().await.expect(204);
    till.get(&app, &seal(&app, 1), ME).await.refused(401, "unauthenticated");
    assert!(rows().await.iter().all(|row| row.sealed_key.is_none()));
    let read: Value = app.get(&path).bearer(&admin).send().await.expect(200);
    assert!(read["revoked_at"].is_string());
}

/// S21, S5: one that comes too soon uses up no nonce, so that it may come again as it is; what is refused is counted by
/// its reason.
#[actix_web::test]
async fn a_signed_request_over_the_quota_may_be_sent_again() {
    let app = TestApp::start_with(|config| config.security.partner_requests_per_minute = 1).await;
    let boss = boss(&app).await;
    let till = Signer::new(&app, &boss, "a", "required").await;
    let mut late = seal(&app, 0);
    for n in 1..50 {
        late = seal(&app, n);
        if till.get(&app, &late, ME).await.status == 429 {
            break;
        }
    }
    till.get(&app, &late, ME).await.refused(429, "rate_limited");
    // Time passes, as it were: the partner may ask more often.
    let partners = app.get("/v1/admin/partners").bearer(&boss).send().await.expect(200);
    let path = format!("/v1/admin/partners/{}", partners["items"][0]["id"].as_str().unwrap());
    let rate = json!({"requests_per_minute": 60_000});
    app.patch(&path).bearer(&boss).json(&rate).send().await.expect(200);
    till.get(&app, &late, ME).await.expect(200);
    till.get(&app, &late, ME).await.refused(401, "signature_replayed");
    till.headers(app.get(ME), &seal(&app, 90), &"0".repeat(64)).send().await;
    let metrics = app.get("/metrics").send().await.text;
    for reason in ["rate_limited", "signature_replayed", "signature_wrong"] {
        let sample = format!("huiyi_signatures_refused_total{{reason=\"{reason}\"}}");
        assert!(metrics.contains(&sample), "{reason}: {metrics}");
    }
}

/// S21: what is cheap to know is refused before a body is read: this one would be too large.
#[actix_web::test]
async fn a_signed_request_is_refused_before_its_body_is_read() {
    let app = TestApp::start_with(|config| config.server.max_body_bytes = 2_000).await;
    let boss = boss(&app).await;
    let till = Signer::new(&app, &boss, "a", "required").await;
    let large = "x".repeat(3_000);
    let sent = async |seal: &Seal, signature: &str| {
        till.headers(app.post(ORDERS), seal, signature).raw(large.clone()).send().await
    };
    let (zeros, old) = ("0".repeat(64), Seal { timestamp: 1, ..seal(&app, 1) });
    sent(&old, &zeros).await.refused(401, "signature_expired");
    sent(&seal(&app, 2), "short").await.refused(401, "signature_malformed");
    let elsewhere = json!({"allowed_networks": ["203.0.113.0/24"]});
    let keys = app.get("/v1/admin/partners").bearer(&boss).send().await.expect(200);
    let partner = keys["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/admin/partners/{partner}/keys/{}", till.id);
    app.patch(&path).bearer(&boss).json(&elsewhere).send().await.expect(200);
    sent(&seal(&app, 3), &zeros).await.refused(403, "address_not_allowed");
}
