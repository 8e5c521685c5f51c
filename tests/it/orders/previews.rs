//! The plan of a refund before it is booked, and what it could not take back (PT-6).

use entity::event_log;
use huiyi::config::Clawback;
use huiyi::kernel::codes::{Ledger, TransferKind};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::{Till, next, refund, sale};
use crate::support::{earn, reverse};

const PHONE: &str = "13800138000";

impl Till {
    async fn preview(&self, refund: &Value) -> Value {
        self.post("/v1/open/refunds:preview", refund).await.expect(200)
    }

    async fn spends(&self, receipt: &str, points: i64) {
        let spend = json!({"receipt_no": receipt, "member": {"phone": PHONE}, "points": points});
        let call = self.app.post("/v1/open/points/spend").bearer(&self.key).key(receipt);
        call.json(&spend).send().await.expect(200);
    }
}

#[actix_web::test]
async fn a_plan_says_what_goes_back_and_changes_nothing() {
    let till = Till::open().await;
    let sold = till.sells(&sale("A-1", PHONE, &[10_000, 20_000])).await;
    let member = sold["member_id"].as_str().unwrap();
    let wish = refund("R-1", "A-1", 10_000, &[(2, 1, 10_000)]);
    let plan = till.preview(&wish).await;
    let lines = json!([{"line_no": 2, "quantity": 1, "amount_fen": 10_000, "points": 100, "campaign_points": 0,
        "growth": 100, "points_returned": 0}]);
    assert_eq!((&plan["result"], &plan["lines"]), (&json!("applied"), &lines), "{plan}");
    assert_eq!(plan["member_id"], member);
    // Inside the return window everything is pending still, or was settled at once.
    let points = &plan["points"];
    let taken = points["pending"].as_i64().unwrap() + points["available"].as_i64().unwrap();
    assert_eq!((taken, &points["debt"]), (100, &json!(0)));
    assert_eq!(till.preview(&wish).await, plan, "nothing has changed");
    let stored = till.read("A-1").await;
    assert_eq!((&stored["refunded_fen"], &stored["refunds"]), (&json!(0), &json!([])));
    assert_eq!(till.balance(member, Ledger::Growth).await, 300);
    till.app.reconciles().await;
}

#[actix_web::test]
async fn a_plan_is_refused_like_the_refund() {
    let till = Till::open().await;
    till.sells(&sale("A-1", PHONE, &[10_000])).await;
    for (wish, code) in [
        (refund("R-1", "A-1", 10_001, &[]), "refund_exceeds_paid"),
        (refund("R-1", "A-1", 100, &[(7, 1, 100)]), "refund_line_unknown"),
        (refund("R-1", "A-1", 100, &[(1, 1, 99)]), "order_amounts_mismatch"),
    ] {
        till.post("/v1/open/refunds:preview", &wish).await.refused(422, code);
    }
    let unseen = till.preview(&refund("R-1", "A-9", 100, &[])).await;
    assert_eq!((&unseen["result"], &unseen["lines"]), (&json!("waiting"), &json!([])));
    let other = till.app.partner("another till", &["orders:write"]).await;
    let wish = refund("R-1", "A-1", 100, &[]);
    let stolen = till.app.post("/v1/open/refunds:preview").bearer(&other).json(&wish).send().await;
    stolen.refused(409, "order_number_taken");
    till.refund(&wish).await.expect(200);
    let stands = till.preview(&wish).await;
    assert_eq!((&stands["result"], &stands["points_reversed"]), (&json!("unchanged"), &json!(1)));
    let changed = till.post("/v1/open/refunds:preview", &refund("R-1", "A-1", 101, &[])).await;
    changed.refused(409, "refund_number_reused");
    till.sells(&next(&sale("A-1", PHONE, &[10_000]), "cancelled")).await;
    let late = till.preview(&refund("R-2", "A-1", 100, &[])).await;
    assert_eq!(
        (&late["result"], &late["reason"]),
        (&json!("without_effect"), &json!("order_cancelled"))
    );
}

/// PT-6: what was spent already is debt, and the plan says so beforehand.
#[actix_web::test]
async fn a_plan_tells_debt_apart() {
    let till = Till::open().await;
    till.app.settles_at_once().await;
    till.sells(&sale("A-1", PHONE, &[50_000])).await;
    till.spends("S-1", 400).await;
    let plan = till.preview(&refund("R-1", "A-1", 50_000, &[])).await;
    let points = json!({"pending": 0, "available": 100, "debt": 400, "shortfall": 0, "shortfall_fen": 0,
        "available_after": -400});
    assert_eq!(plan["points"], points);
}

async fn with_shortfall() -> Till {
    let till = Till::open_with(|config| config.points.clawback = Clawback::Shortfall).await;
    till.app.settles_at_once().await;
    till
}

/// PT-6: or it is reported, for deduction from the money, and remembered.
#[actix_web::test]
async fn a_shortfall_is_reported_with_its_value_and_remembered() {
    let till = with_shortfall().await;
    let sold = till.sells(&sale("A-1", PHONE, &[50_000])).await;
    let member = sold["member_id"].as_str().unwrap();
    till.spends("S-1", 400).await;
    let wish = refund("R-1", "A-1", 50_000, &[]);
    let plan = till.preview(&wish).await;
    let short = json!({"pending": 0, "available": 100, "debt": 0, "shortfall": 400, "shortfall_fen": 400,
        "available_after": 0});
    assert_eq!((&plan["points"], &plan["points_reversed"]), (&short, &json!(100)), "{plan}");
    let booked = till.refund(&wish).await.expect(200);
    let told = |answer: &Value| {
        ["points_reversed", "shortfall_points", "shortfall_fen"].map(|name| answer[name].clone())
    };
    assert_eq!(told(&booked), [json!(100), json!(400), json!(400)], "{booked}");
    assert_eq!(
        told(&till.refund(&wish).await.expect(200)),
        told(&booked),
        "a resend says the same"
    );
    assert_eq!(told(&till.read("A-1").await["refunds"][0]), told(&booked));
    assert_eq!(till.balance(member, Ledger::Points).await, 0);
    till.app.reconciles().await;
}

/// A refund that waited for its order falls short when that comes.
#[actix_web::test]
async fn a_refund_that_waited_remembers_its_shortfall_too() {
    let till = with_shortfall().await;
    till.refund(&refund("R-1", "A-1", 50_000, &[])).await.expect(200);
    till.sells(&sale("A-0", PHONE, &[10_000])).await;
    till.spends("S-1", 100).await;
    till.sells(&sale("A-1", PHONE, &[50_000])).await;
    let stored = till.read("A-1").await["refunds"][0].clone();
    assert_eq!(
        (&stored["points_reversed"], &stored["shortfall_points"]),
        (&json!(500), &json!(0)),
        "{stored}"
    );
    till.app.reconciles().await;
}

/// The events of this kind, as those who listen get them.
async fn told(till: &Till, kind: &str) -> Vec<Value> {
    let events = event_log::Entity::find().filter(event_log::Column::Kind.eq(kind));
    let events = events.order_by_asc(event_log::Column::Id).all(till.app.app.db.read());
    events.await.unwrap().into_iter().map(|event| event.payload).collect()
}

/// PT-6: those who listen hear what was really taken back, not what was planned.
#[actix_web::test]
async fn an_event_tells_what_was_really_taken_back() {
    let till = with_shortfall().await;
    till.sells(&sale("A-1", PHONE, &[50_000])).await;
    till.sells(&sale("A-2", PHONE, &[10_000])).await;
    till.spends("S-1", 560).await;
    till.refund(&refund("R-1", "A-1", 50_000, &[])).await.expect(200);
    till.sells(&next(&sale("A-2", PHONE, &[10_000]), "cancelled")).await;
    let amounts = |event: &Value| {
        ["points_reversed", "shortfall_points", "shortfall_fen"].map(|name| event[name].clone())
    };
    let refunded = told(&till, "order.refunded").await;
    assert_eq!(refunded.iter().map(amounts).collect::<Vec<_>>(), [[40, 460, 460].map(Value::from)]);
    let cancelled = told(&till, "order.cancelled").await;
    assert_eq!(cancelled.iter().map(amounts).collect::<Vec<_>>(), [[0, 100, 100].map(Value::from)]);
    till.app.reconciles().await;
}

/// A refund that waited finds an order whose points paid a debt first: it falls short and says so everywhere.
#[actix_web::test]
async fn a_refund_that_waited_falls_short() {
    let till = with_shortfall().await;
    let member = till.app.known(PHONE).await;
    till.app.moved(member, "old", earn(400)).await;
    till.spends("S-1", 400).await;
    till.app.moved(member, "back", reverse("old", TransferKind::Earn, 400)).await;
    let wish = refund("R-1", "A-1", 50_000, &[]);
    assert_eq!(till.refund(&wish).await.expect(200)["result"], "waiting");
    till.sells(&sale("A-1", PHONE, &[50_000])).await;
    let stored = till.read("A-1").await["refunds"][0].clone();
    let resent = till.refund(&wish).await.expect(200);
    let event = told(&till, "order.refunded").await.remove(0);
    for said in [&stored, &resent, &event] {
        let amounts = ["points_reversed", "shortfall_points", "shortfall_fen"];
        assert_eq!(amounts.map(|name| said[name].clone()), [100, 400, 400].map(Value::from));
    }
    assert_eq!(till.app.balance(member).await.available, 0);
    till.app.reconciles().await;
}

/// What she has: pending, available.
pub(super) async fn purse(till: &Till, member: &str) -> (i64, i64, i64) {
    let id = super::member_id(member);
    let points = till.app.balance(id).await;
    (points.pending, points.available, till.balance(member, Ledger::Growth).await)
}

/// PT-6: whatever was bought, spent and returned before, booking does what the preview said.
#[actix_web::test]
async fn booking_does_what_the_preview_said() {
    for (seed, clawback) in [(1, Clawback::Debt), (2, Clawback::Shortfall)] {
        let till = Till::open_with(|config| config.points.clawback = clawback).await;
        let mut random = StdRng::seed_from_u64(seed);
        let mut member = String::new();
        for n in 0..6 {
            let lines: Vec<i64> =
                (0..random.random_range(1..4)).map(|_| random.random_range(1..30_000)).collect();
            let sold = till.sells(&sale(&format!("A-{n}"), PHONE, &lines)).await;
            member = sold["member_id"].as_str().unwrap().to_owned();
            if n % 2 == 0 {
                till.app.settle_all().await;
            }
            let available = till.app.balance(super::member_id(&member)).await.available;
            if available > 10 {
                till.spends(&format!("S-{n}"), random.random_range(1..=available)).await;
            }
            for k in 0..4 {
                let line = random.random_range(0..lines.len());
                let fen = random.random_range(0..=lines[line] / 2);
                let named =
                    vec![(i32::try_from(line).unwrap() + 1, random.random_range(0..2), fen)];
                let parts = if random.random_range(0..3) == 0 { vec![] } else { named };
                let wish = refund(&format!("R-{n}-{k}"), &format!("A-{n}"), fen, &parts);
                let plan = till.post("/v1/open/refunds:preview", &wish).await;
                let before = purse(&till, &member).await;
                let booked = till.refund(&wish).await;
                assert_eq!(plan.status, booked.status, "{} {}", plan.text, booked.text);
                if booked.status != 200 {
                    assert_eq!(plan.body["code"], booked.body["code"]);
                    continue;
                }
                same(&plan.body, &booked.body, before, purse(&till, &member).await);
            }
        }
        assert!(!member.is_empty());
        till.app.reconciles().await;
    }
}

pub(super) fn same(plan: &Value, booked: &Value, before: (i64, i64, i64), after: (i64, i64, i64)) {
    for name in ["result", "order_id", "points_reversed"] {
        assert_eq!(plan[name], booked[name], "{name}: {plan} {booked}");
    }
    let number = |name: &str| plan["points"][name].as_i64().unwrap();
    assert_eq!(json!(number("shortfall")), booked["shortfall_points"], "{plan} {booked}");
    assert_eq!(json!(number("shortfall_fen")), booked["shortfall_fen"]);
    assert_eq!(before.0 - after.0, number("pending"), "{plan}");
    assert_eq!(before.1 - after.1, number("available") + number("debt"), "{plan}");
    assert_eq!(before.2 - after.2, plan["growth_reversed"].as_i64().unwrap(), "{plan}");
    let lines = plan["lines"].as_array().unwrap();
    let sum = |name: &str| lines.iter().map(|line| line[name].as_i64().unwrap()).sum::<i64>();
    assert_eq!(
        sum("points"),
        number("pending") + number("available") + number("debt") + number("shortfall")
    );
    assert_eq!(sum("growth"), plan["growth_reversed"].as_i64().unwrap());
}
