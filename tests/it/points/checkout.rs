//! Two-phase checkout over HTTP (PT-4, PT-5, PT-8, OP-2).

use chrono::TimeDelta;
use futures_util::future::join_all;
use huiyi::kernel::ids::{HoldId, MemberId};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, earn};

const PHONE: &str = "13800138000";

struct Shop {
    app: TestApp,
    key: String,
    member: MemberId,
}

impl Shop {
    async fn with_points(points: i64) -> Self {
        let app = TestApp::start_with(|config| {
            config.points.undeductible_categories = vec!["礼品卡".to_owned()];
        });
        let app = app.await;
        let key = app.partner("shop", &["points:write"]).await;
        let member = app.known(PHONE).await;
        app.moved(member, "opening", earn(points)).await;
        Self { app, key, member }
    }

    async fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        let path = format!("/v1/open/points/{path}");
        self.app.post(&path).bearer(&self.key).key(key).json(body).send().await
    }

    async fn hold(&self, number: &str, points: i64) -> Answer {
        self.post("holds", number, &holding(number, points)).await
    }

    async fn held(&self, number: &str, points: i64) -> String {
        self.hold(number, points).await.expect(200)["id"].as_str().unwrap().to_owned()
    }

    async fn capture(&self, hold: &str, key: &str, body: Value) -> Answer {
        self.post(&format!("holds/{hold}:capture"), key, &body).await
    }

    async fn release(&self, hold: &str, key: &str) -> Answer {
        self.post(&format!("holds/{hold}:release"), key, &json!({})).await
    }

    async fn read(&self, hold: &str) -> Answer {
        self.app.get(&format!("/v1/open/points/holds/{hold}")).bearer(&self.key).send().await
    }

    async fn balances(&self) -> (i64, i64) {
        let balance = self.app.balance(self.member).await;
        (balance.available, balance.frozen)
    }
}

fn holding(number: &str, points: i64) -> Value {
    json!({"checkout_no": number, "member": {"phone": PHONE}, "points": points})
}

#[actix_web::test]
async fn a_quote_says_how_many_points_may_pay_and_why_not_more() {
    let shop = Shop::with_points(1_240).await;
    let quote = async |order: Value| {
        let body = json!({"member": {"phone": PHONE}, "order": order});
        shop.post("quotes", "q", &body).await.expect(200)
    };
    let plain = quote(json!({"amount_fen": 59_900})).await;
    let told = json!([plain["points"], plain["deduction_fen"], plain["limit"], plain["balance"]]);
    assert_eq!(told, json!([1_200, 1_200, "balance", 1_240]));
    let small = quote(json!({"amount_fen": 1_990})).await;
    assert_eq!((&small["points"], &small["limit"]), (&json!(900), &json!("order_share")));
    let lines = json!([{"amount_fen": 50_000, "category": "礼品卡"}, {"amount_fen": 1_000}]);
    let mixed = quote(json!({"amount_fen": 51_000, "lines": lines})).await;
    assert_eq!((&mixed["eligible_fen"], &mixed["points"]), (&json!(1_000), &json!(500)));
    let card = json!([{"amount_fen": 50_000, "category": "礼品卡"}]);
    let card = quote(json!({"amount_fen": 50_000, "lines": card})).await;
    assert_eq!((&card["points"], &card["limit"]), (&json!(0), &json!("nothing_eligible")));
    let wrong = json!({"amount_fen": 9, "lines": [{"amount_fen": 8}]});
    let wrong = json!({"member": {"phone": PHONE}, "order": wrong});
    shop.post("quotes", "q", &wrong).await.refused(422, "invalid_fields");
    assert_eq!(shop.balances().await, (1_240, 0), "a question moves nothing");
}

#[actix_web::test]
async fn points_are_held_used_in_part_and_given_back() {
    let shop = Shop::with_points(1_240).await;
    let held = shop.hold("C-1", 1_200).await.expect(200);
    let told = json!([held["state"], held["points"], held["deduction_fen"], held["balance"]]);
    assert_eq!(told, json!(["held", 1_200, 1_200, 40]));
    assert_eq!(held["lapses_at"], "2026-03-15T04:30:00Z");
    let id = held["id"].as_str().unwrap();
    // Another key, the same checkout: the same hold.
    let again = shop.post("holds", "other", &holding("C-1", 1_200)).await.expect(200);
    assert_eq!(again["id"], held["id"]);
    let used = shop.capture(id, "k1", json!({"points": 1_000})).await.expect(200);
    let told = json!([used["state"], used["captured"], used["deduction_fen"], used["balance"]]);
    assert_eq!(told, json!(["captured", 1_000, 1_000, 240]));
    let second = shop.capture(id, "k1", json!({"points": 1_000})).await;
    assert_eq!(second.header("idempotent-replayed"), "true");
    let third = shop.capture(id, "k2", json!({"points": 1_000})).await.expect(200);
    assert_eq!(third["captured"], 1_000, "another key, the same capture");
    shop.capture(id, "k3", json!({"points": 999})).await.refused(409, "points_cause_conflict");
    shop.capture(id, "k4", json!({})).await.refused(409, "points_cause_conflict");
    shop.release(id, "k5").await.refused(409, "points_hold_resolved");
    // The goods come back: what was used comes back under the number of the checkout.
    let back = json!({"receipt_no": "C-1", "reversal_no": "B-1", "points": 400});
    let back = shop.post("reversals", "B-1", &back).await.expect(200);
    assert_eq!(back["balance"], 640);
    let more = json!({"receipt_no": "C-1", "reversal_no": "B-2", "points": 601});
    shop.post("reversals", "B-2", &more).await.refused(409, "points_reversal_exceeds");
    shop.app.reconciles().await;
}

#[actix_web::test]
async fn a_checkout_that_is_given_up_costs_nothing() {
    let shop = Shop::with_points(500).await;
    let id = shop.held("C-1", 300).await;
    let back = shop.release(&id, "k1").await.expect(200);
    assert_eq!((&back["state"], &back["balance"]), (&json!("released"), &json!(500)));
    shop.release(&id, "k2").await.expect(200);
    shop.capture(&id, "k3", json!({})).await.refused(409, "points_hold_resolved");
    assert_eq!(shop.balances().await, (500, 0));
    shop.app.reconciles().await;
}

/// PT-4: half an hour, to the millisecond, whether the worker runs or not.
#[actix_web::test]
async fn a_checkout_that_nobody_finishes_lapses() {
    let shop = Shop::with_points(500).await;
    let (late, kept) = (shop.held("C-1", 300).await, shop.held("C-2", 100).await);
    shop.app.advance(TimeDelta::minutes(30) - TimeDelta::milliseconds(1));
    shop.capture(&kept, "k0", json!({})).await.expect(200);
    shop.app.advance(TimeDelta::milliseconds(1));
    shop.capture(&late, "k1", json!({})).await.refused(409, "points_hold_lapsed");
    assert_eq!(shop.read(&late).await.expect(200)["state"], "lapsed", "the worker is late");
    assert_eq!(shop.balances().await, (100, 300));
    shop.app.work().await;
    assert_eq!(shop.balances().await, (400, 0));
    let back = shop.release(&late, "k2").await.expect(200);
    assert_eq!((&back["state"], &back["balance"]), (&json!("lapsed"), &json!(400)));
    shop.capture(&late, "k1", json!({})).await.refused(409, "points_hold_lapsed");
    shop.app.reconciles().await;
}

#[actix_web::test]
async fn an_order_that_is_told_limits_what_can_be_held() {
    let shop = Shop::with_points(10_000).await;
    let hold = async |number: &str, points: i64, fen: i64| {
        let mut body = holding(number, points);
        body["order"] = json!({"amount_fen": fen});
        shop.post("holds", number, &body).await
    };
    hold("C-1", 1_100, 2_000).await.refused(409, "points_over_limit");
    hold("C-1", 950, 2_000).await.refused(409, "points_over_limit");
    hold("C-1", 1_000, 2_000).await.expect(200);
    hold("C-2", 10_000, 99_999_999).await.refused(409, "points_insufficient");
    assert_eq!(shop.balances().await, (9_000, 1_000));
    shop.app.reconciles().await;
}

/// OP-2: what is another partner's is not there.
#[actix_web::test]
async fn a_partner_sees_and_ends_his_own_holds_only() {
    let shop = Shop::with_points(500).await;
    let id = shop.held("C-1", 300).await;
    let other = shop.app.partner("other", &["points:write"]).await;
    let theirs = Shop { key: other, ..shop };
    theirs.read(&id).await.refused(404, "points_hold_not_found");
    theirs.capture(&id, "k1", json!({})).await.refused(404, "points_hold_not_found");
    theirs.release(&id, "k2").await.refused(404, "points_hold_not_found");
    let nothing = HoldId::new(theirs.app.now()).to_string();
    theirs.read(&nothing).await.refused(404, "points_hold_not_found");
    // The same number is another checkout of his.
    let own = theirs.hold("C-1", 100).await.expect(200);
    assert_ne!(own["id"], id.as_str());
    assert_eq!(theirs.balances().await, (100, 400));
    theirs.app.reconciles().await;
}

#[actix_web::test]
async fn the_shopper_sees_what_is_frozen_and_until_when() {
    let shop = Shop::with_points(500).await;
    let her = shop.app.shopper("lina").await;
    shop.app.bind_phone("lina", &her.token, PHONE).send().await.expect(200);
    shop.held("C-1", 300).await;
    shop.app.advance(TimeDelta::minutes(1));
    let second = shop.held("C-2", 100).await;
    let read = async |query: &str| {
        let path = format!("/v1/member/points/holds{query}");
        shop.app.get(&path).bearer(&her.token).send().await.expect(200)
    };
    let page = read("?limit=1").await;
    let line = json!([page["items"][0]["points"], page["items"][0]["held_until"]]);
    assert_eq!(line, json!([100, "2026-03-15T04:31:00Z"]));
    let cursor = page["next_cursor"].as_str().unwrap();
    let page = read(&format!("?limit=1&cursor={cursor}")).await;
    assert_eq!((&page["items"][0]["points"], &page["has_more"]), (&json!(300), &json!(false)));
    shop.capture(&second, "k", json!({})).await.expect(200);
    assert_eq!(read("").await["items"].as_array().map(Vec::len), Some(1));
    let points = shop.app.get("/v1/member/points").bearer(&her.token).send().await.expect(200);
    assert_eq!((&points["frozen"], &points["available"]), (&json!(300), &json!(100)));
    shop.app.reconciles().await;
}

/// Zero, negative, overflow, unknown, reused: a defined answer each, and nothing moved.
#[actix_web::test]
async fn bad_input_has_its_answer_and_moves_nothing() {
    let shop = Shop::with_points(500).await;
    let changed = |field: &str, value: Value| {
        let mut body = holding("C-1", 100);
        body[field] = value;
        body
    };
    let nobody = json!({"member_id": MemberId::new(shop.app.now()).to_string()});
    for (body, status, code) in [
        (changed("points", json!(0)), 422, "invalid_fields"),
        (changed("points", json!(-1)), 422, "invalid_fields"),
        (changed("points", json!(1_000_000_000_001_i64)), 422, "invalid_fields"),
        (changed("points", json!(9_223_372_036_854_775_808_u64)), 400, "bad_json"),
        (changed("points", json!(1.5)), 400, "bad_json"),
        (changed("points", json!(501)), 409, "points_insufficient"),
        (changed("checkout_no", json!("")), 422, "invalid_fields"),
        (changed("member", json!({"phone": "13900139000"})), 404, "member_not_found"),
        (changed("member", nobody), 404, "member_not_found"),
        (changed("store_code", json!("nowhere")), 422, "invalid_fields"),
        (changed("order", json!({"amount_fen": 0})), 422, "invalid_fields"),
        (changed("surprise", json!(1)), 400, "bad_json"),
    ] {
        let answer = shop.post("holds", "k", &body).await;
        answer.refused(status, code);
    }
    let id = shop.held("C-1", 100).await;
    shop.post("holds", "C-1", &holding("C-1", 101)).await.refused(422, "idempotency_key_reused");
    shop.post("holds", "k2", &holding("C-1", 101)).await.refused(409, "points_cause_conflict");
    for (body, status, code) in [
        (json!({"points": 0}), 422, "invalid_fields"),
        (json!({"points": -1}), 422, "invalid_fields"),
        (json!({"points": 101}), 409, "points_hold_exceeded"),
        (json!({"surprise": 1}), 400, "bad_json"),
    ] {
        shop.capture(&id, "k3", body).await.refused(status, code);
    }
    assert_eq!(shop.balances().await, (400, 100));
    shop.app.reconciles().await;
}

#[actix_web::test]
async fn a_hold_of_a_merged_member_is_used_for_the_one_who_stays() {
    let shop = Shop::with_points(500).await;
    let id = shop.held("C-1", 300).await;
    let winner = shop.app.known("13900139000").await;
    shop.app.merge_members(shop.member, winner).await;
    let used = shop.capture(&id, "k", json!({"points": 200})).await.expect(200);
    assert_eq!((&used["member_id"], &used["balance"]), (&json!(winner.to_string()), &json!(300)));
    let back = json!({"receipt_no": "C-1", "reversal_no": "B-1", "points": 200});
    assert_eq!(shop.post("reversals", "B-1", &back).await.expect(200)["balance"], 500);
    shop.app.reconciles().await;
}

/// RM7: one hold, many cashiers at once: debited once.
#[actix_web::test]
async fn twenty_captures_of_one_hold_use_it_once() {
    let shop = Shop::with_points(1_000).await;
    let id = shop.held("C-1", 600).await;
    let calls = (0..20).map(|n| {
        let body = json!({"points": 500 + n % 3});
        let (shop, id) = (&shop, &id);
        async move { shop.capture(id, &format!("k{n}"), body).await }
    });
    let answers = join_all(calls).await;
    let used: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert!(!used.is_empty(), "{answers:?}");
    let first = used[0].body["captured"].as_i64().unwrap();
    assert!(used.iter().all(|answer| answer.body["captured"] == first));
    assert_eq!(shop.balances().await, (1_000 - first, 0));
    shop.app.reconciles().await;
}
