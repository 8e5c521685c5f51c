//! Notice before a tier goes down (TR-2b).

use chrono::TimeDelta;
use futures_util::future::join_all;
use huiyi::tiers::service as tiers;
use serde_json::json;

use super::{Shop, at};
use crate::support::TestApp;

impl TestApp {
    async fn announces(&self) {
        while tiers::announce_tier_ends(&self.app, 3).await.unwrap() > 0 {}
    }
}

#[actix_web::test]
async fn she_is_told_once_a_year_thirty_days_before_with_what_is_missing() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    app.buys(ann, 2_000_000).await;
    app.advance(TimeDelta::days(100));
    app.buys(ann, 123_456).await;
    app.clock.set(at("2027-02-13T03:59:59.999Z"));
    app.announces().await;
    assert_eq!(app.told(ann, "tier.expiring").await.len(), 0);
    app.advance(TimeDelta::milliseconds(1));
    let other = app.replica().await;
    let runs = (0..3).flat_map(|_| [&app.app, &other.0]);
    let done =
        join_all(runs.map(|app| async move {
            while tiers::announce_tier_ends(app, 3).await.unwrap() > 0 {}
        }));
    done.await;
    app.advance(TimeDelta::days(20));
    app.announces().await;
    let told = app.told(ann, "tier.expiring").await;
    let expected = json!({
        "from": "diamond", "to": "gold", "until": "2027-03-15T04:00:00Z",
        "missing_spend_fen": 1_876_544, "missing_growth": 20_000
    });
    assert_eq!(told, [expected]);
    // The next tier has a notice of its own.
    app.clock.set(at("2028-02-20T00:00:00Z"));
    app.renews().await;
    app.announces().await;
    let told = app.told(ann, "tier.expiring").await;
    assert_eq!((told.len(), &told[1]["to"]), (2, &"silver".into()));
}

#[actix_web::test]
async fn whoever_is_safe_is_not_told_until_a_refund_changes_that() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let sold = shop.sells("A-1", "13800138000", 500_000).await;
    let ann = sold["member_id"].as_str().unwrap().parse().unwrap();
    app.advance(TimeDelta::days(100));
    shop.sells("A-2", "13800138000", 500_000).await;
    app.clock.set(at("2027-02-20T01:00:00Z"));
    app.announces().await;
    assert_eq!(app.told(ann, "tier.expiring").await.len(), 0);
    app.advance(TimeDelta::days(1));
    shop.refunds("R-2", "A-2", 100).await;
    app.announces().await;
    let told = app.told(ann, "tier.expiring").await;
    assert_eq!((told.len(), &told[0]["missing_spend_fen"]), (1, &100.into()));
}

#[actix_web::test]
async fn nobody_is_told_of_an_end_that_a_pin_or_a_card_hides() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let ann = app.known("13800000001").await;
    app.buys(ann, 500_000).await;
    let path = format!("/v1/admin/members/{ann}/tier-pin");
    let pin = json!({"tier": "gold", "until": "2027-04-01T00:00:00Z", "reason": "补偿"});
    shop.admin_call(reqwest::Method::PUT, &path, &pin).await.expect(200);
    app.clock.set(at("2027-03-01T00:00:00Z"));
    app.announces().await;
    assert_eq!(app.told(ann, "tier.expiring").await.len(), 0);
    // The worker looks daily; what nobody was told of is forgotten with the end.
    app.clock.set(at("2027-03-16T00:00:00Z"));
    app.announces().await;
    assert_eq!(app.told(ann, "tier.expiring").await.len(), 0);
    app.clock.set(at("2027-04-01T00:00:00Z"));
    app.renews().await;
    assert_eq!(app.standing(ann).await.tier.code, "silver");
}
