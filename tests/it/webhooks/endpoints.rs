//! Endpoints: kept by their partner, checked before they are used, their secrets shown once (OP-3, S14).

use std::collections::BTreeSet;

use chrono::TimeDelta;
use entity::codes::WebhookState;
use entity::webhook_endpoint;
use huiyi::events::Relay;
use huiyi::wiring::reactions::REACTIONS;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{Hooked, add, body};
use crate::support::TestApp;

const URL: &str = "https://erp.example.com/hooks/huiyi";

#[actix_web::test]
async fn a_partner_keeps_its_own_endpoints() {
    let app = TestApp::start().await;
    let (key, other) = (
        app.partner("ERP", &["webhooks:manage"]).await,
        app.partner("other", &["webhooks:manage"]).await,
    );
    let (id, secret) = add(&app, &key, URL, &["order.*", "points.moved", "order.*"]).await;
    add(&app, &other, URL, &["*"]).await;
    let path = format!("/v1/open/webhook-endpoints/{id}");
    let read = app.get(&path).bearer(&key).send().await;
    assert_eq!(read.header("etag"), "\"1\"");
    let read = read.expect(200);
    assert_eq!(read["events"], json!(["order.*", "points.moved"]));
    assert!(!read.to_string().contains(&secret), "shown once");
    let list = app.get("/v1/open/webhook-endpoints").bearer(&key).send().await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "its own");

    let change = |version: &str, body: Value| {
        app.patch(&path).bearer(&key).header("if-match", version).json(&body)
    };
    let changed = change("\"1\"", json!({"description": "ERP 二", "events": ["*"]})).send().await;
    assert_eq!(changed.header("etag"), "\"2\"");
    let changed = changed.expect(200);
    assert_eq!((&changed["description"], &changed["url"]), (&json!("ERP 二"), &json!(URL)));
    change("\"1\"", json!({"events": ["order.paid"]}))
        .send()
        .await
        .refused(412, "version_conflict");
    assert_eq!(app.delete(&path).bearer(&key).send().await.status, 204);
    app.get(&path).bearer(&key).send().await.refused(404, "not_found");
}

#[actix_web::test]
async fn an_endpoint_that_cannot_be_served_is_refused() {
    let app = TestApp::start().await;
    let key = app.partner("ERP", &["webhooks:manage"]).await;
    let (id, _) = add(&app, &key, URL, &["*"]).await;
    for (field, body) in [
        ("/url", json!({"url": "http://erp.example.com/", "events": ["*"]})),
        ("/url", json!({"url": "https://127.0.0.1/", "events": ["*"]})),
        ("/url", json!({"url": "https://169.254.169.254/latest", "events": ["*"]})),
        ("/url", json!({"url": "https://2130706433/", "events": ["*"]})),
        ("/url", json!({"url": "https://[::ffff:10.0.0.1]/", "events": ["*"]})),
        ("/url", json!({"url": "https://erp.example.com:6379/", "events": ["*"]})),
        ("/url", json!({"url": "https://a:b@erp.example.com/", "events": ["*"]})),
        ("/url", json!({"url": "", "events": ["*"]})),
        ("/events/1", json!({"url": URL, "events": ["order.paid", "order.payed"]})),
        // What stays in the house cannot be asked for, not even by name.
        ("/events/0", json!({"url": URL, "events": ["member.signed_in"]})),
        ("/events/0", json!({"url": URL, "events": ["webhook.*"]})),
        ("/events", json!({"url": URL, "events": []})),
        ("/description", json!({"url": URL, "events": ["*"], "description": "two\nlines"})),
    ] {
        let add = app.post("/v1/open/webhook-endpoints").bearer(&key).json(&body).send().await;
        add.refused(422, "invalid_fields");
        assert_eq!(add.fields(), [field], "{body}");
        let path = format!("/v1/open/webhook-endpoints/{id}");
        let change = app.patch(&path).bearer(&key).json(&body).send().await;
        change.refused(422, "invalid_fields");
    }
    let unknown = json!({"url": URL, "events": ["*"], "secret": "whsec_mine"});
    let unknown = app.post("/v1/open/webhook-endpoints").bearer(&key).json(&unknown).send().await;
    unknown.refused(400, "bad_json");
    for _ in 0..19 {
        add(&app, &key, URL, &["*"]).await;
    }
    let body = json!({"url": URL, "events": ["*"]});
    let add = app.post("/v1/open/webhook-endpoints").bearer(&key).json(&body).send().await;
    add.refused(409, "too_many_webhook_endpoints");
}

/// S16: whoever reads the database cannot sign.
#[actix_web::test]
async fn secrets_are_sealed_in_the_database() {
    let app = TestApp::start().await;
    let key = app.partner("ERP", &["webhooks:manage"]).await;
    let (id, secret) = add(&app, &key, URL, &["*"]).await;
    assert!(secret.starts_with("whsec_") && secret.len() == "whsec_".len() + 44);
    let path = format!("/v1/open/webhook-endpoints/{id}:rotate-secret");
    let rotated = app.post(&path).bearer(&key).json(&json!({})).send().await.expect(200);
    let second = rotated["secret"].as_str().unwrap();
    assert_ne!(second, secret);
    let row = webhook_endpoint::Entity::find().one(app.app.db.read()).await.unwrap().unwrap();
    for sealed in [row.secret.0, row.old_secret.unwrap().0] {
        assert!(sealed.starts_with("v1."), "{sealed}");
        assert!(!sealed.contains(&secret[6..]) && !sealed.contains(&second[6..]));
    }
}

fn signatures(hooked: &Hooked) -> Vec<String> {
    let received = hooked.receiver.news().remove(0);
    received.headers["webhook-signature"].split(' ').map(str::to_owned).collect()
}

/// A3: a receiver that knows either secret accepts every delivery for a day.
#[actix_web::test]
async fn both_secrets_sign_for_a_day_after_a_rotation() {
    let hooked = Hooked::start(&["*"]).await;
    let test = format!("/webhook-endpoints/{}:test", hooked.id);
    let rotate = format!("/webhook-endpoints/{}:rotate-secret", hooked.id);
    let sent = async || {
        hooked.post(&test, &json!({})).await;
        hooked.deliver().await;
        signatures(&hooked)
    };
    assert_eq!(sent().await.len(), 1);
    let rotated = hooked.post(&rotate, &json!({})).await;
    assert!(rotated["endpoint"]["old_secret_until"].is_string());
    let both = sent().await;
    assert_eq!(both.iter().collect::<BTreeSet<_>>().len(), 2);
    hooked.app.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    assert_eq!(sent().await.len(), 2);
    hooked.app.advance(TimeDelta::seconds(1));
    assert_eq!(sent().await.len(), 1);
    // One that leaked ends at once.
    hooked.post(&rotate, &json!({"overlap_hours": 0})).await;
    assert_eq!(sent().await.len(), 1);
}

/// W3: a process that ended between switching an endpoint off and missing what waited there left it asleep.
#[actix_web::test]
async fn what_still_waits_at_an_endpoint_that_is_switched_on_is_delivered() {
    use sea_orm::{ActiveModelTrait, IntoActiveModel, Set};
    let hooked = Hooked::start(&["points.moved"]).await;
    let member = hooked.app.known("13800138000").await;
    hooked.happens(member, "1").await;
    Relay::new(hooked.app.app.clone(), REACTIONS).drain().await.unwrap();
    let db = hooked.app.app.db.write();
    let row = webhook_endpoint::Entity::find().one(db).await.unwrap().unwrap();
    let mut row = row.into_active_model();
    (row.state, row.wake_at) = (Set(WebhookState::Disabled), Set(None));
    row.update(db).await.unwrap();
    assert_eq!(hooked.deliver().await, 0);
    hooked.switch("enabled").await;
    assert_eq!(hooked.deliver().await, 1);
    hooked.app.reconciles().await;
}

/// PV-1: what is delivered names nobody.
#[actix_web::test]
async fn deliveries_hold_no_personal_data() {
    let hooked = Hooked::start(&["*"]).await;
    let shopper = hooked.app.shopper("lina").await;
    hooked.app.bind_phone("lina", &shopper.token, "13800138000").send().await.expect(200);
    let profile = json!({"nickname": "娜娜", "birthday": "1992-06-18"});
    let change = hooked.app.patch("/v1/member/me").bearer(&shopper.token).json(&profile);
    change.send().await.expect(200);
    hooked.deliver().await;
    let received = hooked.receiver.news();
    let kinds: BTreeSet<String> =
        received.iter().map(|it| body(it)["type"].as_str().unwrap().to_owned()).collect();
    assert!(kinds.contains("member.profile_changed"), "{kinds:?}");
    for it in received {
        for personal in ["13800138000", "娜娜", "lina", "1992"] {
            assert!(!it.body.contains(personal), "{}", it.body);
        }
    }
}

/// W5: each event is written once for each endpoint, so their number is a limit that two requests at once do not pass.
#[actix_web::test]
async fn endpoints_added_at_once_do_not_pass_the_limit() {
    let hooked = Hooked::start(&["points.*"]).await;
    let body =
        serde_json::json!({"url": format!("{}/x", hooked.receiver.url), "events": ["points.*"]});
    let all = (0..24).map(|_| {
        hooked.app.post("/v1/open/webhook-endpoints").bearer(&hooked.key).json(&body).send()
    });
    let answers = futures_util::future::join_all(all).await;
    let added = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(added, 19, "one was there before");
}
