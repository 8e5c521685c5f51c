//! One-time links (S24).

use chrono::TimeDelta;
use futures_util::future::join_all;
use huiyi::kernel::ids::StaffId;
use huiyi::staff::service::{disable, invite};
use serde_json::json;

use super::{PASSWORD, boss};
use crate::support::{Answer, TestApp};

async fn invited(app: &TestApp) -> (StaffId, String) {
    let store = app.store("EAST", "SH01").await;
    let guide = app.guide("G001", store).await;
    (guide, invite(&app.app, &huiyi::audit::service::Author::system("test"), guide).await.unwrap())
}

async fn accept(app: &TestApp, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "password": password});
    app.post("/v1/guide/invitations:accept").json(&body).send().await
}

async fn sign_in(app: &TestApp, password: &str) -> Answer {
    let body = json!({"staff_no": "G001", "password": password, "device": "x"});
    app.post("/v1/guide/sessions").json(&body).send().await
}

#[actix_web::test]
async fn an_administrator_invites_and_the_invited_choose_a_password() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let store = app.store("EAST", "SH01").await;
    let new = json!({"staff_no": "G001", "name": "王芳", "role": "guide", "store_id": store});
    let made = app.post("/v1/admin/staff").bearer(&boss).json(&new).send().await.expect(201);
    assert_eq!(made["status"], "invited");
    sign_in(&app, PASSWORD).await.refused(401, "wrong_password");
    let path = format!("/v1/admin/staff/{}/invitations", made["id"].as_str().unwrap());
    let invitation = app.post(&path).bearer(&boss).send().await.expect(201);
    assert_eq!(invitation["expires_at"], json!(app.now() + TimeDelta::hours(72)));
    accept(&app, invitation["token"].as_str().unwrap(), PASSWORD).await.expect(204);
    sign_in(&app, PASSWORD).await.expect(200);
    let list = app.get("/v1/admin/staff").bearer(&boss).send().await.expect(200);
    assert_eq!(list["items"][1]["status"], "active");
}

/// One link, one password: of twenty at once one is set, and it is the one that signs in.
#[actix_web::test]
async fn an_invitation_works_once() {
    let app = TestApp::start().await;
    let (_, token) = invited(&app).await;
    let passwords: Vec<String> = (0..10).map(|n| format!("a fine password {n}")).collect();
    let answers = join_all(passwords.iter().map(|password| accept(&app, &token, password))).await;
    let set: Vec<usize> = (0..10).filter(|n| answers[*n].status == 204).collect();
    assert_eq!(set.len(), 1, "{answers:?}");
    for (n, answer) in answers.iter().enumerate() {
        if n != set[0] {
            answer.refused(404, "invitation_not_valid");
        }
    }
    sign_in(&app, &passwords[set[0]]).await.expect(200);
    accept(&app, &token, PASSWORD).await.refused(404, "invitation_not_valid");
}

#[actix_web::test]
async fn an_invitation_ends_after_three_days() {
    let app = TestApp::start().await;
    let (_, token) = invited(&app).await;
    app.advance(TimeDelta::hours(72));
    accept(&app, &token, PASSWORD).await.refused(404, "invitation_not_valid");
}

#[actix_web::test]
async fn a_new_invitation_replaces_the_old_one() {
    let app = TestApp::start().await;
    let (guide, old) = invited(&app).await;
    let new =
        invite(&app.app, &huiyi::audit::service::Author::system("test"), guide).await.unwrap();
    accept(&app, &old, PASSWORD).await.refused(404, "invitation_not_valid");
    accept(&app, &new, PASSWORD).await.expect(204);
}

#[actix_web::test]
async fn a_made_up_invitation_is_not_valid() {
    let app = TestApp::start().await;
    let (guide, token) = invited(&app).await;
    for bad in [
        String::new(),
        "x".to_owned(),
        guide.to_string(),
        token.to_lowercase(),
        format!("{token} "),
    ] {
        accept(&app, &bad, PASSWORD).await.refused(404, "invitation_not_valid");
    }
    accept(&app, &token, PASSWORD).await.expect(204);
}

/// A weak password is refused and does not use the link up.
#[actix_web::test]
async fn a_weak_password_is_refused_and_the_link_stays_good() {
    let app = TestApp::start().await;
    let (_, token) = invited(&app).await;
    let long = "x y".repeat(43);
    for (password, rule) in [
        ("short", "too_short"),
        (long.as_str(), "too_long"),
        ("12345678", "too_common"),
        ("password123", "too_common"),
    ] {
        let answer = accept(&app, &token, password).await;
        answer.refused(422, "invalid_fields");
        assert_eq!(answer.body["errors"][0]["rule"], rule);
        assert_eq!(answer.fields(), ["/password"]);
    }
    accept(&app, &token, PASSWORD).await.expect(204);
}

/// S12: a new password signs everybody out who knew the old one.
#[actix_web::test]
async fn a_new_password_ends_every_session() {
    let app = TestApp::start().await;
    let (guide, token) = invited(&app).await;
    accept(&app, &token, PASSWORD).await.expect(204);
    let old = sign_in(&app, PASSWORD).await.expect(200);
    let access = old["access_token"].as_str().unwrap();
    let again =
        invite(&app.app, &huiyi::audit::service::Author::system("test"), guide).await.unwrap();
    app.get("/v1/guide/me").bearer(access).send().await.expect(200);
    accept(&app, &again, "another fine password").await.expect(204);
    app.get("/v1/guide/me").bearer(access).send().await.refused(401, "unauthenticated");
    let refresh = json!({"refresh_token": old["refresh_token"]});
    app.post("/v1/guide/sessions/refresh")
        .json(&refresh)
        .send()
        .await
        .refused(401, "sign_in_ended");
    sign_in(&app, PASSWORD).await.refused(401, "wrong_password");
    sign_in(&app, "another fine password").await.expect(200);
}

#[actix_web::test]
async fn disabled_staff_cannot_come_back_by_an_old_link() {
    let app = TestApp::start().await;
    let boss = boss(&app).await;
    let (guide, token) = invited(&app).await;
    disable(&app.app, &huiyi::audit::service::Author::system("test"), guide).await.unwrap();
    accept(&app, &token, PASSWORD).await.refused(404, "invitation_not_valid");
    let path = format!("/v1/admin/staff/{guide}/invitations");
    app.post(&path).bearer(&boss).send().await.refused(409, "staff_disabled");
}
