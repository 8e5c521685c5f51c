//! Signing in with number and password (S7, S8, S12).

use std::net::IpAddr;

use chrono::TimeDelta;
use futures_util::future::join_all;
use huiyi::audit::service::Author;
use huiyi::config::Config;
use huiyi::http::{ClientIp, Error};
use huiyi::kernel::codes::{Audience, StaffRole};
use huiyi::staff::service::{SignIn, sign_in};
use serde_json::{Value, json};

use super::PASSWORD;
use crate::support::redis::Redis;
use crate::support::{Answer, TestApp};

/// The limit by the minute runs on the machine's clock; these tests are about the one that runs on the app's.
fn unhurried(config: &mut Config) {
    config.security.sign_ins_per_minute = 100_000;
}

async fn with_guide() -> TestApp {
    let app = TestApp::start_with(unhurried).await;
    let store = app.store("EAST", "SH01").await;
    let guide = app.guide("G001", store).await;
    app.staff_token(guide, "G001", "guide").await;
    app
}

async fn try_as(app: &TestApp, audience: &str, staff_no: &str, password: &str) -> Answer {
    let body = json!({"staff_no": staff_no, "password": password, "device": "x"});
    app.post(&format!("/v1/{audience}/sessions")).json(&body).send().await
}

/// The code of the answer to an attempt from `ip`; none when it succeeds.
async fn code_from(
    app: &TestApp,
    ip: &str,
    staff_no: &str,
    password: &str,
) -> Option<&'static str> {
    let from = ClientIp(ip.parse::<IpAddr>().unwrap());
    let audience = Audience::Guide;
    let attempt = SignIn { staff_no, password, device: "x", audience, from, request: "test" };
    match sign_in(&app.app, attempt).await {
        Ok(_) => None,
        Err(error) => Some(error.refusal().code.code),
    }
}

fn without_request_id(answer: Answer) -> (u16, Value) {
    let mut body = answer.body;
    body["request_id"] = Value::Null;
    (answer.status, body)
}

#[actix_web::test]
async fn staff_sign_in_see_who_they_are_and_sign_out() {
    let app = with_guide().await;
    let signed_in = try_as(&app, "guide", "G001", PASSWORD).await.expect(200);
    assert_eq!(
        (&signed_in["staff"]["staff_no"], &signed_in["staff"]["role"]),
        (&json!("G001"), &json!("guide"))
    );
    let token = signed_in["access_token"].as_str().unwrap();
    let me = app.get("/v1/guide/me").bearer(token).send().await.expect(200);
    assert_eq!(me, signed_in["staff"]);
    // S12: each sign-in is a session of its own.
    let again = try_as(&app, "guide", "G001", PASSWORD).await.expect(200);
    assert_ne!(again["session_id"], signed_in["session_id"]);
    app.delete("/v1/guide/sessions/current").bearer(token).send().await.expect(204);
    app.get("/v1/guide/me").bearer(token).send().await.refused(401, "unauthenticated");
    let other = again["access_token"].as_str().unwrap();
    app.get("/v1/guide/me").bearer(other).send().await.expect(200);
    let refresh = json!({"refresh_token": again["refresh_token"]});
    let next = app.post("/v1/guide/sessions/refresh").json(&refresh).send().await.expect(200);
    let next = next["access_token"].as_str().unwrap();
    app.get("/v1/guide/me").bearer(next).send().await.expect(200);
}

/// S8: nobody learns from an answer whether an account exists, was invited, is disabled or belongs to the console.
#[actix_web::test]
async fn whatever_is_wrong_the_answer_is_the_same() {
    let app = with_guide().await;
    let store = app.store("EAST", "SH01").await;
    app.guide("INVITED", store).await;
    let disabled = app.guide("DISABLED", store).await;
    app.staff_token(disabled, "DISABLED", "guide").await;
    huiyi::staff::service::disable(&app.app, &Author::system("test"), disabled).await.unwrap();
    let admin = app.hire("A001", StaffRole::Admin, None).await;
    app.staff_token(admin, "A001", "admin").await;
    let attempts = [
        ("G001", "wrong password"),
        ("NOBODY", PASSWORD),
        ("INVITED", PASSWORD),
        ("INVITED", ""),
        ("DISABLED", PASSWORD),
        ("A001", PASSWORD),
        ("g001", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ];
    let mut answers = Vec::new();
    for (staff_no, password) in attempts {
        answers.push(without_request_id(try_as(&app, "guide", staff_no, password).await));
    }
    assert_eq!((answers[0].0, &answers[0].1["code"]), (401, &json!("wrong_password")));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    try_as(&app, "admin", "G001", PASSWORD).await.refused(401, "wrong_password");
    try_as(&app, "admin", "A001", PASSWORD).await.expect(200);
}

/// S8: blocking tells nothing either: an account that does not exist is blocked like one that does.
#[actix_web::test]
async fn an_unknown_account_is_slowed_down_like_a_known_one() {
    let app = with_guide().await;
    for _ in 0..8 {
        let known = code_from(&app, "203.0.113.1", "G001", "wrong").await;
        let unknown = code_from(&app, "203.0.113.1", "NOBODY", "wrong").await;
        assert_eq!(known, unknown);
    }
    assert_eq!(code_from(&app, "203.0.113.1", "NOBODY", "wrong").await, Some("sign_in_blocked"));
}

/// S7: the fifth wrong password costs 15 s, each further one double, never more than 15 minutes.
#[actix_web::test]
async fn wrong_passwords_cost_time_and_never_the_account() {
    let app = with_guide().await;
    for _ in 0..5 {
        try_as(&app, "guide", "G001", "wrong").await.refused(401, "wrong_password");
    }
    let blocked = try_as(&app, "guide", "G001", PASSWORD).await;
    blocked.refused(429, "sign_in_blocked");
    assert_eq!(
        (blocked.header("retry-after"), blocked.header("ratelimit")),
        ("15", "\"default\";r=0;t=15")
    );
    let mut waited = Vec::new();
    for _ in 0..8 {
        let wait: i64 =
            try_as(&app, "guide", "G001", "wrong").await.header("retry-after").parse().unwrap();
        waited.push(wait);
        app.advance(TimeDelta::seconds(wait) - TimeDelta::milliseconds(1));
        try_as(&app, "guide", "G001", "wrong").await.refused(429, "sign_in_blocked");
        app.advance(TimeDelta::milliseconds(1));
        try_as(&app, "guide", "G001", "wrong").await.refused(401, "wrong_password");
    }
    assert_eq!(waited, [15, 30, 60, 120, 240, 480, 900, 900]);
    app.advance(TimeDelta::minutes(15));
    try_as(&app, "guide", "G001", PASSWORD).await.expect(200);
    // Signing in wipes the slate.
    for _ in 0..5 {
        try_as(&app, "guide", "G001", "wrong").await.refused(401, "wrong_password");
    }
}

/// S7: a day without a wrong password wipes it, too.
#[actix_web::test]
async fn old_failures_are_forgiven() {
    let app = with_guide().await;
    for _ in 0..4 {
        assert_eq!(code_from(&app, "203.0.113.1", "G001", "wrong").await, Some("wrong_password"));
    }
    app.advance(TimeDelta::hours(24) + TimeDelta::seconds(1));
    for _ in 0..5 {
        assert_eq!(code_from(&app, "203.0.113.1", "G001", "wrong").await, Some("wrong_password"));
    }
    assert_eq!(code_from(&app, "203.0.113.1", "G001", "wrong").await, Some("sign_in_blocked"));
    app.advance(TimeDelta::hours(24) + TimeDelta::seconds(1));
    let forgotten = huiyi::staff::service::forget_old_failures(&app.app, 1000).await.unwrap();
    assert_eq!(forgotten, 1, "only what still blocked: the guide's own sign-in left nothing");
}

/// S7: whoever guesses from outside locks out nobody but himself and his neighbours.
#[actix_web::test]
async fn a_stranger_cannot_lock_a_guide_out() {
    let app = with_guide().await;
    for _ in 0..100 {
        code_from(&app, "203.0.113.7", "G001", "wrong").await;
        app.advance(TimeDelta::seconds(1));
    }
    for neighbour in ["203.0.113.7", "203.0.113.200", "::ffff:203.0.113.9"] {
        assert_eq!(
            code_from(&app, neighbour, "G001", PASSWORD).await,
            Some("sign_in_blocked"),
            "{neighbour}"
        );
    }
    assert_eq!(code_from(&app, "203.0.114.7", "G001", PASSWORD).await, None);
    assert_eq!(code_from(&app, "2001:db8::1", "G001", PASSWORD).await, None);
}

/// S7: one password tried on a thousand numbers stops at the network, and leaves other networks alone.
#[actix_web::test]
async fn spraying_numbers_from_one_network_is_limited() {
    let app = with_guide().await;
    // All at once: one after the other a slow machine would hash for longer than the limit takes to refill.
    let numbers: Vec<String> = (0..130).map(|n| format!("X{n:03}")).collect();
    let codes =
        join_all(numbers.iter().map(|it| code_from(&app, "203.0.113.7", it, "wrong"))).await;
    assert!(codes.contains(&Some("rate_limited")), "{codes:?}");
    assert_eq!(code_from(&app, "203.0.114.7", "G001", PASSWORD).await, None);
}

/// S7: guesses sent all at once are counted one by one: no more than five of them are looked at.
#[actix_web::test]
async fn guesses_sent_all_at_once_are_all_counted() {
    let app = with_guide().await;
    let (replica, _, _server) = app.replica().await;
    let from = ClientIp("203.0.113.7".parse().unwrap());
    let guess = |n: usize| {
        let home = if n.is_multiple_of(2) { &app.app } else { &replica };
        let audience = Audience::Guide;
        sign_in(
            home,
            SignIn {
                staff_no: "G001",
                password: "wrong",
                device: "x",
                audience,
                from,
                request: "test",
            },
        )
    };
    let results = join_all((0..30).map(guess)).await;
    let codes: Vec<_> = results
        .into_iter()
        .map(|result| {
            result.map(|_| ()).map_err(|error: Error| error.refusal().code.code).unwrap_err()
        })
        .collect();
    let looked_at = codes.iter().filter(|code| **code != "sign_in_blocked").count();
    assert_eq!(looked_at, 5, "{codes:?}");
}

/// F1: the block stands in SQL, so Redis cannot lift it by going away.
#[actix_web::test]
async fn without_redis_the_block_stands() {
    let Some(mut redis) = Redis::start() else { return };
    let url = redis.url();
    let app = TestApp::start_with(move |config| {
        unhurried(config);
        config.redis.url = url.into();
    })
    .await;
    let store = app.store("EAST", "SH01").await;
    let guide = app.guide("G001", store).await;
    app.staff_token(guide, "G001", "guide").await;
    for _ in 0..5 {
        assert_eq!(code_from(&app, "203.0.113.7", "G001", "wrong").await, Some("wrong_password"));
    }
    redis.kill();
    assert_eq!(code_from(&app, "203.0.113.7", "G001", PASSWORD).await, Some("sign_in_blocked"));
    // And who is not blocked signs in.
    assert_eq!(code_from(&app, "198.51.100.1", "G001", PASSWORD).await, None);
}

/// S6: so many attempts a minute for one account from one address, right or wrong.
#[actix_web::test]
async fn sign_ins_are_limited_by_the_minute() {
    let app = TestApp::start_with(|config| config.security.sign_ins_per_minute = 3).await;
    let store = app.store("EAST", "SH01").await;
    let guide = app.guide("G001", store).await;
    app.staff_token(guide, "G001", "guide").await;
    for _ in 0..2 {
        try_as(&app, "guide", "G001", PASSWORD).await.expect(200);
    }
    // The minute is the machine's: where it goes by between attempts, more are let in.
    let mut limited = try_as(&app, "guide", "G001", PASSWORD).await;
    while limited.status == 200 {
        limited = try_as(&app, "guide", "G001", PASSWORD).await;
    }
    limited.refused(429, "rate_limited");
    let wait: u64 = limited.header("retry-after").parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    assert_eq!(limited.header("ratelimit"), format!("\"default\";r=0;t={wait}"));
    // Another account from the same address has its own.
    try_as(&app, "guide", "G002", PASSWORD).await.refused(401, "wrong_password");
}

/// F1: while Redis is away each process counts by itself, at half the quota: tighter, never open.
#[actix_web::test]
async fn without_redis_limits_are_tighter() {
    use huiyi::http::limits::{admit, per_minute};
    let Some(mut redis) = Redis::start() else { return };
    let url = redis.url();
    let app = TestApp::start_with(move |config| config.redis.url = url.into()).await;
    let admitted = async |name: &str| {
        let mut admitted = 0;
        for _ in 0..20 {
            admitted += u32::from(admit(&app.app, name, "somebody", per_minute(10)).await.is_ok());
        }
        admitted
    };
    // On a slow machine single questions miss the kv's time limit and go to the process's own counter.
    let shared = async |redis: &Redis, name: &str| {
        for n in 0..50 {
            redis.heal(&app.app.kv).await;
            let admitted = admitted(&format!("{name} {n}")).await;
            assert!(admitted <= 15, "the whole and the half at most");
            if admitted == 10 && app.app.kv.is_up() {
                return;
            }
        }
        panic!("the shared quota was never in force");
    };
    shared(&redis, "up").await;
    redis.kill();
    assert!(app.app.kv.ping().await.is_err());
    assert_eq!(admitted("down").await, 5);
    redis.restart();
    shared(&redis, "back").await;
}

/// Passwords never come back: not in answers, not in the rows.
#[actix_web::test]
async fn a_password_is_stored_as_argon2id_only() {
    use sea_orm::EntityTrait;
    let app = with_guide().await;
    let rows = entity::staff::Entity::find().all(app.app.db.read()).await.unwrap();
    let stored = rows[0].password.as_deref().unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    let answer = try_as(&app, "guide", "G001", PASSWORD).await;
    assert!(!answer.text.contains(PASSWORD) && !answer.text.contains("argon2"));
}

/// S3: a field more is refused, not ignored.
#[actix_web::test]
async fn unknown_fields_are_refused() {
    let app = with_guide().await;
    let mut body = json!({"staff_no": "G001", "password": PASSWORD, "device": "x"});
    for more in ["role", "is_admin", "staff_id", "expires_at", "audience"] {
        body[more] = json!("admin");
        let answer = app.post("/v1/guide/sessions").json(&body).send().await;
        answer.refused(400, "bad_json");
        body.as_object_mut().unwrap().remove(more);
    }
    app.post("/v1/guide/sessions").json(&body).send().await.expect(200);
}
