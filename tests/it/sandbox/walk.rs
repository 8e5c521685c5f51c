//! Every route of third parties, walked with a key of one world while somebody looks at every table of the other.

use std::collections::BTreeMap;

use huiyi::app::App;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::{PHONE, Twofold};
use crate::permissions::table::documented;

/// Tables that the program writes beside requests: uses of keys are written every few seconds.
const BESIDE: &[&str] = &["seaql_migrations"];

/// How many rows stand in each table.
async fn counts(app: &App) -> BTreeMap<String, i64> {
    let db = app.db.read().bare();
    let names = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        }
        DbBackend::Postgres => {
            "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema()"
        }
        _ => {
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = database()"
        }
    };
    let ask = |sql: String| Statement::from_string(db.get_database_backend(), sql);
    let mut found = BTreeMap::new();
    for row in db.query_all_raw(ask(names.to_owned())).await.unwrap() {
        let name: String = row.try_get("", "name").unwrap();
        if BESIDE.contains(&name.as_str()) {
            continue;
        }
        let count = ask(format!("SELECT count(*) AS n FROM {name}"));
        let row = db.query_one_raw(count).await.unwrap().unwrap();
        found.insert(name, row.try_get("", "n").unwrap());
    }
    found
}

/// What the other world has and this one must not show: an order, its member, a hold, an endpoint, a delivery.
async fn marks(both: &Twofold, key: &str) -> Vec<(&'static str, String)> {
    let sold = both.sells(key, "MARK-1", 1_000_000).await;
    let earn =
        serde_json::json!({"receipt_no": "MARK-2", "member": {"phone": PHONE}, "points": 5_000});
    let call = both.app.post("/v1/open/points/earn").bearer(key).key("MARK-2");
    call.json(&earn).send().await.expect(200);
    let hold =
        serde_json::json!({"checkout_no": "MARK-3", "member": {"phone": PHONE}, "points": 100});
    let call = both.app.post("/v1/open/points/holds").bearer(key).key("MARK-3");
    let hold = call.json(&hold).send().await.expect(200);
    let (hook, _) =
        crate::webhooks::add(&both.app, key, "http://127.0.0.1:9/mark", &["order.*"]).await;
    let test = format!("/v1/open/webhook-endpoints/{hook}:test");
    let sent = both.app.post(&test).bearer(key).send().await.expect(202);
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    vec![
        ("order", text(&sold["order_id"])),
        ("member", text(&sold["member_id"])),
        ("hold", text(&hold["id"])),
        ("endpoint", hook),
        ("delivery", text(&sent["id"])),
    ]
}

/// The path of an operation, with the ids of the other world in it.
fn path_of(path: &str, marks: &[(&'static str, String)]) -> String {
    let mark = |name: &str| marks.iter().find(|(of, _)| *of == name).unwrap().1.clone();
    let id = match path {
        path if path.contains("/holds") => mark("hold"),
        path if path.contains("/webhook-endpoints") => mark("endpoint"),
        path if path.contains("/webhook-deliveries") => mark("delivery"),
        _ => mark("order"),
    };
    path.replace("{id}", &id).replace("{channel}", "pos").replace("{external_no}", "MARK-1")
}

/// Walks every open route with `key`; gives all answers as one text.
async fn walk(both: &Twofold, key: &str, marks: &[(&'static str, String)]) -> String {
    let (mut said, mut walked) = (String::new(), 0);
    for operation in documented() {
        let (method, path) = operation.name.split_once(' ').unwrap();
        if !path.starts_with("/v1/open/") {
            continue;
        }
        let method: reqwest::Method = method.to_uppercase().parse().unwrap();
        let call = both.app.call(method.clone(), &path_of(path, marks)).bearer(key);
        let call = if operation.key { call.key(&format!("walk-{walked:04}")) } else { call };
        let call = if operation.body.is_null() { call } else { call.json(&operation.body) };
        let answer = call.send().await;
        assert!(answer.status < 500, "{}: {}", operation.name, answer.text);
        assert!(
            answer.status != 401 && answer.status != 403,
            "{}: {}",
            operation.name,
            answer.text
        );
        if path.contains("{id}") && operation.body.is_null() && method != reqwest::Method::POST {
            assert_eq!(answer.status, 404, "{}: {}", operation.name, answer.text);
        } else if path.contains("{id}") {
            assert!(answer.status >= 400, "{}: {}", operation.name, answer.text);
        }
        said.push_str(&answer.text);
        walked += 1;
    }
    assert!(walked > 20, "{walked}");
    said
}

/// OP-2: whichever key walks, the other world is neither changed nor seen, and the walk leaves traces in its own.
#[actix_web::test]
async fn no_route_reaches_the_other_world() {
    let both = Twofold::open().await;
    both.app.catalogue().await;
    let theirs = [marks(&both, &both.live).await, marks(&both, &both.sandbox).await];
    for (key, marks, own, other) in [
        (&both.sandbox, &theirs[0], both.apart(), &both.app.app),
        (&both.live, &theirs[1], &both.app.app, both.apart()),
    ] {
        let (before, before_own) = (counts(other).await, counts(own).await);
        let said = walk(&both, key, marks).await;
        assert_eq!(counts(other).await, before, "somebody wrote into the other world");
        assert_ne!(counts(own).await, before_own, "nothing was written at all");
        for (name, id) in marks {
            assert!(!said.contains(id.as_str()), "the {name} of the other world was told: {said}");
        }
    }
}
