//! Paid membership cards (TR-2b).

use chrono::TimeDelta;
use futures_util::future::join_all;
use huiyi::kernel::codes::TierPart;
use huiyi::kernel::ids::MemberId;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Shop, at, changes};
use crate::support::Answer;

const PHONE: &str = "13800000001";

impl Shop {
    async fn plan(&self, code: &str, tier: &str, term: &str) {
        let body =
            json!({"code": code, "name": "会员卡", "tier": tier, "term": term, "price_fen": 2_900});
        self.admin_call(Method::POST, "/v1/admin/membership-plans", &body).await.expect(201);
    }

    async fn sells_card(&self, receipt: &str, plan: &str) -> Answer {
        let body = json!({"receipt_no": receipt, "member": {"phone": PHONE}, "plan": plan});
        self.open_post("/v1/open/membership-cards", &body).await
    }

    async fn takes_back(&self, receipt: &str) -> Answer {
        let body = json!({"receipt_no": receipt});
        let call = self.app.post("/v1/open/membership-cards:cancel").bearer(&self.key);
        call.json(&body).send().await
    }
}

async fn shop() -> (Shop, MemberId) {
    let shop = Shop::open().await;
    shop.plan("gold_month", "gold", "month").await;
    shop.plan("diamond_quarter", "diamond", "quarter").await;
    let ann = shop.app.known(PHONE).await;
    (shop, ann)
}

#[actix_web::test]
async fn a_card_gives_its_tier_at_least_and_she_falls_back_to_what_she_earned() {
    let (shop, ann) = shop().await;
    let app = &shop.app;
    let sold = shop.sells_card("C-1", "diamond_quarter").await.expect(200);
    assert_eq!(sold["ends_at"], "2026-06-15T04:00:00Z", "{sold}");
    let standing = app.standing(ann).await;
    assert_eq!((standing.tier.code.as_str(), standing.part), ("diamond", TierPart::Card));
    assert_eq!(standing.until, Some(at("2026-06-15T04:00:00Z")));
    assert!(standing.next.is_none() && standing.keep.is_none());
    // What she earns below it is remembered, without a word.
    app.advance(TimeDelta::days(10));
    app.buys(ann, 500_000).await;
    assert_eq!(app.standing(ann).await.tier.code, "diamond");
    // A job three days late.
    app.clock.set(at("2026-06-18T00:00:00Z"));
    app.renews().await;
    let (tier, since, until) = app.tier_of(ann).await;
    assert_eq!((tier.as_str(), since), ("gold", at("2026-03-25T04:00:00Z")));
    assert_eq!(until, Some(at("2027-03-25T04:00:00Z")));
    let expected = changes(&[
        ("card", "silver", "diamond"),
        ("spend", "diamond", "diamond"),
        ("card_ended", "diamond", "gold"),
    ]);
    assert_eq!(app.changes(ann).await, expected);
    assert_eq!(app.multiplier(ann, "2026-06-15T03:59:59.999Z").await, 15_000);
    assert_eq!(app.multiplier(ann, "2026-06-15T04:00:00Z").await, 12_000);
}

#[actix_web::test]
async fn an_extension_begins_where_the_last_card_ends_and_a_refund_leaves_no_gap() {
    let (shop, ann) = shop().await;
    let app = &shop.app;
    shop.sells_card("C-1", "gold_month").await.expect(200);
    let second = shop.sells_card("C-2", "gold_month").await.expect(200);
    assert_eq!(second["starts_at"], "2026-04-15T04:00:00Z", "{second}");
    assert_eq!(second["ends_at"], "2026-05-15T04:00:00Z");
    assert_eq!(app.tier_of(ann).await.2, Some(at("2026-05-15T04:00:00Z")));
    app.clock.set(at("2026-04-15T04:00:00Z"));
    app.renews().await;
    assert_eq!(app.standing(ann).await.tier.code, "gold");
    // From one card to the next is no news.
    assert_eq!(app.changes(ann).await.len(), 2);

    let third = shop.sells_card("C-3", "gold_month").await.expect(200);
    assert_eq!(third["starts_at"], "2026-05-15T04:00:00Z");
    app.advance(TimeDelta::days(10));
    let back = shop.takes_back("C-2").await.expect(200);
    assert_eq!(
        (&back["cancelled_at"], &back["replayed"]),
        (&"2026-04-25T04:00:00Z".into(), &false.into())
    );
    assert_eq!(shop.takes_back("C-2").await.expect(200)["replayed"], true);
    // The third one begins now and keeps its 31 days.
    assert_eq!(app.tier_of(ann).await.2, Some(at("2026-05-26T04:00:00Z")));
    shop.takes_back("C-3").await.expect(200);
    assert_eq!(app.standing(ann).await.tier.code, "silver");
    shop.takes_back("C-9").await.refused(404, "membership_card_not_found");
}

#[actix_web::test]
async fn a_receipt_sells_one_card_however_often_it_is_sent() {
    let (shop, ann) = shop().await;
    let app = &shop.app;
    let body = json!({"receipt_no": "C-1", "member": {"phone": PHONE}, "plan": "gold_month"});
    let sends = (0..8).map(|n| {
        let call = app.post("/v1/open/membership-cards").bearer(&shop.key);
        call.key(&format!("key-{n}")).json(&body).send()
    });
    let answers = join_all(sends).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let first = answers.iter().filter(|answer| answer.body["replayed"] == false).count();
    assert_eq!(first, 1, "{answers:?}");
    assert_eq!(app.tier_of(ann).await.2, Some(at("2026-04-15T04:00:00Z")));
    shop.sells_card("C-1", "diamond_quarter").await.refused(409, "membership_receipt_conflict");
    shop.sells_card("C-2", "nothing").await.refused(422, "invalid_fields");
    let nobody =
        json!({"receipt_no": "C-3", "member": {"phone": "13900000000"}, "plan": "gold_month"});
    shop.open_post("/v1/open/membership-cards", &nobody).await.refused(404, "member_not_found");
}

#[actix_web::test]
async fn plans_are_data_and_a_stopped_one_is_not_sold() {
    let (shop, _) = shop().await;
    let plan = json!({"code": "gold_month", "name": "金卡", "tier": "gold", "term": "month", "price_fen": 1});
    let path = "/v1/admin/membership-plans";
    shop.admin_call(Method::POST, path, &plan).await.refused(409, "membership_plan_taken");
    let unknown = json!({"code": "x", "name": "金卡", "tier": "x", "term": "year", "price_fen": 1});
    assert_eq!(shop.admin_call(Method::POST, path, &unknown).await.fields(), ["/tier"]);
    let one = format!("{path}/gold_month");
    let stop = json!({"on_sale": false});
    let stale = shop.app.patch(&one).bearer(&shop.admin).header("if-match", "\"9\"").json(&stop);
    stale.send().await.refused(412, "version_conflict");
    let stopped = shop.admin_call(Method::PATCH, &one, &stop).await.expect(200);
    assert_eq!(
        (&stopped["version"], &stopped["stopped_at"]),
        (&2.into(), &"2026-03-15T04:00:00Z".into())
    );
    shop.sells_card("C-1", "gold_month").await.refused(409, "membership_plan_stopped");
    shop.admin_call(Method::PATCH, &one, &json!({"on_sale": true})).await.expect(200);
    shop.sells_card("C-2", "gold_month").await.expect(200);
    let listed = shop.admin_call(Method::GET, path, &Value::Null).await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
}
