//! Tiers (TR-1 to TR-4).

use chrono::TimeDelta;
use huiyi::db::in_tx;
use huiyi::kernel::Fen;
use huiyi::kernel::codes::Ledger;
use huiyi::kernel::ids::{MemberId, OrderId};
use huiyi::members::service::{self as members, Purchase};
use huiyi::points::service::Movement;
use huiyi::tiers::service as tiers;
use serde_json::Value;

use crate::support::{TestApp, earn, movement};

impl TestApp {
    /// She pays, today less `days_ago`.
    async fn pays(&self, member: MemberId, fen: i64, days_ago: i64) {
        let at = self.now() - TimeDelta::days(days_ago);
        let purchase = Purchase {
            member,
            at,
            day: self.app.calendar.day(at),
            orders: 1,
            paid: Fen(fen),
            refunded: Fen(0),
        };
        let booked = in_tx(&self.app.db, async |tx| {
            members::book_purchases_in(tx, std::slice::from_ref(&purchase)).await
        });
        booked.await.unwrap();
    }

    async fn grows(&self, member: MemberId, source_id: &str, growth: i64) {
        let earning =
            Movement { ledger: Ledger::Growth, ..movement(self, member, source_id, earn(growth)) };
        self.moves(&[earning]).await.remove(0).unwrap();
    }

    async fn upgrade(&self, member: MemberId) {
        let order = Some(OrderId::new(self.now()));
        let upgraded = in_tx(&self.app.db, async |tx| {
            tiers::upgrade_in(tx, &self.app, &[(member, order)]).await
        });
        upgraded.await.unwrap();
    }

    async fn standing(&self, member: MemberId) -> tiers::Standing {
        tiers::standing(self.app.db.read(), &self.app, member).await.unwrap()
    }

    async fn multiplier(&self, member: MemberId, at: &str) -> i64 {
        let wanted = [(member, at.parse().unwrap())];
        tiers::multipliers_at(self.app.db.read(), &wanted).await.unwrap()[0]
    }

    async fn upgrades(&self, member: MemberId) -> Vec<Value> {
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
        let events = entity::event_log::Entity::find()
            .filter(entity::event_log::Column::Kind.eq("tier.upgraded"))
            .filter(entity::event_log::Column::MemberId.eq(member))
            .all(self.app.db.read());
        events.await.unwrap().into_iter().map(|event| event.payload).collect()
    }
}

#[actix_web::test]
async fn either_track_raises_at_once_and_for_twelve_months() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.known("13800000001").await, app.known("13800000002").await);
    app.pays(ann, 499_999, 0).await;
    app.upgrade(ann).await;
    let standing = app.standing(ann).await;
    assert_eq!((standing.tier.code.as_str(), standing.until), ("silver", None));
    let next = standing.next.unwrap();
    assert_eq!(
        (next.tier.code.as_str(), next.missing_spend, next.missing_growth),
        ("gold", Fen(1), 5_000)
    );

    app.pays(ann, 1, 0).await;
    app.upgrade(ann).await;
    let standing = app.standing(ann).await;
    assert_eq!(standing.tier.code, "gold");
    assert_eq!(standing.since, app.now());
    assert_eq!(standing.until.unwrap().to_rfc3339(), "2027-03-15T04:00:00+00:00");

    app.grows(bea, "g", 20_000).await;
    app.upgrade(bea).await;
    app.upgrade(bea).await;
    let standing = app.standing(bea).await;
    assert_eq!((standing.tier.code.as_str(), standing.growth), ("diamond", 20_000));
    assert!(standing.next.is_none());
    assert_eq!(app.upgrades(bea).await, [serde_json::json!({"from": "silver", "to": "diamond"})]);
}

#[actix_web::test]
async fn only_the_spending_of_twelve_months_counts() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    // 2025-03-14 is a day too early, 2025-03-15 is not.
    app.pays(ann, 500_000, 366).await;
    assert_eq!(app.standing(ann).await.spent, Fen(0));
    app.pays(ann, 300_000, 365).await;
    assert_eq!(app.standing(ann).await.spent, Fen(300_000));
    app.upgrade(ann).await;
    assert_eq!(app.standing(ann).await.tier.code, "silver");
}

#[actix_web::test]
async fn an_order_earns_by_the_tier_of_its_own_time() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    app.pays(ann, 500_000, 0).await;
    app.upgrade(ann).await;
    app.advance(TimeDelta::days(10));
    app.pays(ann, 1_500_000, 0).await;
    app.upgrade(ann).await;
    assert_eq!(app.multiplier(ann, "2026-03-15T03:59:59Z").await, 10_000);
    assert_eq!(app.multiplier(ann, "2026-03-15T04:00:00Z").await, 12_000);
    assert_eq!(app.multiplier(ann, "2026-03-25T04:00:00Z").await, 15_000);
    assert_eq!(app.multiplier(MemberId::new(app.now()), "2026-03-25T04:00:00Z").await, 10_000);
}

#[actix_web::test]
async fn a_merge_keeps_the_better_tier() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.known("13800000001").await, app.known("13800000002").await);
    app.grows(ann, "a", 5_000).await;
    app.upgrade(ann).await;
    let hers = app.standing(ann).await;
    app.advance(TimeDelta::days(3));
    app.merge_members(ann, bea).await;
    let standing = app.standing(bea).await;
    assert_eq!((standing.tier.code.as_str(), standing.growth), ("gold", 5_000));
    assert_eq!((standing.since, standing.until), (hers.since, hers.until));
    assert_eq!(app.upgrades(bea).await, [serde_json::json!({"from": "silver", "to": "gold"})]);
}

#[actix_web::test]
async fn what_two_members_reached_together_counts_at_the_merge() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.known("13800000001").await, app.known("13800000002").await);
    app.grows(ann, "a", 12_000).await;
    app.upgrade(ann).await;
    app.grows(bea, "b", 8_000).await;
    app.upgrade(bea).await;
    app.merge_members(ann, bea).await;
    assert_eq!(app.standing(bea).await.tier.code, "diamond");
    assert_eq!(app.multiplier(bea, "2026-03-15T04:00:00Z").await, 15_000);
    app.reconciles().await;
}

#[actix_web::test]
async fn shoppers_read_what_each_tier_offers() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    let tiers = app.get("/v1/member/tiers").bearer(&her.token).send().await.expect(200);
    let codes: Vec<_> =
        tiers["items"].as_array().unwrap().iter().map(|tier| &tier["code"]).collect();
    assert_eq!(codes, ["silver", "gold", "diamond"]);
    assert_eq!(tiers["items"][1]["benefits"][0], "生日礼");
    app.get("/v1/member/tiers").send().await.refused(401, "unauthenticated");
}
