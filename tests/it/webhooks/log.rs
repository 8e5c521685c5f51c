//! The log of deliveries, and sending again (OP-3).

use chrono::TimeDelta;
use entity::{partner, webhook_attempt, webhook_delivery};
use huiyi::audit::service::Author;
use huiyi::partners::service as partners;
use huiyi::webhooks::service as webhooks;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::{Hooked, body};
use crate::staff::boss;
use crate::support::Reply;

fn id(delivery: &Value) -> String {
    delivery["id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_test_event_arrives_whatever_the_endpoint_asks_for() {
    let hooked = Hooked::start(&["tier.expiring"]).await;
    let sent = hooked.post(&format!("/webhook-endpoints/{}:test", hooked.id), &json!({})).await;
    assert_eq!(hooked.deliver().await, 1);
    let received = hooked.receiver.news();
    assert_eq!(body(&received[0])["type"], "webhook.tested");
    assert_eq!(body(&received[0])["data"]["endpoint_id"], hooked.id);
    let details = hooked.get(&format!("/webhook-deliveries/{}", id(&sent))).await;
    assert_eq!(details["delivery"]["state"], "delivered");
    assert_eq!(details["body"], received[0].body);
    assert_eq!(
        (&details["log"][0]["status"], details["log"].as_array().unwrap().len()),
        (&json!(204), 1)
    );
}

#[actix_web::test]
async fn a_delivery_is_sent_again_as_the_same_event() {
    let hooked = Hooked::start(&["points.*"]).await;
    let member = hooked.app.known("13800138000").await;
    hooked.happens(member, "a").await;
    hooked.deliver().await;
    let delivery = hooked.deliveries().await.remove(0);
    hooked.app.advance(TimeDelta::hours(1));
    let path = format!("/webhook-deliveries/{}:resend", id(&delivery));
    assert_eq!(hooked.post(&path, &json!({})).await["state"], "waiting");
    assert_eq!(hooked.deliver().await, 1);
    let received = hooked.receiver.news();
    assert_eq!(received[0].body, received[1].body);
    assert_eq!(received[0].headers["webhook-id"], received[1].headers["webhook-id"]);
    assert_ne!(received[0].headers["webhook-timestamp"], received[1].headers["webhook-timestamp"]);
    let details = hooked.get(&format!("/webhook-deliveries/{}", id(&delivery))).await;
    assert_eq!(details["log"].as_array().unwrap().len(), 2, "the log keeps both");
}

#[actix_web::test]
async fn what_an_endpoint_missed_is_recovered_in_sequence() {
    let hooked = Hooked::start(&["points.*"]).await;
    let member = hooked.app.known("13800138000").await;
    hooked.happens(member, "before").await;
    hooked.switch("disabled").await;
    hooked.deliver().await;
    hooked.app.advance(TimeDelta::hours(1));
    let since = hooked.app.now();
    for name in ["a", "b", "c"] {
        hooked.happens(member, name).await;
        hooked.app.advance(TimeDelta::seconds(1));
        hooked.deliver().await;
    }
    assert!(hooked.receiver.news().is_empty(), "it is off");
    let recover = format!("/webhook-endpoints/{}:recover", hooked.id);
    let refused = hooked.app.post(&format!("/v1/open{recover}")).bearer(&hooked.key);
    let refused = refused.json(&json!({"since": since})).send().await;
    refused.refused(409, "webhook_endpoint_disabled");

    hooked.switch("enabled").await;
    assert_eq!(hooked.deliver().await, 0, "what was missed comes when it is asked for");
    assert_eq!(hooked.post(&recover, &json!({"since": since})).await["recovered"], 3);
    assert_eq!(hooked.post(&recover, &json!({"since": since})).await["recovered"], 0);
    assert_eq!(hooked.deliver().await, 3);
    let times: Vec<String> =
        hooked.receiver.news().iter().map(|it| body(it)["timestamp"].to_string()).collect();
    let mut sorted = times.clone();
    sorted.sort();
    assert_eq!(times, sorted);
    let state = |it: &Value| it["state"].as_str().unwrap().to_owned();
    let states: Vec<String> = hooked.deliveries().await.iter().map(state).collect();
    assert_eq!(states, ["delivered", "delivered", "delivered", "missed"]);
}

#[actix_web::test]
async fn what_was_on_its_way_when_an_endpoint_was_switched_off_is_missed() {
    let hooked = Hooked::start(&["points.*"]).await;
    let member = hooked.app.known("13800138000").await;
    hooked.receiver.next(Reply::Status(500));
    hooked.happens(member, "a").await;
    hooked.happens(member, "b").await;
    hooked.deliver().await;
    hooked.switch("disabled").await;
    let page = format!("/webhook-endpoints/{}/deliveries?state=missed", hooked.id);
    assert_eq!(hooked.get(&page).await["items"].as_array().unwrap().len(), 2);
    hooked.app.advance(TimeDelta::days(1));
    assert_eq!(hooked.deliver().await, 0);
}

#[actix_web::test]
async fn the_log_is_read_page_by_page() {
    let hooked = Hooked::start(&["points.*"]).await;
    for n in 0..5 {
        let member = hooked.app.known(&format!("1380013800{n}")).await;
        hooked.happens(member, "a").await;
        hooked.deliver().await;
        hooked.app.advance(TimeDelta::seconds(1));
    }
    let all: Vec<String> = hooked.deliveries().await.iter().map(id).collect();
    let base = format!("/webhook-endpoints/{}/deliveries?limit=2", hooked.id);
    let (mut path, mut read) = (base.clone(), Vec::new());
    loop {
        let page = hooked.get(&path).await;
        read.extend(page["items"].as_array().unwrap().iter().map(id));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("{base}&cursor={cursor}");
    }
    assert_eq!((read.len(), &read), (5, &all));
}

/// OP-3: the log is kept for 90 days.
#[actix_web::test]
async fn the_log_is_forgotten_after_ninety_days() {
    let hooked = Hooked::start(&["points.*"]).await;
    let member = hooked.app.known("13800138000").await;
    let count = async || {
        let db = hooked.app.app.db.read();
        let deliveries = webhook_delivery::Entity::find().count(db).await.unwrap();
        (deliveries, webhook_attempt::Entity::find().count(db).await.unwrap())
    };
    hooked.happens(member, "a").await;
    hooked.deliver().await;
    hooked.app.advance(TimeDelta::days(2));
    hooked.happens(member, "b").await;
    hooked.deliver().await;
    hooked.app.advance(TimeDelta::days(88));
    assert_eq!(webhooks::forget_old(&hooked.app.app, 100).await.unwrap(), 0);
    hooked.app.advance(TimeDelta::days(1));
    assert_eq!(webhooks::forget_old(&hooked.app.app, 100).await.unwrap(), 1);
    assert_eq!(count().await, (1, 1));
    hooked.app.advance(TimeDelta::days(2));
    while webhooks::forget_old(&hooked.app.app, 1).await.unwrap() > 0 {}
    assert_eq!(count().await, (0, 0));
}

/// Whoever waits in line behind it would wait for ever.
#[actix_web::test]
async fn what_is_still_on_its_way_is_not_forgotten() {
    let hooked = Hooked::start(&["points.*"]).await;
    let member = hooked.app.known("13800138000").await;
    hooked.happens(member, "a").await;
    hooked.app.relay().await;
    hooked.app.advance(TimeDelta::days(91));
    assert_eq!(webhooks::forget_old(&hooked.app.app, 100).await.unwrap(), 0);
    hooked.happens(member, "b").await;
    assert_eq!(hooked.deliver().await, 2);
}

/// OP-2: nothing is sent to a third party that is stopped; it can be made good.
#[actix_web::test]
async fn a_partner_that_is_stopped_gets_nothing() {
    let hooked = Hooked::start(&["points.*"]).await;
    let app = &hooked.app;
    let member = app.known("13800138000").await;
    let erp = partner::Entity::find().one(app.app.db.read()).await.unwrap().unwrap().id;
    let since = app.now();
    hooked.happens(member, "before").await;
    app.relay().await;
    partners::stop(&app.app, &Author::system("test"), erp).await.unwrap();
    hooked.happens(member, "meanwhile").await;
    assert_eq!(hooked.deliver().await, 0);
    partners::resume(&app.app, &Author::system("test"), erp).await.unwrap();
    assert_eq!(hooked.deliver().await, 1, "what was on its way");
    let path = format!("/webhook-endpoints/{}:recover", hooked.id);
    hooked.post(&path, &json!({"since": since})).await;
    assert_eq!(hooked.deliver().await, 1, "what was missed");
}

/// OPS-2: what an operator's alerts look at.
#[actix_web::test]
async fn metrics_tell_how_endpoints_are() {
    let hooked = Hooked::start(&["points.*"]).await;
    let member = hooked.app.known("13800138000").await;
    hooked.receiver.next(Reply::Status(500));
    hooked.happens(member, "a").await;
    hooked.deliver().await;
    hooked.app.advance(TimeDelta::seconds(3_600));
    webhooks::measure(&hooked.app.app).await.unwrap();
    let metrics = hooked.app.get("/metrics").send().await.text;
    for line in [
        "huiyi_webhook_attempts_total{result=\"refused\"} 1",
        "huiyi_webhook_failing_seconds 3600",
        "huiyi_webhook_endpoints_disabled 0",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    hooked.deliver().await;
    hooked.switch("disabled").await;
    webhooks::measure(&hooked.app.app).await.unwrap();
    let metrics = hooked.app.get("/metrics").send().await.text;
    for line in [
        "huiyi_webhook_attempts_total{result=\"delivered\"} 1",
        "huiyi_webhook_failing_seconds 0",
        "huiyi_webhook_late_seconds 0",
        "huiyi_webhook_endpoints_disabled 1",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
}

#[actix_web::test]
async fn head_office_sees_and_repairs_what_partners_have() {
    let hooked = Hooked::start(&["points.*"]).await;
    let boss = boss(&hooked.app).await;
    let member = hooked.app.known("13800138000").await;
    hooked.receiver.next(Reply::Status(500));
    hooked.happens(member, "a").await;
    hooked.deliver().await;
    let read = async |path: &str| {
        hooked.app.get(&format!("/v1/admin{path}")).bearer(&boss).send().await.expect(200)
    };
    let post = async |path: &str, body: Value, status: u16| {
        let call = hooked.app.post(&format!("/v1/admin{path}")).bearer(&boss).json(&body);
        call.send().await.expect(status)
    };
    let page = read("/webhook-endpoints").await;
    let endpoint = page["items"][0].clone();
    assert_eq!(endpoint["id"], hooked.id);
    let partner = endpoint["partner_id"].as_str().unwrap();
    let hers = read(&format!("/webhook-endpoints?partner_id={partner}")).await;
    assert_eq!(hers["items"].as_array().unwrap().len(), 1);
    let log = read(&format!("/webhook-endpoints/{}/deliveries?state=waiting", hooked.id)).await;
    let delivery = id(&log["items"][0]);
    assert_eq!(read(&format!("/webhook-deliveries/{delivery}")).await["log"][0]["status"], 500);
    post(&format!("/webhook-deliveries/{delivery}:resend"), json!({}), 202).await;
    assert_eq!(hooked.deliver().await, 1);
    post(&format!("/webhook-endpoints/{}:test", hooked.id), json!({}), 202).await;
    let since = json!({"since": "2026-01-01T00:00:00Z"});
    let recovered = post(&format!("/webhook-endpoints/{}:recover", hooked.id), since, 200).await;
    assert_eq!(recovered["recovered"], 0);
    let new = json!({"url": format!("{}/more", hooked.receiver.url), "events": ["order.*"]});
    let path = format!("/partners/{partner}/webhook-endpoints");
    let added = post(&path, new.clone(), 201).await;
    assert_eq!(added["endpoint"]["partner_id"], partner);
    let nobody = "/v1/admin/partners/par_06eev9ku01q7j6cejvroehtqm0/webhook-endpoints";
    let nobody = hooked.app.post(nobody).bearer(&boss).json(&new).send().await;
    nobody.refused(404, "not_found");
}
