//! Whatever is done to the log by hand is seen, and its line named (S17).

use chrono::TimeDelta;
use entity::{audit_log, audit_mark};
use huiyi::audit::service::{self as audit, Author, Fault, Line};
use huiyi::kernel::codes::AuditAction;
use huiyi::kernel::ids::{MemberId, StaffId, StoreId};
use sea_orm::sea_query::{Expr, Value};
use sea_orm::{ColumnTrait, EntityTrait, IdenStatic, Iterable, ModelTrait, QueryFilter};

use super::{found, lines, proves, seal, unprotect, writes};
use crate::support::TestApp;

/// Nine lines of the chain, each column of the fifth filled, with the head of the chain outside.
async fn chained() -> TestApp {
    let app = TestApp::start().await;
    writes(&app, 4).await;
    app.advance(TimeDelta::milliseconds(1));
    let author = Author::staff(StaffId::new(app.now()), Some(StoreId::new(app.now())), "request-5");
    let line = Line::new(AuditAction::MemberRead).about(MemberId::new(app.now())).gave(7);
    let line = line.of(StaffId::new(app.now())).word("part", "profile");
    audit::write(&app.app, &author, line).await.unwrap();
    writes(&app, 4).await;
    proves(&app).await;
    audit::append_head(&app.app).await.unwrap().unwrap();
    unprotect(&app).await;
    app
}

/// Another value of the same kind, one byte away.
fn other(value: &Value) -> Value {
    match value {
        Value::BigInt(Some(n)) => Value::BigInt(Some(n ^ 64)),
        Value::Uuid(Some(id)) => {
            let mut bytes = *id.as_bytes();
            bytes[15] ^= 1;
            Value::Uuid(Some(uuid::Uuid::from_bytes(bytes)))
        }
        Value::String(Some(text)) => {
            let mut bytes = text.clone().into_bytes();
            let place = bytes.len() - 1;
            bytes[place] = if bytes[place] == b'x' { b'y' } else { b'x' };
            Value::String(Some(String::from_utf8(bytes).unwrap()))
        }
        Value::ChronoDateTimeUtc(Some(at)) => {
            Value::ChronoDateTimeUtc(Some(*at + TimeDelta::microseconds(1)))
        }
        unknown => panic!("no other value of {unknown:?} is known"),
    }
}

async fn set(app: &TestApp, seq: i64, column: audit_log::Column, value: Value) {
    let update = audit_log::Entity::update_many().col_expr(column, Expr::value(value));
    let done = update.filter(audit_log::Column::Seq.eq(seq)).exec(app.app.db.write()).await;
    assert_eq!(done.unwrap().rows_affected, 1, "{}", column.as_str());
}

#[actix_web::test]
async fn one_byte_of_any_column_is_seen_and_the_line_named() {
    let app = chained().await;
    let fifth = lines(&app).await.remove(4);
    assert_eq!(fifth.seq, Some(5));
    for column in audit_log::Column::iter() {
        let (old, name) = (fifth.get(column), column.as_str());
        let new = other(&old);
        set(&app, 5, column, new.clone()).await;
        let found = found(&app).await;
        let moved = matches!(column, audit_log::Column::Seq);
        let id = if matches!(column, audit_log::Column::Id) {
            found.iter().find_map(|one| one.id).unwrap()
        } else {
            fifth.id
        };
        let named = found.iter().any(|one| one.id == Some(id));
        assert!(named, "{name}: {found:?}");
        if !moved {
            // It, and no other.
            assert!(found.iter().all(|one| one.seq == Some(5)), "{name}: {found:?}");
            let ours = found.iter().all(|one| matches!(one.what, Fault::Changed));
            assert!(ours, "{name}: {found:?}");
        }
        let at = if moved { 5 ^ 64 } else { 5 };
        set(&app, at, column, old).await;
        assert_eq!(super::found(&app).await, [], "{name} is as it was");
    }
}

/// A word that is none must not end the proof.
#[actix_web::test]
async fn words_that_are_none_are_named_and_the_rest_is_proved() {
    let app = chained().await;
    app.sql("UPDATE audit_log SET action = 'nothing', outcome = '' WHERE seq = 2").await.unwrap();
    app.sql("UPDATE audit_log SET details = '{' WHERE seq = 8").await.unwrap();
    let found = found(&app).await;
    let named: Vec<_> = found.iter().map(|one| (one.seq, &one.what)).collect();
    assert_eq!(named, [(Some(2), &Fault::Changed), (Some(8), &Fault::Changed)]);
}

#[actix_web::test]
async fn a_line_taken_from_the_middle_leaves_its_number() {
    let app = chained().await;
    app.sql("DELETE FROM audit_log WHERE seq IN (4, 5, 7)").await.unwrap();
    let found = found(&app).await;
    let named: Vec<_> = found.iter().map(|one| (one.seq, &one.what)).collect();
    let gone = |upto| Fault::Removed { upto };
    assert_eq!(named, [(Some(4), &gone(5)), (Some(7), &gone(7))]);
}

#[actix_web::test]
async fn lines_taken_from_the_end_are_told_by_the_head() {
    let app = chained().await;
    app.sql("DELETE FROM audit_log WHERE seq > 6").await.unwrap();
    let found = found(&app).await;
    assert_eq!((found[0].seq, &found[0].what), (Some(7), &Fault::TailRemoved { upto: 9 }));
    assert_eq!(found.len(), 1);
}

/// The database as a whole is set back to a time at which everything in it was right, as from a backup.
#[actix_web::test]
async fn a_log_that_was_set_back_as_a_whole_is_told_by_the_head_outside() {
    let app = TestApp::start().await;
    writes(&app, 6).await;
    seal(&app).await;
    let marks = audit_mark::Entity::find().all(app.app.db.read()).await.unwrap();
    writes(&app, 3).await;
    seal(&app).await;
    let outside = audit::append_head(&app.app).await.unwrap().unwrap();
    assert_eq!(outside.seq, 9);
    unprotect(&app).await;
    app.sql("DELETE FROM audit_log WHERE seq > 6").await.unwrap();
    app.sql("DELETE FROM audit_mark").await.unwrap();
    for mark in marks {
        let row: audit_mark::ActiveModel = mark.into();
        audit_mark::Entity::insert(row).exec_without_returning(app.app.db.write()).await.unwrap();
    }
    let told = found(&app).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].seq, &told[0].what), (Some(7), &Fault::TailRemoved { upto: 9 }));
    // Without it nobody could have known: that is what it is for.
    let nothing = app.app.config.server.data_dir.join("no-heads");
    assert_eq!(audit::prove_against(&app.app, &nothing).await.unwrap().found, []);
    // Other lines in their place are another history.
    writes(&app, 5).await;
    seal(&app).await;
    let told = found(&app).await;
    assert_eq!((told[0].seq, &told[0].what), (Some(9), &Fault::Rewritten { line: 1 }));
}

#[actix_web::test]
async fn a_line_that_was_put_in_is_named() {
    let app = chained().await;
    let mut forged = lines(&app).await.remove(4);
    app.advance(TimeDelta::milliseconds(1));
    forged.id = huiyi::kernel::ids::AuditId::new(app.now());
    let id = forged.id;
    forged.seq = None;
    forged.prev_link = None;
    forged.link = None;
    let insert = async |row: audit_log::Model| {
        let row: audit_log::ActiveModel = row.into();
        audit_log::Entity::insert(row).exec_without_returning(app.app.db.write()).await.unwrap();
    };
    insert(forged.clone()).await;
    let told = found(&app).await;
    assert_eq!((told.len(), told[0].id, &told[0].what), (1, Some(id), &Fault::Inserted));
    // The worker chains it like any other: it is still not one of ours.
    seal(&app).await;
    let told = found(&app).await;
    assert_eq!((told.len(), told[0].id, told[0].seq), (1, Some(id), Some(10)), "{told:?}");
    // Behind the end, with a number of its own.
    let app = chained().await;
    forged.seq = Some(10);
    forged.prev_link = lines(&app).await.pop().unwrap().link;
    forged.link.clone_from(&forged.prev_link);
    let row: audit_log::ActiveModel = forged.into();
    audit_log::Entity::insert(row).exec_without_returning(app.app.db.write()).await.unwrap();
    let told = found(&app).await;
    assert!(told.iter().any(|one| one.id == Some(id)), "{told:?}");
    assert!(told.iter().any(|one| one.what == Fault::Inserted && one.seq == Some(10)), "{told:?}");
}

#[actix_web::test]
async fn lines_that_changed_places_are_named() {
    let app = chained().await;
    let before = lines(&app).await;
    let (third, sixth) = (&before[2], &before[5]);
    // Number, link and the link before it, so that the chain looks whole.
    for (line, at) in [(third, None), (sixth, Some(third)), (third, Some(sixth))] {
        let update = audit_log::Entity::update_many()
            .col_expr(audit_log::Column::Seq, Expr::value(at.and_then(|at| at.seq)))
            .col_expr(
                audit_log::Column::PrevLink,
                Expr::value(at.and_then(|at| at.prev_link.clone())),
            )
            .col_expr(audit_log::Column::Link, Expr::value(at.and_then(|at| at.link.clone())))
            .filter(audit_log::Column::Id.eq(line.id));
        assert_eq!(update.exec(app.app.db.write()).await.unwrap().rows_affected, 1);
    }
    let found = found(&app).await;
    let named: Vec<_> = found.iter().map(|one| (one.id, one.seq, &one.what)).collect();
    let moved = &Fault::Moved;
    assert_eq!(named, [(Some(sixth.id), Some(3), moved), (Some(third.id), Some(6), moved)]);
}

#[actix_web::test]
async fn a_line_that_was_taken_out_of_the_chain_leaves_its_number() {
    let app = chained().await;
    let out = "UPDATE audit_log SET seq = NULL, link = NULL, prev_link = NULL WHERE seq = 5";
    app.sql(out).await.unwrap();
    let gone = Fault::Removed { upto: 5 };
    assert_eq!(found(&app).await[0].what, gone);
    seal(&app).await;
    let told = found(&app).await;
    assert_eq!((told.len(), told[0].seq, &told[0].what), (1, Some(5), &gone));
}

#[actix_web::test]
async fn marks_and_heads_that_were_changed_are_told() {
    let app = chained().await;
    app.sql("UPDATE audit_mark SET seq = 8 WHERE name = 'head'").await.unwrap();
    assert_eq!(found(&app).await[0].what, Fault::Mark("head"));
    app.sql("DELETE FROM audit_mark").await.unwrap();
    assert_eq!(found(&app).await[0].what, Fault::Mark("head"));

    let app = chained().await;
    let file = audit::head_file(&app.app);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"seq\":9", "\"seq\":8")).unwrap();
    let told = found(&app).await;
    assert_eq!((told.len(), &told[0].what), (1, &Fault::HeadFile { line: 1 }));
}

/// Whoever only has the program's own connection is stopped by the database.
#[actix_web::test]
async fn the_database_refuses_to_change_or_delete_what_is_chained() {
    let app = TestApp::start().await;
    writes(&app, 2).await;
    seal(&app).await;
    for statement in [
        "UPDATE audit_log SET rows_given = 1 WHERE seq = 2",
        "DELETE FROM audit_log WHERE seq = 1",
        "DELETE FROM audit_log",
    ] {
        assert!(app.sql(statement).await.is_err(), "{statement}");
    }
    proves(&app).await;
}
