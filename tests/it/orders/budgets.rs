//! Budgets are never exceeded, whoever races, and refunds give them back once (PT-2b, PT-6).

use chrono::TimeDelta;
use entity::codes::Ledger;
use entity::sales_order;
use futures_util::future::join_all;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{Till, member_id, next, refund, sale};

const PHONE: &str = "13800138000";

async fn bonuses(till: &Till) -> Vec<i64> {
    let orders = sales_order::Entity::find().all(till.app.app.db.read()).await.unwrap();
    orders.iter().map(|order| order.campaign_points).collect()
}

fn points(answer: &Value) -> i64 {
    answer["points"].as_i64().unwrap()
}

/// 64 orders of 64 members at once want 70 each of 1,000: fourteen get it, one gets the rest, nobody anything more.
#[actix_web::test]
async fn a_race_for_a_budget_issues_exactly_the_budget() {
    let till = Till::open().await;
    till.app.put_campaign(|campaign| campaign.budget_total = Some(1_000)).await;
    let orders: Vec<Value> =
        (0..64).map(|n| sale(&format!("A-{n}"), &format!("138{n:08}"), &[7_000])).collect();
    let sent = join_all(orders.iter().map(|order| till.send(order))).await;
    let sum: i64 = sent.into_iter().map(|answer| points(&answer.expect(200))).sum();
    assert_eq!(sum, 64 * 70 + 1_000);
    let mut bonuses = bonuses(&till).await;
    bonuses.sort_unstable();
    bonuses.reverse();
    assert_eq!(bonuses[..15].iter().sum::<i64>(), 1_000);
    assert_eq!((bonuses[13], bonuses[14], bonuses[15]), (70, 20, 0));
    assert_eq!(till.app.issued("campaign/double/all").await, 1_000);
    // It stopped by itself, and the office sees it.
    let token = till.app.office().await;
    let list = till.app.get("/v1/admin/points-campaigns").bearer(&token).send().await.expect(200);
    assert_eq!(
        (&list["items"][0]["issued"], &list["items"][0]["left"]),
        (&json!(1_000), &json!(0))
    );
    till.app.reconciles().await;
}

/// The same with batches, for one member, over two campaigns and a rule, each with all three budgets.
#[actix_web::test]
async fn a_race_of_batches_keeps_every_budget() {
    let till = Till::open().await;
    till.app.put_rule(Ledger::Points, |rule| rule.budget_per_member = Some(900)).await;
    for (code, bps) in [("a", 20_000), ("b", 30_000)] {
        let change = |campaign: &mut entity::points_campaign::Model| {
            campaign.code = code.to_owned();
            campaign.multiplier_bps = bps;
            campaign.budget_total = Some(500);
            campaign.budget_per_day = Some(200);
            campaign.budget_per_member = Some(150);
        };
        till.app.put_campaign(change).await;
    }
    let day = |n: usize| {
        if n.is_multiple_of(2) { "2026-03-13T06:00:00Z" } else { "2026-03-14T06:00:00Z" }
    };
    let order = |n: usize| {
        let mut order = sale(&format!("A-{n}"), &format!("1380000000{}", n % 5), &[4_000]);
        order["occurred_at"] = day(n / 5).into();
        order
    };
    let batches: Vec<Vec<Value>> =
        (0..16).map(|batch| (0..10).map(|n| order(batch * 10 + n)).collect()).collect();
    let sent = join_all(batches.iter().map(|batch| till.batch(batch))).await;
    let sum: i64 =
        sent.iter().flat_map(|answer| answer["results"].as_array().unwrap()).map(points).sum();
    let db = till.app.app.db.read();
    let counters = entity::points_budget::Entity::find().all(db).await.unwrap();
    let most = |counter: &str| match counter.rsplit_once('/').unwrap() {
        ("rule/purchase_points", _) => 900,
        (_, "all") => 500,
        (_, window) if window.starts_with("mem_") => 150,
        _ => 200,
    };
    for row in &counters {
        assert!((0..=most(&row.counter)).contains(&row.issued), "{row:?}");
    }
    let all = |prefix: &str| {
        let rows = counters.iter().filter(|row| row.counter.starts_with(prefix));
        rows.map(|row| row.issued).sum::<i64>()
    };
    // Five members with 32 orders of 40 points: 900 each.
    assert_eq!((sum, all("rule/purchase_points/mem_")), (4_500, 4_500));
    let totals = all("campaign/a/all") + all("campaign/b/all");
    assert_eq!(bonuses(&till).await.iter().sum::<i64>(), totals);
    for code in ["a", "b"] {
        assert_eq!(all(&format!("campaign/{code}/2026")), all(&format!("campaign/{code}/all")));
        assert_eq!(all(&format!("campaign/{code}/mem_")), all(&format!("campaign/{code}/all")));
    }
    till.app.reconciles().await;
}

#[actix_web::test]
async fn an_order_gets_what_is_left_and_a_refund_gives_it_back_once() {
    let till = Till::open().await;
    let change = |campaign: &mut entity::points_campaign::Model| campaign.budget_total = Some(150);
    till.app.put_campaign(change).await;
    till.app.put_rule(Ledger::Points, |rule| rule.budget_total = Some(10_000)).await;
    assert_eq!(points(&till.sells(&sale("A-1", PHONE, &[10_000])).await), 200);
    let second = sale("A-2", PHONE, &[10_000]);
    assert_eq!(points(&till.sells(&second).await), 150);
    assert_eq!(points(&till.sells(&sale("A-3", PHONE, &[10_000])).await), 100);
    // Half of the first order: half of its bonus.
    let half = refund("R-1", "A-1", 5_000, &[(1, 1, 5_000)]);
    for _ in 0..2 {
        till.refund(&half).await.expect(200);
        assert_eq!(till.app.issued("campaign/double/all").await, 100);
        assert_eq!(till.app.issued("rule/purchase_points/all").await, 350);
    }
    till.sells(&next(&second, "cancelled")).await;
    assert_eq!(till.app.issued("campaign/double/all").await, 50);
    assert_eq!(points(&till.sells(&sale("A-4", PHONE, &[20_000])).await), 300);
    till.refund(&refund("R-2", "A-1", 5_000, &[])).await.expect(200);
    assert_eq!(till.app.issued("campaign/double/all").await, 100);
    assert_eq!(till.app.issued("rule/purchase_points/all").await, 400);
    till.app.reconciles().await;
}

#[actix_web::test]
async fn a_refund_gives_back_what_its_version_counted_and_the_budget_outlives_a_change() {
    let till = Till::open().await;
    let token = till.app.office().await;
    let plan = |budget: Value| json!({"name": "双倍", "multiplier_bps": 20_000, "budget": budget});
    let ends_at = "2026-06-30T16:00:00Z";
    let add = json!({"code": "double", "plan": plan(json!({})), "ends_at": ends_at});
    till.app.office_posts(&token, "points-campaigns", &add).await.expect(201);
    let at = |number: &str, at: &str| {
        let mut order = sale(number, PHONE, &[10_000]);
        order["occurred_at"] = at.into();
        order
    };
    till.sells(&at("A-1", "2026-03-15T04:00:00Z")).await;
    for (after, total) in [(1, 150), (2, 200)] {
        till.app.advance(TimeDelta::days(1));
        let change = json!({
            "after_version": after, "plan": plan(json!({"total": total})), "ends_at": ends_at
        });
        let token = till.app.staff_again("A900", "admin").await;
        let path = "points-campaigns/double/versions";
        till.app.office_posts(&token, path, &change).await.expect(201);
    }
    assert_eq!(points(&till.sells(&at("A-2", "2026-03-16T04:00:00Z")).await), 200);
    // 100 of 200 were counted before the change.
    assert_eq!(points(&till.sells(&at("A-3", "2026-03-17T04:00:00Z")).await), 200);
    assert_eq!(points(&till.sells(&at("A-4", "2026-03-17T04:00:00Z")).await), 100);
    // The first version had no budget: nothing goes back to it.
    till.refund(&refund("R-1", "A-1", 10_000, &[])).await.expect(200);
    assert_eq!(till.app.issued("campaign/double/all").await, 200);
    till.refund(&refund("R-2", "A-2", 10_000, &[])).await.expect(200);
    assert_eq!(till.app.issued("campaign/double/all").await, 100);
}

#[actix_web::test]
async fn budgets_of_a_day_and_of_a_member_count_by_themselves_over_a_merge() {
    let till = Till::open().await;
    let change = |campaign: &mut entity::points_campaign::Model| {
        campaign.budget_per_day = Some(250);
        campaign.budget_per_member = Some(130);
    };
    till.app.put_campaign(change).await;
    let other = "13900139000";
    let sold = async |number: &str, phone: &str, at: &str| {
        let mut order = sale(number, phone, &[10_000]);
        order["occurred_at"] = at.into();
        let answer = till.sells(&order).await;
        (points(&answer), answer["member_id"].as_str().unwrap().to_owned())
    };
    let (today, tomorrow) = ("2026-03-13T15:59:59Z", "2026-03-13T16:00:00Z");
    let (first, her) = sold("A-1", PHONE, today).await;
    let (second, loser) = sold("A-2", other, today).await;
    assert_eq!((first, second), (200, 200));
    assert_eq!(sold("A-3", "13700137000", today).await.0, 150, "the day had 50 left");
    assert_eq!(sold("A-4", other, tomorrow).await.0, 130, "she had 30 left");
    // Hers were 100, the other's 130: together more than one member may get.
    till.app.merge_members(member_id(&loser), member_id(&her)).await;
    assert_eq!(sold("A-5", PHONE, tomorrow).await.0, 100);
    till.app.reconciles().await;
}

#[actix_web::test]
async fn a_rule_whose_budget_is_used_up_grants_nothing_more() {
    let till = Till::open().await;
    till.app.put_rule(Ledger::Growth, |rule| rule.budget_total = Some(250)).await;
    let growth = async |n: u32| {
        let number = format!("A-{n}");
        till.sells(&sale(&number, PHONE, &[10_000])).await;
        till.read(&number).await["growth"].as_i64().unwrap()
    };
    assert_eq!(
        [growth(1).await, growth(2).await, growth(3).await, growth(4).await],
        [100, 100, 50, 0]
    );
    till.refund(&refund("R-1", "A-1", 10_000, &[])).await.expect(200);
    assert_eq!(growth(5).await, 100);
}
