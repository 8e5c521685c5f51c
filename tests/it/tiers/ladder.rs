//! Tiers are data that head office changes (TR-1).

use huiyi::tiers::service as tiers;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Shop, at};
use crate::support::order;

const TIERS: &str = "/v1/admin/tiers";

fn platinum() -> Value {
    json!({
        "code": "platinum", "name": "铂金卡", "rank": 5, "spend_fen": 5_000_000, "growth": 50_000,
        "multiplier_bps": 18_000, "months": 6, "benefits": [{"kind": "upgrade_gift", "value": 500}],
        "words": ["专享茶歇"]
    })
}

#[actix_web::test]
async fn a_new_tier_is_reached_with_the_next_purchase_and_not_before() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let ann = app.known("13800000001").await;
    app.buys(ann, 5_000_000).await;
    assert_eq!(app.standing(ann).await.tier.code, "diamond");
    let added = shop.admin_call(Method::POST, TIERS, &platinum()).await;
    assert_eq!(added.header("etag"), "\"1\"");
    added.expect(201);
    assert_eq!(app.standing(ann).await.tier.code, "diamond");
    app.buys(ann, 1).await;
    assert_eq!(app.standing(ann).await.tier.code, "platinum");
    assert_eq!(app.tier_of(ann).await.2, Some("2026-09-15T04:00:00Z".parse().unwrap()));
    // What a shopper reads comes from the data, and the retailer's own words after it.
    let offers = tiers::offers(app.app.db.read()).await.unwrap();
    let words: Vec<_> = offers[3].benefits.iter().map(String::as_str).collect();
    assert_eq!(words, ["升级礼 500 积分", "1.8 倍积分", "专享茶歇"]);
    let words: Vec<_> = offers[1].benefits.iter().map(String::as_str).collect();
    assert_eq!(words, ["生日礼", "免费修改裤长", "1.2 倍积分"]);
    shop.admin_call(Method::DELETE, "/v1/admin/tiers/platinum", &Value::Null)
        .await
        .refused(409, "tier_in_use");
}

#[actix_web::test]
async fn a_changed_threshold_touches_nobody_before_her_next_evaluation() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let (ann, bea) = (app.known("13800000001").await, app.known("13800000002").await);
    app.buys(ann, 500_000).await;
    app.buys(bea, 300_000).await;
    let gold = "/v1/admin/tiers/gold";
    let read = shop.admin_call(Method::GET, gold, &Value::Null).await;
    let tag = read.header("etag").to_owned();
    let change = json!({"spend_fen": 300_000, "growth": 3_000});
    let patch = |tag: &str| app.patch(gold).bearer(&shop.admin).header("if-match", tag);
    let changed = patch(&tag).json(&change).send().await.expect(200);
    assert_eq!((&changed["version"], &changed["name"]), (&2.into(), &"金卡".into()), "{changed}");
    patch(&tag).json(&change).send().await.refused(412, "version_conflict");
    assert_eq!(app.standing(bea).await.tier.code, "silver");
    app.buys(bea, 1).await;
    assert_eq!(app.standing(bea).await.tier.code, "gold");
    // Up again: nobody falls before the end of what she holds.
    let up = json!({"spend_fen": 900_000, "growth": 9_000});
    shop.admin_call(Method::PATCH, gold, &up).await.expect(200);
    app.buys(ann, 1).await;
    assert_eq!(app.standing(ann).await.tier.code, "gold");
}

/// PT-2: the rules in force at the business time, multipliers of tiers too.
#[actix_web::test]
async fn a_late_order_earns_with_the_multiplier_of_its_time() {
    let shop = Shop::open().await;
    let (app, phone) = (&shop.app, "13800000001");
    let ann = app.known(phone).await;
    app.buys(ann, 500_000).await;
    let gold = "/v1/admin/tiers/gold";
    let earns = async |number: &str, at: &str| {
        let order = order(number, phone, 10_000, at);
        let sold = app.post("/v1/open/orders").bearer(&shop.key).json(&order).send().await;
        sold.expect(200)["points"].as_i64().unwrap()
    };
    app.clock.set(at("2026-03-16T04:00:00Z"));
    let token = app.staff_again("A001", "admin").await;
    let change = async |token: &str, body: Value| {
        app.patch(gold).bearer(token).json(&body).send().await.expect(200);
    };
    change(&token, json!({"multiplier_bps": 20_000})).await;
    // Another change in between leaves the multiplier alone.
    change(&token, json!({"words": ["专享茶歇"]})).await;
    app.clock.set(at("2026-03-17T04:00:00Z"));
    let token = app.staff_again("A001", "admin").await;
    change(&token, json!({"multiplier_bps": 15_000})).await;
    app.clock.set(at("2026-03-18T04:00:00Z"));
    for (number, at, points) in [
        ("A-1", "2026-03-15T04:00:00Z", 120),
        ("A-2", "2026-03-16T03:59:59.999Z", 120),
        ("A-3", "2026-03-16T04:00:00Z", 200),
        ("A-4", "2026-03-17T03:59:59.999Z", 200),
        ("A-5", "2026-03-17T04:00:00Z", 150),
        ("A-6", "2026-03-18T04:00:00Z", 150),
        // Before her tier, and before anybody noted a multiplier.
        ("A-7", "2020-01-01T00:00:00Z", 100),
    ] {
        assert_eq!(earns(number, at).await, points, "{at}");
    }
    app.reconciles().await;
}

/// What somebody had is known after the tier is gone.
#[actix_web::test]
async fn a_late_order_earns_with_the_multiplier_of_a_tier_that_was_deleted() {
    let shop = Shop::open().await;
    shop.admin_call(Method::POST, TIERS, &platinum()).await.expect(201);
    let ann = shop.app.known("13800000001").await;
    let path = format!("/v1/admin/members/{ann}/tier-pin");
    let pin = json!({"tier": "platinum", "reason": "x"});
    shop.admin_call(Method::PUT, &path, &pin).await.expect(200);
    shop.app.advance(chrono::TimeDelta::minutes(1));
    shop.admin_call(Method::DELETE, &path, &Value::Null).await.expect(204);
    shop.admin_call(Method::DELETE, "/v1/admin/tiers/platinum", &Value::Null).await.expect(204);
    assert_eq!(shop.app.multiplier(ann, "2026-03-15T04:00:30Z").await, 18_000);
    assert_eq!(shop.app.multiplier(ann, "2026-03-15T04:01:00Z").await, 10_000);
}

#[actix_web::test]
async fn a_ladder_that_does_not_rise_is_refused() {
    let shop = Shop::open().await;
    let post = async |change: Value| {
        let mut tier = platinum();
        for (field, value) in change.as_object().unwrap() {
            tier[field] = value.clone();
        }
        shop.admin_call(Method::POST, TIERS, &tier).await
    };
    let rising = "tier_thresholds_not_rising";
    post(json!({"spend_fen": 2_000_000})).await.refused(422, rising);
    post(json!({"growth": 20_000})).await.refused(422, rising);
    post(json!({"code": "gold"})).await.refused(409, "tier_taken");
    post(json!({"rank": 3})).await.refused(409, "tier_taken");
    post(json!({"code": "Platinum"})).await.refused(422, "invalid_fields");
    post(json!({"months": 0})).await.refused(422, "invalid_fields");
    post(json!({"multiplier_bps": 9_999})).await.refused(422, "invalid_fields");
    let benefit = |kind: &str, value: i64| json!({"benefits": [{"kind": kind, "value": value}]});
    assert_eq!(post(benefit("discount_rate", 10_000)).await.fields(), ["/benefits/0/value"]);
    assert_eq!(post(benefit("tailoring", 1)).await.fields(), ["/benefits/0/value"]);
    assert_eq!(post(benefit("point_multiplier", 2)).await.fields(), ["/benefits/0/kind"]);
    let gift =
        json!([{"kind": "upgrade_gift", "value": 5, "quota": {"times": 1, "period": "year"}}]);
    assert_eq!(post(json!({ "benefits": gift })).await.fields(), ["/benefits/0/quota"]);
    let twice = json!([{"kind": "tailoring", "value": 0}, {"kind": "tailoring", "value": 0}]);
    assert_eq!(post(json!({ "benefits": twice })).await.fields(), ["/benefits/1/kind"]);
    let patch = async |code: &str, change: Value| {
        shop.admin_call(Method::PATCH, &format!("{TIERS}/{code}"), &change).await
    };
    patch("gold", json!({"spend_fen": 2_000_000})).await.refused(422, rising);
    patch("silver", json!({"spend_fen": 1})).await.refused(422, rising);
    patch("nothing", json!({"months": 1})).await.refused(404, "not_found");
    let ladder = shop.admin_call(Method::GET, TIERS, &Value::Null).await.expect(200);
    assert_eq!(ladder["items"].as_array().map(Vec::len), Some(3));
}

#[actix_web::test]
async fn only_a_tier_that_nobody_needs_is_deleted() {
    let shop = Shop::open().await;
    let delete = async |code: &str| {
        shop.admin_call(Method::DELETE, &format!("{TIERS}/{code}"), &Value::Null).await
    };
    delete("silver").await.refused(409, "tier_in_use");
    shop.admin_call(Method::POST, TIERS, &platinum()).await.expect(201);
    let plan =
        json!({"code": "p", "name": "铂金", "tier": "platinum", "term": "year", "price_fen": 1});
    shop.admin_call(Method::POST, "/v1/admin/membership-plans", &plan).await.expect(201);
    delete("platinum").await.refused(409, "tier_in_use");
    let other = json!({"tier": "diamond"});
    shop.admin_call(Method::PATCH, "/v1/admin/membership-plans/p", &other).await.expect(200);
    let ann = shop.app.known("13800000001").await;
    let pin = json!({"tier": "platinum", "reason": "x"});
    let path = format!("/v1/admin/members/{ann}/tier-pin");
    shop.admin_call(Method::PUT, &path, &pin).await.expect(200);
    delete("platinum").await.refused(409, "tier_in_use");
    shop.admin_call(Method::DELETE, &path, &Value::Null).await.expect(204);
    delete("platinum").await.expect(204);
    delete("platinum").await.refused(404, "not_found");
    // The history of who had it is still read.
    assert_eq!(shop.app.changes(ann).await.len(), 2);
}
