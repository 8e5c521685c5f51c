//! Whose address counts behind a proxy (S22); the table of headers stands beside the code.

use serde_json::json;

use crate::staff::PASSWORD;
use crate::support::{Answer, TestApp};

/// The limit by the minute runs on the machine's clock; the block after five failures runs on the app's.
async fn behind(proxies: &str) -> TestApp {
    let proxies = serde_json::from_value(json!(proxies)).unwrap();
    let app = TestApp::start_with(|config| {
        config.server.trusted_proxies = proxies;
        config.security.sign_ins_per_minute = 100_000;
    })
    .await;
    let store = app.store("EAST", "SH01").await;
    let guide = app.guide("G001", store).await;
    app.staff_token(guide, "G001", "guide").await;
    app
}

async fn tries(app: &TestApp, password: &str, forwarded: &str) -> Answer {
    let body = json!({"staff_no": "G001", "password": password, "device": "x"});
    let call = app.post("/v1/guide/sessions").header("x-forwarded-for", forwarded);
    call.header("x-real-ip", forwarded)
        .header("forwarded", "for=198.51.100.9")
        .json(&body)
        .send()
        .await
}

/// S22, S7: a client that makes up another address each time is blocked like one that does not.
#[actix_web::test]
async fn a_spoofed_header_does_not_dodge_the_block() {
    for (proxies, genuine) in [("", ""), ("127.0.0.0/8", ", 203.0.113.7")] {
        let app = behind(proxies).await;
        for n in 1..=5 {
            let claimed = format!("198.51.{n}.1{genuine}");
            tries(&app, "wrong", &claimed).await.refused(401, "wrong_password");
        }
        let claimed = format!("198.51.99.1{genuine}");
        tries(&app, PASSWORD, &claimed).await.refused(429, "sign_in_blocked");
    }
}

/// S22: behind a trusted proxy each client has its own count.
#[actix_web::test]
async fn clients_behind_a_trusted_proxy_are_told_apart() {
    let app = behind("127.0.0.1").await;
    for _ in 0..5 {
        tries(&app, "wrong", "203.0.113.7").await.refused(401, "wrong_password");
    }
    tries(&app, PASSWORD, "203.0.113.7").await.refused(429, "sign_in_blocked");
    tries(&app, PASSWORD, "198.51.100.1").await.expect(200);
    tries(&app, PASSWORD, "203.0.113.7, 198.51.100.1").await.expect(200);
}

/// S22: without a trusted proxy all of them are the peer.
#[actix_web::test]
async fn without_a_trusted_proxy_headers_say_nothing() {
    let app = behind("").await;
    for _ in 0..5 {
        tries(&app, "wrong", "203.0.113.7").await.refused(401, "wrong_password");
    }
    tries(&app, PASSWORD, "198.51.100.1").await.refused(429, "sign_in_blocked");
}
