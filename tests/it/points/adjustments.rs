//! Points added or taken by hand, the large ones by two people (PT-7, S25).

use futures_util::future::join_all;
use huiyi::kernel::codes::StaffRole;
use huiyi::kernel::ids::{AdjustmentId, MemberId};
use huiyi::points::service::Act;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, earn};

struct Office {
    app: TestApp,
    member: MemberId,
    ann: String,
    bob: String,
}

impl Office {
    async fn open() -> Self {
        let app = TestApp::start().await;
        let member = app.known("13800138000").await;
        let ann = app.hire("A-1", StaffRole::Admin, None).await;
        let bob = app.hire("A-2", StaffRole::Admin, None).await;
        let ann = app.staff_token(ann, "A-1", "admin").await;
        let bob = app.staff_token(bob, "A-2", "admin").await;
        Self { app, member, ann, bob }
    }

    fn wish(&self, points: i64) -> Value {
        json!({
            "member_id": self.member.to_string(), "points": points, "reason": "compensation",
            "note": "换货等了两周"
        })
    }

    async fn send(&self, who: &str, key: &str, body: &Value) -> Answer {
        self.app.post("/v1/admin/points/adjustments").bearer(who).key(key).json(body).send().await
    }

    async fn adjust(&self, who: &str, key: &str, points: i64) -> Answer {
        self.send(who, key, &self.wish(points)).await
    }

    async fn decide(&self, who: &str, key: &str, id: &str, verb: &str) -> Answer {
        let path = format!("/v1/admin/points/adjustments/{id}:{verb}");
        self.app.post(&path).bearer(who).key(key).json(&json!({"note": "已核对"})).send().await
    }

    async fn asked(&self, key: &str, points: i64) -> String {
        let asked = self.adjust(&self.ann, key, points).await.expect(200);
        assert_eq!(asked["state"], "pending_approval", "{asked}");
        asked["id"].as_str().unwrap().to_owned()
    }

    async fn available(&self) -> i64 {
        self.app.available(self.member).await
    }
}

#[actix_web::test]
async fn a_small_adjustment_is_posted_at_once_and_once() {
    let office = Office::open().await;
    let posted = office.adjust(&office.ann, "k1", 1_000).await.expect(200);
    assert_eq!(posted["state"], "posted");
    assert!(posted["transfer_id"].is_string(), "{posted}");
    let again = office.adjust(&office.ann, "k1", 1_000).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(office.available().await, 1_000);
    let taken = office.adjust(&office.bob, "k2", -400).await.expect(200);
    assert_eq!(taken["points"], -400);
    office.app.moved(office.member, "s1", Act::Spend { amount: 50 }).await;
    office.adjust(&office.bob, "k3", -600).await.refused(409, "points_insufficient");
    assert_eq!(office.available().await, 550);
    let path = format!("/v1/admin/points/adjustments/{}", posted["id"].as_str().unwrap());
    let read = office.app.get(&path).bearer(&office.bob).send().await.expect(200);
    assert_eq!((&read["note"], &read["reason"]), (&json!("换货等了两周"), &json!("compensation")));
    // Given points last as long as those of a purchase.
    let db = office.app.app.db.read();
    let expiring = huiyi::points::service::expiring(db, office.member).await.unwrap();
    assert_eq!(expiring[0].at.to_rfc3339(), "2027-03-31T16:00:00+00:00");
    office.app.reconciles().await;
}

/// S25: more than 1,000 points need a second person, who cannot be the first.
#[actix_web::test]
async fn a_large_adjustment_waits_for_a_second_person() {
    let office = Office::open().await;
    let id = office.asked("k1", 1_001).await;
    assert_eq!(office.available().await, 0);
    let own = office.decide(&office.ann, "k2", &id, "approve").await;
    own.refused(409, "adjustment_same_person");
    office.decide(&office.ann, "k3", &id, "reject").await.refused(409, "adjustment_same_person");
    let approved = office.decide(&office.bob, "k4", &id, "approve").await.expect(200);
    assert_eq!(
        (&approved["state"], &approved["decision_note"]),
        (&json!("posted"), &json!("已核对"))
    );
    assert_eq!(office.available().await, 1_001);
    office.decide(&office.bob, "k5", &id, "reject").await.refused(409, "adjustment_decided");

    let id = office.asked("k6", 5_000).await;
    let rejected = office.decide(&office.bob, "k7", &id, "reject").await.expect(200);
    assert_eq!(rejected["state"], "rejected");
    office.decide(&office.bob, "k8", &id, "approve").await.refused(409, "adjustment_decided");
    // A large withdrawal is as large as a large gift, and never takes more than there is.
    let id = office.asked("k9", -2_000).await;
    office.decide(&office.bob, "k10", &id, "approve").await.refused(409, "points_insufficient");
    office.app.moved(office.member, "o1", earn(999)).await;
    office.decide(&office.bob, "k10", &id, "approve").await.expect(200);
    assert_eq!(office.available().await, 0);
    office.app.reconciles().await;
}

/// Many small steps are a large one.
#[actix_web::test]
async fn small_adjustments_of_one_person_add_up_within_a_day() {
    let office = Office::open().await;
    for (key, points) in [("k1", 600), ("k2", -200), ("k3", 200)] {
        assert_eq!(office.adjust(&office.ann, key, points).await.expect(200)["state"], "posted");
    }
    office.asked("k4", 1).await;
    let other = office.adjust(&office.bob, "k5", 1_000).await.expect(200);
    assert_eq!(other["state"], "posted", "another person begins anew");
    assert_eq!(office.available().await, 1_600);
    office.app.advance(chrono::TimeDelta::hours(25));
    let ann = office.app.staff_again("A-1", "admin").await;
    assert_eq!(office.adjust(&ann, "k6", 1_000).await.expect(200)["state"], "posted");
    office.app.reconciles().await;
}

#[actix_web::test]
async fn racing_decisions_post_once() {
    let office = Office::open().await;
    let id = office.asked("k1", 3_000).await;
    let cat = office.app.hire("A-3", StaffRole::Admin, None).await;
    let cat = office.app.staff_token(cat, "A-3", "admin").await;
    let calls = (0..12).map(|n| {
        let who = if n % 2 == 0 { &office.bob } else { &cat };
        let verb = if n % 3 == 0 { "reject" } else { "approve" };
        let (office, id) = (&office, &id);
        async move { office.decide(who, &format!("r{n}"), id, verb).await }
    });
    let answers = join_all(calls).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(409, "adjustment_decided");
    }
    let expected = if won[0].body["state"] == "posted" { 3_000 } else { 0 };
    assert_eq!(office.available().await, expected);
    office.app.reconciles().await;
}

#[actix_web::test]
async fn adjustments_are_listed_by_state_and_member() {
    let office = Office::open().await;
    office.adjust(&office.ann, "k1", 10).await.expect(200);
    office.app.advance(chrono::TimeDelta::seconds(1));
    let waiting = office.asked("k2", 2_000).await;
    let list = async |query: &str| {
        let path = format!("/v1/admin/points/adjustments{query}");
        office.app.get(&path).bearer(&office.bob).send().await.expect(200)
    };
    let page = list("?state=pending_approval").await;
    assert_eq!((&page["items"][0]["id"], &page["has_more"]), (&json!(waiting), &json!(false)));
    let first = list(&format!("?member_id={}&limit=1", office.member)).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let path = format!("?member_id={}&limit=1&cursor={cursor}", office.member);
    assert_eq!(list(&path).await["items"][0]["points"], 10);
    let stranger = MemberId::new(office.app.now());
    let none = list(&format!("?member_id={stranger}")).await;
    assert_eq!(none["items"], json!([]));
    let other = format!("/v1/admin/points/adjustments?limit=1&cursor={cursor}");
    office.app.get(&other).bearer(&office.bob).send().await.refused(400, "bad_cursor");
}

#[actix_web::test]
async fn bad_input_has_its_answer_and_moves_nothing() {
    let office = Office::open().await;
    let changed = |field: &str, value: Value| {
        let mut body = office.wish(10);
        body[field] = value;
        body
    };
    let nobody = MemberId::new(office.app.now()).to_string();
    for (body, status, code) in [
        (changed("points", json!(0)), 422, "invalid_fields"),
        (changed("points", json!(1_000_000_000_001_i64)), 422, "invalid_fields"),
        (changed("points", json!(i64::MIN)), 422, "invalid_fields"),
        (changed("points", json!("10")), 400, "bad_json"),
        (changed("reason", json!("because")), 400, "bad_json"),
        (changed("note", json!("")), 422, "invalid_fields"),
        (changed("note", json!("x".repeat(501))), 422, "invalid_fields"),
        (changed("member_id", json!(nobody)), 404, "member_not_found"),
        (changed("points", json!(-1)), 409, "points_insufficient"),
        (changed("surprise", json!(1)), 400, "bad_json"),
    ] {
        office.send(&office.ann, "k", &body).await.refused(status, code);
    }
    office.adjust(&office.ann, "k1", 10).await.expect(200);
    office.adjust(&office.ann, "k1", 11).await.refused(422, "idempotency_key_reused");
    let no_key = office.app.post("/v1/admin/points/adjustments").bearer(&office.ann);
    no_key.json(&office.wish(1)).send().await.refused(400, "idempotency_key_missing");
    let nothing = AdjustmentId::new(office.app.now()).to_string();
    office.decide(&office.bob, "k2", &nothing, "approve").await.refused(404, "not_found");
    // The id of a merged member means the one who stays.
    let winner = office.app.known("13900139000").await;
    office.app.merge_members(office.member, winner).await;
    let posted = office.adjust(&office.ann, "k3", 5).await.expect(200);
    assert_eq!(posted["member_id"], winner.to_string());
    assert_eq!(office.app.available(winner).await, 15);
    office.app.reconciles().await;
}
