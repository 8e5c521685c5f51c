//! Head office fixes a tier (TR-2b, TR-4).

use chrono::TimeDelta;
use huiyi::kernel::Fen;
use huiyi::kernel::codes::TierPart;
use huiyi::kernel::ids::MemberId;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Shop, at, changes};

impl Shop {
    async fn pins(&self, member: MemberId, body: Value) -> Value {
        let path = format!("/v1/admin/members/{member}/tier-pin");
        self.admin_call(Method::PUT, &path, &body).await.expect(200)
    }
}

#[actix_web::test]
async fn a_pin_stays_whatever_happens_and_what_she_earns_goes_on_underneath() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let ann = app.known("13800000001").await;
    let pinned = shop.pins(ann, json!({"tier": "silver", "reason": "黄牛"})).await;
    assert_eq!((&pinned["tier"], &pinned["by"]), (&"silver".into(), &"pin".into()), "{pinned}");
    app.advance(TimeDelta::minutes(1));
    app.buys(ann, 600_000).await;
    let standing = app.standing(ann).await;
    assert_eq!((standing.tier.code.as_str(), standing.earned.as_str()), ("silver", "gold"));
    assert_eq!(standing.part, TierPart::Pin);
    // What is missing is told for the tier above both.
    let next = standing.next.unwrap();
    assert_eq!((next.tier.code.as_str(), next.missing_spend), ("diamond", Fen(1_400_000)));
    assert_eq!(app.upgrades(ann).await, []);
    assert_eq!(app.multiplier(ann, "2026-03-15T04:05:00Z").await, 10_000);

    let path = format!("/v1/admin/members/{ann}/tier-pin");
    app.advance(TimeDelta::minutes(1));
    shop.admin_call(Method::DELETE, &path, &Value::Null).await.expect(204);
    shop.admin_call(Method::DELETE, &path, &Value::Null).await.expect(204);
    let (tier, since, until) = app.tier_of(ann).await;
    assert_eq!((tier.as_str(), since), ("gold", at("2026-03-15T04:01:00Z")));
    assert_eq!(until, Some(at("2027-03-15T04:01:00Z")));
    assert_eq!(app.upgrades(ann).await, [("silver".to_owned(), "gold".to_owned())]);
    let expected = changes(&[
        ("pin", "silver", "silver"),
        ("spend", "silver", "silver"),
        ("pin_lifted", "silver", "gold"),
    ]);
    assert_eq!(app.changes(ann).await, expected);
}

#[actix_web::test]
async fn a_pin_ends_at_its_time_and_the_end_of_the_earned_tier_was_seen_to_below_it() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let ann = app.known("13800000001").await;
    app.buys(ann, 500_000).await;
    let pin = json!({"tier": "diamond", "until": "2027-06-01T00:00:00Z", "reason": "明星会员"});
    shop.pins(ann, pin.clone()).await;
    shop.pins(ann, pin).await;
    app.clock.set(at("2027-05-31T23:59:59.999Z"));
    app.renews().await;
    let standing = app.standing(ann).await;
    assert_eq!((standing.tier.code.as_str(), standing.earned.as_str()), ("diamond", "silver"));
    app.clock.set(at("2027-06-02T00:00:00Z"));
    app.renews().await;
    assert_eq!(app.standing(ann).await.tier.code, "silver");
    let expected = changes(&[
        ("spend", "silver", "gold"),
        ("pin", "gold", "diamond"),
        ("not_reached", "diamond", "diamond"),
        ("pin_ended", "diamond", "silver"),
    ]);
    assert_eq!(app.changes(ann).await, expected);
    assert_eq!(app.multiplier(ann, "2027-05-31T23:59:59.999Z").await, 15_000);
    assert_eq!(app.multiplier(ann, "2027-06-01T00:00:00Z").await, 10_000);
    assert_eq!(app.told(ann, "tier.lowered").await.len(), 1);
}

#[actix_web::test]
async fn the_history_names_who_did_it_and_why_for_staff_only() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let her = app.shopper("lina").await;
    let id: MemberId = her.id.parse().unwrap();
    shop.pins(id, json!({"tier": "gold", "reason": "投诉补偿"})).await;
    let path = format!("/v1/admin/members/{id}/tier/history");
    let page = shop.admin_call(Method::GET, &path, &Value::Null).await.expect(200);
    let line = &page["items"][0];
    assert_eq!((&line["reason"], &line["actor_kind"]), (&"投诉补偿".into(), &"staff".into()));
    assert!(line["actor_id"].as_str().unwrap().starts_with("stf_"), "{line}");
    assert_eq!(line["change"]["cause"], "pin");
    let page = app.get("/v1/member/tier/history").bearer(&her.token).send().await.expect(200);
    assert_eq!(page["items"][0]["title"], "人工设定等级");
    assert!(!page.to_string().contains("投诉补偿"), "{page}");
    let path = format!("/v1/admin/members/{id}/tier");
    let whole = shop.admin_call(Method::GET, &path, &Value::Null).await.expect(200);
    assert_eq!(whole["pin"]["tier"], "gold");
}

/// C2: instants are no TIMESTAMP, which ends in January 2038, neither in columns nor on their way there.
#[actix_web::test]
async fn a_pin_lasts_beyond_the_year_2038() {
    let shop = Shop::open().await;
    let app = &shop.app;
    let ann = app.known("13800000001").await;
    let pin = json!({"tier": "gold", "until": "2099-12-31T00:00:00Z", "reason": "终身金卡"});
    shop.pins(ann, pin).await;
    let path = format!("/v1/admin/members/{ann}/tier");
    let whole = shop.admin_call(Method::GET, &path, &Value::Null).await.expect(200);
    assert_eq!(whole["pin"]["until"], "2099-12-31T00:00:00Z");
    app.clock.set(at("2099-12-30T00:00:00Z"));
    app.renews().await;
    assert_eq!(app.standing(ann).await.tier.code, "gold");
    app.clock.set(at("2100-01-01T00:00:00Z"));
    app.renews().await;
    assert_eq!(app.standing(ann).await.tier.code, "silver");
}

#[actix_web::test]
async fn a_pin_that_cannot_be_is_refused() {
    let shop = Shop::open().await;
    let ann = shop.app.known("13800000001").await;
    let path = format!("/v1/admin/members/{ann}/tier-pin");
    let put = async |path: &str, body: Value| shop.admin_call(Method::PUT, path, &body).await;
    let refused = put(&path, json!({"tier": "platinum", "reason": "x"})).await;
    assert_eq!(refused.fields(), ["/tier"]);
    let past = json!({"tier": "gold", "until": "2026-03-15T04:00:00Z", "reason": "x"});
    assert_eq!(put(&path, past).await.fields(), ["/until"]);
    put(&path, json!({"tier": "gold"})).await.refused(400, "bad_json");
    put(&path, json!({"tier": "gold", "reason": ""})).await.refused(422, "invalid_fields");
    let nobody = format!("/v1/admin/members/{}/tier-pin", MemberId::new(shop.app.now()));
    put(&nobody, json!({"tier": "gold", "reason": "x"})).await.refused(404, "not_found");
    assert_eq!(shop.app.changes(ann).await, []);
}
