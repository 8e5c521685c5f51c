//! What a shopper reads about herself.

use chrono::TimeDelta;
use serde_json::json;

use super::{PHONE, Retailer, STRANGER};

#[actix_web::test]
async fn she_sees_her_points_what_runs_out_and_what_the_next_tier_needs() {
    let shop = Retailer::open().await;
    shop.sells("A-1", PHONE, 0, 100_000, "2026-02-10T04:00:00Z").await;
    shop.sells("A-2", PHONE, 0, 59_900, "2026-03-14T04:00:00Z").await;
    let her = shop.shopper("lina", PHONE).await;
    let points = shop.read(&her.token, "/v1/member/points").await;
    let next = json!({"code": "gold", "name": "金卡", "missing_spend_fen": 340_100, "missing_growth": 3_401});
    // What she bought yesterday may still come back.
    assert_eq!((&points["available"], &points["pending"]), (&json!(1_000), &json!(599)));
    assert_eq!((&points["frozen"], &points["debt"]), (&json!(0), &json!(0)));
    assert_eq!(points["expiring"], json!([{"at": "2027-02-28T16:00:00Z", "points": 1_000}]));
    shop.app.settle_all().await;
    let her = shop.shopper("lina", PHONE).await;
    let points = shop.read(&her.token, "/v1/member/points").await;
    assert_eq!((&points["available"], &points["pending"]), (&json!(1_599), &json!(0)));
    assert_eq!((&points["growth"], &points["spent_fen"]), (&json!(1_599), &json!(159_900)));
    assert_eq!((&points["tier"]["code"], &points["next_tier"]), (&json!("silver"), &next));
    let expiring = json!([
        {"at": "2027-02-28T16:00:00Z", "points": 1_000},
        {"at": "2027-03-31T16:00:00Z", "points": 599}
    ]);
    assert_eq!(points["expiring"], expiring);
    assert_eq!(points["expires_next"], expiring[0]);
}

/// No job has booked it yet; she can neither see nor spend them.
#[actix_web::test]
async fn points_that_have_run_out_are_not_shown_as_hers() {
    let shop = Retailer::open().await;
    shop.sells("A-1", PHONE, 0, 100_000, "2026-02-10T04:00:00Z").await;
    shop.sells("A-2", PHONE, 0, 59_900, "2026-03-14T04:00:00Z").await;
    shop.app.settle_all().await;
    shop.app.advance(TimeDelta::days(348));
    let her = shop.shopper("lina", PHONE).await;
    let points = shop.read(&her.token, "/v1/member/points").await;
    assert_eq!(
        (&points["available"], points["expiring"].as_array().unwrap().len()),
        (&json!(599), 1)
    );
}

#[actix_web::test]
async fn a_refund_of_points_already_spent_is_a_debt() {
    let shop = Retailer::open().await;
    shop.sells("A-1", PHONE, 0, 100_000, "2026-03-10T04:00:00Z").await;
    shop.app.settle_all().await;
    let spend = json!({"receipt_no": "T-1", "member": {"phone": PHONE}, "points": 900});
    let spent = shop.app.post("/v1/open/points/spend").bearer(&shop.key).key("T-1").json(&spend);
    spent.send().await.expect(200);
    shop.refunds("R-1", "A-1", 100_000, "2026-03-14T04:00:00Z").await;
    let her = shop.shopper("lina", PHONE).await;
    let points = shop.read(&her.token, "/v1/member/points").await;
    assert_eq!((&points["available"], &points["debt"]), (&json!(-900), &json!(900)));
}

#[actix_web::test]
async fn she_sees_who_she_is_with_everything_masked() {
    let shop = Retailer::open().await;
    shop.sells("A-1", PHONE, 0, 59_900, "2026-03-14T04:00:00Z").await;
    shop.app.settle_all().await;
    let her = shop.shopper("lina", PHONE).await;
    let answer = shop.app.get("/v1/member/me").bearer(&her.token).send().await;
    assert!(!answer.text.contains(PHONE), "{}", answer.text);
    let tag = answer.header("etag").to_owned();
    let me = answer.expect(200);
    assert_eq!(me["id"], her.id);
    assert_eq!((&me["tier"]["code"], &me["points"]["available"]), (&json!("silver"), &json!(599)));
    let masked: Vec<&str> = me["identifiers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["masked"].as_str().unwrap())
        .collect();
    assert!(masked.contains(&"138****8000") && masked.len() == 2, "{masked:?}");

    // The tag is the one that a change of the profile asks for.
    let change = json!({"nickname": "娜娜"});
    let patch = || {
        shop.app.patch("/v1/member/me").bearer(&her.token).header("if-match", &tag).json(&change)
    };
    patch().send().await.expect(200);
    patch().send().await.refused(412, "version_conflict");
    let answer = shop.app.get("/v1/member/me").bearer(&her.token).send().await;
    assert_ne!(answer.header("etag"), tag);
    assert_eq!(answer.body["nickname"], "娜娜");
}

#[actix_web::test]
async fn she_reads_her_orders_page_by_page_with_names_and_what_refunds_took_back() {
    let shop = Retailer::open().await;
    for n in 1..=5 {
        let at = format!("2026-03-0{n}T04:00:00Z");
        shop.sells(&format!("A-{n}"), PHONE, 0, n * 10_000, &at).await;
    }
    shop.refunds("R-5", "A-5", 20_000, "2026-03-06T04:00:00Z").await;
    let her = shop.shopper("lina", PHONE).await;
    let (mut seen, mut path) = (Vec::new(), "/v1/member/orders?limit=2".to_owned());
    loop {
        let page = shop.read(&her.token, &path).await;
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        assert_eq!(page["has_more"], true);
        path = format!("/v1/member/orders?limit=2&cursor={cursor}");
    }
    let numbers: Vec<_> = seen.iter().map(|order| order["external_no"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["A-5", "A-4", "A-3", "A-2", "A-1"]);
    let last = &seen[0];
    assert_eq!((&last["store"], &last["guide"]), (&json!("SH01 店"), &json!("员工G-SH01")));
    assert_eq!((&last["paid_fen"], &last["refunded_fen"]), (&json!(50_000), &json!(20_000)));
    assert_eq!((&last["points_earned"], &last["points_taken_back"]), (&json!(500), &json!(200)));
    let line = &last["lines"][0];
    assert_eq!((&line["name"], &line["size"]), (&json!("真丝连衣裙"), &json!("M")));

    let id = last["id"].as_str().unwrap();
    assert_eq!(&shop.read(&her.token, &format!("/v1/member/orders/{id}")).await, last);
    shop.app
        .get("/v1/member/orders?cursor=nonsense")
        .bearer(&her.token)
        .send()
        .await
        .refused(400, "bad_cursor");
}

#[actix_web::test]
async fn anothers_order_is_one_that_does_not_exist() {
    let shop = Retailer::open().await;
    shop.sells("A-1", PHONE, 0, 10_000, "2026-03-10T04:00:00Z").await;
    shop.sells("B-1", STRANGER, 0, 10_000, "2026-03-10T04:00:00Z").await;
    let her = shop.shopper("lina", PHONE).await;
    let other = shop.shopper("mei", STRANGER).await;
    let orders = shop.read(&other.token, "/v1/member/orders").await;
    let foreign = orders["items"][0]["id"].as_str().unwrap();
    let read = async |id: &str| {
        let path = format!("/v1/member/orders/{id}");
        let mut answer = shop.app.get(&path).bearer(&her.token).send().await;
        answer.refused(404, "not_found");
        answer.body["request_id"] = json!("");
        answer.body
    };
    let missing = huiyi::kernel::ids::OrderId::new(shop.app.now()).to_string();
    assert_eq!(read(foreign).await, read(&missing).await);
    assert_eq!(read(foreign).await, read("ord_1").await);
}

#[actix_web::test]
async fn a_token_of_another_audience_opens_nothing() {
    let shop = Retailer::open().await;
    let her = shop.shopper("lina", PHONE).await;
    let guide = shop.guide_token(0).await;
    let mine = ["me", "points", "orders", "orders/ord_1", "leaderboards/member_points"];
    for path in mine.map(|path| format!("/v1/member/{path}")) {
        shop.app.get(&path).bearer(&guide).send().await.refused(401, "unauthenticated");
        shop.app.get(&path).send().await.refused(401, "unauthenticated");
    }
    let hers = format!("customers/{}", her.id);
    let theirs = [
        "customers".to_owned(),
        hers.clone(),
        format!("{hers}/points"),
        format!("{hers}/points/history"),
        format!("{hers}/orders"),
        "leaderboards/guide_sales".to_owned(),
    ];
    for path in theirs.map(|path| format!("/v1/guide/{path}")) {
        shop.app.get(&path).bearer(&her.token).send().await.refused(401, "unauthenticated");
    }
    let office = "/v1/admin/leaderboards/guide_sales";
    shop.app.get(office).bearer(&guide).send().await.refused(401, "unauthenticated");
}

/// What a process keeps of her is never older than what stands: after each kind of change it says the same as one that
/// has just started (PT-8, TR-3).
#[actix_web::test]
async fn what_she_reads_follows_every_change_at_once() {
    let shop = Retailer::open().await;
    shop.sells("A-1", PHONE, 0, 100_000, "2026-03-01T04:00:00Z").await;
    let her = shop.shopper("lina", PHONE).await;
    let path = format!("/v1/admin/members/{}/tier-pin", her.id);
    let mut seen = Vec::new();
    for step in 0..8 {
        match step {
            0 => {}
            1 => shop.sells("A-2", PHONE, 0, 50_000, "2026-03-14T04:00:00Z").await,
            2 => shop.settled().await,
            3 => shop.refunds("R-1", "A-1", 40_000, "2026-03-14T05:00:00Z").await,
            4 => {
                let office = shop.app.office().await;
                let body = json!({"tier": "diamond", "reason": "店庆贵宾"});
                shop.app
                    .call(reqwest::Method::PUT, &path)
                    .bearer(&office)
                    .json(&body)
                    .send()
                    .await
                    .expect(200);
            }
            5 => shop.app.advance(TimeDelta::hours(30)),
            6 => {
                let gold = shop.app.sql("UPDATE tier SET name = '金', version = version + 1");
                gold.await.map(drop).unwrap();
            }
            _ => shop.app.advance(TimeDelta::days(360)),
        }
        let token = shop.app.shopper("lina").await.token;
        let here = shop.read(&token, "/v1/member/points").await;
        let (_, url, server) = shop.app.replica().await;
        let there =
            reqwest::Client::new().get(format!("{url}/v1/member/points")).bearer_auth(&token);
        let there: serde_json::Value = there.send().await.unwrap().json().await.unwrap();
        assert_eq!(here, there, "step {step}");
        server.stop(false).await;
        seen.push(here);
    }
    seen.dedup();
    assert!(seen.len() >= 7, "{seen:#?}");
}
