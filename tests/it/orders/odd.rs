//! Every odd input has a defined answer (issue: the POS story).

use serde_json::{Value, json};

use super::{Till, refund, sale};

const PHONE: &str = "13800138000";

#[actix_web::test]
async fn each_odd_order_is_refused_by_name() {
    let till = Till::open().await;
    let cases: [(fn(&mut Value), u16, &str, &str); 22] = [
        (|o| o["paid_fen"] = 1.into(), 422, "order_amounts_mismatch", "/lines"),
        (
            |o| o["payments"] = json!([{"method": "cash", "paid_fen": 1}]),
            422,
            "order_amounts_mismatch",
            "/payments",
        ),
        (
            |o| o["occurred_at"] = "2026-03-16T04:00:01Z".into(),
            422,
            "order_in_future",
            "/occurred_at",
        ),
        (
            |o| o["occurred_at"] = "1999-12-31T23:59:59Z".into(),
            422,
            "order_too_old",
            "/occurred_at",
        ),
        (
            |o| o["occurred_at"] = "+262142-01-01T00:00:00Z".into(),
            422,
            "order_in_future",
            "/occurred_at",
        ),
        (|o| o["occurred_at"] = "2026-03-14".into(), 400, "bad_json", "/occurred_at"),
        (|o| o["currency"] = "USD".into(), 422, "order_currency_unsupported", "/currency"),
        (
            |o| {
                o["paid_fen"] = 1_000_000_000_000_i64.into();
                o["lines"][0]["paid_fen"] = 1_000_000_000_000_i64.into();
            },
            422,
            "order_amount_too_large",
            "/paid_fen",
        ),
        (
            |o| o["lines"][0]["list_fen"] = 1_000_000_000_000_i64.into(),
            422,
            "order_amount_too_large",
            "/lines/0/list_fen",
        ),
        (|o| o["lines"][0]["paid_fen"] = 1e30.into(), 400, "bad_json", "/lines/0/paid_fen"),
        (|o| o["lines"][0]["paid_fen"] = 0.5.into(), 400, "bad_json", "/lines/0/paid_fen"),
        (|o| o["paid_fen"] = (-1).into(), 422, "invalid_fields", "/paid_fen"),
        (|o| o["lines"][0]["quantity"] = 0.into(), 422, "invalid_fields", "/lines/0/quantity"),
        (|o| o["lines"] = json!([]), 422, "invalid_fields", "/lines"),
        (
            |o| o["customer"]["phone"] = "1380013800".into(),
            422,
            "invalid_fields",
            "/customer/phone",
        ),
        (|o| o["customer"]["phone"] = "".into(), 422, "invalid_fields", "/customer/phone"),
        (|o| o["customer"]["open_id"] = "oX".into(), 422, "invalid_fields", "/customer/app_id"),
        (|o| o["external_no"] = "".into(), 422, "invalid_fields", "/external_no"),
        (|o| o["external_no"] = "a\u{0}b".into(), 422, "invalid_fields", "/external_no"),
        (|o| o["lines"][0]["name"] = "a\u{0}".into(), 422, "invalid_fields", "/lines/0/name"),
        (|o| o["version"] = 0.into(), 422, "invalid_fields", "/version"),
        (|o| o["channel"] = "fax".into(), 400, "bad_json", "/channel"),
    ];
    for (n, (spoil, status, code, pointer)) in cases.into_iter().enumerate() {
        let mut order = sale("ODD", PHONE, &[10_000]);
        spoil(&mut order);
        let answer = till.send(&order).await;
        answer.refused(status, code);
        assert_eq!(answer.fields().first().map(String::as_str), Some(pointer), "case {n}");
        assert!(!answer.text.contains("1380013800"), "{}", answer.text);
    }
    let mut twice = sale("ODD", PHONE, &[10_000, 1]);
    twice["lines"][1]["line_no"] = 1.into();
    let answer = till.send(&twice).await;
    answer.refused(422, "invalid_fields");
    assert_eq!(answer.fields(), ["/lines/1/line_no"]);
    // None of them left a trace.
    let read = till.app.get("/v1/open/orders/pos/ODD").bearer(&till.key).send().await;
    read.refused(404, "not_found");
}

#[actix_web::test]
async fn unknown_codes_are_accepted_and_marked() {
    let till = Till::open().await;
    let mut order = sale("W-1", PHONE, &[10_000]);
    order["store_code"] = "NOWHERE".into();
    order["guide_no"] = "NOBODY".into();
    order["lines"][0]["sku_code"] = "未知款".into();
    let sent = till.sells(&order).await;
    assert_eq!(sent["warnings"], json!(["store_unknown", "guide_unknown", "sku_unknown"]));
    assert_eq!(sent["points"], 100);
    assert_eq!(till.read("W-1").await["lines"][0]["sku_known"], false);
}

#[actix_web::test]
async fn an_order_of_nobody_is_kept_and_earns_nothing() {
    let till = Till::open().await;
    let mut order = sale("N-1", PHONE, &[10_000]);
    order.as_object_mut().unwrap().remove("customer");
    let sent = till.sells(&order).await;
    assert_eq!((&sent["result"], &sent["points"]), (&json!("created"), &json!(0)));
    assert_eq!(sent["member_id"], Value::Null);
    let back = till.refund(&refund("R-1", "N-1", 10_000, &[])).await.expect(200);
    assert_eq!((&back["result"], &back["points_reversed"]), (&json!("applied"), &json!(0)));
    let mut named = super::next(&sale("N-1", PHONE, &[10_000]), "paid");
    named["version"] = 2.into();
    till.send(&named).await.refused(409, "order_customer_fixed");
}

#[actix_web::test]
async fn what_is_left_out_has_a_default() {
    let till = Till::open().await;
    let order = json!({
        "channel": "taobao", "external_no": "T/1", "occurred_at": super::AT,
        "customer": {"marketplace_buyer_id": "tb-9"}, "paid_fen": 100,
        "lines": [{"line_no": 1, "sku_code": "T200-BLK-L", "quantity": 1, "list_fen": 100, "paid_fen": 100}]
    });
    let sent = till.sells(&order).await;
    assert_eq!((&sent["result"], &sent["points"]), (&json!("created"), &json!(1)));
    let read = till.app.get("/v1/open/orders/taobao/T%2F1").bearer(&till.key).send().await;
    let stored = read.expect(200);
    assert_eq!((&stored["version"], &stored["status"]), (&json!(1), &json!("paid")));
    assert_eq!(stored["lines"][0]["style_code"], "T200");
}

#[actix_web::test]
async fn twenty_megabytes_are_too_large() {
    let till = Till::open().await;
    let mut order = sale("BIG", PHONE, &[10_000]);
    order["lines"][0]["name"] = "x".repeat(2_000_000).into();
    till.send(&order).await.refused(413, "body_too_large");
    let body = json!({"orders": ["x".repeat(20_000_000)]}).to_string();
    let call = till.app.post("/v1/open/orders:batch").bearer(&till.key).raw(body);
    call.send().await.refused(413, "body_too_large");
}

#[actix_web::test]
async fn nonsense_is_answered_like_nonsense() {
    let till = Till::open().await;
    for body in
        ["", "{", "[]", "null", "{\"orders\":{}}", "{\"orders\":[{}]", "{\"orders\":[],\"x\":1}"]
    {
        let call = till.app.post("/v1/open/orders:batch").bearer(&till.key).raw(body);
        call.send().await.refused(400, "bad_json");
    }
    // An item may be any nonsense, to any depth.
    let deep = format!("{{\"orders\":[{}{}]}}", "[".repeat(5_000), "]".repeat(5_000));
    let call = till.app.post("/v1/open/orders:batch").bearer(&till.key).raw(deep);
    let answer = call.send().await.expect(200);
    assert_eq!(answer["results"][0]["problem"]["code"], "bad_json");
}
