//! What the people see who run it (OPS-2, OPS-6).

use crate::support::TestApp;

#[actix_web::test]
async fn a_fresh_server_is_live_and_ready() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/livez").send().await.status, 200);
    let ready = app.get("/readyz").send().await;
    assert_eq!((ready.status, &ready.body["status"]), (200, &"ready".into()));
}

#[actix_web::test]
async fn what_does_not_exist_is_a_problem_in_the_callers_language() {
    let app = TestApp::start().await;
    let zh = app.get("/v1/nowhere").send().await;
    assert_eq!(
        (zh.status, &zh.body["code"], &zh.body["errmsg"]),
        (404, &"not_found".into(), &"没有找到".into())
    );
    assert_eq!(zh.body["request_id"], zh.header("x-request-id"));
    let en = app.get("/v1/nowhere").header("accept-language", "en-GB,zh;q=0.5").send().await;
    assert_eq!(en.body["errmsg"], "not found");
}

#[actix_web::test]
async fn requests_are_measured_by_route_and_never_by_path() {
    let app = TestApp::start().await;
    app.get("/v1/nowhere/13800138000").send().await;
    let metrics = app.get("/metrics").send().await.text;
    assert!(metrics.contains("http_server_request_duration_seconds_bucket"));
    assert!(!metrics.contains("13800138000"));
}
