//! An event becomes a delivery, once, and arrives (OP-3).

use entity::webhook_delivery;
use huiyi::events::Relay;
use huiyi::webhooks::jobs::deliver_due;
use huiyi::webhooks::service::on_events;
use huiyi::wiring::events::offer;
use huiyi::wiring::reactions::REACTIONS;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;

use super::{Hooked, add, body, deliver};
use crate::support::Reply;

#[actix_web::test]
async fn an_event_arrives_signed_and_says_what_happened() {
    let hooked = Hooked::start(&["points.*"]).await;
    let member = hooked.app.known("13800138000").await;
    hooked.happens(member, "a").await;
    assert_eq!(hooked.deliver().await, 1);

    let received = hooked.receiver.news();
    assert_eq!(received.len(), 1);
    let told = body(&received[0]);
    assert_eq!(told["type"], "points.moved");
    assert_eq!(told["data"]["member_id"], json!(member));
    assert_eq!((&told["data"]["kind"], &told["data"]["amount"]), (&json!("earn"), &json!(1)));
    let header = |name: &str| received[0].headers[name].as_str();
    assert!(header("webhook-id").starts_with("evt_") && !header("webhook-id").contains('.'));
    assert_eq!(header("webhook-timestamp"), hooked.app.now().timestamp().to_string());
    assert!(header("webhook-signature").starts_with("v1,"));
    assert_eq!(header("content-type"), "application/json");
    assert!(!received[0].body.contains("13800138000"), "ids only");
    assert_eq!(hooked.deliver().await, 0, "once");
}

#[actix_web::test]
async fn an_endpoint_gets_what_it_asks_for_and_nothing_that_stays_in_the_house() {
    let hooked = Hooked::start(&["*"]).await;
    let url = |path: &str| format!("{}/{path}", hooked.receiver.url);
    add(&hooked.app, &hooked.key, &url("tiers"), &["tier.*"]).await;
    add(&hooked.app, &hooked.key, &url("created"), &["member.created", "tier.*"]).await;
    let member = hooked.app.known("13800138000").await;
    hooked.happens(member, "a").await;
    hooked.app.shopper("lina").await;
    hooked.deliver().await;
    let mut got: Vec<(String, String)> = hooked
        .receiver
        .news()
        .iter()
        .map(|it| (it.path.clone(), body(it)["type"].as_str().unwrap().to_owned()))
        .collect();
    got.sort();
    let expect = [
        ("/created", "member.created"),
        ("/created", "member.created"),
        ("/hook", "member.created"),
        ("/hook", "member.created"),
        ("/hook", "member.registered"),
        ("/hook", "points.moved"),
    ];
    let got: Vec<_> = got.iter().map(|(path, kind)| (path.as_str(), kind.as_str())).collect();
    assert_eq!(got, expect, "member.signed_in stays in the house");
}

/// J2: the relay hands an event on at least once; it is delivered as one.
#[actix_web::test]
async fn an_event_that_is_relayed_again_is_not_delivered_again() {
    let hooked = Hooked::start(&["points.*"]).await;
    let member = hooked.app.known("13800138000").await;
    hooked.happens(member, "a").await;
    hooked.happens(member, "b").await;
    hooked.deliver().await;
    let log = entity::event_log::Entity::find().all(hooked.app.app.db.read()).await.unwrap();
    for _ in 0..3 {
        on_events(&hooked.app.app, &log, offer()).await.unwrap();
    }
    // What is new beside something known does not wait for it.
    hooked.happens(member, "c").await;
    let log = entity::event_log::Entity::find().all(hooked.app.app.db.read()).await.unwrap();
    on_events(&hooked.app.app, &log, offer()).await.unwrap();
    hooked.deliver().await;
    assert_eq!(hooked.receiver.news().len(), 3);
    let rows = webhook_delivery::Entity::find().count(hooked.app.app.db.read()).await.unwrap();
    assert_eq!(rows, 3);
}

/// OP-3: what happened to a member arrives in sequence, whatever the endpoint answers in between; others do not wait.
#[actix_web::test]
async fn events_of_a_member_arrive_in_sequence_and_do_not_hold_up_others() {
    let hooked = Hooked::start(&["points.*"]).await;
    let (her, other) =
        (hooked.app.known("13800138000").await, hooked.app.known("13900139000").await);
    let moments = [(her, "a"), (her, "b"), (her, "c")];
    for (member, name) in moments {
        hooked.happens(member, name).await;
        hooked.app.advance(chrono::TimeDelta::milliseconds(5));
    }
    hooked.receiver.next(Reply::Status(500));
    hooked.deliver().await;
    hooked.happens(other, "d").await;
    hooked.deliver().await;
    let who = |it: &crate::support::Received| body(it)["data"]["member_id"].clone();
    let seen: Vec<_> = hooked.receiver.news().iter().map(who).collect();
    assert_eq!(seen, [json!(her), json!(other)], "hers wait for the one that failed");
    hooked.app.advance(chrono::TimeDelta::seconds(6));
    hooked.deliver().await;
    let times: Vec<_> =
        hooked.receiver.news().iter().map(|it| body(it)["timestamp"].clone()).collect();
    let mut sorted = times.clone();
    sorted.sort_by_key(ToString::to_string);
    assert_eq!((times.len(), &times), (3, &sorted));
}

/// W3 and A4: two workers share endpoints; nothing is delivered twice, nothing out of sequence.
#[actix_web::test]
async fn two_workers_deliver_each_event_once() {
    let hooked = Hooked::start(&["points.*"]).await;
    let url = format!("{}/second", hooked.receiver.url);
    add(&hooked.app, &hooked.key, &url, &["points.moved"]).await;
    let member = hooked.app.known("13800138000").await;
    for n in 0..10 {
        hooked.happens(member, &n.to_string()).await;
        hooked.app.advance(chrono::TimeDelta::milliseconds(2));
    }
    let (replica, _, server) = hooked.app.replica().await;
    Relay::new(replica.clone(), REACTIONS).drain().await.unwrap();
    let (a, b) = tokio::join!(deliver_due(&hooked.app.app), deliver_due(&replica));
    let rest = deliver(&hooked.app).await;
    assert_eq!(a.unwrap() + b.unwrap() + rest, 20);
    for path in ["/hook", "/second"] {
        let received = hooked.receiver.received();
        let times: Vec<String> = received
            .iter()
            .filter(|it| it.path == path)
            .map(|it| body(it)["timestamp"].to_string())
            .collect();
        let mut sorted = times.clone();
        sorted.sort();
        assert_eq!((times.len(), &times), (10, &sorted), "{path}");
    }
    server.stop(false).await;
}

/// A3: 2xx and nothing else is a success; redirects are not followed (S14).
#[actix_web::test]
async fn what_is_no_success_is_tried_again() {
    let hooked = Hooked::start(&["points.*"]).await;
    let member = hooked.app.known("13800138000").await;
    hooked.happens(member, "a").await;
    let elsewhere = vec![("location", format!("{}/elsewhere", hooked.receiver.url))];
    for reply in [
        Reply::With(302, elsewhere.clone(), String::new()),
        Reply::With(307, elsewhere, String::new()),
        Reply::Status(404),
        Reply::Status(500),
        Reply::HangUp,
        Reply::With(200, Vec::new(), "long ".repeat(100_000)),
    ] {
        hooked.receiver.next(reply);
        assert_eq!(hooked.deliver().await, 1);
        hooked.app.advance(chrono::TimeDelta::hours(10));
    }
    let received = hooked.receiver.news();
    assert!(received.iter().all(|it| it.path == "/hook"), "nobody was followed");
    let ids: std::collections::BTreeSet<_> =
        received.iter().map(|it| it.headers["webhook-id"].clone()).collect();
    assert_eq!((received.len(), ids.len()), (6, 1), "the id stays");
    let delivery = hooked.deliveries().await.remove(0);
    assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("delivered"), &json!(6)));
    let path = format!("/webhook-deliveries/{}", delivery["id"].as_str().unwrap());
    let details = hooked.get(&path).await;
    let outcomes: Vec<_> =
        details["log"].as_array().unwrap().iter().map(|it| it["outcome"].clone()).collect();
    let expect = ["delivered", "unreachable", "refused", "refused", "refused", "refused"];
    assert_eq!(outcomes, expect.map(|it| json!(it)));
    assert_eq!(details["log"][0]["answer"].as_str().unwrap().len(), 500);
}

#[actix_web::test]
async fn an_endpoint_that_says_nothing_is_given_up_in_time() {
    let hooked = Hooked::start_with(&["points.*"], |config| config.webhooks.timeout_ms = 100).await;
    let member = hooked.app.known("13800138000").await;
    hooked.receiver.always("/hook", Reply::Silence);
    hooked.happens(member, "a").await;
    assert_eq!(hooked.deliver().await, 1);
    let delivery = hooked.deliveries().await.remove(0);
    let path = format!("/webhook-deliveries/{}", delivery["id"].as_str().unwrap());
    assert_eq!(hooked.get(&path).await["log"][0]["outcome"], "timed_out");
}

/// S14, W5: the policy holds at each delivery, not only when the endpoint was added.
#[actix_web::test]
async fn an_endpoint_whose_address_is_not_allowed_any_more_gets_nothing() {
    let hooked = Hooked::start(&["points.*"]).await;
    let member = hooked.app.known("13800138000").await;
    let moved = hooked.receiver.url.replace("127.0.0.1", "127.0.0.2");
    let sql = format!("UPDATE webhook_endpoint SET url = '{moved}/hook'");
    hooked.app.sql(&sql).await.unwrap();
    hooked.happens(member, "a").await;
    hooked.deliver().await;
    let delivery = hooked.deliveries().await.remove(0);
    let path = format!("/webhook-deliveries/{}", delivery["id"].as_str().unwrap());
    assert_eq!(hooked.get(&path).await["log"][0]["outcome"], "blocked");
    assert!(hooked.receiver.news().is_empty());
}
