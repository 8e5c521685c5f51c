//! When deliveries are repeated, and when an endpoint is given up (A3, W4).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::Hooked;
use crate::support::Reply;

/// When the next attempt is due.
async fn next(hooked: &Hooked) -> DateTime<Utc> {
    let next = hooked.deliveries().await[0]["next_at"].clone();
    next.as_str().expect("it waits").parse().unwrap()
}

/// W4: ten attempts, each at its time within a tenth; then it is given up.
#[actix_web::test]
async fn a_delivery_is_repeated_by_the_schedule_for_three_days() {
    let hooked = Hooked::start(&["points.*"]).await;
    let member = hooked.app.known("13800138000").await;
    hooked.receiver.always("/hook", Reply::Status(500));
    hooked.happens(member, "a").await;
    assert_eq!(hooked.deliver().await, 1);
    for seconds in [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] {
        let due = next(&hooked).await;
        let pause = (due - hooked.app.now()).num_milliseconds();
        assert!((pause - seconds * 1000).abs() <= seconds * 100, "{seconds}: {pause}");
        hooked.app.advance(due - hooked.app.now() - TimeDelta::milliseconds(1));
        assert_eq!(hooked.deliver().await, 0, "not before its time");
        hooked.app.advance(TimeDelta::milliseconds(1));
        assert_eq!(hooked.deliver().await, 1);
    }
    hooked.app.advance(TimeDelta::days(30));
    assert_eq!(hooked.deliver().await, 0);
    let delivery = hooked.deliveries().await.remove(0);
    assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("failed"), &json!(10)));
    assert_eq!((&delivery["last_status"], delivery.get("next_at")), (&json!(500), None));
    assert_eq!(hooked.receiver.received().len(), 10);
}

#[actix_web::test]
async fn an_endpoint_that_asks_for_a_pause_gets_it() {
    let hooked = Hooked::start(&["points.*"]).await;
    let (her, other) =
        (hooked.app.known("13800138000").await, hooked.app.known("13900139000").await);
    let busy =
        |seconds: &str| Reply::With(429, vec![("retry-after", seconds.to_owned())], String::new());
    hooked.receiver.next(busy("600"));
    hooked.happens(her, "a").await;
    assert_eq!(hooked.deliver().await, 1);
    hooked.happens(other, "b").await;
    hooked.app.advance(TimeDelta::seconds(599));
    assert_eq!(hooked.deliver().await, 0, "nothing at all is sent meanwhile");
    hooked.app.advance(TimeDelta::seconds(1));
    assert_eq!(hooked.deliver().await, 2);
    // Nobody may ask for more than a day.
    hooked.receiver.next(busy("99999999"));
    hooked.happens(her, "c").await;
    assert_eq!(hooked.deliver().await, 1);
    hooked.app.advance(TimeDelta::hours(24));
    assert_eq!(hooked.deliver().await, 1);
}

#[actix_web::test]
async fn an_endpoint_that_is_gone_is_switched_off_at_once() {
    let hooked = Hooked::start(&["*"]).await;
    let member = hooked.app.known("13800138000").await;
    hooked.receiver.always("/hook", Reply::Status(410));
    hooked.happens(member, "a").await;
    hooked.deliver().await;
    let endpoint = hooked.endpoint().await;
    assert_eq!(
        (&endpoint["state"], &endpoint["disabled_reason"]),
        (&json!("disabled"), &json!("gone"))
    );
    let states: Vec<_> = hooked.deliveries().await.iter().map(|it| it["state"].clone()).collect();
    assert!(states.iter().all(|it| it == "missed"), "{states:?}");
    let told = hooked.app.sql("DELETE FROM event_log WHERE kind = 'webhook.endpoint_disabled'");
    assert_eq!(told.await.unwrap(), 1, "it is told once");
    let seen = hooked.receiver.news().len();
    hooked.happens(member, "b").await;
    hooked.deliver().await;
    assert_eq!((seen, hooked.receiver.news().len()), (1, 0));
}

#[actix_web::test]
async fn an_endpoint_at_which_nothing_succeeds_for_five_days_is_switched_off() {
    let hooked = Hooked::start(&["points.*"]).await;
    let member = hooked.app.known("13800138000").await;
    hooked.receiver.always("/hook", Reply::Status(500));
    hooked.happens(member, "a").await;
    hooked.deliver().await;
    let since = hooked.endpoint().await["failing_since"].clone();
    assert_eq!(since.as_str().unwrap().parse::<DateTime<Utc>>().unwrap(), hooked.app.now());
    for _ in 0..4 {
        hooked.app.advance(TimeDelta::hours(29));
        hooked.deliver().await;
        assert_eq!(hooked.endpoint().await["state"], "enabled");
    }
    hooked.app.advance(TimeDelta::hours(5));
    hooked.happens(hooked.app.known("13900139000").await, "b").await;
    hooked.deliver().await;
    let endpoint = hooked.endpoint().await;
    assert_eq!(
        (&endpoint["state"], &endpoint["disabled_reason"]),
        (&json!("disabled"), &json!("failing"))
    );
    // Switched on again it begins anew.
    hooked.switch("enabled").await;
    assert_eq!(hooked.endpoint().await.get("failing_since"), None);
}

#[actix_web::test]
async fn one_success_between_failures_keeps_an_endpoint() {
    let hooked = Hooked::start(&["points.*"]).await;
    let member = hooked.app.known("13800138000").await;
    for day in 0..7 {
        hooked.happens(member, &format!("a{day}")).await;
        if day != 3 {
            hooked.receiver.next(Reply::Status(500));
        }
        hooked.deliver().await;
        hooked.app.advance(TimeDelta::days(1));
        hooked.deliver().await;
    }
    assert_eq!(hooked.endpoint().await["state"], "enabled");
}
