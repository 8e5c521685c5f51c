//! Refunds take back what their lines earned (PT-6).

use serde_json::{Value, json};

use super::{Till, next, refund, sale};
use crate::support::TestApp;

const PHONE: &str = "13800138000";

async fn sold(till: &Till, lines: &[i64]) -> String {
    till.sells(&sale("A-1", PHONE, lines)).await["member_id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_part_takes_back_its_part_and_the_rest_the_rest() {
    let till = Till::open().await;
    let member = sold(&till, &[10_050, 20_000]).await;
    assert_eq!(till.points_of(&member).await, 300);
    let half = till.refund(&refund("R-1", "A-1", 10_000, &[(2, 1, 10_000)])).await.expect(200);
    assert_eq!(half["points_reversed"], 100, "{half}");
    let stored = till.read("A-1").await;
    assert_eq!(stored["lines"][1]["refunded_quantity"], 1);
    assert_eq!(stored["lines"][1]["points_reversed"], 100);
    let rest = till.refund(&refund("R-2", "A-1", 20_050, &[])).await.expect(200);
    assert_eq!(rest["points_reversed"], 200, "{rest}");
    assert_eq!(till.points_of(&member).await, 0);
    assert_eq!(till.total(&member).await, (1, 30_050, 30_050));
    let stored = till.read("A-1").await;
    assert_eq!(stored["refunded_fen"], 30_050);
    assert_eq!(stored["refunds"].as_array().unwrap().len(), 2);
    assert!(stored["lines"].as_array().unwrap().iter().all(|line| {
        line["refunded_fen"] == line["paid_fen"] && line["refunded_quantity"] == line["quantity"]
    }));
}

#[actix_web::test]
async fn more_than_was_paid_is_refused_and_leaves_no_trace() {
    let till = Till::open().await;
    let member = sold(&till, &[10_000, 5_000]).await;
    for (amount, lines) in
        [(15_001, vec![]), (10_001, vec![(1, 1, 10_001)]), (100, vec![(1, 3, 100)])]
    {
        let answer = till.refund(&refund("R-1", "A-1", amount, &lines)).await;
        answer.refused(422, "refund_exceeds_paid");
    }
    let unknown = till.refund(&refund("R-1", "A-1", 100, &[(9, 1, 100)])).await;
    unknown.refused(422, "refund_line_unknown");
    let sum = till.refund(&refund("R-1", "A-1", 100, &[(1, 1, 99)])).await;
    sum.refused(422, "order_amounts_mismatch");
    assert_eq!(till.points_of(&member).await, 150);
    assert_eq!(till.read("A-1").await["refunds"], json!([]));
}

#[actix_web::test]
async fn a_resent_refund_changes_nothing() {
    let till = Till::open().await;
    let member = sold(&till, &[10_000]).await;
    let one = refund("R-1", "A-1", 4_000, &[]);
    assert_eq!(till.refund(&one).await.expect(200)["result"], "applied");
    for _ in 0..2 {
        let again = till.refund(&one).await.expect(200);
        assert_eq!((&again["result"], &again["state"]), (&json!("unchanged"), &json!("applied")));
        assert_eq!(again["points_reversed"], 40);
    }
    assert_eq!(till.points_of(&member).await, 60);
    let other = refund("R-1", "A-1", 4_001, &[]);
    till.refund(&other).await.refused(409, "refund_number_reused");
}

#[actix_web::test]
async fn a_refund_that_is_faster_than_its_order_waits() {
    let till = Till::open().await;
    let first = refund("R-1", "A-1", 4_000, &[]);
    let waiting = till.refund(&first).await.expect(200);
    assert_eq!((&waiting["result"], &waiting["order_id"]), (&json!("waiting"), &Value::Null));
    let missing = till.app.get("/v1/open/orders/pos/A-1").bearer(&till.key).send().await;
    missing.refused(404, "not_found");
    till.refund(&refund("R-2", "A-1", 6_001, &[])).await.expect(200);
    // Placed is not paid: they go on waiting.
    let mut placed = sale("A-1", PHONE, &[10_000]);
    placed["status"] = "placed".into();
    let sent = till.sells(&placed).await;
    assert_eq!(sent["result"], "created");
    let member = sent["member_id"].as_str().unwrap();
    till.sells(&next(&placed, "paid")).await;
    assert_eq!(till.points_of(member).await, 60);
    assert_eq!(till.total(member).await, (1, 10_000, 4_000));
    let states: Vec<Value> = till.read("A-1").await["refunds"].as_array().unwrap().clone();
    let state = |n: usize| states[n]["state"].as_str().unwrap();
    assert_eq!((state(0), state(1)), ("applied", "without_effect"), "{states:?}");
    assert_eq!(states[1]["reason"], "refund_exceeds_paid");
    assert_eq!(till.refund(&first).await.expect(200)["result"], "unchanged");
}

#[actix_web::test]
async fn a_refund_of_a_cancelled_order_is_kept_without_effect() {
    let till = Till::open().await;
    let member = sold(&till, &[10_000]).await;
    till.sells(&next(&sale("A-1", PHONE, &[10_000]), "cancelled")).await;
    let late = till.refund(&refund("R-1", "A-1", 4_000, &[])).await.expect(200);
    assert_eq!(
        (&late["result"], &late["reason"]),
        (&json!("without_effect"), &json!("order_cancelled"))
    );
    assert_eq!(till.points_of(&member).await, 0);
    assert_eq!(till.total(&member).await, (0, 0, 0));
}

/// PT-6: points that were spent leave a debt that later purchases pay first.
#[actix_web::test]
async fn points_that_were_spent_become_a_debt() {
    let till = Till::open().await;
    let member = sold(&till, &[100_000]).await;
    till.app.settle_all().await;
    let spend = json!({"receipt_no": "S-1", "member": {"phone": PHONE}, "points": 800});
    let spent = till.app.post("/v1/open/points/spend").bearer(&till.key).key("S-1").json(&spend);
    spent.send().await.expect(200);
    let back = till.refund(&refund("R-1", "A-1", 100_000, &[])).await.expect(200);
    assert_eq!(back["points_reversed"], 1_000);
    assert_eq!(till.points_of(&member).await, -800);
    till.sells(&sale("A-2", PHONE, &[100_000])).await;
    assert_eq!(till.points_of(&member).await, 200);
    reconciles(&till.app).await;
}

pub(super) async fn reconciles(app: &TestApp) {
    let found = huiyi::points::service::reconcile(&app.app).await.unwrap();
    assert!(found.is_empty(), "{found:?}");
}
