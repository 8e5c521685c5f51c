//! Up to 1,000 at a time, each with its own result (OR-2).

use serde_json::{Value, json};

use super::{Till, next, refund, sale, words};

const PHONE: &str = "13800138000";

#[actix_web::test]
async fn one_bad_item_spoils_no_other() {
    let till = Till::open().await;
    let good = |n: usize| sale(&format!("B-{n}"), &format!("1380000{n:04}"), &[10_000]);
    let mut orders: Vec<Value> = (0..20).map(good).collect();
    orders[3]["lines"][0]["quantity"] = 0.into();
    orders[5]["customer"]["phone"] = "12345".into();
    orders[7]["paid_fen"] = 1.into();
    orders[9] = json!("no order");
    orders[11]["colour"] = "red".into();
    orders[13]["lines"][0]["paid_fen"] = "10000".into();
    orders[15]["currency"] = "USD".into();
    let answer = till.batch(&orders).await;
    let bad = [
        (3, "invalid_fields", "/orders/3/lines/0/quantity"),
        (5, "invalid_fields", "/orders/5/customer/phone"),
        (7, "order_amounts_mismatch", "/orders/7/lines"),
        (9, "bad_json", "/orders/9"),
        (11, "bad_json", "/orders/11/colour"),
        (13, "bad_json", "/orders/13/lines/0/paid_fen"),
        (15, "order_currency_unsupported", "/orders/15/currency"),
    ];
    for (i, item) in answer["results"].as_array().unwrap().iter().enumerate() {
        assert_eq!(item["index"], i);
        let Some((_, code, pointer)) = bad.iter().find(|(at, ..)| *at == i) else {
            assert_eq!((&item["result"], &item["points"]), (&json!("created"), &json!(100)));
            continue;
        };
        assert_eq!(item["result"], "refused");
        assert_eq!(item["problem"]["code"], *code, "{item}");
        assert_eq!(item["problem"]["errors"][0]["pointer"], *pointer, "{item}");
    }
    assert_eq!(answer["counts"]["created"], 13);
    assert_eq!(answer["counts"]["refused"], 7);
    assert_eq!(answer["results"][3]["external_no"], "B-3");
    // What a person sent is quoted nowhere.
    assert!(!answer.to_string().contains("12345\""), "{answer}");
}

#[actix_web::test]
async fn a_batch_holds_one_to_a_thousand() {
    let till = Till::open().await;
    for path in ["orders", "refunds"] {
        let call = |items: Vec<Value>| {
            let body = json!({ path: items });
            let path = format!("/v1/open/{path}:batch");
            let till = &till;
            async move { till.post(&path, &body).await }
        };
        let empty = call(Vec::new()).await;
        empty.refused(422, "invalid_fields");
        assert_eq!(empty.fields(), [format!("/{path}")]);
        call(vec![json!({}); 1_001]).await.refused(422, "invalid_fields");
        let full = call(vec![json!({}); 1_000]).await.expect(200);
        assert_eq!(full["counts"]["refused"], 1_000);
    }
}

#[actix_web::test]
async fn a_thousand_orders_are_booked_together() {
    let till = Till::open().await;
    // 250 people, four orders each, two of a day.
    let order = |n: usize| {
        let mut order = sale(&format!("C-{n}"), &format!("1380000{:04}", n % 250), &[9_900, 100]);
        order["occurred_at"] = format!("2026-03-{:02}T06:00:00Z", 10 + n / 500).into();
        order["lines"][1]["sku_code"] = "GONE".into();
        order
    };
    let orders: Vec<Value> = (0..1_000).map(order).collect();
    let first = till.batch(&orders).await;
    assert_eq!(first["counts"]["created"], 1_000, "{}", first["counts"]);
    assert_eq!(first["results"][0]["warnings"], json!(["sku_unknown"]));
    let member = first["results"][17]["member_id"].as_str().unwrap().to_owned();
    assert_eq!(member, first["results"][267]["member_id"]);
    assert_eq!(till.points_of(&member).await, 400);
    assert_eq!(till.total(&member).await, (4, 40_000, 0));
    let again = till.batch(&orders).await;
    assert_eq!(again["counts"]["unchanged"], 1_000, "{}", again["counts"]);
    assert_eq!(till.points_of(&member).await, 400);
    let refunds: Vec<Value> =
        (0..1_000).map(|n| refund(&format!("R-{n}"), &format!("C-{n}"), 5_000, &[])).collect();
    let sent = till.post("/v1/open/refunds:batch", &json!({ "refunds": refunds })).await;
    assert_eq!(sent.expect(200)["counts"]["applied"], 1_000);
    assert_eq!(till.points_of(&member).await, 200);
    assert_eq!(till.total(&member).await, (4, 40_000, 20_000));
    let stored = till.read("C-17").await;
    let known: Vec<_> =
        stored["lines"].as_array().unwrap().iter().map(|l| &l["sku_known"]).collect();
    assert_eq!(known, [true, false]);
    assert_eq!(stored["lines"][0]["category"], "连衣裙");
    assert_eq!(stored["lines"][1]["name"], "GONE");
}

#[actix_web::test]
async fn of_one_number_the_versions_are_taken_in_sequence() {
    let till = Till::open().await;
    let mut placed = sale("D-1", PHONE, &[10_000]);
    placed["status"] = "placed".into();
    let paid = next(&placed, "paid");
    let mut other = paid.clone();
    other["store_code"] = "SH01".into();
    let orders =
        [placed.clone(), placed.clone(), paid.clone(), placed, other, next(&paid, "paid"), paid];
    let answer = till.batch(&orders).await;
    let expect =
        ["created", "unchanged", "updated", "ignored_older", "refused", "updated", "ignored_older"];
    assert_eq!(words(&answer, "result"), expect, "{answer}");
    assert_eq!(answer["results"][4]["problem"]["code"], "order_version_reused");
    let member = answer["results"][0]["member_id"].as_str().unwrap();
    assert_eq!(till.points_of(member).await, 100);
    assert_eq!(till.total(member).await, (1, 10_000, 0));
    // Paid and cancelled at once is nothing at all.
    let paid = sale("D-2", PHONE, &[30_000]);
    let answer = till.batch(&[paid.clone(), next(&paid, "cancelled")]).await;
    assert_eq!(words(&answer, "result"), ["created", "updated"]);
    assert_eq!(till.points_of(member).await, 100);
    assert_eq!(till.total(member).await, (1, 10_000, 0));
}

#[actix_web::test]
async fn duplicate_refunds_of_a_batch_count_once() {
    let till = Till::open().await;
    let member = till.sells(&sale("E-1", PHONE, &[10_000])).await["member_id"].clone();
    let half = refund("R-1", "E-1", 5_000, &[(1, 1, 5_000)]);
    let mut other = half.clone();
    other["occurred_at"] = "2026-03-15T03:00:01Z".into();
    let refunds = [
        half.clone(),
        half.clone(),
        other,
        refund("R-2", "E-1", 5_001, &[]),
        refund("R-3", "E-1", 5_000, &[]),
        json!(7),
    ];
    let body = json!({ "refunds": refunds });
    let answer = till.post("/v1/open/refunds:batch", &body).await.expect(200);
    let expect = ["applied", "unchanged", "refused", "refused", "applied", "refused"];
    assert_eq!(words(&answer, "result"), expect, "{answer}");
    assert_eq!(answer["results"][2]["problem"]["code"], "refund_number_reused");
    assert_eq!(answer["results"][3]["problem"]["code"], "refund_exceeds_paid");
    assert_eq!(answer["results"][5]["problem"]["errors"][0]["pointer"], "/refunds/5");
    assert_eq!(till.points_of(member.as_str().unwrap()).await, 0);
}

/// The version that pays for it says nothing of the customer: she was named when it was placed.
#[actix_web::test]
async fn a_later_version_in_the_same_batch_need_not_name_her_again() {
    let till = Till::open().await;
    let mut placed = sale("N-1", PHONE, &[10_000]);
    placed["status"] = "placed".into();
    let mut paid = sale("N-1", PHONE, &[10_000]);
    paid["version"] = 2.into();
    paid.as_object_mut().unwrap().remove("customer");
    let answer = till.batch(&[placed, paid]).await;
    let item = &answer["results"][1];
    assert_eq!((&item["result"], &item["points"]), (&json!("updated"), &json!(100)), "{answer}");
    let member = item["member_id"].as_str().unwrap();
    assert_eq!(till.total(member).await, (1, 10_000, 0));
    assert_eq!(till.points_of(member).await, 100);
}
