//! `huiyi reconcile` as a process (L7, PT-9).

use sea_orm::{ConnectionTrait, Database};
use serde_json::json;

use super::program::{Folder, Running};
use crate::support::order;

/// As somebody who may do anything with the file.
async fn by_hand(folder: &Folder, statements: &[&str]) {
    let path = folder.path().join("data/huiyi.db");
    let db = Database::connect(format!("sqlite://{}", path.display())).await.unwrap();
    for statement in statements {
        assert!(db.execute_unprepared(statement).await.is_ok(), "{statement}");
    }
    db.close().await.unwrap();
}

#[actix_web::test]
async fn reconcile_exits_1_and_names_the_transfer_that_was_changed_by_hand() {
    let folder = Folder::new();
    let made = folder.run(&["partner", "create", "till", "--scope", "orders:write,points:write"]);
    let key = made.out.split_whitespace().find(|word| word.starts_with("hyk_")).unwrap().to_owned();
    let mut server = Running::start(&mut folder.huiyi(&["serve"]));
    let sale = order("A-1", "13800138000", 10_000, "2026-03-14T06:30:00Z");
    let (status, answer) = server.post_as(&key, "/v1/open/orders", &sale);
    assert_eq!(status, 200, "{answer}");
    let mut transfers = Vec::new();
    for n in 1..=3 {
        let body = json!({
            "receipt_no": format!("R-{n}"), "member": {"phone": "13800138000"}, "points": 10
        });
        let (status, answer) = server.post_as(&key, "/v1/open/points/earn", &body);
        assert_eq!(status, 200, "{answer}");
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        transfers.push(answer["transfer_id"].as_str().unwrap().to_owned());
    }
    server.signal("TERM");
    assert_eq!(server.wait(), 0);

    let clean = folder.run(&["reconcile"]);
    assert_eq!((clean.code, clean.out.trim()), (0, "0 differences"), "{clean:?}");
    let unprotect = "DROP TRIGGER points_transfer_no_update";
    let change = |to: &str, from: &str| {
        format!("UPDATE points_transfer SET source_id = replace(source_id, '{from}', '{to}')")
    };
    by_hand(&folder, &[unprotect, &change("R-4", "R-2")]).await;
    let changed = folder.run(&["reconcile"]);
    assert_eq!(changed.code, 1, "{changed:?}");
    assert!(changed.out.contains(&transfers[1]), "{changed:?}");
    assert!(!changed.out.contains(&transfers[0]) && changed.out.contains("1 differences"));
    // A word that is none must not end the proof.
    let kind = "UPDATE points_transfer SET kind = 'earm' WHERE source_id LIKE '%R-3'";
    by_hand(&folder, &[&change("R-2", "R-4"), kind]).await;
    let unreadable = folder.run(&["reconcile"]);
    assert_eq!(unreadable.code, 1, "{unreadable:?}");
    assert!(unreadable.out.contains(&transfers[2]), "{unreadable:?}");
    by_hand(&folder, &["UPDATE points_transfer SET kind = 'earn'"]).await;
    assert_eq!(folder.run(&["reconcile"]).code, 0);
}

/// L7: a database from before the codes is sealed once; there is nothing to seal in a new one.
#[actix_web::test]
async fn accounts_are_sealed_once() {
    let folder = Folder::new();
    let sealed = folder.run(&["reconcile", "--seal"]);
    assert_eq!((sealed.code, sealed.out.trim()), (0, "0 accounts sealed"), "{sealed:?}");
    let again = folder.run(&["reconcile", "--seal"]);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.err.contains("accounts were sealed at"), "{again:?}");
    assert_eq!(folder.run(&["reconcile"]).code, 0);
}
