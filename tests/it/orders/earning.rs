//! What paid orders earn (PT-2) and change elsewhere (OR-4).

use entity::codes::{CreditKind, Ledger};
use entity::values::{Fen, Words};
use entity::{event_log, sales_credit};
use huiyi::members::service as members;
use sea_orm::EntityTrait;

use super::{Till, member_id, next, refund, sale};

const PHONE: &str = "13800138000";

/// OR-4: rules in force at the business time apply, to orders that arrive late too.
#[actix_web::test]
async fn the_rule_of_the_business_time_applies() {
    let till = Till::open().await;
    till.app
        .put_rule(Ledger::Points, |rule| {
            rule.starts_at = "2026-03-10T00:00:00Z".parse().unwrap();
            rule.fen_per_unit = Fen(50);
            rule.excluded_categories = Words(vec!["裤装".to_owned()]);
            rule.order_cap = Some(500);
        })
        .await;
    let mut old = sale("A-1", PHONE, &[10_000]);
    old["occurred_at"] = "2026-03-09T23:59:59Z".into();
    let new = sale("A-2", PHONE, &[10_000]);
    let mut trousers = sale("A-3", PHONE, &[10_000, 1_000]);
    trousers["lines"][0]["sku_code"] = "T200-BLK-L".into();
    let capped = sale("A-4", PHONE, &[100_000]);
    let answer = till.batch(&[old, new, trousers, capped]).await;
    let points: Vec<_> =
        answer["results"].as_array().unwrap().iter().map(|item| &item["points"]).collect();
    assert_eq!(points, [100, 200, 20, 500]);
    let lines = till.read("A-3").await["lines"].clone();
    assert_eq!((&lines[0]["points"], &lines[1]["points"]), (&0.into(), &20.into()));
    // Growth has its own rule.
    assert_eq!(lines[0]["growth"], 100);
}

#[actix_web::test]
async fn the_day_cap_holds_within_a_batch_and_over_batches() {
    let till = Till::open().await;
    till.app.put_rule(Ledger::Points, |rule| rule.day_cap = Some(250)).await;
    let mut orders: Vec<_> = (0..4).map(|n| sale(&format!("A-{n}"), PHONE, &[10_000])).collect();
    // The business day ends at local midnight.
    orders[3]["occurred_at"] = "2026-03-14T16:00:00Z".into();
    let first = till.batch(&orders[..1]).await;
    assert_eq!(first["results"][0]["points"], 100);
    let rest = till.batch(&orders[1..]).await;
    let points: Vec<_> =
        rest["results"].as_array().unwrap().iter().map(|item| &item["points"]).collect();
    assert_eq!(points, [100, 50, 100]);
}

/// ID-3: what somebody earned who was merged into her counts for her day, and late orders find the better of both tiers.
#[actix_web::test]
async fn a_merged_member_is_one_person_for_the_cap_and_for_late_orders() {
    let till = Till::open().await;
    till.app.put_rule(Ledger::Points, |rule| rule.day_cap = Some(6_250)).await;
    let other = "13900139000";
    let loser = till.sells(&sale("A-1", other, &[600_000])).await;
    assert_eq!(loser["points"], 6_000);
    let winner = till.sells(&sale("A-2", PHONE, &[10_000])).await;
    till.app.advance(chrono::TimeDelta::hours(1));
    let id = |answer: &serde_json::Value| member_id(answer["member_id"].as_str().unwrap());
    till.app.merge_members(id(&loser), id(&winner)).await;
    // 6,000 and 100 of 6,250 are taken on this day.
    assert_eq!(till.sells(&sale("A-3", PHONE, &[20_000])).await["points"], 150);
    let at = async |number: &str, at: &str| {
        let mut late = sale(number, PHONE, &[10_000]);
        late["occurred_at"] = at.into();
        till.sells(&late).await["points"].clone()
    };
    // The loser was gold from 04:00 on, the winner from the merge at 05:00 on.
    assert_eq!(at("A-4", "2026-03-15T03:59:59Z").await, 100);
    assert_eq!(at("A-5", "2026-03-15T04:30:00Z").await, 120);
    assert_eq!(at("A-6", "2026-03-15T05:00:00Z").await, 120);
    till.app.reconciles().await;
}

/// TR-2: she is gold at once, and the multiplier follows the tier at the business time.
#[actix_web::test]
async fn the_tier_of_the_business_time_multiplies() {
    let till = Till::open().await;
    assert_eq!(till.sells(&sale("A-1", PHONE, &[600_000])).await["points"], 6_000);
    let mut late = sale("A-2", PHONE, &[10_000]);
    late["occurred_at"] = "2026-03-15T03:59:59Z".into();
    let mut after = sale("A-3", PHONE, &[10_000]);
    after["occurred_at"] = "2026-03-15T04:00:00Z".into();
    assert_eq!(till.sells(&late).await["points"], 100);
    let sent = till.sells(&after).await;
    assert_eq!(sent["points"], 120);
    assert_eq!(till.read("A-3").await["growth"], 100);
}

#[actix_web::test]
async fn totals_follow_and_a_cancelled_order_is_no_first_order() {
    let till = Till::open().await;
    let mut early = sale("A-1", PHONE, &[10_000]);
    early["occurred_at"] = "2026-01-01T00:00:00Z".into();
    let member = till.sells(&early).await["member_id"].as_str().unwrap().to_owned();
    till.sells(&sale("A-2", PHONE, &[20_000])).await;
    let dates = async || {
        let total = members::total(till.app.app.db.read(), member_id(&member)).await.unwrap();
        (
            total.first_order_at.map(|at| at.to_rfc3339()),
            total.last_order_at.map(|at| at.to_rfc3339()),
        )
    };
    let day = |text: &str| Some(text.to_owned());
    let (january, march) = ("2026-01-01T00:00:00+00:00", "2026-03-14T06:30:00+00:00");
    assert_eq!(dates().await, (day(january), day(march)));
    till.sells(&next(&early, "cancelled")).await;
    assert_eq!(dates().await, (day(march), day(march)));
    till.sells(&next(&sale("A-2", PHONE, &[20_000]), "cancelled")).await;
    assert_eq!(dates().await, (None, None));
    assert_eq!(till.total(&member).await, (0, 0, 0));
}

/// GD-8: the guide of the order is credited and loses it on refund; events tell of it in the same transaction.
#[actix_web::test]
async fn the_guide_is_credited_and_the_world_is_told() {
    let till = Till::open().await;
    let order = sale("A-1", PHONE, &[10_000]);
    till.sells(&order).await;
    till.refund(&refund("R-1", "A-1", 3_000, &[])).await.expect(200);
    till.sells(&next(&order, "cancelled")).await;
    let credits = sales_credit::Entity::find().all(till.app.app.db.read()).await.unwrap();
    let mut amounts: Vec<_> =
        credits.iter().map(|credit| (credit.kind, credit.amount_fen.0)).collect();
    amounts.sort_unstable();
    assert_eq!(
        amounts,
        [(CreditKind::Sale, 10_000), (CreditKind::Refund, -7_000), (CreditKind::Refund, -3_000)]
    );
    // A till that names its guide need not name the store.
    assert!(credits.iter().all(|c| c.guide_id == till.guide && c.store_id.is_some()));
    assert!(credits.iter().all(|c| c.region_id.is_some()));
    let log = event_log::Entity::find().all(till.app.app.db.read()).await.unwrap();
    let count = |kind: &str| log.iter().filter(|event| event.kind == kind).count();
    assert_eq!((count("order.paid"), count("order.refunded"), count("order.cancelled")), (1, 1, 1));
    assert_eq!((count("guide.credited"), count("member.created")), (3, 1));
    assert!(log.iter().all(|event| !event.payload.to_string().contains("13800138000")));
}
