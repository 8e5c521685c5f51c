//! Partners and keys, kept by administrators (OP-2).

use chrono::TimeDelta;
use huiyi::partners::service as partners;
use serde_json::{Value, json};

use super::{with_key, works};
use crate::staff::boss;
use crate::support::{Answer, Call, TestApp};

/// An app behind a proxy, so that a test can come from any address.
async fn behind_a_proxy() -> TestApp {
    let proxies = serde_json::from_value(json!(["127.0.0.1"])).unwrap();
    TestApp::start_with(|config| config.server.trusted_proxies = proxies).await
}

async fn sent(call: Call, boss: &str, body: &Value) -> Answer {
    call.bearer(boss).json(body).send().await
}

#[actix_web::test]
async fn a_partner_is_read_and_changed() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let (id, _, _) = with_key(&app, &boss, "a", &["orders:write"]).await;
    with_key(&app, &boss, "b", &["orders:write"]).await;
    let path = format!("/v1/admin/partners/{id}");
    let read = app.get(&path).bearer(&boss).send().await;
    assert_eq!(read.header("etag"), "\"1\"");
    assert_eq!(read.expect(200)["requests_per_minute"], Value::Null);
    let change = async |body: Value, tag: &str| {
        sent(app.patch(&path).header("if-match", tag), &boss, &body).await
    };
    let changed = change(json!({"name": "甲", "requests_per_minute": 10}), "\"1\"").await;
    assert_eq!(changed.header("etag"), "\"2\"");
    let changed = changed.expect(200);
    assert_eq!((&changed["name"], &changed["requests_per_minute"]), (&json!("甲"), &json!(10)));
    change(json!({"name": "x"}), "\"1\"").await.refused(412, "version_conflict");
    change(json!({"name": "b"}), "*").await.refused(409, "partner_name_taken");
    for bad in [json!({"requests_per_minute": 0}), json!({"name": ""}), json!({"name": " x"})] {
        change(bad, "*").await.refused(422, "invalid_fields");
    }
    change(json!({"disabled_at": null}), "*").await.refused(400, "bad_json");
    let cleared = change(json!({"requests_per_minute": null}), "*").await.expect(200);
    assert_eq!((&cleared["requests_per_minute"], &cleared["version"]), (&Value::Null, &json!(3)));
    // Nothing new changes nothing.
    assert_eq!(change(json!({"name": "甲"}), "*").await.expect(200)["version"], 3);
}

/// S10: all keys at once, and back but for those that have ended themselves.
#[actix_web::test]
async fn a_stopped_partner_has_no_good_key_until_it_is_resumed() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let (id, revoked, gone) = with_key(&app, &boss, "a", &["orders:write"]).await;
    let keys = format!("/v1/admin/partners/{id}/keys");
    let body = json!({"name": "second", "scopes": ["orders:write"]});
    let key = sent(app.post(&keys), &boss, &body).await.expect(201);
    let key = key["key"].as_str().unwrap();
    app.delete(&format!("{keys}/{revoked}")).bearer(&boss).send().await.expect(204);
    let turn = async |verb: &str| {
        app.post(&format!("/v1/admin/partners/{id}:{verb}")).bearer(&boss).send().await.expect(200)
    };
    assert!(works(&app, key).await);
    let stopped = turn("stop").await["disabled_at"].clone();
    assert!(stopped.is_string() && !works(&app, key).await);
    app.advance(TimeDelta::seconds(1));
    assert_eq!(turn("stop").await["disabled_at"], stopped, "the first time stays");
    assert_eq!(turn("resume").await["disabled_at"], Value::Null);
    assert!(works(&app, key).await && !works(&app, &gone).await);
}

#[actix_web::test]
async fn a_key_is_changed_and_the_change_holds_at_once() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let (id, key_id, key) = with_key(&app, &boss, "a", &["orders:write"]).await;
    let path = format!("/v1/admin/partners/{id}/keys/{key_id}");
    let change = async |body: Value| sent(app.patch(&path), &boss, &body).await;
    assert!(works(&app, &key).await);
    let ends = app.now() + TimeDelta::minutes(5);
    let body = json!({"name": "收银", "scopes": ["points:write"], "expires_at": ends});
    let changed = change(body).await;
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_eq!(changed.expect(200)["scopes"], json!(["points:write"]));
    let me = app.get("/v1/open/me").bearer(&key).send().await.expect(200);
    assert_eq!((&me["key_name"], &me["scopes"]), (&json!("收银"), &json!(["points:write"])));
    let stale = app.patch(&path).header("if-match", "\"1\"");
    sent(stale, &boss, &json!({"name": "x"})).await.refused(412, "version_conflict");
    for (bad, field) in [
        (json!({"scopes": ["admin"]}), "/scopes/0"),
        (json!({"expires_at": app.now()}), "/expires_at"),
        (json!({"allowed_networks": ["10.0.0.0/8", "10.0.0.1/8"]}), "/allowed_networks/1"),
        (json!({"allowed_networks": ["somewhere"]}), "/allowed_networks/0"),
        (json!({"signing": "required"}), "/signing"),
    ] {
        let answer = change(bad).await;
        answer.refused(422, "invalid_fields");
        assert_eq!(answer.fields(), [field]);
    }
    app.advance(TimeDelta::minutes(5));
    assert!(!works(&app, &key).await);
    change(json!({"expires_at": null})).await.refused(409, "partner_key_ended");
}

/// OP-2: a key made for named networks is good from there only, and the answer says what was seen.
#[actix_web::test]
async fn a_key_is_good_from_its_networks_only() {
    let app = behind_a_proxy().await;
    let boss = boss(&app).await;
    let (id, _, _) = with_key(&app, &boss, "a", &["orders:write"]).await;
    let networks = json!(["203.0.113.0/24", "2001:db8::7"]);
    let body = json!({"name": "n", "scopes": ["orders:write"], "allowed_networks": networks});
    let keys = format!("/v1/admin/partners/{id}/keys");
    let made = sent(app.post(&keys), &boss, &body).await.expect(201);
    let key = made["key"].as_str().unwrap();
    let from = async |address: &str| {
        app.get("/v1/open/me").header("x-forwarded-for", address).bearer(key).send().await
    };
    from("203.0.113.200").await.expect(200);
    from("198.51.100.1, 203.0.113.200:9000").await.expect(200);
    from("2001:db8::7").await.expect(200);
    for elsewhere in ["198.51.100.1", "203.0.113.7, 198.51.100.1", "2001:db8::8"] {
        let answer = from(elsewhere).await;
        answer.refused(403, "address_not_allowed");
        let seen = elsewhere.rsplit(", ").next().unwrap();
        assert!(answer.text.contains(seen), "{}", answer.text);
    }
    // A wrong secret is not told that it is in the wrong place.
    let wrong = format!("{}AAAA", &key[..key.len() - 4]);
    let answer = app.get("/v1/open/me").header("x-forwarded-for", "198.51.100.1").bearer(&wrong);
    answer.send().await.refused(401, "unauthenticated");
    let path = format!("{keys}/{}", made["id"].as_str().unwrap());
    let open = sent(app.patch(&path), &boss, &json!({"allowed_networks": []})).await.expect(200);
    assert_eq!(open["allowed_networks"], json!([]));
    from("198.51.100.1").await.expect(200);
}

/// OP-2: uses are counted by business day and written together, not by the request.
#[actix_web::test]
async fn uses_are_counted_by_day_and_written_together() {
    let app = TestApp::start_with(|config| config.security.partner_requests_per_minute = 2).await;
    let admin = boss(&app).await;
    let (id, key_id, key) = with_key(&app, &admin, "a", &["orders:write"]).await;
    let path = format!("/v1/admin/partners/{id}/keys/{key_id}");
    let days = async |query: &str| {
        let boss = app.staff_again("A001", "admin").await;
        app.get(&format!("{path}/usage{query}")).bearer(&boss).send().await.expect(200)
    };
    let mut asked = [0, 0];
    while asked[1] == 0 {
        asked[usize::from(!works(&app, &key).await)] += 1;
    }
    let read = app.get(&path).bearer(&admin).send().await.expect(200);
    assert_eq!(read["last_used_at"], Value::Null, "no request wrote anything");
    assert_eq!(days("").await["items"], json!([]));
    partners::write_uses(&app.app).await.unwrap();
    partners::write_uses(&app.app).await.unwrap();
    let first = json!({"day": "2026-03-15", "requests": asked[0], "rate_limited": asked[1]});
    assert_eq!(days("").await["items"], json!([first]));
    let used_at = app.now();
    // 16:00 UTC is midnight in Shanghai.
    app.advance(TimeDelta::hours(12));
    works(&app, &key).await;
    partners::write_uses(&app.app).await.unwrap();
    let page = days("?limit=1").await;
    assert_eq!(page["items"][0]["day"], "2026-03-16");
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(days(&format!("?cursor={cursor}")).await["items"], json!([first]));
    let boss = app.staff_again("A001", "admin").await;
    let read = app.get(&path).bearer(&boss).send().await.expect(200);
    assert_eq!(read["last_used_at"], json!(used_at + TimeDelta::hours(12)));
}

/// What two processes counted is added up.
#[actix_web::test]
async fn uses_of_replicas_add_up() {
    let app = TestApp::start().await;
    let admin = boss(&app).await;
    let (id, key_id, key) = with_key(&app, &admin, "a", &["orders:write"]).await;
    let (replica, url, _server) = app.replica().await;
    assert!(works(&app, &key).await);
    let elsewhere = reqwest::Client::builder().no_proxy().build().unwrap();
    elsewhere.get(format!("{url}/v1/open/me")).bearer_auth(&key).send().await.unwrap();
    partners::write_uses(&replica).await.unwrap();
    partners::write_uses(&app.app).await.unwrap();
    let usage = app.get(&format!("/v1/admin/partners/{id}/keys/{key_id}/usage"));
    let usage = usage.bearer(&admin).send().await.expect(200);
    assert_eq!(usage["items"][0]["requests"], 2);
}

/// S1: a key of another partner answers like one that does not exist.
#[actix_web::test]
async fn keys_are_read_and_changed_through_their_own_partner_only() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let (a, _, _) = with_key(&app, &boss, "a", &["orders:write"]).await;
    let (_, id, _) = with_key(&app, &boss, "b", &["orders:write"]).await;
    let path = format!("/v1/admin/partners/{a}/keys/{id}");
    app.get(&path).bearer(&boss).send().await.refused(404, "not_found");
    app.get(&format!("{path}/usage")).bearer(&boss).send().await.refused(404, "not_found");
    sent(app.patch(&path), &boss, &json!({"name": "x"})).await.refused(404, "not_found");
}
