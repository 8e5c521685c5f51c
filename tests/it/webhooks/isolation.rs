//! One endpoint that says nothing delays nobody (W3). No clock decides here: the silent one is silent to the end.

use actix_web::rt::spawn;
use huiyi::events::Relay;
use huiyi::jobs::StopSwitch;
use huiyi::webhooks::jobs::dispatch;
use huiyi::wiring::reactions::REACTIONS;

use super::{Hooked, add};
use crate::support::Reply;

#[actix_web::test]
async fn an_endpoint_that_hangs_delays_no_other() {
    let hooked = Hooked::start(&["points.*"]).await;
    hooked.receiver.always("/hook", Reply::Silence);
    // One partner may have twenty.
    let second = hooked.app.partner("shop", &["webhooks:manage"]).await;
    for (key, name) in [(&hooked.key, "a"), (&second, "b")] {
        for n in 0..19 {
            let url = format!("{}/{name}{n}", hooked.receiver.url);
            add(&hooked.app, key, &url, &["points.moved"]).await;
        }
    }
    // More of them than one endpoint may have under way.
    for n in 0..20 {
        let member = hooked.app.known(&format!("138001380{n:02}")).await;
        hooked.happens(member, "a").await;
    }
    Relay::new(hooked.app.app.clone(), REACTIONS).drain().await.unwrap();
    let (switch, stop) = StopSwitch::new();
    let dispatcher = spawn(dispatch(hooked.app.app.clone(), stop));
    let others = 38 * 20;
    hooked
        .receiver
        .until(|received| received.iter().filter(|it| it.path != "/hook").count() == others)
        .await;
    let silent = hooked.receiver.received().iter().filter(|it| it.path == "/hook").count();
    assert!(silent <= hooked.app.app.config.webhooks.at_once, "{silent} at once");
    switch.tell();
    hooked.receiver.release();
    dispatcher.await.unwrap();
}

/// A worker that is told to stop ends what is under way, writes it down and leaves the endpoint to others.
#[actix_web::test]
async fn a_worker_that_stops_leaves_nothing_half_done() {
    let hooked = Hooked::start(&["points.*"]).await;
    let member = hooked.app.known("13800138000").await;
    let (switch, stop) = StopSwitch::new();
    let dispatcher = spawn(dispatch(hooked.app.app.clone(), stop));
    hooked.happens(member, "a").await;
    Relay::new(hooked.app.app.clone(), REACTIONS).drain().await.unwrap();
    hooked.receiver.until(|received| received.len() == 1).await;
    switch.tell();
    dispatcher.await.unwrap();
    assert_eq!(hooked.deliveries().await[0]["state"], "delivered");
    hooked.happens(member, "b").await;
    assert_eq!(hooked.deliver().await, 1, "the endpoint is free at once");
}

/// W3: what becomes due at an endpoint does not wait for a delivery there that hangs, as long as there is room.
#[actix_web::test]
async fn a_delivery_that_hangs_does_not_hold_up_what_becomes_due_after_it() {
    let hooked = Hooked::start(&["points.*"]).await;
    let (her, other) =
        (hooked.app.known("13800138000").await, hooked.app.known("13900139000").await);
    hooked.receiver.next(Reply::Silence);
    let (switch, stop) = StopSwitch::new();
    let dispatcher = spawn(dispatch(hooked.app.app.clone(), stop));
    let relay = Relay::new(hooked.app.app.clone(), REACTIONS);
    hooked.happens(her, "a").await;
    relay.drain().await.unwrap();
    hooked.receiver.until(|received| received.len() == 1).await;
    // By the relay of this process, and by one of another, whose bell nobody here hears.
    hooked.happens(other, "b").await;
    relay.drain().await.unwrap();
    hooked.receiver.until(|received| received.len() == 2).await;
    let (replica, _, server) = hooked.app.replica().await;
    hooked.happens(hooked.app.known("13700137000").await, "c").await;
    Relay::new(replica, REACTIONS).drain().await.unwrap();
    hooked.receiver.until(|received| received.len() == 3).await;
    switch.tell();
    hooked.receiver.release();
    dispatcher.await.unwrap();
    drop(server.stop(false));
}

/// W4: switching off an endpoint with much on its way misses all of it, in parts, and the log says so.
#[actix_web::test]
async fn an_endpoint_that_is_switched_off_misses_all_that_was_on_its_way() {
    let hooked = Hooked::start(&["points.*"]).await;
    let member = hooked.app.known("13800138000").await;
    for n in 0..3 {
        hooked.happens(member, &n.to_string()).await;
    }
    Relay::new(hooked.app.app.clone(), REACTIONS).drain().await.unwrap();
    // The process that switched it off died before the rest.
    hooked.app.sql("UPDATE webhook_endpoint SET state = 'disabled'").await.unwrap();
    huiyi::webhooks::service::miss_left_over(&hooked.app.app).await.unwrap();
    assert!(hooked.deliveries().await.iter().all(|it| it["state"] == "missed"));
    hooked.switch("enabled").await;
    hooked.happens(member, "more").await;
    Relay::new(hooked.app.app.clone(), REACTIONS).drain().await.unwrap();
    hooked.switch("disabled").await;
    assert!(hooked.deliveries().await.iter().all(|it| it["state"] == "missed"));
}
