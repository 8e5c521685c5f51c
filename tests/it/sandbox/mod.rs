//! Sandbox keys (OP-2): the same routes in a world of its own. What happens in one is unknown in the other, by any key and any
//! route.

mod walk;

use huiyi::app::App;
use huiyi::db::claim_mode;
use huiyi::kernel::clock::Clock;
use huiyi::kernel::mode::Mode;
use huiyi::wiring::{jobs, reactions};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::partners::with_key;
use crate::staff::boss;
use crate::support::{Receiver, TestApp, TestDb, order};

const PHONE: &str = "13800138000";

/// An installation with a sandbox, and a partner with a key for each of the two.
pub struct Twofold {
    pub app: TestApp,
    pub boss: String,
    pub partner: String,
    pub live: String,
    pub sandbox: String,
    // Dropped last.
    _database: TestDb,
}

const ALL: &[&str] = huiyi::partners::caller::SCOPES;

impl Twofold {
    pub async fn open() -> Self {
        let database = TestDb::create().await;
        let url = database.url();
        let app = TestApp::start_with(|config| {
            config.sandbox.database_url = SecretString::from(url);
            crate::webhooks::at_home(config);
        })
        .await;
        let boss = boss(&app).await;
        let (partner, _, live) = with_key(&app, &boss, "till", ALL).await;
        let keys = format!("/v1/admin/partners/{partner}/sandbox-keys");
        let body = json!({"name": "trials", "scopes": ALL});
        let made = app.post(&keys).bearer(&boss).json(&body).send().await.expect(201);
        let sandbox = made["key"].as_str().unwrap().to_owned();
        Self { app, boss, partner, live, sandbox, _database: database }
    }

    /// The app of the sandbox, to look inside.
    pub fn apart(&self) -> &App {
        self.app.app.sandbox.as_ref().expect("there is a sandbox")
    }

    pub async fn sells(&self, key: &str, number: &str, fen: i64) -> Value {
        let body = order(number, PHONE, fen, "2026-03-14T06:30:00Z");
        self.app.post("/v1/open/orders").bearer(key).json(&body).send().await.expect(200)
    }
}

/// OP-2: the same order number and the same phone in both; each has its own order, member and points.
#[actix_web::test]
async fn the_same_order_and_member_are_two_in_two_worlds() {
    let both = Twofold::open().await;
    let tried = both.sells(&both.sandbox, "A-1", 900_00).await;
    let sold = both.sells(&both.live, "A-1", 100_00).await;
    assert_eq!((&tried["result"], &sold["result"]), (&json!("created"), &json!("created")));
    assert_eq!((&tried["points"], &sold["points"]), (&json!(900), &json!(100)));
    assert_ne!(tried["member_id"], sold["member_id"]);
    for (key, fen) in [(&both.live, 100_00), (&both.sandbox, 900_00)] {
        let path = "/v1/open/orders/pos/A-1";
        let seen = both.app.get(path).bearer(key).send().await.expect(200);
        assert_eq!(seen["paid_fen"], fen);
    }
    both.sells(&both.sandbox, "A-2", 100_00).await;
    let path = "/v1/open/orders/pos/A-2";
    both.app.get(path).bearer(&both.live).send().await.refused(404, "not_found");
    both.app.reconciles().await;
}

/// OP-2: a key says which world it is for, `/v1/open/me` says it too, and neither is good in the other.
#[actix_web::test]
async fn a_key_is_good_in_its_own_world_only() {
    let both = Twofold::open().await;
    for (key, mode) in [(&both.live, "live"), (&both.sandbox, "sandbox")] {
        let me = both.app.get("/v1/open/me").bearer(key).send().await.expect(200);
        assert_eq!((&me["mode"], &me["partner_name"]), (&json!(mode), &json!("till")));
        assert_eq!(me["partner_id"].as_str().unwrap(), both.partner);
    }
    let swapped = [both.live.replacen("hyk_", "hys_", 1), both.sandbox.replacen("hys_", "hyk_", 1)];
    for key in swapped {
        both.app.get("/v1/open/me").bearer(&key).send().await.refused(401, "unauthenticated");
    }
    // Nor is a sandbox key anything anywhere else.
    for path in ["/v1/member/me", "/v1/guide/me", "/v1/admin/me"] {
        both.app.get(path).bearer(&both.sandbox).send().await.refused(401, "unauthenticated");
    }
    let keys = format!("/v1/admin/partners/{}/sandbox-keys", both.partner);
    let listed = both.app.get(&keys).bearer(&both.boss).send().await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let live = format!("/v1/admin/partners/{}/keys", both.partner);
    let listed = both.app.get(&live).bearer(&both.boss).send().await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

/// S21: signing works in the sandbox as it does outside, under the id with `sandbox_` before it.
#[actix_web::test]
async fn a_sandbox_key_that_signs_names_the_sandbox() {
    use huiyi::kernel::secret::{RequestKey, sha256_hex};
    let both = Twofold::open().await;
    let keys = format!("/v1/admin/partners/{}/sandbox-keys", both.partner);
    let body = json!({"name": "signs", "scopes": ["orders:write"], "signing": "required"});
    let made = both.app.post(&keys).bearer(&both.boss).json(&body).send().await.expect(201);
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let at = both.app.now().timestamp();
    let sent = async |id: &str, nonce: &str| {
        let text = format!("GET\n/v1/open/me\n\n{at}\n{nonce}\n{}", sha256_hex(b""));
        let call = both.app.get("/v1/open/me").header("x-app-id", id);
        let call = call.header("x-timestamp", &at.to_string()).header("x-nonce", nonce);
        call.header("x-signature", &RequestKey::new(key).sign(&text)).send().await
    };
    let me = sent(&format!("sandbox_{id}"), "nonce-of-a-test-1").await.expect(200);
    assert_eq!(me["mode"], "sandbox");
    sent(id, "nonce-of-a-test-2").await.refused(401, "unauthenticated");
    let doubled = sent(&format!("sandbox_sandbox_{id}"), "nonce-of-a-test-3").await;
    doubled.refused(401, "signature_malformed");
    // Whoever names both is judged by the sandbox, which does not know the live key.
    let call = both.app.get("/v1/open/me").bearer(&both.live);
    let mixed = call.header("x-app-id", &format!("sandbox_{id}")).send().await;
    mixed.refused(401, "unauthenticated");
}

/// OP-2: revoked is revoked, and a stopped partner is stopped in both.
#[actix_web::test]
async fn a_sandbox_key_ends_when_it_is_revoked_or_its_partner_is_stopped() {
    let both = Twofold::open().await;
    let partner = format!("/v1/admin/partners/{}", both.partner);
    let boss = |path: &str| both.app.post(&format!("{partner}{path}")).bearer(&both.boss);
    boss(":stop").send().await.expect(200);
    let me = async || both.app.get("/v1/open/me").bearer(&both.sandbox).send().await;
    me().await.refused(401, "unauthenticated");
    boss(":resume").send().await.expect(200);
    let key = me().await.expect(200)["key_id"].as_str().unwrap().to_owned();
    let path = format!("{partner}/sandbox-keys/{key}");
    for _ in 0..2 {
        both.app.delete(&path).bearer(&both.boss).send().await.expect(204);
        me().await.refused(401, "unauthenticated");
    }
    let live = format!("{partner}/keys/{key}");
    both.app.get(&live).bearer(&both.boss).send().await.refused(404, "not_found");
    both.app.get("/v1/open/me").bearer(&both.live).send().await.expect(200);
}

/// OP-2: events of the sandbox go to endpoints of the sandbox, and live ones to live ones.
#[actix_web::test]
async fn webhooks_of_the_sandbox_tell_of_the_sandbox_only() {
    let both = Twofold::open().await;
    let receiver = Receiver::start().await;
    for (key, name) in [(&both.live, "live"), (&both.sandbox, "sandbox")] {
        let url = format!("{}/{name}", receiver.url);
        crate::webhooks::add(&both.app, key, &url, &["order.paid"]).await;
    }
    let tried = both.sells(&both.sandbox, "A-1", 900_00).await;
    let sold = both.sells(&both.live, "A-1", 100_00).await;
    for app in [&both.app.app, both.apart()] {
        let relay = huiyi::events::Relay::new(app.clone(), reactions::REACTIONS);
        relay.drain().await.unwrap();
        huiyi::webhooks::jobs::deliver_due(app).await.unwrap();
    }
    let came = receiver.received();
    assert_eq!(came.len(), 2, "{came:?}");
    for (path, order) in [("/live", &sold), ("/sandbox", &tried)] {
        let told = came.iter().find(|it| it.path == path).map(crate::webhooks::body).unwrap();
        assert_eq!(told["data"]["order_id"], order["order_id"]);
    }
}

/// The worker of a process does the work of both.
#[actix_web::test]
async fn one_worker_works_for_both_worlds() {
    let both = Twofold::open().await;
    let receiver = Receiver::start().await;
    let url = format!("{}/sandbox", receiver.url);
    crate::webhooks::add(&both.app, &both.sandbox, &url, &["order.paid"]).await;
    let (switch, stop) = huiyi::jobs::StopSwitch::new();
    let working = actix_web::rt::spawn(jobs::run(both.app.app.clone(), stop));
    both.sells(&both.sandbox, "A-1", 900_00).await;
    receiver.until(|received| received.len() == 1).await;
    switch.tell();
    working.await.unwrap();
}

/// After a restart both worlds are as they were.
#[actix_web::test]
async fn a_restart_keeps_both_worlds() {
    let both = Twofold::open().await;
    both.sells(&both.sandbox, "A-1", 900_00).await;
    let (_, url, server) = both.app.replica().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (key, status) in [(&both.sandbox, 200), (&both.live, 404)] {
        let path = format!("{url}/v1/open/orders/pos/A-1");
        let answer = client.get(path).bearer_auth(key).send().await.unwrap();
        assert_eq!(answer.status(), status);
    }
    drop(server.stop(false));
}

/// Without the setting a sandbox key is answered so that its owner knows whom to ask.
#[actix_web::test]
async fn an_installation_without_a_sandbox_says_so() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let (partner, _, live) = with_key(&app, &boss, "till", ALL).await;
    let key = live.replacen("hyk_", "hys_", 1);
    app.get("/v1/open/me").bearer(&key).send().await.refused(403, "sandbox_off");
    let keys = format!("/v1/admin/partners/{partner}/sandbox-keys");
    let body = json!({"name": "trials", "scopes": ["orders:write"]});
    app.post(&keys).bearer(&boss).json(&body).send().await.refused(403, "sandbox_off");
    app.get(&keys).bearer(&boss).send().await.refused(403, "sandbox_off");
}

/// A database is of one world for ever, whatever somebody configures later.
#[actix_web::test]
async fn a_database_is_never_both() {
    let both = Twofold::open().await;
    let (live, apart) = (&both.app.app.db, &both.apart().db);
    for _ in 0..2 {
        assert!(claim_mode(live, Mode::Live).await.unwrap());
        assert!(claim_mode(apart, Mode::Sandbox).await.unwrap());
    }
    assert!(!claim_mode(live, Mode::Sandbox).await.unwrap());
    assert!(!claim_mode(apart, Mode::Live).await.unwrap());
    let mut same = both.app.app.config.clone();
    same.sandbox.database_url = same.database.url.clone();
    let error = App::build(same, Clock::system()).await.map(drop).unwrap_err();
    assert!(error.to_string().contains("sandbox.database_url"), "{error}");
}

/// Nor is a shop's that does not say yet what it is, because it is older than sandboxes are.
#[actix_web::test]
async fn a_database_with_members_does_not_become_a_sandbox() {
    let app = TestApp::start().await;
    app.known(PHONE).await;
    assert!(!claim_mode(&app.app.db, Mode::Sandbox).await.unwrap());
    assert!(claim_mode(&app.app.db, Mode::Live).await.unwrap());
}

/// What a sandbox that was away did not hear of a partner it hears at the next start, and nothing that is older than what it
/// knows.
#[actix_web::test]
async fn a_sandbox_catches_up_and_never_goes_back() {
    use entity::partner;
    use huiyi::partners::service::catch_up_sandbox;
    use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};
    let both = Twofold::open().await;
    let db = both.apart().db.write();
    let row = async || partner::Entity::find().one(db).await.unwrap().unwrap();
    let write = async |name: &str, version: i64| {
        let mut there = row().await.into_active_model();
        (there.name, there.version) = (Set(name.to_owned()), Set(version));
        there.update(db).await.unwrap();
    };
    write("before", 0).await;
    catch_up_sandbox(&both.app.app).await.unwrap();
    assert_eq!((row().await.name.as_str(), row().await.version), ("till", 1));
    write("later", 9).await;
    let path = format!("/v1/admin/partners/{}", both.partner);
    let renamed = json!({"name": "earlier"});
    both.app.patch(&path).bearer(&both.boss).json(&renamed).send().await.expect(200);
    catch_up_sandbox(&both.app.app).await.unwrap();
    assert_eq!((row().await.name.as_str(), row().await.version), ("later", 9));
}
