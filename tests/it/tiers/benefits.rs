//! Benefits with quotas, and the gift of rising (TR-2, TR-3).

use chrono::TimeDelta;
use futures_util::future::join_all;
use huiyi::kernel::Fen;
use huiyi::kernel::ids::MemberId;
use reqwest::Method;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::Shop;
use crate::support::Answer;

const PHONE: &str = "13800138000";

impl Shop {
    /// Gives a tier these benefits.
    async fn offers(&self, tier: &str, benefits: Value) {
        let path = format!("/v1/admin/tiers/{tier}");
        let body = json!({ "benefits": benefits });
        self.admin_call(Method::PATCH, &path, &body).await.expect(200);
    }

    async fn uses(&self, kind: &str, receipt: &str) -> Answer {
        let body = json!({"receipt_no": receipt, "member": {"phone": PHONE}});
        self.open_post(&format!("/v1/open/benefits/{kind}:use"), &body).await
    }

    async fn undoes(&self, kind: &str, receipt: &str) -> Answer {
        let path = format!("/v1/open/benefits/{kind}:undo");
        let body = json!({"receipt_no": receipt});
        self.app.post(&path).bearer(&self.key).json(&body).send().await
    }
}

#[actix_web::test]
async fn a_quota_is_used_once_a_receipt_and_begins_anew_with_its_period() {
    let shop = Shop::open().await;
    let quota =
        json!([{"kind": "tailoring", "value": 0, "quota": {"times": 2, "period": "month"}}]);
    shop.offers("silver", quota).await;
    shop.app.known(PHONE).await;
    let used = shop.uses("tailoring", "B-1").await.expect(200);
    assert_eq!((&used["benefit"]["left"], &used["replayed"]), (&1.into(), &false.into()), "{used}");
    assert_eq!(used["benefit"]["title"], "免费修改裤长（每月 2 次）");
    // Another key, the same receipt.
    let body = json!({"receipt_no": "B-1", "member": {"phone": PHONE}});
    let again = shop.app.post("/v1/open/benefits/tailoring:use").bearer(&shop.key).key("other");
    let again = again.json(&body).send().await.expect(200);
    assert_eq!((&again["benefit"]["left"], &again["replayed"]), (&1.into(), &true.into()));
    shop.uses("tailoring", "B-2").await.expect(200);
    shop.uses("tailoring", "B-3").await.refused(409, "benefit_used_up");
    // What is taken back can be used again, by another receipt.
    shop.undoes("tailoring", "B-2").await.expect(204);
    shop.undoes("tailoring", "B-2").await.expect(204);
    let body = json!({"receipt_no": "B-2", "member": {"phone": PHONE}, });
    let call = shop.app.post("/v1/open/benefits/tailoring:use").bearer(&shop.key).key("third");
    call.json(&body).send().await.refused(409, "benefit_receipt_conflict");
    shop.uses("tailoring", "B-4").await.expect(200);
    shop.uses("tailoring", "B-5").await.refused(409, "benefit_used_up");
    shop.undoes("tailoring", "B-9").await.refused(404, "benefit_use_not_found");
    // April in Shanghai.
    shop.app.clock.set("2026-03-31T16:00:00Z".parse().unwrap());
    assert_eq!(shop.uses("tailoring", "B-6").await.expect(200)["benefit"]["left"], 1);
}

#[actix_web::test]
async fn many_tills_at_once_use_no_more_than_the_quota() {
    let shop = Shop::open().await;
    let quota =
        json!([{"kind": "free_returns", "value": 0, "quota": {"times": 3, "period": "year"}}]);
    shop.offers("silver", quota).await;
    shop.app.known(PHONE).await;
    let receipts: Vec<String> = (0..12).map(|n| format!("B-{n}")).collect();
    let answers = join_all(receipts.iter().map(|it| shop.uses("free_returns", it))).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(200), count(409)), (3, 9), "{answers:?}");
}

#[actix_web::test]
async fn what_she_does_not_have_cannot_be_used() {
    let shop = Shop::open().await;
    let ann = shop.app.known(PHONE).await;
    shop.uses("early_access", "B-1").await.refused(409, "benefit_not_offered");
    shop.uses("point_multiplier", "B-1").await.refused(409, "benefit_not_offered");
    shop.uses("upgrade_gift", "B-1").await.refused(409, "benefit_not_offered");
    shop.uses("nonsense", "B-1").await.refused(404, "not_found");
    shop.undoes("nonsense", "B-1").await.refused(404, "not_found");
    // Nobody knows her birthday; then it is another month; then it is this one.
    shop.uses("birthday_gift", "B-2").await.refused(409, "benefit_not_now");
    for (birthday, status) in [("1990-04-01", 409), ("1990-03-31", 200)] {
        let row = entity::member::ActiveModel {
            id: sea_orm::ActiveValue::Set(ann),
            birthday: sea_orm::ActiveValue::Set(Some(birthday.parse().unwrap())),
            ..Default::default()
        };
        entity::member::Entity::update(row).exec(shop.app.app.db.write()).await.unwrap();
        assert_eq!(shop.uses("birthday_gift", &format!("B-{birthday}")).await.status, status);
    }
    shop.uses("birthday_gift", "B-3").await.refused(409, "benefit_used_up");
}

#[actix_web::test]
async fn she_reads_what_she_has_used_and_left() {
    let shop = Shop::open().await;
    let app = &shop.app;
    shop.sells("A-1", PHONE, 500_000).await;
    let her = app.shopper("lina").await;
    app.bind_phone("lina", &her.token, PHONE).send().await.expect(200);
    let twice = json!({"kind": "tailoring", "value": 0, "quota": {"times": 2, "period": "hold"}});
    shop.offers("gold", json!([twice, {"kind": "discount_rate", "value": 9_500}])).await;
    shop.uses("tailoring", "B-1").await.expect(200);
    let read = async |language: &str| {
        let call = app.get("/v1/member/benefits").bearer(&her.token);
        call.header("accept-language", language).send().await.expect(200)
    };
    let benefits = read("zh-CN").await;
    assert_eq!(benefits["tier_name"], "金卡");
    let titles: Vec<_> =
        benefits["items"].as_array().unwrap().iter().map(|it| it["title"].clone()).collect();
    assert_eq!(titles, ["9.5 折", "免费修改裤长（等级有效期内 2 次）", "1.2 倍积分"]);
    assert_eq!(
        (&benefits["items"][1]["used"], &benefits["items"][1]["left"]),
        (&1.into(), &1.into())
    );
    assert!(benefits["items"][1]["renews_at"].is_null());
    assert_eq!(read("en").await["items"][0]["title"], "5% off");
    let me = app.get("/v1/member/me").bearer(&her.token).send().await.expect(200);
    assert_eq!((&me["tier"]["by"], &me["tier"]["earned"]), (&"earned".into(), &"gold".into()));
    assert_eq!(me["points"]["keep_tier"]["missing_spend_fen"], 500_000, "{me}");
}

#[actix_web::test]
async fn the_gift_of_a_tier_is_given_once_for_ever_in_the_transaction_of_the_rise() {
    let shop = Shop::open().await;
    let app = &shop.app;
    shop.offers("gold", json!([{"kind": "upgrade_gift", "value": 100}])).await;
    shop.offers("diamond", json!([{"kind": "upgrade_gift", "value": 1_000}])).await;
    let sold = shop.sells("A-1", PHONE, 500_000).await;
    let ann: MemberId = sold["member_id"].as_str().unwrap().parse().unwrap();
    assert_eq!(app.available(ann).await, 5_000 + 100);
    // Down, and up again: no second gift.
    app.clock.set("2027-03-16T04:00:00Z".parse().unwrap());
    app.renews().await;
    shop.sells("A-2", PHONE, 500_000).await;
    assert_eq!(app.standing(ann).await.tier.code, "gold");
    assert_eq!(app.available(ann).await, 5_000 + 100 + 5_000);
    // Past a tier gives its gift too; once each.
    let bea = app.known("13800000002").await;
    app.buys(bea, 2_000_000).await;
    app.upgrade(bea).await;
    assert_eq!(app.available(bea).await, 1_100);
    // Two who become one have had theirs.
    app.merge_members(bea, ann).await;
    app.advance(TimeDelta::days(1));
    app.buys(ann, 2_000_000).await;
    let standing = app.standing(ann).await;
    assert_eq!((standing.tier.code.as_str(), standing.spent), ("diamond", Fen(2_500_000)));
    assert_eq!(app.available(ann).await, 5_000 + 100 + 5_000 + 1_100);
    app.reconciles().await;
}
