//! Resends, newer and older versions (OR-2).

use serde_json::json;

use super::{Till, next, sale};

const PHONE: &str = "13800138000";

/// OR-2, OR-3: an order from an unknown phone makes a member; a resend changes nothing and says so.
#[actix_web::test]
async fn a_resend_changes_nothing_and_says_so() {
    let till = Till::open().await;
    let order = sale("A-1", PHONE, &[59_900]);
    let first = till.sells(&order).await;
    assert_eq!((&first["result"], &first["points"]), (&json!("created"), &json!(599)), "{first}");
    let member = first["member_id"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        let again = till.sells(&order).await;
        assert_eq!(again["result"], "unchanged");
        assert_eq!((&again["order_id"], &again["points"]), (&first["order_id"], &json!(599)));
    }
    assert_eq!(till.points_of(&member).await, 599);
    assert_eq!(till.total(&member).await, (1, 59_900, 0));
}

#[actix_web::test]
async fn an_older_version_never_overwrites_a_newer_one() {
    let till = Till::open().await;
    let placed = json!({"status": "placed", "version": 1});
    let mut first = sale("A-1", PHONE, &[10_000]);
    first["status"] = placed["status"].clone();
    let paid = next(&first, "paid");
    assert_eq!(till.sells(&paid).await["result"], "created");
    assert_eq!(till.sells(&first).await["result"], "ignored_older");
    assert_eq!(till.read("A-1").await["status"], "paid");
}

#[actix_web::test]
async fn a_version_with_other_content_is_refused() {
    let till = Till::open().await;
    let order = sale("A-1", PHONE, &[10_000]);
    till.sells(&order).await;
    let mut other = order.clone();
    other["lines"][0]["colour"] = "蓝".into();
    till.send(&other).await.refused(409, "order_version_reused");
}

#[actix_web::test]
async fn a_placed_order_grants_nothing_until_it_is_paid() {
    let till = Till::open().await;
    let mut placed = sale("A-1", PHONE, &[10_000]);
    placed["status"] = "placed".into();
    let sent = till.sells(&placed).await;
    let member = sent["member_id"].as_str().unwrap();
    assert_eq!(till.total(member).await, (0, 0, 0));
    // Until then everything may change.
    let mut paid = next(&sale("A-1", PHONE, &[7_000, 8_000]), "paid");
    paid["payments"] = json!([{"method": "cash", "paid_fen": 15_000}]);
    let sent = till.sells(&paid).await;
    assert_eq!((&sent["result"], &sent["points"]), (&json!("updated"), &json!(150)), "{sent}");
    assert_eq!(till.points_of(member).await, 150);
    let stored = till.read("A-1").await;
    assert_eq!(stored["lines"].as_array().unwrap().len(), 2);
    assert_eq!(stored["payments"], json!([{"method": "cash", "paid_fen": 15_000}]));
}

#[actix_web::test]
async fn what_was_paid_stays() {
    let till = Till::open().await;
    let order = sale("A-1", PHONE, &[10_000]);
    till.sells(&order).await;
    let mut dearer = next(&sale("A-1", PHONE, &[10_001]), "paid");
    till.send(&dearer).await.refused(409, "order_amounts_fixed");
    dearer["status"] = "cancelled".into();
    till.send(&dearer).await.refused(409, "order_amounts_fixed");
    let mut guide = next(&order, "paid");
    guide["guide_no"] = "G999".into();
    till.send(&guide).await.refused(409, "order_amounts_fixed");
    let mut buyer = next(&order, "paid");
    buyer["customer"]["phone"] = "13900139000".into();
    till.send(&buyer).await.refused(409, "order_customer_fixed");
    till.send(&next(&order, "placed")).await.refused(409, "order_already_paid");
    // The same person, written otherwise, is the same person; and the version moves on.
    let mut same = next(&order, "paid");
    same["customer"]["phone"] = "+86 138-0013-8000".into();
    assert_eq!(till.sells(&same).await["result"], "updated");
    assert_eq!(till.sells(&order).await["result"], "ignored_older");
}

#[actix_web::test]
async fn a_cancelled_order_is_final_and_leaves_nothing() {
    let till = Till::open().await;
    let order = sale("A-1", PHONE, &[10_000]);
    let member = till.sells(&order).await["member_id"].as_str().unwrap().to_owned();
    let cancelled = next(&order, "cancelled");
    assert_eq!(till.sells(&cancelled).await["result"], "updated");
    assert_eq!(till.points_of(&member).await, 0);
    assert_eq!(till.total(&member).await, (0, 0, 0));
    assert_eq!(till.sells(&cancelled).await["result"], "unchanged");
    assert_eq!(till.sells(&next(&cancelled, "cancelled")).await["result"], "unchanged");
    till.send(&next(&cancelled, "paid")).await.refused(409, "order_cancelled");
    assert_eq!(till.read("A-1").await["status"], "cancelled");
}

/// S1: a number belongs to whoever sent it first; nobody else reads or changes it.
#[actix_web::test]
async fn another_partner_neither_reads_nor_changes_an_order() {
    let till = Till::open().await;
    let order = sale("A-1", PHONE, &[10_000]);
    till.sells(&order).await;
    let other = till.app.partner("other", &["orders:write"]).await;
    let read = till.app.get("/v1/open/orders/pos/A-1").bearer(&other).send().await;
    read.refused(404, "not_found");
    let cancel = next(&order, "cancelled");
    let sent = till.app.post("/v1/open/orders").bearer(&other).json(&cancel).send().await;
    sent.refused(409, "order_number_taken");
    let refund = super::refund("R-1", "A-1", 100, &[]);
    let sent = till.app.post("/v1/open/refunds").bearer(&other).json(&refund).send().await;
    sent.refused(409, "order_number_taken");
    // A refund of theirs that came first does not take the number away.
    let refund = super::refund("R-2", "A-2", 100, &[]);
    let sent = till.app.post("/v1/open/refunds").bearer(&other).json(&refund).send().await;
    assert_eq!(sent.expect(200)["result"], "waiting");
    assert_eq!(till.sells(&sale("A-2", PHONE, &[10_000])).await["result"], "created");
    let again = till.app.post("/v1/open/refunds").bearer(&other).json(&refund).send().await;
    let again = again.expect(200);
    assert_eq!(
        (&again["state"], &again["reason"]),
        (&json!("without_effect"), &json!("order_number_taken"))
    );
}

#[actix_web::test]
async fn a_key_without_the_scope_sends_nothing() {
    let till = Till::open().await;
    let key = till.app.partner("reader", &["members:read"]).await;
    let order = sale("A-1", PHONE, &[10_000]);
    let refund = super::refund("R-1", "A-1", 100, &[]);
    for (path, body) in [
        ("orders", &order),
        ("orders:batch", &json!({"orders": [order]})),
        ("refunds", &refund),
        ("refunds:batch", &json!({"refunds": [refund]})),
    ] {
        let call = till.app.post(&format!("/v1/open/{path}")).bearer(&key).json(body);
        call.send().await.refused(403, "forbidden");
    }
    till.app.get("/v1/open/orders/pos/1").bearer(&key).send().await.refused(403, "forbidden");
    till.app.get("/v1/open/orders/pos/1").send().await.refused(401, "unauthenticated");
}
