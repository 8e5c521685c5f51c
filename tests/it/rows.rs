//! Many rows in one statement, on every database: what goes in comes out.

use chrono::{DateTime, Utc};
use entity::{event_log as log, idempotency_record as record};
use huiyi::db::rows;
use huiyi::kernel::ids::{EventId, MemberId};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use crate::support::TestApp;

/// Texts that a careless statement would break on.
const ODD: [&str; 6] = ["", "'; --", "\"{}\\", "会衣\n🧥", "NULL", "{\"a\": [1, null]}"];

fn event(app: &TestApp, n: usize) -> log::Model {
    let now: DateTime<Utc> = app.now();
    let some = n.is_multiple_of(2);
    log::Model {
        id: EventId::new(now),
        kind: format!("odd.{n}"),
        version: i32::try_from(n).unwrap(),
        member_id: some.then(|| MemberId::new(now)),
        payload: json!({"text": ODD[n % ODD.len()], "none": null, "n": [n, -1]}),
        occurred_at: now,
        recorded_at: now,
        relayed_at: some.then_some(now),
        claimed_until: (!some).then_some(now),
        attempts: -1,
    }
}

/// No event of these rows ever happened, and each test ends with a look at what did.
async fn forget_events(app: &TestApp) {
    app.sql("DELETE FROM event_log").await.unwrap();
}

#[actix_web::test]
async fn rows_come_back_as_they_were_written_however_many() {
    let app = TestApp::start().await;
    let db = app.app.db.write();
    for size in [0, 1, 2, 2_500] {
        let events: Vec<_> = (0..size).map(|n| event(&app, n)).collect();
        let sent: Vec<_> = events.iter().collect();
        let written = rows::insert::<log::Entity>(db, &sent, &[]).await.unwrap();
        assert_eq!(written, size as u64);
        for event in events.iter().take(20) {
            let found = log::Entity::find_by_id(event.id).one(db).await.unwrap();
            assert_eq!(found.as_ref(), Some(event));
        }
    }
    assert_eq!(log::Entity::find().count(db).await.unwrap(), 2_503);
    forget_events(&app).await;
}

#[actix_web::test]
async fn an_update_changes_its_columns_of_its_rows_only() {
    let app = TestApp::start().await;
    let db = app.app.db.write();
    let mut events: Vec<_> = (0..6).map(|n| event(&app, n)).collect();
    rows::insert::<log::Entity>(db, &events.iter().collect::<Vec<_>>(), &[]).await.unwrap();
    for event in &mut events[..4] {
        event.attempts = 7;
        std::mem::swap(&mut event.relayed_at, &mut event.claimed_until);
    }
    let mut sent = events.clone();
    for event in &mut sent {
        event.version = 99;
    }
    let sent: Vec<_> = sent[..4].iter().collect();
    let columns = [log::Column::Attempts, log::Column::RelayedAt, log::Column::ClaimedUntil];
    rows::update::<log::Entity>(db, &sent, log::Column::Id, &columns).await.unwrap();
    for event in &events {
        let found = log::Entity::find_by_id(event.id).one(db).await.unwrap();
        assert_eq!(found.as_ref(), Some(event));
    }
    forget_events(&app).await;
}

#[actix_web::test]
async fn rows_that_stand_already_are_left_alone() {
    let app = TestApp::start().await;
    let db = app.app.db.write();
    let row = |n: usize, body: Option<&str>| record::Model {
        digest: entity::values::Digest(format!("{n:064}")),
        fingerprint: entity::values::Digest(format!("{n:064}")),
        owner: uuid::Uuid::new_v4(),
        lease_until: app.now(),
        status: body.map(|_| 200),
        body: body.map(str::to_owned),
        created_at: app.now(),
        expires_at: app.now(),
    };
    let first = [row(1, None), row(2, Some("")), row(3, Some("{\"a\": 1}"))];
    let digest = [record::Column::Digest];
    rows::insert::<record::Entity>(db, &first.iter().collect::<Vec<_>>(), &digest).await.unwrap();
    let second = [row(3, None), row(4, Some(ODD[3]))];
    rows::insert::<record::Entity>(db, &second.iter().collect::<Vec<_>>(), &digest).await.unwrap();
    for expected in first.iter().chain([&second[1]]) {
        let found = record::Entity::find_by_id(expected.digest.clone()).one(db).await.unwrap();
        assert_eq!(found.as_ref(), Some(expected));
    }
    // Without a word about clashes one is an error, and nothing is written.
    let third = [row(5, None), row(4, None)];
    let refused = rows::insert::<record::Entity>(db, &third.iter().collect::<Vec<_>>(), &[]).await;
    assert!(huiyi::db::is_duplicate(&refused.unwrap_err()));
    assert_eq!(record::Entity::find().count(db).await.unwrap(), 4);
}

#[actix_web::test]
async fn a_list_of_values_finds_exactly_those() {
    let app = TestApp::start().await;
    let db = app.app.db.write();
    let events: Vec<_> = (0..100).map(|n| event(&app, n)).collect();
    rows::insert::<log::Entity>(db, &events.iter().collect::<Vec<_>>(), &[]).await.unwrap();
    for size in [1, 3, 64, 100] {
        let ids = events[..size].iter().map(|event| event.id);
        let query = log::Entity::find().filter(rows::among(db, log::Column::Id, ids));
        assert_eq!(query.count(db).await.unwrap(), size as u64);
        let kinds = events[..size].iter().map(|event| event.kind.clone());
        let kinds = rows::among(db, log::Column::Kind, kinds);
        let query = log::Entity::find().filter(kinds).filter(log::Column::Attempts.eq(-1));
        assert_eq!(query.count(db).await.unwrap(), size as u64);
    }
    forget_events(&app).await;
}
