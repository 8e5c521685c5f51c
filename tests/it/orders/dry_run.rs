//! What a rule or campaign would have cost (NC-3): the same as what it then costs.

use chrono::TimeDelta;
use entity::codes::Ledger;
use entity::values::{CampaignConditions, Fen, Words};
use entity::{event_log, points_budget, points_transfer, sales_order};
use huiyi::orders::service::{self as orders, Draft, Trial, Verdict};
use huiyi::points::service::{Budget, CampaignDraft, RuleDraft};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use super::{Till, refund, sale};
use crate::support::double;

/// Orders of a few members over February and March, in the sequence in which they come in, some of them late.
fn history(seed: u64) -> Vec<Value> {
    let mut random = StdRng::seed_from_u64(seed);
    let order = |n: usize| {
        let lines: Vec<i64> =
            (0..random.random_range(1..4)).map(|_| random.random_range(50..400_000)).collect();
        let phone = format!("1380000000{}", random.random_range(0..7));
        let mut order = sale(&format!("A-{n}"), &phone, &lines);
        if random.random_range(0..3) == 0 {
            order["lines"][0]["sku_code"] = "T200-BLK-L".into();
        }
        let day = random.random_range(1..28);
        let month = random.random_range(2..4);
        order["occurred_at"] =
            format!("2026-{month:02}-{day:02}T{:02}:30:00Z", random.random_range(0..24)).into();
        order
    };
    (0..120).map(order).collect()
}

/// Sends them one by one, a second apart.
async fn replay(till: &Till, orders: &[Value]) {
    for order in orders {
        till.app.advance(TimeDelta::seconds(1));
        till.sells(order).await;
    }
}

async fn granted(till: &Till) -> (i64, Vec<i64>) {
    let mut orders = sales_order::Entity::find().all(till.app.app.db.read()).await.unwrap();
    orders.sort_by_key(|order| order.external_no.clone());
    let points: Vec<i64> = orders.iter().map(|order| order.points).collect();
    (points.iter().sum(), points)
}

fn trial(draft: Draft) -> Trial {
    Trial { draft, from: "2026-02-01".parse().unwrap(), to: "2026-03-31".parse().unwrap() }
}

/// Opens a till whose clock stands after the orders.
async fn till() -> Till {
    let till = Till::open().await;
    till.app.advance(TimeDelta::days(20));
    till
}

fn rule() -> RuleDraft {
    RuleDraft {
        fen_per_unit: Fen(70),
        tier_multiplied: true,
        order_cap: Some(9_000),
        day_cap: Some(11_000),
        excluded_categories: vec!["裤装".to_owned()],
        months_valid: Some(12),
        settles_after_days: 7,
        budget: Budget { total: Some(300_000), per_day: Some(20_000), per_member: Some(60_000) },
    }
}

pub(super) fn campaign() -> CampaignDraft {
    CampaignDraft {
        name: "周末三倍".to_owned(),
        multiplier_bps: 30_000,
        conditions: CampaignConditions {
            weekdays: vec![5, 6, 7],
            categories: vec!["连衣裙".to_owned()],
            first_order: false,
            ..CampaignConditions::default()
        },
        bonus_cap: Some(3_000),
        budget: Budget { total: Some(70_000), per_day: Some(9_000), per_member: Some(15_000) },
    }
}

fn cost(verdict: &Verdict) -> i64 {
    let by_month: i64 = verdict.by_month.iter().map(|(_, tally)| tally.points).sum();
    let by_tier: i64 = verdict.by_tier.iter().map(|(_, tally)| tally.points).sum();
    assert_eq!((by_month, by_tier), (verdict.touched.points, verdict.touched.points));
    verdict.touched.points
}

/// The past is granted once more as the same orders are when the rule is really in force: to the point.
#[actix_web::test]
async fn a_dry_run_of_a_rule_costs_what_the_rule_then_costs() {
    for seed in [1] {
        let (past, real, orders) = (till().await, till().await, history(seed));
        replay(&past, &orders).await;
        let draft = rule();
        real.app
            .put_rule(Ledger::Points, |row| {
                row.fen_per_unit = draft.fen_per_unit;
                row.order_cap = draft.order_cap;
                row.day_cap = draft.day_cap;
                row.excluded_categories = Words(draft.excluded_categories.clone());
                row.budget_total = draft.budget.total;
                row.budget_per_day = draft.budget.per_day;
                row.budget_per_member = draft.budget.per_member;
            })
            .await;
        replay(&real, &orders).await;
        let tried = trial(Draft::Rule(Ledger::Points, rule()));
        let verdict =
            orders::dry_run(&past.app.app, &huiyi::audit::service::Author::system("test"), &tried)
                .await
                .unwrap();
        let ((before, each_before), (after, each_after)) =
            (granted(&past).await, granted(&real).await);
        assert_eq!((verdict.orders, verdict.granted), (120, before));
        assert_eq!(cost(&verdict), after - before);
        let touched = each_before.iter().zip(&each_after).filter(|(a, b)| a != b).count();
        assert_eq!(verdict.touched.orders, touched as u64);
        assert!((1..=7).contains(&verdict.members), "{verdict:?}");
    }
}

#[actix_web::test]
async fn a_dry_run_of_a_campaign_costs_what_the_campaign_then_costs() {
    for seed in [3] {
        let (past, real, orders) = (till().await, till().await, history(seed));
        // Another one runs in March, in both worlds.
        for till in [&past, &real] {
            till.app.put_campaign(|campaign| campaign.multiplier_bps = 15_000).await;
        }
        let draft = campaign();
        real.app
            .put_campaign(|row| {
                row.code = "draft".to_owned();
                row.multiplier_bps = draft.multiplier_bps;
                row.conditions = draft.conditions.clone();
                row.bonus_cap = draft.bonus_cap;
                row.budget_total = draft.budget.total;
                row.budget_per_day = draft.budget.per_day;
                row.budget_per_member = draft.budget.per_member;
                row.starts_at = "2026-01-01T00:00:00Z".parse().unwrap();
            })
            .await;
        replay(&past, &orders).await;
        replay(&real, &orders).await;
        let tried = trial(Draft::Campaign(None, campaign()));
        let verdict =
            orders::dry_run(&past.app.app, &huiyi::audit::service::Author::system("test"), &tried)
                .await
                .unwrap();
        let ((before, each_before), (after, each_after)) =
            (granted(&past).await, granted(&real).await);
        assert_eq!(cost(&verdict), after - before);
        let touched = each_before.iter().zip(&each_after).filter(|(a, b)| a != b).count();
        assert_eq!(verdict.touched.orders, touched as u64);
        assert!(verdict.touched.points > 0 && verdict.top.len() <= 10);
        real.app.reconciles().await;
    }
}

/// What is in force already costs nothing; in place of itself neither.
#[actix_web::test]
async fn a_dry_run_of_what_was_in_force_finds_nothing() {
    let till = till().await;
    till.app.put_campaign(|_| {}).await;
    replay(&till, &history(5)[..40]).await;
    let same = RuleDraft {
        fen_per_unit: Fen(100),
        order_cap: None,
        day_cap: None,
        excluded_categories: Vec::new(),
        budget: Budget::default(),
        ..rule()
    };
    let tried = trial(Draft::Rule(Ledger::Points, same));
    let verdict =
        orders::dry_run(&till.app.app, &huiyi::audit::service::Author::system("test"), &tried)
            .await
            .unwrap();
    assert_eq!((verdict.orders, verdict.touched.orders, verdict.members), (40, 0, 0));
    let row = double(&till.app, "double");
    let draft = CampaignDraft {
        name: row.name,
        multiplier_bps: row.multiplier_bps,
        conditions: row.conditions,
        bonus_cap: None,
        budget: Budget::default(),
    };
    let march = |code: Option<&str>| Trial {
        from: "2026-03-01".parse().unwrap(),
        ..trial(Draft::Campaign(code.map(str::to_owned), draft.clone()))
    };
    for code in [None, Some("double")] {
        let verdict = orders::dry_run(
            &till.app.app,
            &huiyi::audit::service::Author::system("test"),
            &march(code),
        )
        .await
        .unwrap();
        assert_eq!((verdict.touched.orders, verdict.touched.points), (0, 0), "{code:?}");
    }
}

#[actix_web::test]
async fn a_dry_run_writes_nothing_and_says_it_in_a_sentence() {
    let till = till().await;
    let token = till.app.office().await;
    let mut first = sale("A-1", "13800138000", &[10_000]);
    first["occurred_at"] = "2026-03-07T16:00:00Z".into();
    till.sells(&first).await;
    till.sells(&sale("A-2", "13800138000", &[5_000])).await;
    till.refund(&refund("R-1", "A-1", 1_000, &[])).await.expect(200);
    let db = till.app.app.db.read();
    let rows = async || {
        (
            points_transfer::Entity::find().count(db).await.unwrap(),
            points_budget::Entity::find().count(db).await.unwrap(),
            event_log::Entity::find().count(db).await.unwrap(),
        )
    };
    let before = rows().await;
    let body = json!({
        "plan": {"name": "会员日", "multiplier_bps": 30_000, "conditions": {"days_of_month": [8]},
            "budget": {"total": 150}},
        "from_day": "2026-01-01", "to_day": "2026-03-31"
    });
    let path = "points-campaigns:dry-run";
    let told = till.app.office_posts(&token, path, &body).await.expect(200);
    assert_eq!(rows().await, before);
    assert_eq!(
        (&told["orders"], &told["orders_touched"], &told["cost"]),
        (&json!(2), &json!(1), &json!(150))
    );
    assert_eq!(told["by_month"], json!([{"month": "2026-03-01", "orders": 1, "points": 150}]));
    assert_eq!(told["by_tier"], json!([{"tier": "silver", "orders": 1, "points": 150}]));
    assert_eq!(told["top_members"][0]["points"], 150);
    let zh = "2026-01-01 至 2026-03-31：共需 150 积分，涉及 1 位会员、1 笔订单";
    assert_eq!(told["summary"], zh);
    // A rule of growth is tried on growth.
    let body = json!({
        "ledger": "growth", "terms": {"fen_per_unit": 200, "tier_multiplied": false, "settles_after_days": 0},
        "from_day": "2026-03-08", "to_day": "2026-03-08"
    });
    let told = till.app.office_posts(&token, "earning-rules:dry-run", &body).await.expect(200);
    assert_eq!((&told["granted"], &told["cost"]), (&json!(100), &json!(-50)));
    assert_eq!(told["top_members"], json!([]));
}

#[actix_web::test]
async fn a_dry_run_looks_at_days_that_have_come() {
    let till = Till::open().await;
    let token = till.app.office().await;
    for (from, to, field) in [
        ("2026-03-16", "2026-03-16", "/to_day"),
        ("2026-03-02", "2026-03-01", "/from_day"),
        ("2025-02-07", "2026-03-15", "/from_day"),
    ] {
        let body = json!({
            "ledger": "points", "terms": {"fen_per_unit": 200, "tier_multiplied": false, "settles_after_days": 0},
            "from_day": from, "to_day": to
        });
        let answer = till.app.office_posts(&token, "earning-rules:dry-run", &body).await;
        answer.refused(422, "invalid_fields");
        assert_eq!(answer.fields(), [field], "{from} {to}");
    }
    let body = json!({
        "plan": {"name": "x", "multiplier_bps": 20_000}, "from_day": "2025-02-09", "to_day": "2026-03-15"
    });
    till.app.office_posts(&token, "points-campaigns:dry-run", &body).await.expect(200);
}
