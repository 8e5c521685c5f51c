//! A year of a member's life on the movable clock: every number is worked out by hand in the comments
//! (PT-2, PT-2b, PT-3, PT-4, PT-6, PT-9, TR-2, TR-2b, BN-8).
//!
//! 1 yuan is 1 point, times 1.2 for gold, times 2 in the month of her birthday. Points settle 7 days after the purchase
//! and run out at the end of the month a year later, which is 16:00 UTC on the last day of the month.

use chrono::{DateTime, Utc};
use entity::event_log;
use huiyi::kernel::codes::{StaffRole, TransferKind};
use huiyi::kernel::ids::{HoldId, MemberId};
use huiyi::points::error;
use huiyi::points::service::{self as points, Act};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use crate::support::{TestApp, movement, order, reverse};

const PHONE: &str = "13800138000";

/// A retailer and the one member whom the story is about.
struct Life {
    app: TestApp,
    till: String,
    her: MemberId,
}

impl Life {
    /// She opens the mini-program, shares her phone and says when she was born.
    async fn begin() -> Self {
        let app = TestApp::start().await;
        app.catalogue().await;
        app.store("EAST", "SH01").await;
        let till = app.partner("till", &["orders:write", "points:write"]).await;
        office_prepares(&app).await;
        let her = app.shopper("lina").await;
        app.bind_phone("lina", &her.token, PHONE).send().await.expect(200);
        let me = app.patch("/v1/member/me").bearer(&her.token).header("if-match", "*");
        me.json(&json!({"birthday": "1992-05-20"})).send().await.expect(200);
        Self { app, till, her: her.id.parse().unwrap() }
    }

    /// Time passes; the worker does whatever became due, and the ledger proves itself.
    async fn until(&self, at: &str) {
        self.app.clock.set(at.parse().unwrap());
        self.app.work().await;
    }

    /// The first instants of business months, each with the jobs run, that of the night among them: it proves the ledger.
    async fn months(&self, first_days: &[&str]) {
        for day in first_days {
            self.until(&format!("{day}T16:00:00Z")).await;
            let proved = points::last_proved(&self.app.app).await.unwrap().unwrap();
            assert_eq!(proved.differences, 0);
            assert!(self.time() - proved.at < chrono::TimeDelta::days(1), "{proved:?}");
        }
    }

    /// She pays for a dress an hour ago.
    async fn buys(&self, number: &str, paid_fen: i64) -> Value {
        let at = (self.app.now() - chrono::TimeDelta::hours(1)).to_rfc3339();
        let mut sale = order(number, PHONE, paid_fen, &at);
        sale["store_code"] = "SH01".into();
        self.app.post("/v1/open/orders").bearer(&self.till).json(&sale).send().await.expect(200)
    }

    /// She brings all of an order back.
    async fn returns(&self, number: &str, paid_fen: i64) -> Value {
        let body = json!({
            "channel": "pos", "external_no": format!("R-{number}"), "order_external_no": number,
            "occurred_at": self.app.now(), "amount_fen": paid_fen
        });
        self.app.post("/v1/open/refunds").bearer(&self.till).json(&body).send().await.expect(200)
    }

    /// What her phone shows: pending, available, frozen.
    async fn points(&self) -> (i64, i64, i64) {
        let her = self.app.shopper("lina").await;
        let points = self.app.get("/v1/member/points").bearer(&her.token).send().await.expect(200);
        let number = |name: &str| points[name].as_i64().unwrap();
        (number("pending"), number("available"), number("frozen"))
    }

    async fn tier(&self) -> String {
        let her = self.app.shopper("lina").await;
        let me = self.app.get("/v1/member/me").bearer(&her.token).send().await.expect(200);
        me["tier"]["code"].as_str().unwrap().to_owned()
    }

    /// What was published about her under this name, oldest first.
    async fn events(&self, kind: &str) -> Vec<Value> {
        let events = event_log::Entity::find()
            .filter(event_log::Column::Kind.eq(kind))
            .filter(event_log::Column::MemberId.eq(self.her))
            .order_by_asc(event_log::Column::Id)
            .all(self.app.app.db.read());
        events.await.unwrap().into_iter().map(|event| event.payload).collect()
    }

    /// The notices that points run out: how many, in how many days at most.
    async fn notices(&self) -> Vec<(i64, i64)> {
        let events = self.events("points.expiring").await;
        let number = |event: &Value, name: &str| event[name].as_i64().unwrap();
        events.iter().map(|event| (number(event, "points"), number(event, "days"))).collect()
    }

    fn time(&self) -> DateTime<Utc> {
        self.app.now()
    }
}

/// Head office: double points in the month of the birthday, and 300 points for who becomes gold.
async fn office_prepares(app: &TestApp) {
    let id = app.hire("A900", StaffRole::Admin, None).await;
    let token = app.staff_token(id, "A900", "admin").await;
    let plan = json!({
        "name": "生日月双倍积分", "multiplier_bps": 20_000, "conditions": {"birthday_month": true}
    });
    let campaign = json!({"code": "birthday", "plan": plan, "ends_at": "2028-01-01T00:00:00Z"});
    let added = app.post("/v1/admin/points-campaigns").bearer(&token).json(&campaign);
    added.send().await.expect(201);
    let gold = app.get("/v1/admin/tiers/gold").bearer(&token).send().await;
    let benefits = json!({"benefits": [{"kind": "upgrade_gift", "value": 300}]});
    let change = app.patch("/v1/admin/tiers/gold").bearer(&token);
    change.header("if-match", gold.header("etag")).json(&benefits).send().await.expect(200);
}

#[actix_web::test]
async fn a_year_of_a_members_life() {
    let life = Life::begin().await;
    she_earns_and_rises(&life).await;
    she_uses_points_in_two_phases(&life).await;
    she_falls_silent(&life).await;
    her_tier_ends(&life).await;
    she_returns_what_has_run_out(&life).await;
    she_pays_her_debt(&life).await;
    life.app.reconciles().await;
}

async fn she_earns_and_rises(life: &Life) {
    // 3,000 yuan as silver: 3,000 points, pending for a week.
    assert_eq!(life.buys("A", 3_000_00).await["points"], 3_000);
    assert_eq!(life.points().await, (3_000, 0, 0));
    life.until("2026-03-22T02:55:00Z").await;
    assert_eq!(life.points().await, (3_000, 0, 0));
    life.until("2026-03-22T03:00:00Z").await;
    assert_eq!(life.points().await, (0, 3_000, 0));
    life.months(&["2026-03-31"]).await;

    // 2,500 more make 5,500, and 5,000 is gold: at once, with its gift of 300, once.
    life.until("2026-04-09T04:00:00Z").await;
    assert_eq!(life.buys("B", 2_500_00).await["points"], 2_500);
    assert_eq!(life.buys("B", 2_500_00).await["result"], "unchanged");
    assert_eq!(life.tier().await, "gold");
    assert_eq!(life.points().await, (2_500, 300 + 3_000, 0));
    life.until("2026-04-17T04:00:00Z").await;
    life.months(&["2026-04-30"]).await;

    // Her birthday: 1,000 yuan × 1.2 × 2.
    life.until("2026-05-20T04:00:00Z").await;
    assert_eq!(life.buys("C", 1_000_00).await["points"], 2_400);
    life.until("2026-05-27T04:00:00Z").await;
    assert_eq!(life.points().await, (0, 3_000 + 300 + 2_500 + 2_400, 0));
    life.months(&["2026-05-31"]).await;
}

/// 8,200 points: 3,000 of A until March, 2,800 of B and its gift until April, 2,400 of C until May 2027.
async fn she_uses_points_in_two_phases(life: &Life) {
    let app = &life.app;
    life.until("2026-06-10T04:00:00Z").await;
    let hold = HoldId::new(life.time());
    let lapses_at = life.time() + chrono::TimeDelta::minutes(30);
    let freeze = |hold, amount| Act::Freeze { amount, hold, lapses_at, order_ref: None };
    app.moved(life.her, "checkout", freeze(hold, 1_000)).await;
    assert_eq!(life.points().await, (0, 7_200, 1_000));
    // 600 of them are used, the other 400 go back: A has 2,400 left.
    app.moved(life.her, "checkout", Act::Capture { hold, amount: 600 }).await;
    assert_eq!(life.points().await, (0, 7_600, 0));

    // The next checkout is never finished.
    app.moved(life.her, "left", freeze(HoldId::new(life.time()), 500)).await;
    life.until("2026-06-10T04:29:00Z").await;
    assert_eq!(life.points().await, (0, 7_100, 500));
    life.until("2026-06-10T04:30:00Z").await;
    assert_eq!(life.points().await, (0, 7_600, 0));
}

async fn she_falls_silent(life: &Life) {
    life.months(&["2026-06-30", "2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31"]).await;
    life.months(&["2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28"]).await;
    assert_eq!(life.points().await, (0, 7_600, 0));

    // A's 2,400 run out on 31 March at 16:00 UTC: she is told on the mornings of 2 and 25 March.
    life.until("2027-03-01T04:00:00Z").await;
    assert_eq!(life.notices().await, []);
    life.until("2027-03-02T04:00:00Z").await;
    assert_eq!(life.notices().await, [(2_400, 30)]);
    // Gold ends on 9 April. In the year before that she spent the 1,000 yuan of May and grew by as much.
    life.until("2027-03-09T04:00:00Z").await;
    assert_eq!(life.events("tier.expiring").await.len(), 0);
    life.until("2027-03-11T04:00:00Z").await;
    let told = life.events("tier.expiring").await;
    assert_eq!((told.len(), &told[0]["to"]), (1, &json!("silver")), "{told:?}");
    let missing = (&told[0]["missing_spend_fen"], &told[0]["missing_growth"]);
    assert_eq!(missing, (&json!(4_000_00), &json!(4_000)));
    life.until("2027-03-25T04:00:00Z").await;
    assert_eq!(life.notices().await, [(2_400, 30), (2_400, 7)]);

    life.until("2027-03-31T15:55:00Z").await;
    assert_eq!(life.points().await, (0, 7_600, 0));
    life.months(&["2027-03-31"]).await;
    assert_eq!(life.points().await, (0, 7_600 - 2_400, 0));
}

async fn her_tier_ends(life: &Life) {
    let app = &life.app;
    // The checkout of June is returned: its 600 go back to A, which ran out. They cannot be used and are gone the next
    // time the job looks: 5,200 as before.
    life.app.clock.set("2027-04-05T04:00:00Z".parse().unwrap());
    app.moved(life.her, "returned", reverse("checkout", TransferKind::Capture, 600)).await;
    let all = movement(app, life.her, "all", Act::Spend { amount: 5_201 });
    assert_eq!(app.moves(&[all]).await, [Err(error::INSUFFICIENT)]);
    life.until("2027-04-05T04:05:00Z").await;
    assert_eq!(life.points().await, (0, 5_200, 0));

    assert_eq!(life.tier().await, "gold");
    life.until("2027-04-10T04:00:00Z").await;
    assert_eq!(life.tier().await, "silver");
    assert_eq!(life.events("tier.lowered").await.len(), 1);
}

async fn she_returns_what_has_run_out(life: &Life) {
    // All of A, of which nothing is left: its 3,000 are taken from what runs out next, the 2,800 of April, and 200 of
    // C's 2,400.
    life.until("2027-04-15T04:00:00Z").await;
    assert_eq!(life.returns("A", 3_000_00).await["points_reversed"], 3_000);
    assert_eq!(life.points().await, (0, 2_200, 0));
    // So nothing runs out at the end of April.
    life.months(&["2027-04-30"]).await;
    assert_eq!(life.points().await, (0, 2_200, 0));
    // All of C: 2,400, of which 200 are gone. She owes them.
    life.until("2027-05-10T04:00:00Z").await;
    assert_eq!(life.returns("C", 1_000_00).await["points_reversed"], 2_400);
    assert_eq!(life.points().await, (0, -200, 0));
    // She was told once of April's 2,800 and once of C's 2,200, thirty days ahead; a week ahead nothing was left.
    assert_eq!(life.notices().await[2..], [(2_800, 30), (2_200, 30)]);
}

async fn she_pays_her_debt(life: &Life) {
    // 500 yuan as silver in her month: 1,000, of which 200 pay what she owes.
    life.until("2027-05-20T04:00:00Z").await;
    assert_eq!(life.buys("D", 500_00).await["points"], 1_000);
    assert_eq!(life.points().await, (1_000, -200, 0));
    life.until("2027-05-27T04:00:00Z").await;
    assert_eq!(life.points().await, (0, 800, 0));
    life.months(&["2027-05-31"]).await;
    assert_eq!(life.points().await, (0, 800, 0));
    // Growth: 3,000 + 2,500 + 1,000 − 3,000 − 1,000 + 500.
    let her = life.app.shopper("lina").await;
    let points = life.app.get("/v1/member/points").bearer(&her.token).send().await.expect(200);
    assert_eq!(points["growth"], 3_000);
}
