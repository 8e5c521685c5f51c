//! Where points came from and where they went (PT-3, PT-8): "这 120 积分来自 …".

use chrono::TimeDelta;
use huiyi::kernel::codes::{StaffRole, TransferKind};
use huiyi::points::service::Act;
use serde_json::{Value, json};

use super::{PHONE, Retailer};
use crate::support::{TestApp, earn, movement, reverse};

const MARCH: &str = "2026-03-14T06:30:00Z";

/// The id of the newest movement of this kind in her history.
async fn newest(shop: &Retailer, token: &str, kind: &str) -> String {
    let page = shop.read(token, "/v1/member/points/history").await;
    let items = page["items"].as_array().unwrap();
    let found = items.iter().find(|item| item["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind} in {page}"))["id"].as_str().unwrap().to_owned()
}

async fn told(shop: &Retailer, token: &str, id: &str) -> Value {
    shop.read(token, &format!("/v1/member/points/history/{id}")).await
}

async fn spends(shop: &Retailer, receipt: &str, points: i64) {
    let spend = json!({"receipt_no": receipt, "member": {"phone": PHONE}, "points": points});
    let call = shop.app.post("/v1/open/points/spend").bearer(&shop.key).key(receipt).json(&spend);
    call.send().await.expect(200);
}

#[actix_web::test]
async fn a_spending_names_the_purchases_that_paid_for_it() {
    let shop = Retailer::open().await;
    shop.sells("SH01-1", PHONE, 0, 8_000, "2026-02-10T04:00:00Z").await;
    shop.sells("SH02-7", PHONE, 1, 10_000, MARCH).await;
    shop.settled().await;
    spends(&shop, "T-1", 120).await;
    let her = shop.shopper("lina", PHONE).await;
    let id = newest(&shop, &her.token, "spend").await;
    let spending = told(&shop, &her.token, &id).await;
    let part = |n: usize, name: &str| spending["lots"][n][name].clone();
    assert_eq!((part(0, "points"), part(1, "points")), (json!(-80), json!(-40)), "{spending}");
    assert_eq!(
        (part(0, "last_day"), part(1, "last_day")),
        (json!("2027-02-28"), json!("2027-03-31"))
    );
    assert_eq!(part(1, "purchase")["external_no"], "SH02-7");
    let text = spending["text"].as_str().unwrap();
    assert!(
        text.contains(
            "这 120 积分来自 2026-02-10 在SH01 店的消费 SH01-1（用了 80，有效期至 2027-02-28）和2026-03-14 在SH02 店的消费 \
             SH02-7（用了 40，有效期至 2027-03-31）。"
        ),
        "{text}"
    );
    // From there to the purchase: the earning says where its points went.
    let earning = told(&shop, &her.token, part(1, "earned_by").as_str().unwrap()).await;
    let grant = &earning["grant"];
    assert_eq!((&grant["rule"], &grant["rule_version"]), (&json!("purchase_points"), &json!(1)));
    assert_eq!((&grant["left"], &grant["last_day"]), (&json!(60), &json!("2027-03-31")));
    let went = grant["went"].as_array().unwrap().last().unwrap();
    assert_eq!((&went["id"], &went["points"]), (&json!(id), &json!(40)), "{earning}");
    let english = shop.app.get(&format!("/v1/member/points/history/{id}")).bearer(&her.token);
    let english = english.header("accept-language", "en").send().await.expect(200);
    assert!(english["text"].as_str().unwrap().contains("purchase SH01-1 of 2026-02-10 in SH01 店"));
    let guide = shop.guide_token(0).await;
    let seen =
        shop.read(&guide, &format!("/v1/guide/customers/{}/points/history/{id}", her.id)).await;
    assert_eq!(seen, spending, "a guide reads the same");
}

#[actix_web::test]
async fn a_return_says_what_it_takes_back_and_what_was_spent_already() {
    let shop = Retailer::open().await;
    shop.sells("SH01-1", PHONE, 0, 10_000, "2026-02-10T04:00:00Z").await;
    shop.settled().await;
    spends(&shop, "T-1", 70).await;
    shop.refunds("R-1", "SH01-1", 10_000, MARCH).await;
    let her = shop.shopper("lina", PHONE).await;
    let back = told(&shop, &her.token, &newest(&shop, &her.token, "reverse").await).await;
    let text = back["text"].as_str().unwrap();
    assert!(
        text.contains("因退货扣回 100 积分，原为2026-02-10 在SH01 店的消费 SH01-1 所得"),
        "{text}"
    );
    assert!(text.ends_with("其余 70 已经用掉，记为欠分，以后获得的积分先还。"), "{text}");
    assert_eq!(back["original"]["kind"], "earn");
    let earning = told(&shop, &her.token, back["original"]["id"].as_str().unwrap()).await;
    assert!(
        earning["later"].as_array().unwrap().iter().any(|it| it["id"] == back["id"]),
        "{earning}"
    );
}

#[actix_web::test]
async fn a_spending_that_was_given_back_says_so_and_where_the_points_are() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    let id = her.id.parse().unwrap();
    app.moved(id, "o1", earn(100)).await;
    let spent = app.moved(id, "s1", Act::Spend { amount: 60 }).await.transfer;
    let back = app.moved(id, "r1", reverse("s1", TransferKind::Spend, 25)).await.transfer;
    let read = async |transfer| {
        let path = format!("/v1/member/points/history/{transfer}");
        app.get(&path).bearer(&her.token).send().await.expect(200)
    };
    let given_back = read(back).await;
    assert_eq!(
        (&given_back["lots"][0]["points"], &given_back["original"]["id"]),
        (&json!(25), &json!(spent))
    );
    assert!(given_back["text"].as_str().unwrap().contains("退回 25，永久有效"), "{given_back}");
    let spending = read(spent).await;
    assert_eq!(spending["later"][0]["id"], json!(back));
    assert!(
        spending["text"].as_str().unwrap().ends_with("之后：2026-03-15 退还已用积分 25。"),
        "{spending}"
    );
    let admin = app.hire("A001", StaffRole::Admin, None).await;
    let token = app.staff_token(admin, "A001", "admin").await;
    let trace = app
        .get(&format!("/v1/admin/points/transfers/{back}"))
        .bearer(&token)
        .send()
        .await
        .expect(200);
    assert_eq!(
        (&trace["seq"], &trace["source_id"], &trace["from"]),
        (&json!(3), &json!("r1"), &json!("redeemed"))
    );
    assert_eq!((&trace["available_after"], &trace["member_id"]), (&json!(65), &json!(her.id)));
    assert_eq!(trace["text"], given_back["text"]);
}

/// What was a stranger's before the merge is hers, and somebody else's is as if it did not exist (S1).
#[actix_web::test]
async fn a_merged_members_movements_are_hers_and_nobody_elses() {
    let app = TestApp::start().await;
    let (her, other) = (app.shopper("lina").await, app.shopper("mei").await);
    let (id, stranger) = (her.id.parse().unwrap(), app.known("13800138000").await);
    let earned = app.moved(stranger, "o1", earn(100)).await.transfer;
    let path = format!("/v1/member/points/history/{earned}");
    app.get(&path).bearer(&her.token).send().await.refused(404, "not_found");
    app.advance(TimeDelta::minutes(1));
    app.merge_members(stranger, id).await;
    app.moved(id, "s1", Act::Spend { amount: 40 }).await;
    let told = app.get(&path).bearer(&her.token).send().await.expect(200);
    assert_eq!(
        (&told["grant"]["left"], &told["grant"]["went"][0]["points"]),
        (&json!(60), &json!(40))
    );
    app.get(&path).bearer(&other.token).send().await.refused(404, "not_found");
    app.reconciles().await;
}

/// Growth is no points: her history does not show it, so it cannot be asked for there.
#[actix_web::test]
async fn growth_is_explained_to_support_only() {
    let shop = Retailer::open().await;
    shop.sells("SH01-1", PHONE, 0, 10_000, MARCH).await;
    let her = shop.shopper("lina", PHONE).await;
    let member = her.id.parse().unwrap();
    let mut grown = movement(&shop.app, member, "g1", earn(5));
    grown.ledger = huiyi::kernel::codes::Ledger::Growth;
    let grown = shop.app.moves(&[grown]).await.remove(0).unwrap().transfer;
    let path = format!("/v1/member/points/history/{grown}");
    shop.app.get(&path).bearer(&her.token).send().await.refused(404, "not_found");
    let admin = shop.app.hire("A001", StaffRole::Admin, None).await;
    let token = shop.app.staff_token(admin, "A001", "admin").await;
    let trace = shop.read(&token, &format!("/v1/admin/points/transfers/{grown}")).await;
    assert_eq!((&trace["ledger"], &trace["grant"]["left"]), (&json!("growth"), &json!(5)));
}

/// A list in an answer has an end, however many lots paid.
#[actix_web::test]
async fn a_spending_from_many_lots_lists_the_first_hundred() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    let id = her.id.parse().unwrap();
    let batch: Vec<_> = (0..150).map(|n| movement(&app, id, &format!("o{n}"), earn(1))).collect();
    app.moves(&batch).await;
    let spent = app.moved(id, "s1", Act::Spend { amount: 140 }).await.transfer;
    let path = format!("/v1/member/points/history/{spent}");
    let told = app.get(&path).bearer(&her.token).send().await.expect(200);
    assert_eq!(told["lots"].as_array().unwrap().len(), 100);
    assert_eq!(told["lots_more"], true);
    // Nobody else's guide sees it.
    let shop = app.store("EAST", "SH01").await;
    let guide = app.guide("G001", shop).await;
    let token = app.staff_token(guide, "G001", "guide").await;
    let path = format!("/v1/guide/customers/{}/points/history/{spent}", her.id);
    app.get(&path).bearer(&token).send().await.refused(404, "not_found");
}
