//! Signing in with a `wx.login` code (ID-1, RM2, S12, F5).

use std::collections::HashSet;

use entity::codes::MemberStatus;
use entity::{event_log, member};
use futures_util::future::join_all;
use huiyi::members::service::{Who, by_ids};
use huiyi::mock::wechat::{FaultKind, NewUser, Person};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use crate::members::{by_phone, resolve_one};
use crate::support::{Answer, TestApp};

async fn send(app: &TestApp, code: &str) -> Answer {
    app.post("/v1/member/sessions").json(&json!({"code": code})).send().await
}

fn code(app: &TestApp, nickname: &str) -> String {
    app.wechat.login_code(Person::Nickname(nickname.to_owned())).unwrap().code
}

async fn count(app: &TestApp) -> u64 {
    member::Entity::find().count(app.app.db.read()).await.unwrap()
}

#[actix_web::test]
async fn the_first_sign_in_makes_a_member_and_later_ones_find_her() {
    let app = TestApp::start().await;
    let first = send(&app, &code(&app, "lina")).await.expect(200);
    assert_eq!((&first["first_visit"], &first["member"]["tier"]), (&true.into(), &"silver".into()));
    assert_eq!(first["token_type"], "Bearer");
    let again = send(&app, &code(&app, "lina")).await.expect(200);
    assert_eq!(
        (&again["first_visit"], &again["member"]["id"]),
        (&false.into(), &first["member"]["id"])
    );
    assert_ne!(again["session_id"], first["session_id"]);
    assert_ne!(again["access_token"], first["access_token"]);
    let id = first["member"]["id"].as_str().unwrap().parse().unwrap();
    let row = by_ids(app.app.db.read(), &[id]).await.unwrap().remove(&id).unwrap();
    assert_eq!((row.status, row.registered_at), (MemberStatus::Active, Some(app.now())));
    assert_eq!((row.source.as_str(), count(&app).await), ("mini_program", 1));
    for (kind, times) in [("member.created", 1), ("member.registered", 1), ("member.signed_in", 2)]
    {
        let log = event_log::Entity::find().filter(event_log::Column::Kind.eq(kind));
        assert_eq!(log.count(app.app.db.read()).await.unwrap(), times, "{kind}");
    }
    // Both devices are signed in.
    for token in [&first["access_token"], &again["access_token"]] {
        let devices =
            app.get("/v1/member/sessions").bearer(token.as_str().unwrap()).send().await.expect(200);
        assert_eq!(devices["items"].as_array().map(Vec::len), Some(2));
    }
}

#[actix_web::test]
async fn ten_first_sign_ins_at_once_make_one_member() {
    let app = TestApp::start().await;
    let codes: Vec<String> = (0..10).map(|_| code(&app, "lina")).collect();
    let answers = join_all(codes.iter().map(|code| send(&app, code))).await;
    let ids: HashSet<String> = answers
        .into_iter()
        .map(|answer| answer.expect(200)["member"]["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!((ids.len(), count(&app).await), (1, 1));
}

#[actix_web::test]
async fn openids_that_differ_in_case_are_two_shoppers() {
    let app = TestApp::start().await;
    let mut ids = HashSet::new();
    for (name, openid) in
        [("upper", "oABCDEFGHIJKLMNOPQRSTUVWXYZ1"), ("lower", "oabcdefghijklmnopqrstuvwxyz1")]
    {
        let new = NewUser {
            user: Some(name.to_owned()),
            openid: Some(openid.to_owned()),
            ..NewUser::default()
        };
        app.wechat.add_user(new).unwrap();
        ids.insert(app.shopper(name).await.id);
    }
    assert_eq!(ids.len(), 2);
}

#[actix_web::test]
async fn a_union_id_finds_her_under_another_openid() {
    let app = TestApp::start().await;
    let person = |name: &str, openid: Option<&str>| NewUser {
        user: Some(name.to_owned()),
        openid: openid.map(str::to_owned),
        unionid: Some("union-of-lina".to_owned()),
        ..NewUser::default()
    };
    app.wechat.add_user(person("lina", None)).unwrap();
    let lina = app.shopper("lina").await;
    app.wechat.add_user(person("lina-2", Some("oAnother000000000000000000001"))).unwrap();
    assert_eq!(app.shopper("lina-2").await.id, lina.id);
    // A store's system that knows the union id meets the same person.
    let who =
        Who { union_id: Some("union-of-lina".to_owned()), source: "own_site", ..Who::default() };
    assert_eq!(resolve_one(&app, who).await.to_string(), lina.id);
}

/// RM2: a phone number, an openid or a member's id in place of a code is nothing but a bad code.
#[actix_web::test]
async fn what_others_may_know_about_her_signs_nobody_in() {
    let app = TestApp::start().await;
    let phone = "13800138000";
    let known = resolve_one(&app, by_phone(phone)).await.to_string();
    let her = app.shopper("lina").await;
    let bound = app.bind_phone("lina", &her.token, phone).send().await.expect(200);
    let id = bound["member"]["id"].as_str().unwrap().to_owned();
    let new = NewUser { user: Some("lina".to_owned()), ..NewUser::default() };
    let openid = app.wechat.add_user(new).unwrap().openid;
    for guess in [phone, "+8613800138000", &known, &id, &her.id, &openid, "", "null", "0"] {
        send(&app, guess).await.refused(400, "identity_code_invalid");
        let as_token =
            app.get("/v1/member/sessions").bearer(if guess.is_empty() { "x" } else { guess });
        as_token.send().await.refused(401, "unauthenticated");
    }
    let fields = [
        json!({"phone": phone}),
        json!({"code": "x", "phone": phone}),
        json!({"code": "x", "openid": openid}),
    ];
    for body in fields {
        app.post("/v1/member/sessions").json(&body).send().await.refused(400, "bad_json");
    }
    // Her phone code does not sign in, and her sign-in code binds nothing.
    let phone_code = app.wechat.phone_code(Person::Nickname("lina".to_owned())).unwrap().code;
    send(&app, &phone_code).await.refused(400, "identity_code_invalid");
}

#[actix_web::test]
async fn a_code_is_good_once() {
    let app = TestApp::start().await;
    let code = code(&app, "lina");
    send(&app, &code).await.expect(200);
    let again = send(&app, &code).await;
    again.refused(400, "identity_code_invalid");
    assert!(again.body["errmsg"].as_str().unwrap().contains("请重新打开小程序"), "{}", again.text);
    let long = "x".repeat(257);
    send(&app, &long).await.refused(400, "identity_code_invalid");
    let device = json!({"code": "x", "device": "d".repeat(101)});
    app.post("/v1/member/sessions").json(&device).send().await.refused(422, "invalid_fields");
}

#[actix_web::test]
async fn what_wechat_refuses_is_said_in_our_words() {
    let app = TestApp::start().await;
    let risky =
        NewUser { user: Some("risky".to_owned()), high_risk: Some(true), ..NewUser::default() };
    app.wechat.add_user(risky).unwrap();
    send(&app, &code(&app, "risky")).await.refused(403, "identity_user_blocked");
    let cases = [
        (FaultKind::Errcode(45011), 429, "identity_wechat_limited"),
        (FaultKind::Errcode(40163), 400, "identity_code_invalid"),
        (FaultKind::Errcode(40125), 503, "identity_wechat_misconfigured"),
        (FaultKind::Garbage, 503, "identity_wechat_unavailable"),
        (FaultKind::LoseAnswer, 503, "identity_wechat_unavailable"),
        (FaultKind::Status(500), 503, "identity_wechat_unavailable"),
    ];
    for (fault, status, word) in cases {
        app.wechat.fault(fault.times(1).on("/sns/jscode2session"));
        let answer = send(&app, &code(&app, "lina")).await;
        answer.refused(status, word);
        assert_eq!(answer.header("retry-after").is_empty(), status == 400, "{fault:?}");
        app.wechat.clear_faults();
    }
    assert_eq!(count(&app).await, 0);
}
