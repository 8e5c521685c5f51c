//! Points that paid for a part of an order go back with what is returned of it (PT-4, PT-6).

use huiyi::kernel::ids::MemberId;
use serde_json::{Value, json};

use super::{Till, next, refund, sale};
use crate::support::{Answer, earn};

const PHONE: &str = "13800138000";

impl Till {
    /// Somebody with points to spend.
    pub(super) async fn rich(&self, phone: &str, points: i64) -> MemberId {
        let member = self.app.known(phone).await;
        self.app.moved(member, &format!("opening-{phone}"), earn(points)).await;
        member
    }

    async fn keyed(&self, path: &str, key: &str, body: &Value) -> Answer {
        let path = format!("/v1/open/points/{path}");
        self.app.post(&path).bearer(&self.key).key(key).json(body).send().await
    }

    /// Takes points aside for a checkout.
    pub(super) async fn holds(&self, checkout: &str, phone: &str, points: i64) -> String {
        let body = json!({"checkout_no": checkout, "member": {"phone": phone}, "points": points});
        let held = self.keyed("holds", checkout, &body).await.expect(200);
        held["id"].as_str().unwrap().to_owned()
    }

    /// Uses points of a hold.
    pub(super) async fn captures(&self, hold: &str, points: i64) {
        let body = json!({"points": points});
        self.keyed(&format!("holds/{hold}:capture"), hold, &body).await.expect(200);
    }

    /// Holds and uses points, and sells lines for the rest.
    async fn sells_for_points(&self, lines: &[i64], points: i64) -> MemberId {
        let member = self.rich(PHONE, 5_000).await;
        let hold = self.holds("C-1", PHONE, points).await;
        self.captures(&hold, points).await;
        self.sells(&paid_with(sale("A-1", PHONE, lines), "C-1")).await;
        member
    }

    /// Points that can be spent and are not of the order itself.
    async fn purse(&self, member: MemberId) -> i64 {
        self.app.balance(member).await.available
    }
}

pub(super) fn paid_with(mut order: Value, receipt: &str) -> Value {
    order["points_receipt_no"] = receipt.into();
    order
}

fn line_points(order: &Value) -> Vec<(i64, i64)> {
    let lines = order["lines"].as_array().unwrap();
    let number = |line: &Value, name: &str| line[name].as_i64().unwrap();
    lines
        .iter()
        .map(|line| (number(line, "deducted_points"), number(line, "deducted_points_returned")))
        .collect()
}

#[actix_web::test]
async fn a_part_gives_back_its_part_and_the_rest_the_rest() {
    let till = Till::open().await;
    // 1,000 points over 10,000 and 20,000 fen: 333 and 667.
    let member = till.sells_for_points(&[10_000, 20_000], 1_000).await;
    let order = till.read("A-1").await;
    assert_eq!(
        (&order["points_receipt_no"], &order["deducted_points"]),
        (&json!("C-1"), &json!(1_000))
    );
    assert_eq!(line_points(&order), [(333, 0), (667, 0)]);
    assert_eq!(till.purse(member).await, 4_000);

    let wish = refund("R-1", "A-1", 10_000, &[(2, 1, 10_000)]);
    let plan = till.post("/v1/open/refunds:preview", &wish).await.expect(200);
    assert_eq!(
        (&plan["points_returned"], &plan["lines"][0]["points_returned"]),
        (&json!(333), &json!(333))
    );
    assert_eq!(plan["points"]["available_after"], 4_333, "what is pending goes back of itself");
    assert_eq!(till.purse(member).await, 4_000, "nothing has moved");
    let half = till.refund(&wish).await.expect(200);
    assert_eq!((&half["points_returned"], &half["points_reversed"]), (&json!(333), &json!(100)));
    assert_eq!(till.purse(member).await, 4_333);
    assert_eq!(
        till.refund(&wish).await.expect(200)["points_returned"],
        333,
        "a resend says the same"
    );
    assert_eq!(till.purse(member).await, 4_333);

    let rest = till.refund(&refund("R-2", "A-1", 20_000, &[])).await.expect(200);
    assert_eq!(rest["points_returned"], 667);
    assert_eq!(till.purse(member).await, 5_000);
    let order = till.read("A-1").await;
    assert_eq!(line_points(&order), [(333, 333), (667, 667)]);
    assert_eq!(order["refunds"][0]["points_returned"], 333);
    till.app.reconciles().await;
}

#[actix_web::test]
async fn a_cancellation_gives_back_what_is_left() {
    let till = Till::open().await;
    let member = till.sells_for_points(&[10_000, 20_000], 1_000).await;
    till.refund(&refund("R-1", "A-1", 3_333, &[(1, 1, 3_333)])).await.expect(200);
    assert_eq!(till.purse(member).await, 4_110);
    let order = paid_with(sale("A-1", PHONE, &[10_000, 20_000]), "C-1");
    till.sells(&next(&order, "cancelled")).await;
    assert_eq!(till.purse(member).await, 5_000);
    assert_eq!(till.app.balance(member).await.pending, 0);
    till.app.reconciles().await;
}

/// Goods that points paid for whole come back by their pieces.
#[actix_web::test]
async fn a_line_without_money_comes_back_by_its_pieces() {
    let till = Till::open().await;
    let member = till.rich(PHONE, 5_000).await;
    let hold = till.holds("C-1", PHONE, 4_000).await;
    till.captures(&hold, 4_000).await;
    let mut order = paid_with(sale("A-1", PHONE, &[0]), "C-1");
    order["lines"][0]["list_fen"] = 4_000.into();
    till.sells(&order).await;
    let one = till.refund(&refund("R-1", "A-1", 0, &[(1, 1, 0)])).await.expect(200);
    assert_eq!(one["points_returned"], 2_000);
    let other = till.refund(&refund("R-2", "A-1", 0, &[(1, 1, 0)])).await.expect(200);
    assert_eq!((&other["points_returned"], till.purse(member).await), (&json!(2_000), 5_000));
    till.app.reconciles().await;
}

/// Points that nobody may pay such goods with paid for the others.
#[actix_web::test]
async fn goods_that_points_cannot_pay_give_none_back() {
    let till = Till::open_with(|config| {
        config.points.undeductible_categories = vec!["礼品卡".to_owned()];
    });
    let till = till.await;
    till.rich(PHONE, 5_000).await;
    let hold = till.holds("C-1", PHONE, 1_000).await;
    till.captures(&hold, 900).await;
    let mut order = paid_with(sale("A-1", PHONE, &[50_000, 10_000]), "C-1");
    order["lines"][0]["category"] = "礼品卡".into();
    till.sells(&order).await;
    assert_eq!(
        line_points(&till.read("A-1").await),
        [(0, 0), (900, 0)],
        "what was used, not what was held"
    );
    let card = till.refund(&refund("R-1", "A-1", 50_000, &[(1, 2, 50_000)])).await.expect(200);
    assert_eq!(card["points_returned"], 0);
}

/// A spending at the till in one step pays as well, and whoever paid gets it back: here the order is nobody's.
#[actix_web::test]
async fn who_paid_gets_it_back_whoever_the_order_is() {
    let till = Till::open().await;
    let payer = till.rich(PHONE, 2_000).await;
    let spend = json!({"receipt_no": "S-1", "member": {"phone": PHONE}, "points": 600});
    till.keyed("spend", "S-1", &spend).await.expect(200);
    let mut order = paid_with(sale("A-1", PHONE, &[10_000]), "S-1");
    order.as_object_mut().unwrap().remove("customer");
    till.sells(&order).await;
    let back = till.refund(&refund("R-1", "A-1", 5_000, &[])).await.expect(200);
    assert_eq!((&back["points_returned"], &back["points_reversed"]), (&json!(300), &json!(0)));
    assert_eq!(till.purse(payer).await, 1_700);
    // She was merged into somebody else meanwhile: that is who gets the rest.
    let winner = till.app.known("13900139000").await;
    till.app.merge_members(payer, winner).await;
    let rest = till.refund(&refund("R-2", "A-1", 5_000, &[])).await.expect(200);
    assert_eq!((&rest["points_returned"], till.purse(winner).await), (&json!(300), 2_000));
    till.app.reconciles().await;
}

/// What a till gave back by itself is not given back again, and the refund stands all the same.
#[actix_web::test]
async fn what_a_till_gave_back_itself_is_not_given_twice() {
    let till = Till::open().await;
    let member = till.sells_for_points(&[10_000], 1_000).await;
    let back = json!({"receipt_no": "C-1", "reversal_no": "B-1", "points": 800});
    till.keyed("reversals", "B-1", &back).await.expect(200);
    let wish = refund("R-1", "A-1", 10_000, &[]);
    let plan = till.post("/v1/open/refunds:preview", &wish).await.expect(200);
    let booked = till.refund(&wish).await.expect(200);
    assert_eq!((&plan["points_returned"], &booked["points_returned"]), (&json!(200), &json!(200)));
    assert_eq!(till.read("A-1").await["refunds"][0]["points_returned"], 200);
    assert_eq!(till.purse(member).await, 5_000);
    till.app.reconciles().await;
}

/// They go back to the lots they came from, with the expiry of those.
#[actix_web::test]
async fn points_go_back_to_their_own_lots() {
    let till = Till::open().await;
    let member = till.app.known(PHONE).await;
    let soon = till.app.now() + chrono::TimeDelta::days(10);
    till.app.moved(member, "old", crate::support::lot(600, soon)).await;
    till.app.moved(member, "new", earn(1_000)).await;
    let hold = till.holds("C-1", PHONE, 1_000).await;
    till.captures(&hold, 1_000).await;
    till.sells(&paid_with(sale("A-1", PHONE, &[10_000]), "C-1")).await;
    // 400 of the new lot first, then 100 of the old one.
    till.refund(&refund("R-1", "A-1", 5_000, &[])).await.expect(200);
    till.app.advance(chrono::TimeDelta::days(11));
    till.app.work().await;
    assert_eq!(
        till.app.available(member).await,
        1_000 + 50,
        "the old 100 ran out; 50 of the purchase came"
    );
    till.app.reconciles().await;
}

/// Other points cannot be put under a paid order, and a number that was said need not be said again.
#[actix_web::test]
async fn the_number_of_the_points_is_fixed_with_the_order() {
    let till = Till::open().await;
    till.rich(PHONE, 5_000).await;
    let order = sale("A-1", PHONE, &[10_000]);
    let paid = paid_with(order.clone(), "C-1");
    let mut placed = paid.clone();
    placed["status"] = "placed".into();
    till.sells(&placed).await;
    till.sells(&next(&order, "paid")).await;
    assert_eq!(till.read("A-1").await["points_receipt_no"], "C-1");
    let third = |order: &Value| next(&next(order, "paid"), "paid");
    till.send(&third(&paid_with(order.clone(), "C-2"))).await.refused(409, "order_amounts_fixed");
    assert_eq!(till.sells(&third(&order)).await["result"], "updated");
    assert_eq!(till.sells(&third(&order)).await["result"], "unchanged");
    till.send(&third(&paid)).await.refused(409, "order_version_reused");
    for wrong in [json!(""), json!("a b"), json!("x".repeat(65))] {
        let mut order = sale("A-2", PHONE, &[10_000]);
        order["points_receipt_no"] = wrong;
        till.send(&order).await.refused(422, "invalid_fields");
    }
}

/// Another partner's points are not found by their number.
#[actix_web::test]
async fn a_number_of_another_partner_is_another_number() {
    let till = Till::open().await;
    let member = till.rich(PHONE, 5_000).await;
    let hold = till.holds("C-1", PHONE, 1_000).await;
    till.captures(&hold, 1_000).await;
    let other = till.app.partner("another till", &["orders:write"]).await;
    let order = paid_with(sale("A-1", PHONE, &[10_000]), "C-1");
    till.app.post("/v1/open/orders").bearer(&other).json(&order).send().await.expect(200);
    let wish = refund("R-1", "A-1", 10_000, &[]);
    let back = till.app.post("/v1/open/refunds").bearer(&other).json(&wish).send().await;
    assert_eq!(back.expect(200)["points_returned"], 0);
    till.app.relay().await;
    assert_eq!(till.purse(member).await, 4_000);
}

/// A till uses points while an order that names them comes in, already void: neither saw the other, and the order's own
/// event finds them.
#[actix_web::test]
async fn points_used_beside_an_order_that_was_void_come_back() {
    let till = Till::open().await;
    let member = till.rich(PHONE, 5_000).await;
    let mut order = paid_with(sale("A-1", PHONE, &[10_000]), "S-1");
    order["status"] = "cancelled".into();
    till.sells(&order).await;
    let body = json!({"receipt_no": "S-1", "member": {"phone": PHONE}, "points": 800});
    till.keyed("spend", "S-1", &body).await.expect(200);
    assert_eq!(till.purse(member).await, 4_200);
    // As if it had been handed on before the order could be seen.
    till.app.sql("DELETE FROM event_log WHERE kind = 'points.moved'").await.unwrap();
    till.app.relay().await;
    assert_eq!(till.purse(member).await, 5_000);
    till.app.reconciles().await;
}
