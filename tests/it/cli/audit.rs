//! `huiyi audit` as a process (S17).

use sea_orm::{ConnectionTrait, Database};

use super::program::Folder;

async fn by_hand(folder: &Folder, statements: &[&str]) {
    let path = folder.path().join("data/huiyi.db");
    let db = Database::connect(format!("sqlite://{}", path.display())).await.unwrap();
    for statement in statements {
        assert!(db.execute_unprepared(statement).await.is_ok(), "{statement}");
    }
    db.close().await.unwrap();
}

/// Commands leave lines like everybody else; a worker chains them.
async fn with_lines(folder: &Folder) {
    for n in 1..=3 {
        let made =
            folder.run(&["admin", "create", "--staff-no", &format!("A00{n}"), "--name", "王"]);
        assert_eq!(made.code, 0, "{made:?}");
    }
    let queue = "INSERT INTO job (id, kind, key, payload, run_at, attempts, max_attempts, state, created_at) \
                 VALUES (randomblob(16), 'seal_audit_log', 'now', '{}', '2020-01-01 00:00:00+00:00', 0, 5, 'queued', \
                 '2020-01-01 00:00:00+00:00')";
    by_hand(folder, &[queue]).await;
    let mut worker = folder.huiyi(&["worker"]);
    let mut worker =
        super::program::Running::start_worker(worker.env("HUIYI_ABORT_AT", "batch_done"));
    worker.died();
}

#[actix_web::test]
async fn verify_exits_1_and_names_the_line_and_heads_prints_the_head() {
    let folder = Folder::new();
    let nothing = folder.run(&["audit", "heads"]);
    assert_eq!(nothing.code, 1, "{nothing:?}");
    with_lines(&folder).await;
    let clean = folder.run(&["audit", "verify"]);
    assert!(clean.code == 0 && clean.out.ends_with("6 lines, 0 faults\n"), "{clean:?}");
    let head = folder.run(&["audit", "heads"]);
    assert!(
        head.code == 0 && head.out.starts_with('{') && head.out.contains("\"seq\":6"),
        "{head:?}"
    );
    let outside = folder.path().join("elsewhere");
    std::fs::write(&outside, &head.out).unwrap();
    assert_eq!(folder.run(&["audit", "heads", "--append"]).code, 0);

    let unprotect = ["DROP TRIGGER audit_log_no_update", "DROP TRIGGER audit_log_no_delete"];
    by_hand(&folder, &unprotect).await;
    by_hand(&folder, &["UPDATE audit_log SET outcome = 'eaten' WHERE seq = 3"]).await;
    let changed = folder.run(&["audit", "verify"]);
    assert_eq!(changed.code, 1, "{changed:?}");
    assert!(changed.out.contains("aud_") && changed.out.contains("seq 3: Changed"), "{changed:?}");
    by_hand(&folder, &["UPDATE audit_log SET outcome = 'done' WHERE seq = 3"]).await;
    let elsewhere = outside.to_str().unwrap();
    assert_eq!(folder.run(&["audit", "verify", "--heads", elsewhere]).code, 0);
    // Everything is gone, and the program begins anew.
    by_hand(&folder, &["DELETE FROM audit_log", "DELETE FROM audit_mark"]).await;
    let gone = folder.run(&["audit", "verify", "--heads", elsewhere]);
    assert_eq!(gone.code, 1, "{gone:?}");
    assert!(gone.out.contains("TailRemoved { upto: 6 }"), "{gone:?}");
    assert_eq!(folder.run(&["audit", "verify", "--heads", "/nowhere"]).code, 1);
}
