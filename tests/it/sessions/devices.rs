//! The list of devices, and signing one of them out.

use chrono::TimeDelta;
use huiyi::kernel::ids::SessionId;
use serde_json::json;

use super::{open, somebody};
use crate::support::TestApp;

#[actix_web::test]
async fn a_shopper_sees_her_devices_latest_first() {
    let app = TestApp::start().await;
    let member = somebody(&app.app);
    let phone = open(&app.app, member, "iPhone\u{0} 17").await;
    app.advance(TimeDelta::minutes(1));
    let tablet = open(&app.app, member, "平板").await;
    open(&app.app, somebody(&app.app), "another's").await;
    let list = app.get("/v1/member/sessions").bearer(&phone.access).send().await.expect(200);
    let items: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|d| (&d["device"], &d["current"])).collect();
    assert_eq!(items, [(&json!("平板"), &json!(false)), (&json!("iPhone 17"), &json!(true))]);
    // A refresh is a sign of life.
    app.advance(TimeDelta::minutes(1));
    let body = json!({"refresh_token": phone.refresh});
    app.post("/v1/member/sessions/refresh").json(&body).send().await.expect(200);
    let list = app.get("/v1/member/sessions").bearer(&tablet.access).send().await.expect(200);
    assert_eq!(list["items"][0]["device"], "iPhone 17");
    assert_eq!(list["items"][0]["last_seen_at"], json!(app.now()));
}

#[actix_web::test]
async fn a_shopper_signs_her_other_device_out() {
    let app = TestApp::start().await;
    let member = somebody(&app.app);
    let (phone, tablet) =
        (open(&app.app, member, "phone").await, open(&app.app, member, "tablet").await);
    let path = format!("/v1/member/sessions/{}", tablet.session);
    app.delete(&path).bearer(&phone.access).send().await.expect(204);
    app.get("/v1/member/sessions")
        .bearer(&tablet.access)
        .send()
        .await
        .refused(401, "unauthenticated");
    let list = app.get("/v1/member/sessions").bearer(&phone.access).send().await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    app.delete(&path).bearer(&phone.access).send().await.refused(404, "not_found");
}

/// S1: another's session answers like one that does not exist, and lives on.
#[actix_web::test]
async fn another_members_session_is_not_found() {
    let app = TestApp::start().await;
    let her = open(&app.app, somebody(&app.app), "hers").await;
    let other = open(&app.app, somebody(&app.app), "other").await;
    let mut answers = Vec::new();
    for id in [
        other.session.to_string(),
        SessionId::new(app.now()).to_string(),
        "ses_x".to_owned(),
        "1".to_owned(),
    ] {
        let answer =
            app.delete(&format!("/v1/member/sessions/{id}")).bearer(&her.access).send().await;
        answer.refused(404, "not_found");
        let mut body = answer.body;
        body["request_id"] = json!(null);
        answers.push(body);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    app.get("/v1/member/sessions").bearer(&other.access).send().await.expect(200);
}

/// S12: each sign-in is a session of its own.
#[actix_web::test]
async fn each_sign_in_is_a_new_session() {
    let app = TestApp::start().await;
    let member = somebody(&app.app);
    let (first, second) = (open(&app.app, member, "x").await, open(&app.app, member, "x").await);
    assert_ne!(first.session, second.session);
    app.delete("/v1/member/sessions/current").bearer(&first.access).send().await.expect(204);
    app.get("/v1/member/sessions").bearer(&second.access).send().await.expect(200);
}
