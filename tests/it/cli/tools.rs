//! Commands that end by themselves.

use std::time::Duration;

use entity::job;
use huiyi::db;
use huiyi::jobs::{self, NewJob};
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};

use super::program::{Ended, Folder, Running};

#[test]
fn openapi_writes_a_file_an_audience_without_any_configuration() {
    let folder = Folder::new();
    let written = folder.run(&["openapi", "--out", "contract"]);
    assert_eq!(written.code, 0, "{written:?}");
    for name in ["member", "guide", "admin", "open"] {
        let path = folder.path().join(format!("contract/{name}.json"));
        let document: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
    }
    let printed = folder.run(&["openapi", "--audience", "open"]);
    let document: Value = serde_json::from_str(&printed.out).unwrap();
    assert_eq!(document["info"]["title"], "Huiyi open API");
    assert!(!folder.path().join("data").exists());
}

#[test]
fn the_status_of_an_empty_database_lists_every_step_as_missing() {
    let folder = Folder::new();
    let before = folder.run(&["migrate", "status"]);
    assert_eq!(before.code, 1, "{before:?}");
    assert!(before.out.contains("pending  m20261121_000001"), "{before:?}");
    let up = folder.run(&["migrate", "up"]);
    assert!(up.code == 0 && up.out.contains("steps applied"), "{up:?}");
    let after = folder.run(&["migrate", "status"]);
    assert!(after.code == 0 && !after.out.contains("pending"), "{after:?}");
    assert!(folder.run(&["migrate", "up"]).out.contains("nothing to do"));
}

/// S24: an account begins with a one-time token, which works over HTTP, once, beside a server that runs.
#[test]
fn an_administrator_is_made_with_a_one_time_token() {
    let folder = Folder::new();
    let mut server = Running::start(&mut folder.huiyi(&["serve"]));
    let made = folder.run(&["admin", "create", "--staff-no", "A001", "--name", "王晓明"]);
    assert_eq!(made.code, 0, "{made:?}");
    let token = made.out.lines().nth(1).unwrap().trim();
    let accept = json!({"token": token, "password": "correct horse battery"});
    let (status, answer) = server.post("/v1/admin/invitations:accept", &accept);
    assert!((200..300).contains(&status), "{status} {answer}");
    let (again, _) = server.post("/v1/admin/invitations:accept", &accept);
    assert!((400..500).contains(&again), "{again}");
    let sign_in = json!({"staff_no": "A001", "password": "correct horse battery", "device": "x"});
    assert_eq!(server.post("/v1/admin/sessions", &sign_in).0, 200);
    let twice = folder.run(&["admin", "create", "--staff-no", "A001", "--name", "王晓明"]);
    assert_eq!(twice.code, 1, "{twice:?}");
    let invited = folder.run(&["admin", "invite", "--staff-no", "A001"]);
    assert!(invited.code == 0 && !invited.out.contains(token), "{invited:?}");
    server.signal("TERM");
    assert_eq!(server.wait(), 0);
}

#[test]
fn a_partner_gets_a_key_with_known_scopes_only() {
    let folder = Folder::new();
    let made = folder.run(&["partner", "create", "收银", "--scope", "orders:write,points:write"]);
    assert!(made.code == 0 && made.out.contains("hyk_"), "{made:?}");
    let unknown = folder.run(&["partner", "create", "ERP", "--scope", "everything"]);
    assert!(unknown.code == 1 && !unknown.out.contains("hyk_"), "{unknown:?}");
    assert_eq!(folder.run(&["partner", "create", "ERP"]).code, 2);
    // What failed left no partner behind.
    let from = ["--from", "203.0.113.0/24,2001:db8::7", "--signed"];
    let create = ["partner", "create", "ERP", "--scope", "benefits:write"];
    let signs = folder.run(&[&create[..], &from[..]].concat());
    assert!(signs.code == 0 && signs.out.contains("key_"), "{signs:?}");
    assert!(signs.out.contains("Sign requests"), "{signs:?}");
    let slip = folder.run(&[&create[..], &["--from", "203.0.113.7/24"]].concat());
    assert_eq!(slip.code, 2, "{slip:?}");
}

#[test]
fn the_doctor_tells_what_to_do_and_fails_where_nothing_can_run() {
    let folder = Folder::new();
    let healthy = folder.run(&["doctor"]);
    assert_eq!(healthy.code, 0, "{healthy:?}");
    assert!(healthy.out.contains("warn  wechat"), "{healthy:?}");
    assert!(!folder.path().join("data").exists(), "a doctor changes nothing");
    let mut command = folder.huiyi(&["doctor"]);
    command
        .env("HUIYI__ENVIRONMENT", "production")
        .env("HUIYI__DATABASE__URL", "postgres://huiyi:hunter2@127.0.0.1:1/huiyi")
        .env("HUIYI__REDIS__URL", "redis://127.0.0.1:1/");
    let ill = Ended::of(&command.output().unwrap());
    assert_eq!(ill.code, 1, "{ill:?}");
    for line in ["FAIL  data key", "FAIL  signing key", "FAIL  database", "warn  redis"] {
        assert!(ill.out.contains(line), "{line}: {ill:?}");
    }
    assert!(!ill.out.contains("hunter2") && !ill.err.contains("hunter2"), "{ill:?}");
}

#[test]
fn the_probe_asks_a_running_server_whether_it_is_ready() {
    let folder = Folder::new();
    let server = Running::start(&mut folder.huiyi(&["serve"]));
    let url = format!("http://{}", server.address);
    let up = folder.run(&["doctor", "--probe", &url]);
    assert!(up.code == 0 && up.out.contains("ready"), "{up:?}");
    drop(server);
    assert_eq!(folder.run(&["doctor", "--probe", &url]).code, 1);
}

#[test]
fn completions_are_printed_for_a_shell() {
    let folder = Folder::new();
    let bash = folder.run(&["completions", "bash"]);
    assert!(bash.code == 0 && bash.out.contains("_huiyi()"), "{bash:?}");
}

/// Operators see what was given up and decide about it, beside a server that runs.
#[test]
fn dead_jobs_are_listed_and_retried_or_discarded() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["migrate", "up"]).code, 0);
    let none = folder.run(&["jobs", "list"]);
    assert!(none.code == 0 && none.out.contains("0 jobs"), "{none:?}");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let id = runtime.block_on(dead_job(&folder));

    let list = folder.run(&["jobs", "list", "--state", "dead"]);
    assert!(list.out.contains(&id) && list.out.contains("5/5"), "{list:?}");
    assert!(list.out.contains("birthday@1") && list.out.contains("the roof leaks"), "{list:?}");
    assert_eq!(folder.run(&["jobs", "retry", &id]).code, 0);
    let queued = folder.run(&["jobs", "list", "--state", "queued"]);
    assert!(queued.out.contains(&id) && queued.out.contains("0/5"), "{queued:?}");
    let refused = folder.run(&["jobs", "discard", &id]);
    assert!(refused.code == 1 && refused.err.contains("only dead jobs"), "{refused:?}");
    let unknown = folder.run(&["jobs", "retry", "job_0698v9qe00t134m6ou6d8h2lak"]);
    assert!(unknown.code == 1 && unknown.err.contains("there is no job_"), "{unknown:?}");
    assert_eq!(folder.run(&["jobs", "retry", "nonsense"]).code, 2);
    assert_eq!(folder.run(&["jobs", "list", "--state", "alive"]).code, 2);
}

async fn dead_job(folder: &Folder) -> String {
    let url = format!("sqlite://{}", folder.path().join("data/huiyi.db").display());
    let db = db::connect(&url, 1, Duration::from_secs(30)).await.unwrap();
    let now = "2026-03-15T04:00:00Z".parse().unwrap();
    let new = NewJob::new("birthday", "birthday@1", json!({}), now);
    jobs::enqueue_in(db.write(), &[new], now).await.unwrap();
    let die = "UPDATE job SET state = 'dead', attempts = 5, reason = 'the roof leaks'";
    db.write().execute_unprepared(die).await.unwrap();
    let job = job::Entity::find().one(db.read()).await.unwrap().unwrap();
    db.close().await.unwrap();
    job.id.to_string()
}
