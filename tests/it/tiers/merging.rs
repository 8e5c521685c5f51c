//! Two members with holds, pins, cards and uses become one (ID-3).

use chrono::TimeDelta;
use huiyi::kernel::codes::TierPart;
use huiyi::tiers::service as tiers;
use reqwest::Method;
use serde_json::json;

use super::{Shop, at};

#[actix_web::test]
async fn the_winner_gets_the_better_of_everything() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let plan =
        json!({"code": "g", "name": "金卡", "tier": "gold", "term": "month", "price_fen": 1});
    shop.admin_call(Method::POST, "/v1/admin/membership-plans", &plan).await.expect(201);
    let quota = json!({"kind": "tailoring", "value": 0, "quota": {"times": 3, "period": "year"}});
    let path = "/v1/admin/tiers/gold";
    shop.admin_call(Method::PATCH, path, &json!({ "benefits": [quota] })).await.expect(200);
    let phones = ["13800000001", "13800000002"];
    let (ann, bea) = (app.known(phones[0]).await, app.known(phones[1]).await);
    for (n, phone) in phones.iter().enumerate() {
        let member = json!({ "phone": phone });
        let card = json!({"receipt_no": format!("C-{n}"), "member": member, "plan": "g"});
        shop.open_post("/v1/open/membership-cards", &card).await.expect(200);
        let used = json!({"receipt_no": format!("B-{n}"), "member": member});
        shop.open_post("/v1/open/benefits/tailoring:use", &used).await.expect(200);
    }
    let pin = json!({"tier": "diamond", "until": "2026-04-01T00:00:00Z", "reason": "x"});
    shop.admin_call(Method::PUT, &format!("/v1/admin/members/{ann}/tier-pin"), &pin)
        .await
        .expect(200);
    app.advance(TimeDelta::minutes(1));
    app.merge_members(ann, bea).await;

    let standing = app.standing(bea).await;
    assert_eq!((standing.tier.code.as_str(), standing.part), ("diamond", TierPart::Pin));
    app.clock.set(at("2026-04-01T00:00:00Z"));
    app.renews().await;
    // Both cards, one after the other: 31 days each, less the minute in which they ran at once.
    let (tier, _, until) = app.tier_of(bea).await;
    assert_eq!((tier.as_str(), until), ("gold", Some(at("2026-05-16T03:59:00Z"))));
    let found = tiers::entitlements(app.app.db.read(), &app.app, bea).await.unwrap().1;
    assert_eq!((found[0].used, found[0].left), (2, Some(1)));
    app.clock.set(at("2026-05-16T03:59:00Z"));
    app.renews().await;
    assert_eq!(app.standing(bea).await.tier.code, "silver");
}

#[actix_web::test]
async fn what_had_ended_is_seen_to_before_a_merge_over_http() {
    let shop = Shop::open().await;
    let app = &shop.app;
    // A till knows her as gold; a year of silence later she opens the mini-program and shares her phone.
    let phone = "13800138000";
    let sold = shop.sells("A-1", phone, 500_000).await;
    let ann = sold["member_id"].as_str().unwrap().parse().unwrap();
    app.clock.set(at("2027-03-15T04:00:00Z"));
    let her = app.shopper("lina").await;
    app.bind_phone("lina", &her.token, phone).send().await.expect(200);
    let (tier, since, _) = app.tier_of(ann).await;
    assert_eq!((tier.as_str(), since), ("silver", at("2027-03-15T04:00:00Z")));
    let page = app.get("/v1/member/tier/history").bearer(&her.token).send().await.expect(200);
    let causes: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|it| it["cause"].clone()).collect();
    assert_eq!(causes, ["not_reached", "spend"]);
    assert_eq!(page["items"][0]["direction"], "down");
    assert_eq!(
        (&page["items"][1]["spent_fen"], &page["items"][1]["growth"]),
        (&500_000.into(), &5_000.into())
    );
    assert!(page["items"][1]["order_id"].as_str().unwrap().starts_with("ord_"));
    let first =
        app.get("/v1/member/tier/history?limit=1").bearer(&her.token).send().await.expect(200);
    let next = format!("/v1/member/tier/history?cursor={}", first["next_cursor"].as_str().unwrap());
    let rest = app.get(&next).bearer(&her.token).send().await.expect(200);
    assert_eq!(rest["items"], json!([page["items"][1]]));
}
