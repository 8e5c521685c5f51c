//! Third parties: their keys, what a key may do (OP-2, S1, S3, S4, S10).

mod console;
mod examples;
mod limits;
mod replays;
mod signing;

use std::time::{Duration, Instant};

use actix_web::dev::Payload;
use actix_web::test::TestRequest;
use actix_web::{FromRequest, web};
use chrono::TimeDelta;
use huiyi::app::App;
use huiyi::audit::service::Author;
use huiyi::partners::caller::{MembersRead, OrdersWrite, PartnerCaller, PointsWrite, Scope};
use huiyi::partners::service as partners;
use serde_json::{Value, json};

use crate::staff::boss;
use crate::support::TestApp;

/// A partner with one key, made over HTTP: its id, the key's id, the key.
pub async fn with_key(
    app: &TestApp,
    boss: &str,
    name: &str,
    scopes: &[&str],
) -> (String, String, String) {
    let partner = app
        .post("/v1/admin/partners")
        .bearer(boss)
        .json(&json!({"name": name}))
        .send()
        .await
        .expect(201);
    let partner = partner["id"].as_str().unwrap().to_owned();
    let body = json!({"name": "till", "scopes": scopes});
    let path = format!("/v1/admin/partners/{partner}/keys");
    let key = app.post(&path).bearer(boss).json(&body).send().await.expect(201);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (partner, text(&key["id"]), text(&key["key"]))
}

async fn works(app: &TestApp, key: &str) -> bool {
    app.get("/v1/open/me").bearer(key).send().await.status == 200
}

/// The status that a route with scope `S` answers to `key`: 200 when it would run.
async fn status_for<S: Scope>(app: &App, key: &str) -> u16 {
    let request = TestRequest::default()
        .app_data(web::ThinData(app.clone()))
        .insert_header(("authorization", format!("Bearer {key}")))
        .to_http_request();
    let caller = PartnerCaller::<S>::from_request(&request, &mut Payload::None).await;
    caller.map_or_else(|error| error.refusal().code.status, |_| 200)
}

/// S4: every scope against every key.
#[actix_web::test]
async fn a_key_opens_what_its_scopes_name() {
    let app = TestApp::start().await;
    let sets: [&[&str]; 5] = [
        &["orders:write"],
        &["points:write"],
        &["members:read"],
        &["orders:write", "points:write", "members:read"],
        &["members:read", "orders:write"],
    ];
    for (n, scopes) in sets.into_iter().enumerate() {
        let key = app.partner(&format!("partner {n}"), scopes).await;
        let expected = |scope| if scopes.contains(&scope) { 200 } else { 403 };
        assert_eq!(
            status_for::<OrdersWrite>(&app.app, &key).await,
            expected("orders:write"),
            "{scopes:?}"
        );
        assert_eq!(
            status_for::<PointsWrite>(&app.app, &key).await,
            expected("points:write"),
            "{scopes:?}"
        );
        assert_eq!(
            status_for::<MembersRead>(&app.app, &key).await,
            expected("members:read"),
            "{scopes:?}"
        );
    }
    assert_eq!(status_for::<OrdersWrite>(&app.app, "hyk_x_y").await, 401);
}

#[actix_web::test]
async fn a_partner_learns_who_it_is() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let (partner, id, key) =
        with_key(&app, &boss, "门店收银", &["points:write", "orders:write", "orders:write"]).await;
    let me = app.get("/v1/open/me").bearer(&key).send().await.expect(200);
    assert_eq!((&me["partner_id"], &me["key_id"]), (&json!(partner), &json!(id)));
    assert_eq!((&me["partner_name"], &me["key_name"]), (&json!("门店收银"), &json!("till")));
    assert_eq!(me["scopes"], json!(["orders:write", "points:write"]));
}

#[actix_web::test]
async fn what_is_no_key_of_ours_is_refused() {
    let app = TestApp::start().await;
    let key = app.partner("a", &["orders:write"]).await;
    let other = app.partner("b", &["orders:write"]).await;
    let (id, secret) = key.rsplit_once('_').map(|_| (&key[..30], &key[31..])).unwrap();
    let mut wrong = secret.to_owned().into_bytes();
    wrong[0] = if wrong[0] == b'A' { b'B' } else { b'A' };
    let guesses = [
        format!("{id}_{}", String::from_utf8(wrong).unwrap()),
        format!("{id}_{}", &other[31..]),
        format!("{}_{secret}", &other[..30]),
        format!("{id}_"),
        format!("{id}_{secret}x"),
        id.to_owned(),
        secret.to_owned(),
        key.to_uppercase(),
        format!("hyk_{}_{secret}", "0".repeat(26)),
        format!("hyk_{}_{secret}", "' OR 1=1 --"),
        "hyk_".to_owned(),
    ];
    for guess in guesses {
        let answer =
            app.get("/v1/open/me").header("authorization", &format!("Bearer {guess}")).send().await;
        answer.refused(401, "unauthenticated");
    }
    assert!(works(&app, &key).await && works(&app, &other).await);
}

/// S10: revoked at once here, within a second elsewhere.
#[actix_web::test]
async fn a_revoked_key_is_refused_at_once() {
    let app = TestApp::start().await;
    let (_replica, url, _server) = app.replica().await;
    let boss = boss(&app).await;
    let (partner, id, key) = with_key(&app, &boss, "a", &["orders:write"]).await;
    let client = reqwest::Client::new();
    let elsewhere = async || {
        client
            .get(format!("{url}/v1/open/me"))
            .bearer_auth(&key)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert!(works(&app, &key).await);
    assert_eq!(elsewhere().await, 200);
    let path = format!("/v1/admin/partners/{partner}/keys/{id}");
    app.delete(&path).bearer(&boss).send().await.expect(204);
    let revoked = Instant::now();
    assert!(!works(&app, &key).await);
    while elsewhere().await != 401 {
        assert!(revoked.elapsed() < Duration::from_secs(1), "more than a second");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    app.delete(&path).bearer(&boss).send().await.expect(204);
    let rotate =
        app.post(&format!("{path}:rotate")).bearer(&boss).json(&json!({"overlap_hours": 1}));
    rotate.send().await.refused(409, "partner_key_ended");
}

/// OP-2: rotation with overlap: both keys work, then the new one alone.
#[actix_web::test]
async fn a_rotated_key_works_on_for_the_overlap() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let (partner, id, old) = with_key(&app, &boss, "a", &["points:write"]).await;
    let path = format!("/v1/admin/partners/{partner}/keys/{id}:rotate");
    let rotate = async |hours: i64| {
        let boss = app.staff_again("A001", "admin").await;
        app.post(&path).bearer(&boss).json(&json!({"overlap_hours": hours})).send().await
    };
    for bad in [-1, 169] {
        let status = rotate(bad).await.status;
        assert!(matches!(status, 400 | 422), "{status}");
    }
    let new = rotate(24).await.expect(201)["key"].as_str().unwrap().to_owned();
    assert_eq!(status_for::<PointsWrite>(&app.app, &new).await, 200);
    app.advance(TimeDelta::hours(23));
    assert!(works(&app, &old).await && works(&app, &new).await);
    // A second rotation cannot lengthen what the first one left.
    rotate(168).await.expect(201);
    app.advance(TimeDelta::hours(1));
    assert!(!works(&app, &old).await && works(&app, &new).await);
    rotate(1).await.refused(409, "partner_key_ended");
}

/// S1: a key of another partner answers like one that does not exist, and works on.
#[actix_web::test]
async fn keys_are_reached_through_their_own_partner_only() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let (a, _, _) = with_key(&app, &boss, "a", &["orders:write"]).await;
    let (b, id, key) = with_key(&app, &boss, "b", &["orders:write"]).await;
    let missing = huiyi::kernel::ids::PartnerKeyId::new(app.now()).to_string();
    for id in [id.as_str(), missing.as_str(), "key_x", "1"] {
        let path = format!("/v1/admin/partners/{a}/keys/{id}");
        app.delete(&path).bearer(&boss).send().await.refused(404, "not_found");
        let rotate =
            app.post(&format!("{path}:rotate")).bearer(&boss).json(&json!({"overlap_hours": 0}));
        rotate.send().await.refused(404, "not_found");
    }
    assert!(works(&app, &key).await);
    let list =
        app.get(&format!("/v1/admin/partners/{a}/keys")).bearer(&boss).send().await.expect(200);
    assert!(!list.to_string().contains(&id));
    // And the cursor of one list opens no other.
    for _ in 0..2 {
        let body = json!({"name": "till", "scopes": ["orders:write"]});
        app.post(&format!("/v1/admin/partners/{a}/keys"))
            .bearer(&boss)
            .json(&body)
            .send()
            .await
            .expect(201);
    }
    let page = app
        .get(&format!("/v1/admin/partners/{a}/keys?limit=1"))
        .bearer(&boss)
        .send()
        .await
        .expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let other = format!("/v1/admin/partners/{b}/keys?cursor={cursor}");
    app.get(&other).bearer(&boss).send().await.refused(400, "bad_cursor");
    let nobody = huiyi::kernel::ids::PartnerId::new(app.now());
    app.get(&format!("/v1/admin/partners/{nobody}/keys"))
        .bearer(&boss)
        .send()
        .await
        .refused(404, "not_found");
}

/// The secret is shown once and kept as a digest.
#[actix_web::test]
async fn a_secret_is_shown_once() {
    use sea_orm::EntityTrait;
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let (partner, _, key) = with_key(&app, &boss, "a", &["orders:write"]).await;
    let list = app.get(&format!("/v1/admin/partners/{partner}/keys")).bearer(&boss).send().await;
    assert!(!list.text.contains(&key[31..]));
    let rows = entity::partner_key::Entity::find().all(app.app.db.read()).await.unwrap();
    assert!(!rows[0].secret_digest.0.contains(&key[31..]));
}

#[actix_web::test]
async fn the_last_use_is_noted() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let (partner, _, key) = with_key(&app, &boss, "a", &["orders:write"]).await;
    let used = async || {
        let list =
            app.get(&format!("/v1/admin/partners/{partner}/keys")).bearer(&boss).send().await;
        list.expect(200)["items"][0]["last_used_at"].clone()
    };
    assert_eq!(used().await, Value::Null);
    assert!(works(&app, &key).await);
    partners::write_uses(&app.app).await.unwrap();
    assert_eq!(used().await, json!(app.now()));
}

/// S3, S4: unknown fields and scopes are refused; only administrators come here.
#[actix_web::test]
async fn only_administrators_make_keys_and_only_known_scopes() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let (partner, id, key) = with_key(&app, &boss, "a", &["orders:write"]).await;
    let keys = format!("/v1/admin/partners/{partner}/keys");
    let issue = async |body: Value| app.post(&keys).bearer(&boss).json(&body).send().await;
    for scope in ["orders:read", "ORDERS:WRITE", "*", "admin", ""] {
        let answer = issue(json!({"name": "x", "scopes": ["orders:write", scope]})).await;
        answer.refused(422, "invalid_fields");
        assert_eq!(answer.fields(), ["/scopes/1"]);
    }
    issue(json!({"name": "x", "scopes": []})).await.refused(422, "invalid_fields");
    issue(json!({"name": " x", "scopes": ["orders:write"]})).await.refused(422, "invalid_fields");
    for more in ["id", "secret_digest", "partner_id", "expires_at", "revoked_at", "is_admin"] {
        let mut body = json!({"name": "x", "scopes": ["orders:write"]});
        body[more] = json!("x");
        issue(body).await.refused(400, "bad_json");
        let body = json!({"name": "x", more: "x"});
        app.post("/v1/admin/partners")
            .bearer(&boss)
            .json(&body)
            .send()
            .await
            .refused(400, "bad_json");
    }
    app.post("/v1/admin/partners")
        .bearer(&boss)
        .json(&json!({"name": "a"}))
        .send()
        .await
        .refused(409, "partner_name_taken");
    let routes = [
        ("GET", "/v1/admin/partners".to_owned()),
        ("POST", "/v1/admin/partners".to_owned()),
        ("GET", keys.clone()),
        ("POST", keys.clone()),
        ("DELETE", format!("{keys}/{id}")),
        ("POST", format!("{keys}/{id}:rotate")),
    ];
    for (method, path) in &routes {
        let call = || app.call(method.parse().unwrap(), path).json(&json!({}));
        call().send().await.refused(401, "unauthenticated");
        call().bearer(&key).send().await.refused(401, "unauthenticated");
    }
    let list = app.get(&keys).bearer(&boss).send().await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

/// A key has a quota of its own.
#[actix_web::test]
async fn requests_are_limited_by_key() {
    let app = TestApp::start_with(|config| config.security.partner_requests_per_minute = 3).await;
    let (busy, other) =
        (app.partner("a", &["orders:write"]).await, app.partner("b", &["orders:write"]).await);
    for _ in 0..3 {
        assert!(works(&app, &busy).await);
    }
    // The minute is the machine's: where it goes by between requests, more are let in.
    let mut limited = app.get("/v1/open/me").bearer(&busy).send().await;
    while limited.status == 200 {
        limited = app.get("/v1/open/me").bearer(&busy).send().await;
    }
    limited.refused(429, "rate_limited");
    assert!(
        !limited.header("retry-after").is_empty() && limited.header("ratelimit").contains("r=0")
    );
    assert!(works(&app, &other).await);
}

/// Every key of a disabled partner is stopped.
#[actix_web::test]
async fn a_disabled_partner_has_no_good_key() {
    use sea_orm::EntityTrait;
    use sea_orm::sea_query::Expr;
    let app = TestApp::start().await;
    let partner =
        partners::register(&app.app, &Author::system("test"), &partners::NewPartner::named("a"))
            .await
            .unwrap();
    let key = partners::issue_key(
        &app.app,
        &Author::system("test"),
        partner,
        &partners::KeyTerms::new("x", &["orders:write".to_owned()]),
    )
    .await
    .unwrap()
    .key;
    entity::partner::Entity::update_many()
        .col_expr(entity::partner::Column::DisabledAt, Expr::value(Some(app.now())))
        .exec(app.app.db.write())
        .await
        .unwrap();
    app.get("/v1/open/me").bearer(&key).send().await.refused(401, "unauthenticated");
}
