//! Spending, granting and giving back at tills (PT-4, PT-5, OP-2).

use chrono::TimeDelta;
use huiyi::kernel::ids::MemberId;
use huiyi::points::service::Act;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, earn};

const PHONE: &str = "13800138000";

struct Till {
    app: TestApp,
    key: String,
    member: MemberId,
}

impl Till {
    async fn with_points(points: i64) -> Self {
        let app = TestApp::start().await;
        let key = app.partner("till", &["points:write"]).await;
        let member = app.known(PHONE).await;
        if points > 0 {
            app.moved(member, "opening", earn(points)).await;
        }
        Self { app, key, member }
    }

    async fn send(&self, path: &str, key: &str, body: &Value) -> Answer {
        let path = format!("/v1/open/points/{path}");
        self.app.post(&path).bearer(&self.key).key(key).json(body).send().await
    }

    async fn spend(&self, receipt: &str, points: i64) -> Answer {
        self.send("spend", receipt, &spending(receipt, points)).await
    }

    async fn give_back(&self, receipt: &str, reversal: &str, points: i64) -> Answer {
        let body = json!({"receipt_no": receipt, "reversal_no": reversal, "points": points});
        self.send("reversals", reversal, &body).await
    }
}

fn spending(receipt: &str, points: i64) -> Value {
    json!({"receipt_no": receipt, "member": {"phone": PHONE}, "points": points})
}

#[actix_web::test]
async fn points_are_spent_granted_and_given_back() {
    let till = Till::with_points(100).await;
    let spent = till.spend("R-1", 60).await.expect(200);
    assert_eq!((&spent["points"], &spent["balance"]), (&60.into(), &40.into()));
    assert_eq!(spent["replayed"], false);
    let back = till.give_back("R-1", "B-1", 20).await.expect(200);
    assert_eq!(back["balance"], 60);
    till.give_back("R-1", "B-2", 41).await.refused(409, "points_reversal_exceeds");
    let back = till.give_back("R-1", "B-3", 40).await.expect(200);
    assert_eq!(back["balance"], 100);
    let granted = till.send("earn", "G-1", &spending("G-1", 5)).await.expect(200);
    assert_eq!(granted["balance"], 105);
    till.app.reconciles().await;
}

#[actix_web::test]
async fn granted_points_last_as_long_as_those_of_a_purchase() {
    let till = Till::with_points(0).await;
    let mut body = spending("G-1", 5);
    body["occurred_at"] = "2026-01-31T16:30:00+08:00".into();
    till.send("earn", "G-1", &body).await.expect(200);
    let expiring =
        huiyi::points::service::expiring(till.app.app.db.read(), till.member).await.unwrap();
    // The end of January a year later, in Shanghai.
    assert_eq!(expiring[0].at.to_rfc3339(), "2027-01-31T16:00:00+00:00");
}

#[actix_web::test]
async fn a_receipt_moves_points_once_whatever_its_key() {
    let till = Till::with_points(100).await;
    let first = till.send("spend", "k1", &spending("R-1", 60)).await.expect(200);
    let second = till.send("spend", "k2", &spending("R-1", 60)).await.expect(200);
    assert_eq!(
        (&second["replayed"], &second["transfer_id"]),
        (&true.into(), &first["transfer_id"])
    );
    assert_eq!(second["balance"], 40);
    let other = till.send("spend", "k3", &spending("R-1", 61)).await;
    other.refused(409, "points_cause_conflict");
    till.app.known("13900139000").await;
    let mut body = spending("R-1", 60);
    body["member"] = json!({"phone": "13900139000"});
    till.send("spend", "k4", &body).await.refused(409, "points_cause_conflict");
    assert_eq!(till.app.available(till.member).await, 40);
}

#[actix_web::test]
async fn more_than_there_is_cannot_be_spent() {
    let till = Till::with_points(100).await;
    till.spend("R-1", 101).await.refused(409, "points_insufficient");
    // A refusal is not kept: after an earning the same receipt and key succeed.
    till.app.moved(till.member, "more", earn(1)).await;
    till.spend("R-1", 101).await.expect(200);
}

#[actix_web::test]
async fn the_customer_is_named_by_id_phone_or_card_and_by_one_of_them_only() {
    let till = Till::with_points(100).await;
    let spend = async |key: &str, member: Value| {
        let body = json!({"receipt_no": key, "member": member, "points": 1});
        till.send("spend", key, &body).await
    };
    spend("1", json!({"member_id": till.member.to_string()})).await.expect(200);
    spend("2", json!({"phone": "+86 138-0013-8000"})).await.expect(200);
    spend("3", json!({"phone": "13800138001"})).await.refused(404, "member_not_found");
    spend("4", json!({"card_no": "C-1"})).await.refused(404, "member_not_found");
    let stranger = MemberId::new(till.app.now()).to_string();
    spend("5", json!({"member_id": stranger})).await.refused(404, "member_not_found");
    spend("6", json!({"phone": "12345"})).await.refused(422, "invalid_fields");
    for bad in [
        json!({"phone": PHONE, "card_no": "C-1"}),
        json!({}),
        json!({"name": "x"}),
        json!({"phone": null}),
        json!(PHONE),
    ] {
        spend("7", bad).await.refused(400, "bad_json");
    }
    assert_eq!(till.app.available(till.member).await, 98);
}

#[actix_web::test]
async fn wrong_fields_are_named_and_move_nothing() {
    let till = Till::with_points(100).await;
    let now = till.app.now();
    for (field, value, pointer) in [
        ("points", json!(0), "/points"),
        ("points", json!(-1), "/points"),
        ("points", json!(1_000_000_000_001_i64), "/points"),
        ("receipt_no", json!(""), "/receipt_no"),
        ("receipt_no", json!("x".repeat(65)), "/receipt_no"),
        ("store_code", json!("nowhere"), "/store_code"),
        ("occurred_at", json!(now + TimeDelta::minutes(6)), "/occurred_at"),
        ("occurred_at", json!("1999-12-31T23:59:59Z"), "/occurred_at"),
        ("occurred_at", json!("-9999-12-31T23:59:59Z"), "/occurred_at"),
    ] {
        let mut body = spending("R-1", 10);
        body[field] = value.clone();
        let answer = till.send("spend", "k", &body).await;
        assert!(matches!(answer.status, 400 | 422), "{field}={value}: {}", answer.text);
        assert_eq!(answer.fields(), [pointer], "{field}={value}: {}", answer.text);
    }
    let no_key = till.app.post("/v1/open/points/spend").bearer(&till.key);
    let no_key = no_key.json(&spending("R-1", 10)).send().await;
    no_key.refused(400, "idempotency_key_missing");
    assert_eq!(till.app.available(till.member).await, 100);
}

#[actix_web::test]
async fn a_key_without_the_scope_moves_nothing() {
    let till = Till::with_points(100).await;
    let other = till.app.partner("reader", &["members:read", "orders:write"]).await;
    let reversal = json!({"receipt_no": "R-1", "reversal_no": "B-1", "points": 1});
    for (path, body) in
        [("spend", spending("R-1", 10)), ("earn", spending("R-1", 10)), ("reversals", reversal)]
    {
        let path = format!("/v1/open/points/{path}");
        let call = till.app.post(&path).bearer(&other).key("k").json(&body);
        call.send().await.refused(403, "forbidden");
        let call = till.app.post(&path).key("k").json(&body);
        call.send().await.refused(401, "unauthenticated");
    }
    assert_eq!(till.app.available(till.member).await, 100);
}

#[actix_web::test]
async fn partners_number_their_receipts_by_themselves() {
    let till = Till::with_points(100).await;
    till.spend("R-1", 10).await.expect(200);
    let other = till.app.partner("other", &["points:write"]).await;
    let theirs = Till { key: other, app: till.app, member: till.member };
    theirs.give_back("R-1", "B-1", 10).await.refused(404, "points_original_not_found");
    let spent = theirs.spend("R-1", 10).await.expect(200);
    assert_eq!((&spent["balance"], &spent["replayed"]), (&80.into(), &false.into()));
    theirs.app.reconciles().await;
}

#[actix_web::test]
async fn the_id_of_a_merged_member_means_the_one_who_stays() {
    let till = Till::with_points(100).await;
    till.spend("R-1", 30).await.expect(200);
    let winner = till.app.known("13900139000").await;
    till.app.merge_members(till.member, winner).await;
    let body = json!({
        "receipt_no": "R-2", "member": {"member_id": till.member.to_string()}, "points": 10
    });
    let spent = till.send("spend", "R-2", &body).await.expect(200);
    assert_eq!(spent["balance"], 60);
    // What the merged member spent goes back to the one who stays.
    let back = till.give_back("R-1", "B-1", 30).await.expect(200);
    assert_eq!(back["balance"], 90);
    assert_eq!(till.app.available(winner).await, 90);
    till.app.reconciles().await;
}

/// B earned nothing herself: A's points came to her by a merge, she spent of them, and was merged into C.
#[actix_web::test]
async fn what_was_spent_between_two_merges_can_be_given_back() {
    let till = Till::with_points(100).await;
    let between = till.app.known("13900139000").await;
    let last = till.app.known("13700137000").await;
    till.app.merge_members(till.member, between).await;
    till.spend("R-1", 50).await.expect(200);
    till.app.merge_members(between, last).await;
    let again = till.send("spend", "K-2", &spending("R-1", 50)).await.expect(200);
    assert_eq!(again["replayed"], true, "{again}");
    till.give_back("R-1", "B-1", 50).await.expect(200);
    assert_eq!(till.app.available(last).await, 100);
    let history =
        huiyi::points::service::history(till.app.app.db.read(), last, None, 50).await.unwrap();
    assert!(history.iter().any(|entry| entry.points == -50), "{history:?}");
    till.app.reconciles().await;
}

/// What one database refuses and another trims is refused by all.
#[actix_web::test]
async fn numbers_that_databases_read_differently_are_refused() {
    let till = Till::with_points(100).await;
    for receipt in ["R\u{0}1", "R1 ", " R1", "R 1", "小票", ""] {
        let answer = till.send("spend", "K-1", &spending(receipt, 10)).await;
        answer.refused(422, "invalid_fields");
        assert_eq!(answer.fields(), ["/receipt_no"], "{receipt:?}");
    }
    let card = "卡".repeat(43);
    let body = json!({"receipt_no": "R-1", "member": {"card_no": card}, "points": 10});
    till.send("spend", "R-1", &body).await.refused(422, "invalid_fields");
    assert_eq!(till.app.available(till.member).await, 100);
}

/// The till says what her phone says: points that ran out last night count no more, booked as expired or not.
#[actix_web::test]
async fn the_balance_at_the_till_leaves_out_what_has_run_out() {
    let till = Till::with_points(0).await;
    let soon = till.app.now() + TimeDelta::days(1);
    let lot = Act::Earn { amount: 40, expires_at: Some(soon), rule: None, settles_at: None };
    till.app.moved(till.member, "short", lot).await;
    till.app.moved(till.member, "long", earn(100)).await;
    till.app.advance(TimeDelta::days(2));
    let spent = till.spend("R-1", 10).await.expect(200);
    assert_eq!(spent["balance"], 90, "{spent}");
    till.spend("R-2", 91).await.refused(409, "points_insufficient");
    till.app.reconciles().await;
}
