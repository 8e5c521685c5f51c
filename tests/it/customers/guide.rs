//! What a guide reads about her customers.

use huiyi::kernel::ids::MemberId;
use serde_json::{Value, json};

use super::{PHONE, Retailer, STRANGER};

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn a_customer_is_seen_whole_in_one_call() {
    let shop = Retailer::open().await;
    shop.sells("A-1", PHONE, 0, 60_000, "2026-03-01T04:00:00Z").await;
    shop.sells("A-2", PHONE, 0, 40_000, "2026-03-05T04:00:00Z").await;
    shop.sells("A-3", PHONE, 1, 20_000, "2026-03-11T04:00:00Z").await;
    shop.refunds("R-3", "A-3", 20_000, "2026-03-12T04:00:00Z").await;
    let her = shop.shopper("lina", PHONE).await;
    let guide = shop.guide_token(0).await;
    let path = format!("/v1/guide/customers/{}", her.id);
    let answer = shop.app.get(&path).bearer(&guide).send().await;
    assert!(!answer.text.contains(PHONE), "{}", answer.text);
    let whole = answer.expect(200);
    assert_eq!((&whole["store"], &whole["guide"]), (&json!("SH01 店"), &json!("员工G-SH01")));
    let totals = json!({
        "order_count": 3, "paid_fen": 120_000, "refunded_fen": 20_000, "average_order_fen": 40_000,
        "days_between_orders": 5, "first_order_at": "2026-03-01T04:00:00Z", "last_order_at": "2026-03-11T04:00:00Z"
    });
    assert_eq!(whole["totals"], totals);
    assert_eq!(whole["points"]["available"], 1_000);
    assert_eq!(whole["points"]["expires_next"]["points"], 1_000);
    assert_eq!(whole["last_orders"][0]["external_no"], "A-3", "what she bought last, wherever");
    assert_eq!(whole["last_orders"].as_array().unwrap().len(), 3);
    let sizes = json!([{"category": "连衣裙", "size": "M", "pieces": 2, "last_at": "2026-03-05T04:00:00Z"}]);
    assert_eq!(whole["sizes_kept"], sizes, "what she brought back says nothing of her size");

    let points = shop.read(&guide, &format!("{path}/points")).await;
    assert_eq!(
        points,
        shop.read(&her.token, "/v1/member/points").await,
        "the same at the same time"
    );
    let history = shop.read(&guide, &format!("{path}/points/history?limit=3")).await;
    let own = shop.read(&her.token, "/v1/member/points/history?limit=3").await;
    assert_eq!(history["items"], own["items"]);
    let rest = format!("{path}/points/history?cursor={}", history["next_cursor"].as_str().unwrap());
    assert_eq!(shop.read(&guide, &rest).await["items"].as_array().unwrap().len(), 1);
    let orders = shop.read(&guide, &format!("{path}/orders?limit=2")).await;
    assert_eq!(orders["items"], json!([whole["last_orders"][0], whole["last_orders"][1]]));
}

#[actix_web::test]
async fn a_customer_outside_her_scope_is_one_that_does_not_exist() {
    let shop = Retailer::open().await;
    shop.sells("A-1", PHONE, 0, 10_000, "2026-03-10T04:00:00Z").await;
    let her = shop.shopper("lina", PHONE).await;
    let (own, other) = (shop.guide_token(0).await, shop.guide_token(1).await);
    let (manager, elsewhere) = (shop.manager_token(0).await, shop.manager_token(1).await);
    let missing = MemberId::new(shop.app.now()).to_string();
    for tail in ["", "/points", "/points/history", "/orders"] {
        let path = |id: &str| format!("/v1/guide/customers/{id}{tail}");
        shop.read(&own, &path(&her.id)).await;
        shop.read(&manager, &path(&her.id)).await;
        for token in [&other, &elsewhere] {
            let refused = async |id: &str| {
                let mut answer = shop.app.get(&path(id)).bearer(token).send().await;
                answer.refused(404, "not_found");
                answer.body["request_id"] = json!("");
                answer.body
            };
            assert_eq!(refused(&her.id).await, refused(&missing).await);
            assert_eq!(refused(&her.id).await, refused("mem_1").await);
        }
    }
    assert_eq!(ids(&shop.read(&other, "/v1/guide/customers").await), [""; 0]);
    assert_eq!(ids(&shop.read(&manager, "/v1/guide/customers").await), [her.id.as_str()]);
}

#[actix_web::test]
async fn a_guide_finds_customers_by_name_phone_and_silence() {
    let shop = Retailer::open().await;
    shop.app.settles_at_once().await;
    shop.sells("A-1", PHONE, 0, 10_000, "2025-11-01T04:00:00Z").await;
    shop.sells("B-1", STRANGER, 0, 20_000, "2026-03-10T04:00:00Z").await;
    let a = shop.shopper("lina", PHONE).await;
    let b = shop.shopper("mei", STRANGER).await;
    let named = async |token: &str, name: &str| {
        let change = json!({"name": name, "nickname": null});
        shop.app.patch("/v1/member/me").bearer(token).json(&change).send().await.expect(200);
    };
    named(&a.token, "王小衣").await;
    named(&b.token, "100%棉_Anna").await;
    let guide = shop.guide_token(0).await;
    let find = async |query: &str| {
        let page = shop.read(&guide, &format!("/v1/guide/customers?{query}")).await;
        ids(&page).iter().map(|id| (*id).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(find("").await.len(), 2);
    assert_eq!(find("name=%E7%8E%8B").await, [a.id.clone()], "王");
    assert_eq!(find("name=%E5%B0%8F").await, [""; 0], "a name begins with its first character");
    assert_eq!(find("name=100%25").await, [b.id.clone()], "a percent sign is a character");
    assert_eq!(find("name=100%25%E6%A3%89_ANNA").await, [b.id.clone()]);
    assert_eq!(find("name=_").await, [""; 0]);
    assert_eq!(find("phone_last4=8000").await, [a.id.clone()]);
    assert_eq!(find("phone_last4=9001").await, [""; 0]);
    assert_eq!(find("sleeping_days=90").await, [a.id.clone()]);
    assert_eq!(find("sleeping_days=200").await, [""; 0]);
    assert_eq!(find("sleeping_days=90&phone_last4=9000").await, [""; 0]);

    let first = shop.read(&guide, "/v1/guide/customers?limit=1").await;
    let row = &first["items"][0];
    let known = json!([row["phone"], row["points"], row["order_count"], row["paid_fen"]]);
    assert!(
        [json!(["138****8000", 100, 1, 10_000]), json!(["139****9000", 200, 1, 20_000])]
            .contains(&known),
        "{row}"
    );
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = shop.read(&guide, &format!("/v1/guide/customers?limit=1&cursor={cursor}")).await;
    assert_ne!(ids(&first), ids(&second));
    assert_eq!(second["has_more"], false);

    let get =
        |query: &str| shop.app.get(&format!("/v1/guide/customers?{query}")).bearer(&guide).send();
    get(&format!("name=x&cursor={cursor}")).await.refused(400, "bad_cursor");
    for wrong in
        ["phone_last4=80", "phone_last4=80a0", "sleeping_days=0", "name=", "guide=1", "limit=101"]
    {
        get(wrong).await.refused(422, "invalid_fields");
    }
}
