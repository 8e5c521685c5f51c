//! Starting and stopping (C-5, F10, OPS-1).

use std::io::Write;

use huiyi::kernel::jwt::TokenKey;
use serde_json::json;

use super::program::{Ended, Folder, Running, eventually, get, read_answer};
use crate::support::TestDb;

const DATA_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[test]
fn a_second_process_on_the_same_sqlite_file_is_refused() {
    let folder = Folder::new();
    let first = Running::start(&mut folder.huiyi(&["serve"]));
    for command in ["serve", "worker"] {
        let second = folder.run(&[command]);
        assert_eq!(second.code, 1, "{second:?}");
        assert!(second.err.contains("huiyi.db is in use by another huiyi process"), "{second:?}");
    }
    assert_eq!(first.get("/readyz").0, 200);
}

#[test]
fn sigterm_says_not_ready_then_drains_then_exits_0() {
    let folder = Folder::new();
    let mut command = folder.huiyi(&["serve"]);
    let mut server = Running::start(command.env("HUIYI__SERVER__NOTICE_SECONDS", "1"));
    let body = json!({"staff_no": "A1", "password": "correct horse battery", "device": "test"});
    let body = body.to_string();
    let mut in_flight = server.begin_post("/v1/admin/sessions", &body, 10);
    let mut idle = server.begin_post("/v1/admin/sessions", &body, 0);
    assert_eq!(server.get("/readyz").0, 200);

    server.signal("TERM");
    eventually("503", || server.get("/readyz").0 == 503);
    let (_, said) = server.get("/readyz");
    assert!(said.contains("\"stopping\""), "{said}");
    eventually("the end of accepting", || !server.accepts());

    in_flight.write_all(&body.as_bytes()[10..]).unwrap();
    let (status, answer) = read_answer(&mut in_flight);
    assert_eq!(status, 401, "{answer}");
    idle.write_all(body.as_bytes()).unwrap();
    assert_eq!(read_answer(&mut idle).0, 401);
    assert_eq!(server.wait(), 0);
}

#[test]
fn sigint_twice_does_not_wait() {
    let folder = Folder::new();
    let mut command = folder.huiyi(&["serve"]);
    let mut server = Running::start(command.env("HUIYI__SERVER__NOTICE_SECONDS", "3600"));
    let _stuck = server.begin_post("/v1/admin/sessions", "{}", 0);
    server.signal("INT");
    eventually("503", || server.get("/readyz").0 == 503);
    server.signal("INT");
    eventually("the end of accepting", || !server.accepts());
    server.signal("INT");
    assert_eq!(server.wait(), 0);
}

#[test]
fn metrics_may_have_an_address_of_their_own() {
    let folder = Folder::new();
    // Below the ports that the system gives to whoever asks for any: nobody takes it meanwhile.
    let address = format!("127.0.0.1:{}", 10_000 + std::process::id() % 9_000);
    let mut command = folder.huiyi(&["serve"]);
    let mut server = Running::start(command.env("HUIYI__SERVER__METRICS_LISTEN", &address));
    assert_eq!(server.get("/metrics").0, 404);
    assert_eq!(get(&address, "/metrics").0, 200);
    assert_eq!(get(&address, "/v1/member/me").0, 404);
    server.signal("TERM");
    assert_eq!(server.wait(), 0);
}

/// An embedded database has no other user; a server database in production has, so a person decides when.
#[test]
fn a_stale_schema_in_production_stops_a_server_database_and_only_that() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(TestDb::empty());
    let folder = Folder::new();
    let production = |arguments: &[&str]| {
        let mut command = folder.huiyi(arguments);
        command
            .env("HUIYI__ENVIRONMENT", "production")
            .env("HUIYI__SECURITY__DATA_KEY", DATA_KEY)
            .env("HUIYI__SECURITY__SIGNING_KEY", TokenKey::generate_pem().unwrap())
            .env("HUIYI__DATABASE__URL", database.url());
        command
    };
    if !database.url().starts_with("sqlite") {
        let refused = Ended::of(&production(&["serve"]).output().unwrap());
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.err.contains("huiyi migrate up"), "{refused:?}");
        assert!(production(&["migrate", "up"]).status().unwrap().success());
    }
    let mut server = Running::start(&mut production(&["serve"]));
    assert_eq!(server.get("/readyz").0, 200);
    server.signal("TERM");
    assert_eq!(server.wait(), 0);
}

/// OP-2: a sandbox whose database does not fit is done without; the shop stays open.
#[test]
fn a_sandbox_that_does_not_fit_does_not_stop_the_shop() {
    use sea_orm::ConnectionTrait;
    let folder = Folder::new();
    let url = format!("sqlite://{}", folder.path().join("trials.db").display());
    let spoil = async {
        let db = huiyi::db::connect(&url, 1, std::time::Duration::from_secs(9)).await.unwrap();
        db.write().execute_unprepared("CREATE TABLE seaql_migrations (x integer)").await.unwrap();
    };
    actix_web::rt::System::new().block_on(spoil);
    let mut command = folder.huiyi(&["serve"]);
    let server = Running::start(command.env("HUIYI__SANDBOX__DATABASE_URL", &url));
    assert_eq!(server.get("/readyz").0, 200);
}
