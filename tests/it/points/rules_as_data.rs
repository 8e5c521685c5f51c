//! Earning rules and campaigns as head office keeps them (PT-2, PT-2b, BN-8).

use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use entity::points_campaign;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

struct Office {
    app: TestApp,
    /// A token and when it was given.
    token: Mutex<(String, DateTime<Utc>)>,
}

impl Office {
    async fn open() -> Self {
        let app = TestApp::start().await;
        let token = Mutex::new((app.office().await, app.now()));
        Self { app, token }
    }

    /// Signs in again when the clock was moved: a token is good for minutes.
    async fn token(&self) -> String {
        let (token, since) = self.token.lock().unwrap().clone();
        if since == self.app.now() {
            return token;
        }
        let token = self.app.staff_again("A900", "admin").await;
        *self.token.lock().unwrap() = (token.clone(), self.app.now());
        token
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.app.office_posts(&self.token().await, path, body).await
    }

    async fn get(&self, path: &str) -> Value {
        let path = format!("/v1/admin/{path}");
        self.app.get(&path).bearer(&self.token().await).send().await.expect(200)
    }

    async fn stop(&self, path: &str) -> Answer {
        self.app.post(&format!("/v1/admin/{path}:stop")).bearer(&self.token().await).send().await
    }

    /// Code and version of each item of a list.
    async fn list(&self, path: &str) -> Vec<String> {
        let page = self.get(path).await;
        let items = page["items"].as_array().unwrap();
        items
            .iter()
            .map(|it| format!("{} {}", it["code"].as_str().unwrap(), it["version"]))
            .collect()
    }
}

fn terms(fen_per_unit: i64) -> Value {
    json!({"fen_per_unit": fen_per_unit, "tier_multiplied": true, "months_valid": 12, "settles_after_days": 7})
}

fn plan() -> Value {
    json!({"name": "双倍积分", "multiplier_bps": 20_000})
}

/// C2: instants are no TIMESTAMP, which ends in January 2038.
#[actix_web::test]
async fn a_campaign_may_end_in_the_year_2099() {
    let office = Office::open().await;
    let ends_at = "2099-12-31T00:00:00Z";
    let campaign = json!({"code": "always", "plan": plan(), "ends_at": ends_at});
    let added = office.post("points-campaigns", &campaign).await.expect(201);
    assert_eq!((&added["ends_at"], &added["phase"]), (&json!(ends_at), &json!("running")));
    office.app.clock.set("2099-12-30T00:00:00Z".parse().unwrap());
    let page = office.get("points-campaigns").await;
    assert_eq!(page["items"][0]["phase"], "running", "{page}");
}

#[actix_web::test]
async fn a_change_of_a_rule_is_a_new_version_with_its_author() {
    let office = Office::open().await;
    assert_eq!(office.list("earning-rules").await, ["purchase_growth 1", "purchase_points 1"]);
    let starts_at = "2026-04-01T00:00:00Z";
    let change = json!({"after_version": 1, "terms": terms(50), "starts_at": starts_at});
    let path = "earning-rules/purchase_points/versions";
    let planned = office.post(path, &change).await.expect(201);
    assert_eq!((&planned["version"], &planned["phase"]), (&json!(2), &json!("planned")));
    assert_eq!(planned["ledger"], "points");
    assert!(planned["authors"]["created_by"].as_str().unwrap().starts_with("stf_"));
    assert_eq!(planned["authors"]["created_at"], "2026-03-15T04:00:00Z");
    office.post(path, &change).await.refused(412, "version_conflict");
    assert_eq!(office.list("earning-rules?ledger=points").await, ["purchase_points 2"]);
    assert_eq!(
        office.list("earning-rules?ledger=points&phase=running").await,
        ["purchase_points 1"]
    );
    assert_eq!(office.list("earning-rules?phase=planned").await, ["purchase_points 2"]);
    let versions = office.get(path).await;
    let numbers: Vec<_> =
        versions["versions"].as_array().unwrap().iter().map(|it| it["version"].as_i64()).collect();
    assert_eq!(numbers, [Some(2), Some(1)]);
    assert_eq!(versions["versions"][1]["authors"], json!({}), "it came with the program");
    office.app.advance(TimeDelta::days(30));
    assert_eq!(
        office.list("earning-rules?phase=running").await,
        ["purchase_growth 1", "purchase_points 2"]
    );
}

#[actix_web::test]
async fn a_rule_that_is_stopped_stays_stopped() {
    let office = Office::open().await;
    let add = json!({"code": "opening_week", "ledger": "points", "terms": terms(50)});
    let added = office.post("earning-rules", &add).await.expect(201);
    assert_eq!((&added["phase"], &added["issued"]), (&json!("running"), &json!(0)));
    office.post("earning-rules", &add).await.refused(409, "earning_rule_code_taken");
    let later =
        json!({"after_version": 1, "terms": terms(20), "starts_at": "2026-05-01T00:00:00Z"});
    office.post("earning-rules/opening_week/versions", &later).await.expect(201);
    office.app.advance(TimeDelta::hours(1));
    let stopped = office.stop("earning-rules/opening_week").await.expect(200);
    assert_eq!((&stopped["version"], &stopped["phase"]), (&json!(2), &json!("ended")));
    assert_eq!(stopped["ends_at"], stopped["starts_at"], "it never begins");
    let versions = office.get("earning-rules/opening_week/versions").await;
    assert_eq!(versions["versions"][1]["ends_at"], "2026-03-15T05:00:00Z");
    office.app.advance(TimeDelta::hours(1));
    let again = office.stop("earning-rules/opening_week").await.expect(200);
    assert_eq!(again, stopped, "stopping again changes nothing");
    assert_eq!(office.list("earning-rules?phase=ended").await, ["opening_week 2"]);
    assert_eq!(
        office.list("earning-rules?phase=running").await,
        ["purchase_growth 1", "purchase_points 1"]
    );
    for path in ["earning-rules/nothing", "points-campaigns/nothing"] {
        office.stop(path).await.refused(404, "not_found");
        let path = format!("/v1/admin/{path}/versions");
        office.app.get(&path).bearer(&office.token().await).send().await.refused(404, "not_found");
    }
    let change = json!({"after_version": 1, "terms": terms(50)});
    office.post("earning-rules/nothing/versions", &change).await.refused(404, "not_found");
}

#[actix_web::test]
async fn of_two_who_change_a_campaign_at_once_one_is_told() {
    let office = Office::open().await;
    let add = json!({"code": "spring", "plan": plan(), "ends_at": "2026-05-01T00:00:00Z"});
    let added =
        futures_util::future::join_all((0..4).map(|_| office.post("points-campaigns", &add))).await;
    let created = added.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(created, 1);
    for answer in added.iter().filter(|answer| answer.status != 201) {
        answer.refused(409, "points_campaign_code_taken");
    }
    let change = json!({"after_version": 1, "plan": plan(), "ends_at": "2026-05-01T00:00:00Z"});
    let path = "points-campaigns/spring/versions";
    let changed = futures_util::future::join_all((0..4).map(|_| office.post(path, &change))).await;
    assert_eq!(changed.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in changed.iter().filter(|answer| answer.status != 201) {
        answer.refused(412, "version_conflict");
    }
}

#[actix_web::test]
async fn lists_are_paged_by_code() {
    let office = Office::open().await;
    for n in 0..5 {
        let add =
            json!({"code": format!("c_{n}"), "plan": plan(), "ends_at": "2026-05-01T00:00:00Z"});
        office.post("points-campaigns", &add).await.expect(201);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = office.get(&format!("points-campaigns?limit=2&phase=running{cursor}")).await;
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|it| it["code"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["c_0", "c_1", "c_2", "c_3", "c_4"]);
    let foreign = office.get("points-campaigns?limit=2").await["next_cursor"].clone();
    let path = format!("/v1/admin/earning-rules?cursor={}", foreign.as_str().unwrap());
    office.app.get(&path).bearer(&office.token().await).send().await.refused(400, "bad_cursor");
}

/// Each a change of a request that is good, and the field that it breaks.
#[actix_web::test]
async fn what_cannot_be_is_refused_by_its_field() {
    let office = Office::open().await;
    let rule = json!({"code": "r", "ledger": "points", "terms": terms(100)});
    let campaign = json!({"code": "c", "plan": plan(), "ends_at": "2026-05-01T00:00:00Z"});
    let cases = [
        ("earning-rules", "/code", json!("Rule")),
        ("earning-rules", "/code", json!("")),
        ("earning-rules", "/code", json!("a/b")),
        ("earning-rules", "/code", json!("a".repeat(65))),
        ("earning-rules", "/starts_at", json!("2026-03-15T03:59:59.999Z")),
        ("earning-rules", "/ends_at", json!("2026-03-15T04:00:00Z")),
        ("earning-rules", "/terms/fen_per_unit", json!(0)),
        ("earning-rules", "/terms/order_cap", json!(0)),
        ("earning-rules", "/terms/day_cap", json!(-1)),
        ("earning-rules", "/terms/months_valid", json!(121)),
        ("earning-rules", "/terms/settles_after_days", json!(-1)),
        ("earning-rules", "/terms/excluded_categories/0", json!([" 裤装"])),
        ("earning-rules", "/terms/budget/total", json!({"total": 0})),
        ("points-campaigns", "/plan/multiplier_bps", json!(10_000)),
        ("points-campaigns", "/plan/multiplier_bps", json!(1_000_001)),
        ("points-campaigns", "/plan/name", json!("")),
        ("points-campaigns", "/plan/bonus_cap", json!(0)),
        ("points-campaigns", "/plan/conditions/weekdays/0", json!({"weekdays": [8]})),
        ("points-campaigns", "/plan/conditions/days_of_month/1", json!({"days_of_month": [1, 32]})),
        ("points-campaigns", "/plan/conditions/stores/0", json!({"stores": ["SH99"]})),
        ("points-campaigns", "/ends_at", json!("2026-03-15T04:00:00Z")),
        ("points-campaigns", "/starts_at", json!("2026-03-14T00:00:00Z")),
    ];
    for (path, field, value) in cases {
        let mut body = if path == "earning-rules" { rule.clone() } else { campaign.clone() };
        // A pointer into a list or an object that is new sets the whole of it.
        let nested = ["budget", "conditions", "excluded_categories"];
        let parts: Vec<&str> = field.split('/').skip(1).collect();
        let depth =
            parts.iter().position(|part| nested.contains(part)).map_or(parts.len(), |at| at + 1);
        let target = parts[..depth - 1].iter().fold(&mut body, |at, part| &mut at[*part]);
        target[parts[depth - 1]] = value;
        let answer = office.post(path, &body).await;
        answer.refused(422, "invalid_fields");
        let fields = answer.fields();
        assert_eq!(fields, [field]);
    }
    let mut endless = campaign.clone();
    endless.as_object_mut().unwrap().remove("ends_at");
    let (mut unknown, mut fax) = (campaign.clone(), campaign);
    unknown["plan"]["budget"] = json!({"in_all": 5});
    fax["plan"]["conditions"] = json!({"channels": ["fax"]});
    for body in [endless, unknown, fax] {
        office.post("points-campaigns", &body).await.refused(400, "bad_json");
    }
    assert_eq!(office.list("points-campaigns").await, Vec::<String>::new());
}

/// BN-8: what runs now and is for her, in plain words.
#[actix_web::test]
async fn a_shopper_reads_which_campaigns_are_for_her() {
    let app = TestApp::start().await;
    let her = app.shopper("lina").await;
    let put = async |code: &str, change: &dyn Fn(&mut points_campaign::Model)| {
        let campaign = |campaign: &mut points_campaign::Model| {
            campaign.code = code.to_owned();
            campaign.name = code.to_owned();
            change(campaign);
        };
        app.put_campaign(campaign).await;
    };
    put("weekend", &|it| it.conditions.weekdays = vec![6, 7]).await;
    put("gold", &|it| it.conditions.tiers = vec!["gold".to_owned()]).await;
    put("birthday", &|it| {
        it.conditions.birthday_month = true;
        it.multiplier_bps = 15_000;
    })
    .await;
    put("over", &|it| it.ends_at = it.starts_at).await;
    put("empty", &|it| it.budget_total = Some(100)).await;
    let used = "INSERT INTO points_budget (counter, issued, updated_at) VALUES ('campaign/empty/all', 100, '2026-03-15 00:00:00')";
    app.sql(used).await.unwrap();
    let read = async |language: &str| {
        let call = app.get("/v1/member/points/campaigns").bearer(&her.token);
        let answer = call.header("accept-language", language).send().await.expect(200);
        let of = |it: &Value| format!("{}: {}", it["name"], it["words"]).replace('"', "");
        answer["campaigns"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(read("zh-CN").await, ["weekend: 2 倍积分，周六、周日"]);
    app.sql("UPDATE member SET birthday = '1990-03-31'").await.unwrap();
    assert_eq!(
        read("en").await,
        ["weekend: 2 times the points, on Sat, Sun", "birthday: 1.5 times the points"]
    );
}
