//! Tiers (TR-1 to TR-4).

mod benefits;
mod cards;
mod ladder;
mod merging;
mod notices;
mod oracle;
mod pins;
mod renewal;

use chrono::{DateTime, TimeDelta, Utc};
use huiyi::db::in_tx;
use huiyi::kernel::Fen;
use huiyi::kernel::codes::{Ledger, StaffRole};
use huiyi::kernel::ids::{MemberId, OrderId};
use huiyi::members::service::{self as members, Purchase};
use huiyi::points::service::Movement;
use huiyi::tiers::service as tiers;
use serde_json::Value;

use crate::support::{Answer, TestApp, earn, movement, order};

impl TestApp {
    /// She pays, today less `days_ago`. As with an order, what has ended is seen to first.
    async fn pays(&self, member: MemberId, fen: i64, days_ago: i64) {
        self.settle(member).await;
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

    async fn settle(&self, member: MemberId) {
        let settled =
            in_tx(&self.app.db, async |tx| tiers::settle_in(tx, &self.app, &[member]).await);
        settled.await.unwrap();
    }

    /// She pays and rises to whatever she reaches.
    async fn buys(&self, member: MemberId, fen: i64) {
        self.pays(member, fen, 0).await;
        self.upgrade(member).await;
    }

    async fn grows(&self, member: MemberId, source_id: &str, growth: i64) {
        self.settle(member).await;
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
        tiers::tiers_at(self.app.db.read(), &wanted).await.unwrap()[0]
            .as_ref()
            .unwrap()
            .multiplier_bps
    }

    /// Payloads of a member's events of a kind.
    async fn told(&self, member: MemberId, kind: &str) -> Vec<Value> {
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
        let events = entity::event_log::Entity::find()
            .filter(entity::event_log::Column::Kind.eq(kind))
            .filter(entity::event_log::Column::MemberId.eq(member))
            .order_by_asc(entity::event_log::Column::OccurredAt)
            .all(self.app.db.read());
        events.await.unwrap().into_iter().map(|event| event.payload).collect()
    }

    /// From where to where her tier went up.
    async fn upgrades(&self, member: MemberId) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let events = self.told(member, "tier.upgraded").await;
        events.iter().map(|event| (text(&event["from"]), text(&event["to"]))).collect()
    }

    /// Sees to whatever has ended.
    async fn renews(&self) {
        while tiers::renew_due(&self.app, 3).await.unwrap() > 0 {}
    }

    /// Her changes, oldest first: cause, tier before, tier after.
    async fn changes(&self, member: MemberId) -> Vec<(String, String, String)> {
        let mut history = tiers::history(self.app.db.read(), member, None, 100).await.unwrap();
        history.reverse();
        let told = |entry: &tiers::HistoryEntry| {
            let change = &entry.change;
            let from = change.from_tier.clone().unwrap_or_default();
            (change.cause.to_string(), from, change.to_tier.clone())
        };
        history.iter().map(told).collect()
    }

    /// Code, start and end of the tier in force.
    async fn tier_of(&self, member: MemberId) -> (String, DateTime<Utc>, Option<DateTime<Utc>>) {
        let standing = self.standing(member).await;
        (standing.tier.code, standing.since, standing.until)
    }

    /// A signed-in administrator.
    async fn admin(&self) -> String {
        let admin = self.hire("A001", StaffRole::Admin, None).await;
        self.staff_token(admin, "A001", "admin").await
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Changes as [`TestApp::changes`] tells them.
fn changes(list: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    list.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
}

/// A retailer with a till that sells, and head office.
struct Shop {
    app: TestApp,
    key: String,
    admin: String,
}

impl Shop {
    async fn open() -> Self {
        let app = TestApp::start().await;
        app.catalogue().await;
        app.settles_at_once().await;
        let key = app.partner("till", &["orders:write", "benefits:write"]).await;
        let admin = app.admin().await;
        Self { app, key, admin }
    }

    /// Sells a dress now and gives the answer.
    async fn sells(&self, number: &str, phone: &str, fen: i64) -> Value {
        let at = self.app.now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let order = order(number, phone, fen, &at);
        self.app.post("/v1/open/orders").bearer(&self.key).json(&order).send().await.expect(200)
    }

    async fn refunds(&self, number: &str, order: &str, fen: i64) {
        let at = self.app.now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let body = serde_json::json!({
            "channel": "pos", "external_no": number, "order_external_no": order,
            "occurred_at": at, "amount_fen": fen
        });
        self.open_post("/v1/open/refunds", &body).await.expect(200);
    }

    /// A POST of the till, with the body as its own `Idempotency-Key`.
    async fn open_post(&self, path: &str, body: &Value) -> Answer {
        let key: String =
            format!("{path} {body}").chars().filter(char::is_ascii).take(255).collect();
        let call = self.app.post(path).bearer(&self.key).key(&key);
        call.json(body).send().await
    }

    async fn admin_call(&self, method: reqwest::Method, path: &str, body: &Value) -> Answer {
        let call = self.app.call(method, path).bearer(&self.admin);
        if body.is_null() { call.send().await } else { call.json(body).send().await }
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
    assert_eq!(app.upgrades(bea).await, [("silver".to_owned(), "diamond".to_owned())]);
    // She is at the top: nothing is missing but what keeps her there.
    let keep = standing.keep.unwrap();
    assert_eq!((keep.missing_spend, keep.missing_growth), (Fen(2_000_000), 20_000));
}

#[actix_web::test]
async fn only_the_spending_of_twelve_months_counts() {
    let app = TestApp::start().await;
    let ann = app.known("13800000001").await;
    // 2025-03-15 is a day too early, 2025-03-16 is not: else what made a tier would renew it a year later.
    app.pays(ann, 500_000, 365).await;
    assert_eq!(app.standing(ann).await.spent, Fen(0));
    app.pays(ann, 300_000, 364).await;
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
    assert_eq!(app.upgrades(bea).await, [("silver".to_owned(), "gold".to_owned())]);
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
