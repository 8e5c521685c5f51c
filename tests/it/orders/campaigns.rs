//! Double-points days, member days, birthday months (BN-8): at most one campaign, the best for the member (PT-2).

use chrono::TimeDelta;
use entity::codes::Channel;
use entity::sales_order;
use entity::values::CampaignConditions;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::{Till, next, refund, sale};
use crate::support::time;

const PHONE: &str = "13800138000";

impl Till {
    /// Sells for 100 yuan at a time; gives the points.
    async fn earns_at(&self, number: &str, at: &str) -> i64 {
        let mut order = sale(number, PHONE, &[10_000]);
        order["occurred_at"] = at.into();
        let sold = self.sells(&order).await;
        let points = |name: &str| sold[name].as_i64().unwrap();
        assert!(points("campaign_points") <= points("points"), "{sold}");
        points("points")
    }

    /// The row of an order.
    async fn order(&self, number: &str) -> sales_order::Model {
        let found = sales_order::Entity::find().filter(sales_order::Column::ExternalNo.eq(number));
        found.one(self.app.app.db.read()).await.unwrap().unwrap()
    }

    /// A campaign in March with these conditions.
    async fn march(&self, code: &str, bps: i64, conditions: CampaignConditions) {
        let change = |campaign: &mut entity::points_campaign::Model| {
            campaign.code = code.to_owned();
            campaign.multiplier_bps = bps;
            campaign.conditions = conditions;
        };
        self.app.put_campaign(change).await;
    }
}

/// The boundaries are instants of business time, and an order that comes in late finds the campaign of its day.
#[actix_web::test]
async fn a_double_points_day_holds_from_its_first_to_its_last_instant() {
    let till = Till::open().await;
    let token = till.app.office().await;
    let campaign = json!({
        "code": "double_320", "plan": {"name": "双倍积分日", "multiplier_bps": 20_000},
        "starts_at": "2026-03-19T16:00:00Z", "ends_at": "2026-03-20T16:00:00Z"
    });
    let added = till.app.office_posts(&token, "points-campaigns", &campaign).await.expect(201);
    assert_eq!((&added["phase"], &added["version"]), (&json!("planned"), &json!(1)));
    till.app.advance(TimeDelta::days(10));
    for (number, at, points) in [
        ("A-1", "2026-03-19T15:59:59.999Z", 100),
        ("A-2", "2026-03-19T16:00:00Z", 200),
        ("A-3", "2026-03-20T15:59:59.999Z", 200),
        ("A-4", "2026-03-20T16:00:00Z", 100),
    ] {
        assert_eq!(till.earns_at(number, at).await, points, "{at}");
    }
    let order = till.order("A-2").await;
    assert_eq!(order.campaign_points, 100);
    assert_eq!(order.campaign_id.map(|id| id.to_string()).as_deref(), added["id"].as_str());
    assert!(order.points_rule_id.is_some() && order.growth_rule_id.is_some());
    // Growth is not multiplied.
    assert_eq!(order.growth, 100);
    let read = till.read("A-2").await;
    assert_eq!((&read["points"], &read["campaign_points"]), (&json!(200), &json!(100)));
    assert_eq!(read["lines"][0]["campaign_points"], 100);
    assert_eq!(till.order("A-1").await.campaign_id, None);
    till.app.reconciles().await;
}

#[actix_web::test]
async fn a_change_and_a_stop_leave_what_was_in_force_to_late_orders() {
    let till = Till::open().await;
    let token = till.app.office().await;
    let add = json!({
        "code": "spring", "plan": {"name": "春季", "multiplier_bps": 20_000}, "ends_at": "2026-04-30T16:00:00Z"
    });
    till.app.office_posts(&token, "points-campaigns", &add).await.expect(201);
    till.app.advance(TimeDelta::days(1));
    let token = till.app.staff_again("A900", "admin").await;
    let change = json!({
        "after_version": 1, "plan": {"name": "春季", "multiplier_bps": 30_000}, "ends_at": "2026-04-30T16:00:00Z"
    });
    let path = "points-campaigns/spring/versions";
    till.app.office_posts(&token, path, &change).await.expect(201);
    till.app.office_posts(&token, path, &change).await.refused(412, "version_conflict");
    till.app.advance(TimeDelta::days(1));
    let token = till.app.staff_again("A900", "admin").await;
    let stop = till.app.post("/v1/admin/points-campaigns/spring:stop").bearer(&token);
    let stopped = stop.send().await.expect(200);
    assert_eq!((&stopped["phase"], &stopped["version"]), (&json!("ended"), &json!(2)));
    assert!(stopped["authors"]["stopped_by"].is_string());
    till.app.advance(TimeDelta::days(1));
    for (number, at, points) in [
        ("A-1", "2026-03-15T03:59:59.999Z", 100),
        ("A-2", "2026-03-15T04:00:00Z", 200),
        ("A-3", "2026-03-16T04:00:00Z", 300),
        ("A-4", "2026-03-17T03:59:59.999Z", 300),
        ("A-5", "2026-03-17T04:00:00Z", 100),
    ] {
        assert_eq!(till.earns_at(number, at).await, points, "{at}");
    }
}

#[actix_web::test]
async fn member_days_and_birthday_months_are_of_the_business_calendar() {
    let till = Till::open().await;
    till.march(
        "day_8",
        20_000,
        CampaignConditions { days_of_month: vec![8], ..Default::default() },
    )
    .await;
    let birthday = CampaignConditions { birthday_month: true, ..Default::default() };
    let long = |campaign: &mut entity::points_campaign::Model| {
        campaign.code = "birthday".to_owned();
        campaign.multiplier_bps = 30_000;
        campaign.conditions = birthday;
        campaign.starts_at = time("2026-01-01T00:00:00Z");
    };
    till.app.put_campaign(long).await;
    assert_eq!(till.earns_at("A-1", "2026-03-07T15:59:59Z").await, 100);
    assert_eq!(till.earns_at("A-2", "2026-03-07T16:00:00Z").await, 200);
    till.app.sql("UPDATE member SET birthday = '1990-02-14'").await.unwrap();
    // 28 February ends at 16:00 UTC; in March it is no birthday any more.
    assert_eq!(till.earns_at("A-3", "2026-01-31T15:59:59Z").await, 100);
    assert_eq!(till.earns_at("A-4", "2026-01-31T16:00:00Z").await, 300);
    assert_eq!(till.earns_at("A-5", "2026-02-28T15:59:59Z").await, 300);
    assert_eq!(till.earns_at("A-6", "2026-02-28T16:00:00Z").await, 100);
}

/// PT-2: base × tier × at most one campaign.
#[actix_web::test]
async fn the_best_campaign_wins_and_multiplies_with_the_tier() {
    let till = Till::open().await;
    let at = "2026-03-15T04:00:00Z";
    let trousers =
        || CampaignConditions { categories: vec!["裤装".to_owned()], ..Default::default() };
    till.march("all", 15_000, CampaignConditions::default()).await;
    till.march("trousers", 30_000, trousers()).await;
    till.march("same", 15_000, CampaignConditions::default()).await;
    let mut order = sale("A-1", PHONE, &[10_000, 1_000]);
    order["lines"][1]["sku_code"] = "T200-BLK-L".into();
    // All of it at 1.5 is 165; 100 and 10 at 3 is 130. Of two that give the same the first by code.
    assert_eq!(till.sells(&order).await["points"], 165);
    let mut trousers = sale("A-2", PHONE, &[1_000, 10_000]);
    trousers["lines"][1]["sku_code"] = "T200-BLK-L".into();
    assert_eq!(till.sells(&trousers).await["points"], 310);
    let lines = till.read("A-2").await["lines"].clone();
    assert_eq!((&lines[0]["points"], &lines[1]["points"]), (&json!(10), &json!(300)));
    assert_eq!(till.sells(&sale("A-3", PHONE, &[600_000])).await["points"], 9_000);
    // She is gold now: 99 × 1.2 × 1.5 = 178.2.
    let mut gold = sale("A-4", PHONE, &[9_999]);
    gold["occurred_at"] = at.into();
    assert_eq!(till.sells(&gold).await["points"], 178);
    let (first, second) = (till.order("A-1").await, till.order("A-2").await);
    assert_ne!(first.campaign_id, second.campaign_id);
    assert_eq!((first.campaign_points, second.campaign_points), (55, 200));
    till.app.reconciles().await;
}

#[actix_web::test]
async fn a_campaign_asks_for_stores_channels_tiers_and_first_orders() {
    let till = Till::open().await;
    let of = |change: fn(&mut CampaignConditions)| {
        let mut conditions = CampaignConditions::default();
        change(&mut conditions);
        conditions
    };
    till.march("store", 20_000, of(|it| it.stores = vec!["SH02".to_owned()])).await;
    till.march("channel", 30_000, of(|it| it.channels = vec![Channel::Jd])).await;
    till.march("tier", 40_000, of(|it| it.tiers = vec!["diamond".to_owned()])).await;
    till.march("first", 50_000, of(|it| it.first_order = true)).await;
    till.app.store("EAST", "SH02").await;
    let batch = till.batch(&[sale("A-1", PHONE, &[10_000]), sale("A-2", PHONE, &[10_000])]).await;
    let points = |i: usize| batch["results"][i]["points"].as_i64();
    assert_eq!((points(0), points(1)), (Some(500), Some(100)), "the second is no first order");
    let sold = async |number: &str, change: &dyn Fn(&mut Value)| {
        let mut order = sale(number, PHONE, &[10_000]);
        change(&mut order);
        till.sells(&order).await["points"].as_i64().unwrap()
    };
    assert_eq!(sold("A-3", &|order| order["store_code"] = "SH02".into()).await, 200);
    assert_eq!(sold("A-4", &|order| order["channel"] = "jd".into()).await, 300);
    assert_eq!(sold("A-5", &|order| order["channel"] = "taobao".into()).await, 100);
    // Diamond from now on, and three times is more than four times would not be.
    sold("A-6", &|order| {
        order["paid_fen"] = 3_000_000.into();
        order["lines"][0]["paid_fen"] = 3_000_000.into();
        order["lines"][0]["list_fen"] = 3_000_000.into();
    })
    .await;
    let now = |order: &mut Value| order["occurred_at"] = "2026-03-15T04:00:00Z".into();
    assert_eq!(sold("A-7", &now).await, 600, "1.5 × 4");
}

/// PT-6: a cancelled first order was none.
#[actix_web::test]
async fn a_cancelled_order_gives_the_first_order_back() {
    let till = Till::open().await;
    let first = CampaignConditions { first_order: true, ..Default::default() };
    till.march("first", 20_000, first).await;
    let order = sale("A-1", PHONE, &[10_000]);
    assert_eq!(till.sells(&order).await["points"], 200);
    till.sells(&next(&order, "cancelled")).await;
    assert_eq!(till.sells(&sale("A-2", PHONE, &[10_000])).await["points"], 200);
    till.refund(&refund("R-1", "A-2", 10_000, &[])).await.expect(200);
    assert_eq!(till.sells(&sale("A-3", PHONE, &[10_000])).await["points"], 100);
    till.app.reconciles().await;
}
