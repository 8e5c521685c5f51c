//! Workers die while they deliver, and every event arrives (W1): at least once, in sequence for each member.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use actix_web::rt::task::spawn_blocking;
use entity::event_log;
use huiyi::webhooks::service::{self as webhooks, NewEndpoint, Whose};
use huiyi::wiring::events::offer;
use rand::RngExt;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::rounds;
use super::shop::{Shop, granted};
use crate::support::{Received, Receiver, earn};

const MEMBERS: usize = 8;
const EACH: usize = 12;
/// Where a worker dies: deliveries written and the events not marked yet; sent and not noted; noted.
const STEPS: &[&str] = &[
    "deliveries_written",
    "webhook_sent",
    "webhook_sent:7",
    "webhook_turned",
    "webhook_turned:5",
    "webhook_sent:3",
];

/// The installation asks for an endpoint that a public installation would refuse.
async fn hook(shop: &Shop, receiver: &Receiver) {
    let app = shop.look().await;
    let new = NewEndpoint {
        url: "https://erp.example.com/hook".to_owned(),
        description: String::new(),
        events: vec!["points.moved".to_owned()],
    };
    webhooks::create(&app, Whose::Partners(shop.partner), shop.partner, &new, offer())
        .await
        .unwrap();
    let sql = format!("UPDATE webhook_endpoint SET url = '{}/hook'", receiver.url);
    app.db.write().execute_unprepared(&sql).await.unwrap();
    app.db.clone().close().await.unwrap();
}

/// The events that must arrive, in sequence, by member.
async fn expected(shop: &Shop) -> BTreeMap<String, Vec<String>> {
    let app = shop.look().await;
    let moved = event_log::Entity::find().filter(event_log::Column::Kind.eq("points.moved"));
    let mut moved = moved.all(app.db.read()).await.unwrap();
    app.db.clone().close().await.unwrap();
    moved.sort_unstable_by_key(|event| event.id);
    let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in moved {
        let member = event.member_id.unwrap().to_string();
        expected.entry(member).or_default().push(event.id.to_string());
    }
    expected
}

fn id(it: &Received) -> String {
    it.headers["webhook-id"].clone()
}

/// What arrived, by member, each event where it came first.
fn arrived(received: &[Received]) -> BTreeMap<String, Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut arrived: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for it in received.iter().filter(|it| seen.insert(id(it))) {
        let body: serde_json::Value = serde_json::from_str(&it.body).unwrap();
        let member = body["data"]["member_id"].as_str().unwrap().to_owned();
        arrived.entry(member).or_default().push(id(it));
    }
    arrived
}

#[actix_web::test]
async fn every_event_arrives_however_often_the_worker_is_killed() {
    let (shop, receiver) = (Shop::open(MEMBERS).await, Receiver::start().await);
    hook(&shop, &receiver).await;
    let movements = |app: &huiyi::app::App| {
        let each = |member| {
            (0..EACH).map(move |n| granted(app, member, &format!("{member} {n}"), earn(1)))
        };
        shop.members.iter().copied().flat_map(each).collect()
    };
    shop.post(movements).await;
    let expected = expected(&shop).await;
    let all: usize = expected.values().map(Vec::len).sum();
    assert_eq!(all, MEMBERS * (EACH + 1));
    for step in STEPS {
        let mut worker = shop.start_deliverer(step);
        // Beside the receiver, without which nobody gets as far as to die.
        spawn_blocking(move || worker.died()).await.unwrap();
        shop.leases_end().await;
    }
    for _ in 0..rounds() / 2 {
        let mut worker = shop.start_deliverer("");
        let pause = rand::rng().random_range(1..=100);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        worker.kill();
        shop.leases_end().await;
    }
    let _worker = shop.start_deliverer("");
    receiver.until(|received| received.iter().map(id).collect::<BTreeSet<_>>().len() == all).await;
    assert_eq!(arrived(&receiver.received()), expected);
}
