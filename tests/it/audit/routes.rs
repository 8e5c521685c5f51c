//! Every route of the guide app and the console leaves the line that the list says, or is in it with the reason why not.

use std::collections::HashMap;

use chrono::TimeDelta;
use huiyi::audit::service::Author;
use huiyi::jobs::{self, NewJob};
use huiyi::kernel::codes::StaffRole;
use huiyi::kernel::ids::MemberId;
use huiyi::staff::service as staff;
use huiyi::wiring::audited::{Duty, STAFF_ROUTES, duties};
use huiyi::wiring::openapi::document;
use serde_json::{Value, json};

use super::{lines, proves};
use crate::customers::{PHONE, Retailer};
use crate::openapi::lint::operations;
use crate::support::{TestDb, earn};

/// `method`, `path` of every operation of staff.
fn of_staff() -> Vec<(String, String)> {
    let documents = ["guide", "admin"].map(|audience| document(audience).unwrap());
    let documents = documents.map(|it| serde_json::to_value(it).unwrap());
    let all = documents.iter().flat_map(operations);
    all.map(|it| (it.method.to_owned(), it.path.to_owned())).collect()
}

#[test]
fn every_route_of_staff_says_what_it_leaves_in_the_audit_log() {
    let routes = of_staff();
    let wrong: Vec<_> = routes
        .iter()
        .map(|(method, path)| (method, path, duties(method, path).count()))
        .filter(|(.., rows)| *rows != 1)
        .collect();
    assert!(wrong.is_empty(), "src/wiring/audited.rs: not exactly one row for {wrong:#?}");
    for (method, listed, duty) in STAFF_ROUTES {
        let beginning = listed.trim_end_matches('*');
        let stands = |route: &&(String, String)| {
            route.0 == *method
                && if listed.ends_with('*') {
                    route.1.starts_with(beginning)
                } else {
                    route.1 == *listed
                }
        };
        assert!(
            routes.iter().any(|route| stands(&route)),
            "{method} {listed} is no route any more"
        );
        if let Duty::Nothing(reason) = duty {
            assert!(!reason.is_empty(), "{method} {listed}: no reason");
        }
    }
}

/// Everything that the routes ask for.
struct Scene {
    shop: Retailer,
    guide: String,
    ann: String,
    bob: String,
    member: MemberId,
    named: HashMap<&'static str, String>,
    // Dropped last.
    _trials: TestDb,
}

impl Scene {
    async fn set() -> Self {
        let trials = TestDb::create().await;
        let url = trials.url();
        let shop = Retailer::open_with(|config| config.sandbox.database_url = url.into()).await;
        let app = &shop.app;
        shop.sells("A-1", PHONE, 0, 100_00, "2026-03-14T06:30:00Z").await;
        let member = app.known(PHONE).await;
        let moved = app.moved(member, "o1", earn(500)).await;
        let guide = shop.guide_token(0).await;
        let ann = app.hire("A-1", StaffRole::Admin, None).await;
        let ann = app.staff_token(ann, "A-1", "admin").await;
        let bob = app.hire("A-2", StaffRole::Admin, None).await;
        let bob = app.staff_token(bob, "A-2", "admin").await;
        let mut named = HashMap::new();
        let hired = app.guide("G-HIRED", shop.stores[0]).await;
        let author = Author::system("test");
        for (name, no) in [("guide link", "G-LINK"), ("admin link", "A-LINK")] {
            let role = if name == "guide link" { StaffRole::Guide } else { StaffRole::Admin };
            let store = (role == StaffRole::Guide).then(|| shop.stores[0]);
            let id = app.hire(no, role, store).await;
            named.insert(name, staff::invite(&app.app, &author, id).await.unwrap());
        }
        named.insert("hired", hired.to_string());
        named.insert("transfer", moved.transfer.to_string());
        let mut scene = Self { shop, guide, ann, bob, member, named, _trials: trials };
        for (name, key) in [("approved", "k1"), ("rejected", "k2")] {
            let asked = scene.adjust(key, 5_000).await;
            scene.named.insert(name, asked);
        }
        scene.sends_files().await;
        for name in ["retried", "discarded"] {
            let id = scene.dead(name).await;
            scene.named.insert(name, id);
        }
        scene.connects().await;
        scene
    }

    /// A third party with a key, somewhere to deliver to, and a delivery.
    async fn connects(&mut self) {
        let app = &self.shop.app;
        let made = async |path: &str, body: Value| {
            app.post(path).bearer(&self.ann).json(&body).send().await.body
        };
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let partner = text(&made("/v1/admin/partners", json!({"name": "ERP"})).await["id"]);
        let path = format!("/v1/admin/partners/{partner}");
        let key = json!({"name": "a", "scopes": ["orders:write"]});
        let trials = text(&made(&format!("{path}/sandbox-keys"), key.clone()).await["id"]);
        let key = text(&made(&format!("{path}/keys"), key).await["id"]);
        let hook = json!({"url": "https://erp.example.com/hooks", "events": ["order.*"]});
        let hook = made(&format!("{path}/webhook-endpoints"), hook).await;
        let hook = text(&hook["endpoint"]["id"]);
        let test = format!("/v1/admin/webhook-endpoints/{hook}:test");
        let delivery = text(&made(&test, json!({})).await["id"]);
        for (name, id) in [
            ("partner", partner),
            ("key", key),
            ("trials", trials),
            ("hook", hook),
            ("delivery", delivery),
        ] {
            self.named.insert(name, id);
        }
    }

    async fn adjust(&self, key: &str, points: i64) -> String {
        let call = self.shop.app.post("/v1/admin/points/adjustments").bearer(&self.ann).key(key);
        let asked = call.json(&self.wish(points)).send().await.expect(200);
        asked["id"].as_str().unwrap().to_owned()
    }

    /// Imports that wait, for each that ends one, and an export that is done.
    async fn sends_files(&mut self) {
        let app = &self.shop.app;
        let mut ids = Vec::new();
        for key in ["import cancelled", "import approved"] {
            let call = app.post("/v1/admin/imports?kind=points_balances&mode=apply");
            let call = call.bearer(&self.ann).key(key).file("手机号,积分\n1,1\n".into());
            ids.push((key, call.send().await.expect(200)));
        }
        let body = json!({"kind": "members"});
        for key in ["exported", "export cancelled"] {
            let call = app.post("/v1/admin/exports").bearer(&self.ann).key(key).json(&body);
            ids.push((key, call.send().await.expect(200)));
            if key == "exported" {
                app.work().await;
            }
        }
        for (key, sent) in ids {
            self.named.insert(key, sent["id"].as_str().unwrap().to_owned());
        }
    }

    fn wish(&self, points: i64) -> Value {
        json!({
            "member_id": self.member.to_string(), "points": points, "reason": "compensation", "note": "换货"
        })
    }

    /// A job that was given up.
    async fn dead(&self, key: &str) -> String {
        let app = &self.shop.app;
        let new = NewJob::new("nobody", key, json!({}), app.now());
        jobs::enqueue_in(app.app.db.write(), &[new], app.now()).await.unwrap();
        app.sql("UPDATE job SET state = 'dead' WHERE kind = 'nobody'").await.unwrap();
        let path = "/v1/admin/jobs?limit=100";
        let page = app.get(path).bearer(&self.ann).send().await.expect(200);
        let items = page["items"].as_array().unwrap();
        items.iter().find(|it| it["key"] == key).unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// What is sent to a route: its path filled in, the body, whose token.
    fn call(&self, operation: &str, path: &str) -> (String, Value, String) {
        let named = |name: &str| self.named[name].clone();
        let accept =
            |link: &str| json!({"token": named(link), "password": "correct horse battery"});
        let sign_in = |no: &str| json!({"staff_no": no, "password": "correct horse battery", "device": "test"});
        let body = match operation {
            "post /v1/guide/invitations:accept" => accept("guide link"),
            "post /v1/admin/invitations:accept" => accept("admin link"),
            "post /v1/guide/sessions" => sign_in("G-SH01"),
            "post /v1/admin/sessions" => sign_in("A-1"),
            "post /v1/admin/staff" => json!({"staff_no": "A-NEW", "name": "王芳", "role": "admin"}),
            "post /v1/admin/points/adjustments" => self.wish(5),
            "post /v1/admin/exports" => json!({"kind": "members"}),
            "put /v1/admin/members/{id}/tier-pin" => json!({"tier": "gold", "reason": "明星会员"}),
            "post /v1/admin/earning-rules:dry-run" => json!({
                "ledger": "points", "from_day": "2026-03-01", "to_day": "2026-03-14",
                "terms": {"fen_per_unit": 50, "tier_multiplied": true, "months_valid": 12, "settles_after_days": 7}
            }),
            "post /v1/admin/points-campaigns:dry-run" => json!({
                "from_day": "2026-03-01", "to_day": "2026-03-14",
                "plan": {"name": "双倍", "multiplier_bps": 20_000, "conditions": {"days_of_month": [8]}}
            }),
            operation if operation.contains("/imports/") => Value::Null,
            operation if operation.ends_with(":approve") || operation.ends_with(":reject") => {
                json!({})
            }
            operation => configuration(operation),
        };
        let id = match operation {
            "post /v1/admin/points/adjustments/{id}:approve" => named("approved"),
            "post /v1/admin/points/adjustments/{id}:reject" => named("rejected"),
            "get /v1/admin/points/adjustments/{id}" => named("approved"),
            "post /v1/admin/jobs/{id}:retry" => named("retried"),
            "post /v1/admin/jobs/{id}:discard" => named("discarded"),
            "get /v1/admin/points/transfers/{id}" => named("transfer"),
            "post /v1/admin/imports/{id}:cancel" => named("import cancelled"),
            "post /v1/admin/exports/{id}:cancel" => named("export cancelled"),
            operation if operation.contains("/imports/{id}") => named("import approved"),
            operation if operation.contains("/exports/{id}") => named("exported"),
            operation if operation.contains("/staff/{id}") => named("hired"),
            operation if operation.contains("/partners/{id}") => named("partner"),
            operation if operation.contains("/webhook-endpoints/{id}") => named("hook"),
            operation if operation.contains("/webhook-deliveries/{id}") => named("delivery"),
            _ => self.member.to_string(),
        };
        let days = match operation {
            "post /v1/admin/imports" => "?kind=members",
            _ if path.ends_with("statement.csv") => "?from=2026-03-01&to=2026-03-31",
            _ => "",
        };
        let board = "member_points?scope=store";
        let board = if path.starts_with("/v1/admin") { "member_points" } else { board };
        let path = path.replace("{id}", &id).replace("{transfer_id}", &named("transfer"));
        let key = if path.contains("/sandbox-keys") { named("trials") } else { named("key") };
        let path = path.replace("{key_id}", &key).replace("{code}", code_of(operation));
        let second = operation.ends_with(":approve") || operation.ends_with(":reject");
        let token = if path.starts_with("/v1/guide") {
            &self.guide
        } else if second {
            &self.bob
        } else {
            &self.ann
        };
        (format!("{}{days}", path.replace("{board}", board)), body, token.clone())
    }
}

/// What head office calls the thing of the programme that an operation is about.
fn code_of(operation: &str) -> &'static str {
    match operation {
        it if it.contains("/tiers") => "platinum",
        it if it.contains("/membership-plans") => "gold_month",
        it if it.contains("/points-campaigns") => "double",
        _ => "opening_week",
    }
}

/// Bodies that change what the programme does and who is connected.
fn configuration(operation: &str) -> Value {
    let terms = json!({
        "fen_per_unit": 50, "tier_multiplied": true, "months_valid": 12, "settles_after_days": 7
    });
    let plan = json!({"name": "双倍", "multiplier_bps": 20_000});
    let ends_at = "2026-06-01T00:00:00Z";
    match operation {
        "post /v1/admin/partners" => json!({"name": "POS"}),
        "patch /v1/admin/partners/{id}" => json!({"requests_per_minute": 600}),
        "post /v1/admin/partners/{id}/keys" => json!({"name": "b", "scopes": ["orders:write"]}),
        "post /v1/admin/partners/{id}/sandbox-keys" => {
            json!({"name": "trials", "scopes": ["orders:write"]})
        }
        "patch /v1/admin/partners/{id}/keys/{key_id}" => json!({"name": "c"}),
        "post /v1/admin/partners/{id}/keys/{key_id}:rotate" => json!({"overlap_hours": 1}),
        "post /v1/admin/partners/{id}/webhook-endpoints" => {
            json!({"url": "https://erp.example.com/more", "events": ["order.*"]})
        }
        "patch /v1/admin/webhook-endpoints/{id}" => json!({"description": "d"}),
        "post /v1/admin/webhook-endpoints/{id}:rotate-secret" => json!({}),
        "post /v1/admin/webhook-endpoints/{id}:recover" => json!({"since": "2026-03-01T00:00:00Z"}),
        "post /v1/admin/earning-rules" => {
            json!({"code": "opening_week", "ledger": "points", "terms": terms})
        }
        "post /v1/admin/earning-rules/{code}/versions" => {
            json!({"after_version": 1, "terms": terms})
        }
        "post /v1/admin/points-campaigns" => {
            json!({"code": "double", "plan": plan, "ends_at": ends_at})
        }
        "post /v1/admin/points-campaigns/{code}/versions" => {
            json!({"after_version": 1, "plan": plan, "ends_at": ends_at})
        }
        "post /v1/admin/tiers" => json!({
            "code": "platinum", "name": "铂金卡", "rank": 5, "spend_fen": 5_000_000, "growth": 50_000,
            "multiplier_bps": 18000, "months": 12, "benefits": [], "words": []
        }),
        "patch /v1/admin/tiers/{code}" => json!({"growth": 51_000}),
        "post /v1/admin/membership-plans" => json!({
            "code": "gold_month", "name": "金卡月卡", "tier": "gold", "term": "month", "price_fen": 2_900
        }),
        "patch /v1/admin/membership-plans/{code}" => json!({"on_sale": false}),
        _ => Value::Null,
    }
}

/// The order matters to what ends or begins something.
fn in_sequence() -> Vec<(String, String)> {
    let mut routes = of_staff();
    let ends = |method: &str, path: &str| method == "delete" && !path.ends_with("/current");
    let late = |path: &str| match path {
        path if path.ends_with(":resume") => 5,
        path if path.ends_with(":stop") && path.contains("/partners") => 4,
        path if path.ends_with("/sessions/current") => 9,
        path if path.ends_with(":disable") => 2,
        path if path.ends_with("/tier-pin") => 1,
        _ => 0,
    };
    routes.sort_by_key(|(method, path)| {
        let late = if ends(method, path) { 2 } else { late(path) };
        (late, method != "put", path.clone())
    });
    routes
}

#[actix_web::test]
async fn each_audited_route_leaves_its_line() {
    let scene = Scene::set().await;
    let app = &scene.shop.app;
    let mut tried = 0;
    for (method, path) in in_sequence() {
        let Some(Duty::Line(action)) = duties(&method, &path).next() else { continue };
        let operation = format!("{method} {path}");
        let (path, body, token) = scene.call(&operation, &path);
        app.advance(TimeDelta::seconds(1));
        let request = format!("request-{tried:04}");
        let call = app.call(method.to_uppercase().parse().unwrap(), &path).bearer(&token);
        let call = call.key(&request).header("x-request-id", &request);
        let call = match body {
            Value::Null if path.ends_with("imports?kind=members") => {
                call.file("手机号\n13800138000\n".into())
            }
            Value::Null => call,
            body => call.json(&body),
        };
        let answer = call.send().await;
        assert!(answer.status < 300, "{operation}: {}", answer.text);
        let left = lines(app).await.into_iter().filter(|line| line.request_id == request);
        let left: Vec<_> = left.map(|line| (line.action, line.outcome)).collect();
        let expected = (action.as_str().to_owned(), "done".to_owned());
        assert!(left.contains(&expected), "{operation}: {expected:?} is not in {left:?}");
        tried += 1;
    }
    assert!(tried > 60, "{tried}");
    proves(app).await;
}
