//! Refreshing (S11).

use chrono::TimeDelta;
use futures_util::future::join_all;
use huiyi::kernel::codes::{Audience, StaffRole};
use huiyi::sessions::service;
use serde_json::{Value, json};

use super::{open, somebody};
use crate::support::{Answer, TestApp};

const ROUTE: &str = "/v1/member/sessions/refresh";

async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.post(ROUTE).json(&json!({"refresh_token": token})).send().await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

async fn works(app: &TestApp, access: &str) -> bool {
    app.get("/v1/member/sessions").bearer(access).send().await.status == 200
}

#[actix_web::test]
async fn a_refresh_token_gives_the_next_pair_of_the_same_sign_in() {
    let app = TestApp::start().await;
    let first = open(&app.app, somebody(&app.app), "x").await;
    app.advance(TimeDelta::minutes(11));
    assert!(!works(&app, &first.access).await);
    let second = refresh(&app, &first.refresh).await.expect(200);
    assert_eq!(second["session_id"], first.session.to_string());
    assert_eq!(second["expires_at"], json!(first.expires_at));
    assert_ne!(second["refresh_token"], first.refresh);
    assert!(works(&app, &text(&second["access_token"])).await);
}

/// S11: a lost answer is no theft: 20 s long the same token gives the same successor.
#[actix_web::test]
async fn within_the_grace_the_same_token_gives_the_same_successor() {
    let app = TestApp::start().await;
    let first = open(&app.app, somebody(&app.app), "x").await;
    let once = refresh(&app, &first.refresh).await.expect(200);
    app.advance(TimeDelta::seconds(20));
    let again = refresh(&app, &first.refresh).await.expect(200);
    assert_eq!(again["refresh_token"], once["refresh_token"]);
    assert!(works(&app, &text(&again["access_token"])).await);
}

/// S11: a tab that comes late, after another one has gone on, gets the token that the other one holds now.
#[actix_web::test]
async fn within_the_grace_a_token_leads_to_the_end_of_its_chain() {
    let app = TestApp::start().await;
    let first = open(&app.app, somebody(&app.app), "x").await;
    let mut last = first.refresh.clone();
    for _ in 0..5 {
        last = text(&refresh(&app, &last).await.expect(200)["refresh_token"]);
        app.advance(TimeDelta::seconds(1));
    }
    let late = refresh(&app, &first.refresh).await.expect(200);
    assert_eq!(text(&late["refresh_token"]), last);
    app.advance(TimeDelta::minutes(9));
    refresh(&app, &last).await.expect(200);
}

/// S11: after the grace a second use means that two hold the token: the whole family ends, on every replica.
#[actix_web::test]
async fn reuse_after_the_grace_ends_the_family() {
    let app = TestApp::start().await;
    let (replica, _, _server) = app.replica().await;
    let first = open(&app.app, somebody(&app.app), "x").await;
    let second = refresh(&app, &first.refresh).await.expect(200);
    assert!(works(&app, &text(&second["access_token"])).await);
    app.advance(TimeDelta::milliseconds(20_001));
    refresh(&app, &first.refresh).await.refused(401, "sign_in_ended");
    assert!(!works(&app, &first.access).await);
    assert!(!works(&app, &text(&second["access_token"])).await);
    refresh(&app, &text(&second["refresh_token"])).await.refused(401, "sign_in_ended");
    let next = text(&second["refresh_token"]);
    let elsewhere = service::refresh(&replica, &next, Audience::Member).await;
    assert!(elsewhere.is_err());
}

/// S11: of another's family nothing ends.
#[actix_web::test]
async fn reuse_ends_only_its_own_family() {
    let app = TestApp::start().await;
    let member = somebody(&app.app);
    let (phone, tablet) =
        (open(&app.app, member, "phone").await, open(&app.app, member, "tablet").await);
    refresh(&app, &phone.refresh).await.expect(200);
    app.advance(TimeDelta::seconds(30));
    refresh(&app, &phone.refresh).await.refused(401, "sign_in_ended");
    assert!(works(&app, &tablet.access).await);
    refresh(&app, &tablet.refresh).await.expect(200);
}

#[actix_web::test]
async fn what_is_no_refresh_token_is_refused() {
    let app = TestApp::start().await;
    let tokens = open(&app.app, somebody(&app.app), "x").await;
    let session = tokens.session.to_string();
    for bad in ["", "x", "13800138000", tokens.access.as_str(), session.as_str(), "' OR 1=1 --"] {
        refresh(&app, bad).await.refused(401, "sign_in_ended");
    }
    for body in [
        json!({}),
        json!({"refresh_token": 1}),
        json!({"refresh_token": "x", "expires_at": "2099-01-01T00:00:00Z"}),
    ] {
        app.post(ROUTE).json(&body).send().await.refused(400, "bad_json");
    }
    for other in ["/v1/guide/sessions/refresh", "/v1/admin/sessions/refresh"] {
        let body = json!({"refresh_token": tokens.refresh});
        app.post(other).json(&body).send().await.refused(401, "sign_in_ended");
    }
    refresh(&app, &tokens.refresh).await.expect(200);
}

/// S11: however often it is refreshed, a member's sign-in ends after 30 days.
#[actix_web::test]
async fn a_members_sign_in_ends_after_thirty_days() {
    let app = TestApp::start().await;
    let first = open(&app.app, somebody(&app.app), "x").await;
    let end = app.now() + TimeDelta::days(30);
    assert_eq!(first.expires_at, end);
    let mut token = first.refresh;
    for _ in 0..3 {
        app.advance(TimeDelta::days(9));
        token = text(&refresh(&app, &token).await.expect(200)["refresh_token"]);
    }
    app.advance(TimeDelta::days(3) - TimeDelta::minutes(1));
    let last = refresh(&app, &token).await.expect(200);
    assert_eq!(last["access_expires_at"], json!(end), "an access token never outlives its sign-in");
    app.advance(TimeDelta::minutes(1));
    assert!(!works(&app, &text(&last["access_token"])).await);
    refresh(&app, &text(&last["refresh_token"])).await.refused(401, "sign_in_ended");
}

/// S11: staff sign in again after 12 hours.
#[actix_web::test]
async fn a_sign_in_of_staff_ends_after_twelve_hours() {
    let app = TestApp::start().await;
    let admin = app.hire("A001", StaffRole::Admin, None).await;
    app.staff_token(admin, "A001", "admin").await;
    let sign_in = json!({"staff_no": "A001", "password": "correct horse battery", "device": "x"});
    let tokens = app.post("/v1/admin/sessions").json(&sign_in).send().await.expect(200);
    assert_eq!(tokens["expires_at"], json!(app.now() + TimeDelta::hours(12)));
    app.advance(TimeDelta::hours(12));
    let body = json!({"refresh_token": tokens["refresh_token"]});
    app.post("/v1/admin/sessions/refresh").json(&body).send().await.refused(401, "sign_in_ended");
}

/// What is stored gives nobody a token: digests, and successors that are sealed and dropped after the grace.
#[actix_web::test]
async fn no_refresh_token_can_be_read_from_the_database() {
    use sea_orm::EntityTrait;
    let app = TestApp::start().await;
    let first = open(&app.app, somebody(&app.app), "x").await;
    let second = text(&refresh(&app, &first.refresh).await.expect(200)["refresh_token"]);
    app.advance(TimeDelta::minutes(9));
    let third = text(&refresh(&app, &second).await.expect(200)["refresh_token"]);
    let rows = entity::refresh_token::Entity::find().all(app.app.db.read()).await.unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows.iter().filter(|row| row.successor.is_some()).count(), 1);
    for row in rows {
        let stored = format!(
            "{} {}",
            row.digest.0,
            row.successor.map(|sealed| sealed.0).unwrap_or_default()
        );
        assert!(
            [&first.refresh, &second, &third].iter().all(|token| !stored.contains(token.as_str()))
        );
    }
}

/// Sessions that ran out a week ago go away, with their tokens; others stay.
#[actix_web::test]
async fn old_sessions_are_deleted() {
    use sea_orm::{EntityTrait, PaginatorTrait};
    let app = TestApp::start().await;
    let old: Vec<_> = (0..3).map(|_| somebody(&app.app)).collect();
    join_all(old.iter().map(|member| open(&app.app, *member, "x"))).await;
    app.advance(TimeDelta::days(37));
    let fresh = open(&app.app, somebody(&app.app), "x").await;
    let delete = async |limit| service::delete_old(&app.app, limit).await.unwrap();
    assert_eq!(delete(100).await, 0, "a week is kept");
    app.advance(TimeDelta::seconds(1));
    assert_eq!((delete(2).await, delete(100).await, delete(100).await), (2, 1, 0));
    let db = app.app.db.read();
    assert_eq!(entity::session::Entity::find().count(db).await.unwrap(), 1);
    assert_eq!(entity::refresh_token::Entity::find().count(db).await.unwrap(), 1);
    assert!(works(&app, &fresh.access).await);
}
