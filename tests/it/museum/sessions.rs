//! The bugs that comparable products have open, each as a test that we pass (promises A0).

use futures_util::future::join_all;
use serde_json::json;
use std::collections::HashSet;

use crate::sessions::{open, somebody};
use crate::support::TestApp;

/// RM2 (fuint#67): a session's token was overwritten with the phone number, so that knowing a phone was a login.
#[actix_web::test]
async fn rm2_knowing_a_phone_or_an_id_is_no_login() {
    let app = TestApp::start().await;
    let member = somebody(&app.app);
    let tokens = open(&app.app, member, "13800138000").await;
    let known = [
        "13800138000".to_owned(),
        "+8613800138000".to_owned(),
        member.to_string(),
        member.0.to_string(),
        tokens.session.to_string(),
        tokens.session.0.to_string(),
        format!("session:{}", tokens.session),
    ];
    for guess in &known {
        app.get("/v1/member/sessions").bearer(guess).send().await.refused(401, "unauthenticated");
        let body = json!({"refresh_token": guess});
        app.post("/v1/member/sessions/refresh")
            .json(&body)
            .send()
            .await
            .refused(401, "sign_in_ended");
    }
    // Nor does a token name her: it names the session, which can be ended.
    assert!(!tokens.access.contains(&member.to_string()));
    app.get("/v1/member/sessions").bearer(&tokens.access).send().await.expect(200);
}

/// RM11 (nocturne#326): reuse detection without a grace signed users out whose tabs refreshed at once.
#[actix_web::test]
async fn rm11_fifty_parallel_refreshes_are_one_family_and_sign_nobody_out() {
    use sea_orm::{EntityTrait, QueryFilter};
    let app = TestApp::start().await;
    let (_, url, _server) = app.replica().await;
    let first = open(&app.app, somebody(&app.app), "x").await;
    let client = reqwest::Client::new();
    let refresh = |n: usize| {
        let home = if n.is_multiple_of(2) { &app.url } else { &url };
        let request = client.post(format!("{home}/v1/member/sessions/refresh"));
        request.json(&json!({"refresh_token": first.refresh})).send()
    };
    let mut successors = HashSet::new();
    for answer in join_all((0..50).map(refresh)).await {
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 200);
        let pair: serde_json::Value = answer.json().await.unwrap();
        let access = pair["access_token"].as_str().unwrap().to_owned();
        app.get("/v1/member/sessions").bearer(&access).send().await.expect(200);
        successors.insert(pair["refresh_token"].as_str().unwrap().to_owned());
    }
    assert_eq!(successors.len(), 1, "one successor");
    let unused = entity::refresh_token::COLUMN.used_at.is_null();
    let unused =
        entity::refresh_token::Entity::find().filter(unused).all(app.app.db.read()).await.unwrap();
    assert_eq!(unused.len(), 1, "one family");
    let last = successors.into_iter().next().unwrap();
    let body = json!({"refresh_token": last});
    app.post("/v1/member/sessions/refresh").json(&body).send().await.expect(200);
}

/// RM13 (CVE-2026-25537): `"exp": "9999…"`, a text, skipped the check of the time. Here even a good signature does not help;
/// `sessions::tokens` holds the whole table.
#[actix_web::test]
async fn rm13_an_expiry_that_is_no_number_is_refused() {
    use aws_lc_rs::signature::Ed25519KeyPair;
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let pem = huiyi::kernel::jwt::TokenKey::generate_pem().unwrap();
    let key = pem.clone();
    let app = TestApp::start_with(move |config| config.security.signing_key = key.into()).await;
    let genuine = open(&app.app, somebody(&app.app), "x").await.access;
    let der: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let pair = Ed25519KeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
    let [header, claims, _] = genuine.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let claims: serde_json::Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let forged = |exp: serde_json::Value| {
        let mut claims = claims.clone();
        claims["exp"] = exp;
        let text = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(pair.sign(text.as_bytes())))
    };
    let status =
        async |token: String| app.get("/v1/member/sessions").bearer(&token).send().await.status;
    assert_eq!(status(forged(claims["exp"].clone())).await, 200, "the forge works");
    assert_eq!(status(forged("9999999999".into())).await, 401);
    app.advance(chrono::TimeDelta::minutes(11));
    assert_eq!(status(forged("9999999999".into())).await, 401);
}
