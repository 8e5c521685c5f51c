//! Progress, cancelling, going on after a crash, and the end of files (OP-4, J2).

use chrono::TimeDelta;
use huiyi::bulk::jobs::tend;

use super::{Office, counts};

const FILE: &str = "手机号\n13800138000\n13900139000\n";

#[actix_web::test]
async fn a_retry_with_the_same_key_is_the_same_import() {
    let office = Office::open().await;
    let first = office.send("kind=members&mode=apply", "k", FILE).await;
    let again = office.send("kind=members&mode=apply", "k", FILE).await;
    assert_eq!(
        (first.body["id"].clone(), again.header("idempotent-replayed")),
        (again.body["id"].clone(), "true")
    );
    office
        .send("kind=members&mode=apply", "k", "手机号\n1\n")
        .await
        .refused(422, "idempotency_key_reused");
    let list =
        office.app.get("/v1/admin/imports?limit=1").bearer(&office.bob).send().await.expect(200);
    assert_eq!(
        (list["items"][0]["id"].clone(), &list["has_more"]),
        (first.body["id"].clone(), &false.into())
    );
}

#[actix_web::test]
async fn an_import_that_is_cancelled_before_a_worker_begins_does_nothing() {
    let office = Office::open().await;
    let sent = office.send("kind=members&mode=apply", "k", FILE).await.expect(200);
    let path = format!("/v1/admin/imports/{}:cancel", sent["id"].as_str().unwrap());
    let cancelled = office.app.post(&path).bearer(&office.bob).send().await.expect(200);
    assert_eq!(cancelled["state"], "cancelled");
    office.app.work().await;
    let after = office.read(sent["id"].as_str().unwrap()).await;
    assert_eq!(
        (after["state"].as_str(), after["rows_done"].as_i64()),
        (Some("cancelled"), Some(0))
    );
    assert_eq!(
        office.app.post(&path).bearer(&office.bob).send().await.expect(200)["state"],
        "cancelled"
    );
}

/// What was done stays and is told.
#[actix_web::test]
async fn an_import_that_is_cancelled_on_its_way_stops_where_it_is() {
    let office = Office::open().await;
    let sent = office.send("kind=members&mode=apply", "k", FILE).await.expect(200);
    let id = sent["id"].as_str().unwrap();
    // As a worker leaves it between two steps.
    office
        .app
        .sql("UPDATE bulk_run SET state = 'running', rows_done = 1, rows_created = 1")
        .await
        .unwrap();
    let path = format!("/v1/admin/imports/{id}:cancel");
    let cancelled = office.app.post(&path).bearer(&office.ann).send().await.expect(200);
    assert_eq!(cancelled["state"], "cancelling");
    office.app.work().await;
    let after = office.read(id).await;
    assert_eq!((after["state"].as_str(), counts(&after)), (Some("cancelled"), [1, 0, 0, 0]));
    assert!(after["finished_at"].is_string());
}

#[actix_web::test]
async fn what_has_ended_cannot_be_cancelled() {
    let office = Office::open().await;
    let (import, _) = office.import("kind=members&mode=apply", FILE).await;
    let path = format!("/v1/admin/imports/{}:cancel", import["id"].as_str().unwrap());
    office.app.post(&path).bearer(&office.ann).send().await.refused(409, "bulk_run_ended");
}

#[actix_web::test]
async fn an_import_goes_on_behind_the_rows_that_are_done() {
    let office = Office::open().await;
    let sent = office.send("kind=members&mode=apply", "k", FILE).await.expect(200);
    office
        .app
        .sql("UPDATE bulk_run SET state = 'running', rows_done = 1, rows_created = 1")
        .await
        .unwrap();
    office.app.work().await;
    let after = office.read(sent["id"].as_str().unwrap()).await;
    assert_eq!((after["state"].as_str(), counts(&after)), (Some("done"), [2, 0, 0, 0]));
    let report = office.report(sent["id"].as_str().unwrap()).await;
    assert_eq!(
        super::told(&report),
        ["3 139****9000 新增"],
        "what was told before is not told again"
    );
}

/// What people sent is deleted after a week, and a run whose job was lost is given up.
#[actix_web::test]
async fn files_are_deleted_after_a_week() {
    let office = Office::open().await;
    let (import, report) = office.import("kind=members&mode=apply", FILE).await;
    assert_eq!(report.len(), 2);
    let lost = office.send("kind=members", "lost", FILE).await.expect(200);
    office.app.sql("UPDATE bulk_run SET state = 'running' WHERE state = 'queued'").await.unwrap();
    office.app.advance(TimeDelta::hours(3));
    tend(&office.app.app).await.unwrap();
    let given_up = office.app.sql(
        "UPDATE bulk_run SET reason = 'stalled' WHERE state = 'failed' AND reason = 'stalled'",
    );
    assert_eq!(given_up.await.unwrap(), 1);
    office.app.sql("UPDATE job SET state = 'done' WHERE state = 'queued'").await.unwrap();
    office.app.advance(TimeDelta::days(7));
    tend(&office.app.app).await.unwrap();
    assert_eq!(office.app.sql("DELETE FROM bulk_file_part").await.unwrap(), 0);
    let ann = office.app.staff_again("A-1", "admin").await;
    for id in [&import["id"], &lost["id"]] {
        let path = format!("/v1/admin/imports/{}/report.csv", id.as_str().unwrap());
        office.app.get(&path).bearer(&ann).send().await.refused(410, "bulk_file_gone");
    }
}

/// Five long imports of one person leave room for others'.
#[actix_web::test]
async fn nobody_has_more_than_five_runs_open() {
    let office = Office::open().await;
    for n in 0..5 {
        office.send("kind=members", &format!("k{n}"), FILE).await.expect(200);
    }
    office.send("kind=members", "k5", FILE).await.refused(409, "bulk_too_many_open");
    let body = serde_json::json!({"kind": "members"});
    let export = |token| office.app.post("/v1/admin/exports").bearer(token).key("e").json(&body);
    export(&office.ann).send().await.refused(409, "bulk_too_many_open");
    export(&office.bob).send().await.expect(200);
    office.app.work().await;
    office.send("kind=members", "k5", FILE).await.expect(200);
}
