//! Head office sees what was given up and decides about it.

use chrono::TimeDelta;
use huiyi::kernel::codes::StaffRole;
use serde_json::Value;

use super::{queue, worker};
use crate::support::TestApp;

async fn page(app: &TestApp, token: &str, query: &str) -> Value {
    app.get(&format!("/v1/admin/jobs{query}")).bearer(token).send().await.expect(200)
}

#[actix_web::test]
async fn an_administrator_lists_retries_and_discards_dead_jobs() {
    let app = TestApp::start().await;
    let id = app.hire("A001", StaffRole::Admin, None).await;
    let token = app.staff_token(id, "A001", "admin").await;
    for key in ["a", "b", "c"] {
        queue(&app, "nobody", &[key]).await;
        app.advance(TimeDelta::seconds(1));
    }
    assert_eq!(page(&app, &token, "?state=queued").await["items"].as_array().unwrap().len(), 3);
    app.work_with(&worker(&app)).await;

    let first = page(&app, &token, "?limit=2").await;
    assert_eq!((&first["items"][0]["key"], &first["items"][1]["key"]), (&"c".into(), &"b".into()));
    assert_eq!(first["items"][0]["reason"], "no handler for this kind");
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = page(&app, &token, &format!("?limit=2&cursor={cursor}")).await;
    assert_eq!((&rest["items"][0]["key"], &rest["has_more"]), (&"a".into(), &false.into()));
    let other_list = format!("/v1/admin/jobs?state=done&cursor={cursor}");
    app.get(&other_list).bearer(&token).send().await.refused(400, "bad_cursor");
    app.get("/v1/admin/jobs?state=lost").bearer(&token).send().await.refused(422, "invalid_fields");

    let path = |item: &Value, verb: &str| {
        format!("/v1/admin/jobs/{}:{verb}", item["id"].as_str().unwrap())
    };
    let retry = path(&first["items"][0], "retry");
    let retried = app.post(&retry).bearer(&token).send().await.expect(200);
    assert_eq!((&retried["state"], &retried["attempts"]), (&"queued".into(), &0.into()));
    app.post(&retry).bearer(&token).send().await.refused(409, "job_not_dead");
    let discard = path(&first["items"][1], "discard");
    let discarded = app.post(&discard).bearer(&token).send().await.expect(200);
    assert_eq!(discarded["state"], "discarded");
    app.post(&discard).bearer(&token).send().await.refused(409, "job_not_dead");
    let nothing = "/v1/admin/jobs/job_0698v9qe00t134m6ou6d8h2lak:retry";
    app.post(nothing).bearer(&token).send().await.refused(404, "not_found");
}
