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
