//! Who an order is about (ID-2, OR-3, RM2, S16).

use std::collections::HashSet;
use std::time::Duration;

use entity::codes::{Channel, IdentifierKind, MemberStatus};
use entity::ids::MemberId;
use entity::{event_log, member, member_identifier};
use futures_util::future::join_all;
use huiyi::db::in_tx;
use huiyi::http::Error;
use huiyi::members::service::{Who, find, identifiers, identifiers_of, resolve_in};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{by_phone, resolve, resolve_one};
use crate::support::TestApp;

async fn members(app: &TestApp) -> Vec<member::Model> {
    member::Entity::find().all(app.app.db.read()).await.unwrap()
}

async fn identifier_rows(app: &TestApp) -> Vec<member_identifier::Model> {
    member_identifier::Entity::find().all(app.app.db.read()).await.unwrap()
}

async fn events(app: &TestApp, kind: &str) -> Vec<event_log::Model> {
    let log = event_log::Entity::find().filter(event_log::Column::Kind.eq(kind));
    log.all(app.app.db.read()).await.unwrap()
}

/// Each member has an identifier and each identifier a member.
async fn assert_sound(app: &TestApp) {
    let made: HashSet<MemberId> = members(app).await.iter().map(|row| row.id).collect();
    let named: HashSet<MemberId> =
        identifier_rows(app).await.iter().map(|row| row.member_id).collect();
    assert_eq!(made, named);
    assert_eq!(events(app, "member.created").await.len(), made.len());
}

#[actix_web::test]
async fn a_phone_written_in_ten_ways_is_one_member() {
    let app = TestApp::start().await;
    let written = [
        "13800138000",
        " 138 0013 8000 ",
        "138-0013-8000",
        "+86 13800138000",
        "+86-138-0013-8000",
        "008613800138000",
        "8613800138000",
        "(+86)13800138000",
        "１３８００１３８０００",
        "＋８６ １３８００１３８０００",
    ];
    let mut found = HashSet::new();
    for phone in written {
        found.insert(resolve_one(&app, by_phone(phone)).await);
    }
    assert_eq!(found.len(), 1);
    let rows = members(&app).await;
    assert_eq!(
        (rows.len(), rows[0].status, rows[0].tier.as_str()),
        (1, MemberStatus::Unregistered, "silver")
    );
    assert_eq!((rows[0].tier_since, rows[0].version), (app.now(), 1));
    let masked = identifiers(app.app.db.read(), &app.app, rows[0].id).await.unwrap();
    assert_eq!(
        (masked.len(), masked[0].masked.as_str(), masked[0].verified_at),
        (1, "138****8000", None)
    );
}

#[actix_web::test]
async fn ids_of_wechat_that_differ_in_case_are_two_members() {
    let app = TestApp::start().await;
    let open = |id: &str| Who {
        open_id: Some(("wx1".to_owned(), id.to_owned())),
        source: "mini_program",
        ..Who::default()
    };
    let union = |id: &str| Who { union_id: Some(id.to_owned()), ..open("") };
    let market = |at, id: &str| Who { marketplace: Some((at, id.to_owned())), ..open("") };
    let who = [
        open("oAbc"),
        open("oabc"),
        open("oabc "),
        union("uX"),
        union("ux"),
        market(Channel::Taobao, "uX"),
        market(Channel::Jd, "uX"),
        Who { open_id: Some(("wx2".to_owned(), "oAbc".to_owned())), ..open("") },
    ];
    let first = resolve(&app, &who).await.unwrap();
    assert_eq!(first.iter().flatten().collect::<HashSet<_>>().len(), who.len());
    assert_eq!(resolve(&app, &who).await.unwrap(), first);
    assert_eq!(find(app.app.db.read(), &app.app, &who).await.unwrap(), first);
    assert_sound(&app).await;
}

#[actix_web::test]
async fn twenty_tills_that_meet_her_at_once_make_one_member() {
    let app = TestApp::start().await;
    let meets = (0..20).map(|_| resolve_one(&app, by_phone("13900001111")));
    let found: HashSet<MemberId> = join_all(meets).await.into_iter().collect();
    assert_eq!((found.len(), members(&app).await.len()), (1, 1));
    assert_sound(&app).await;
}

/// One till holds the phone in an open transaction, the other knows a card as well.
#[actix_web::test]
async fn whoever_is_slower_begins_again_and_adds_what_she_knows() {
    let app = TestApp::start().await;
    let (phone, more) = (
        by_phone("13900001111"),
        [
            by_phone("13900002222"),
            Who { card: Some("VIP-000042".to_owned()), ..by_phone("13900001111") },
        ],
    );
    let holding = tokio::sync::Notify::new();
    let first = in_tx::<_, Error>(&app.app.db, async |tx| {
        let found = resolve_in(tx, &app.app, std::slice::from_ref(&phone)).await?;
        holding.notify_one();
        // The other one cannot say when it waits for a lock: give it time to get there.
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(found[0])
    });
    let second = async {
        holding.notified().await;
        resolve(&app, &more).await.unwrap()
    };
    let (first, second) = futures_util::join!(first, second);
    assert_eq!(first.unwrap(), second[1]);
    assert_ne!(second[0], second[1]);
    let rows = identifier_rows(&app).await;
    let hers = rows.iter().filter(|row| Some(row.member_id) == second[1]);
    assert_eq!((hers.count(), rows.len()), (2, 3));
    assert_sound(&app).await;
}

/// People who are known by phone and card, some orders naming one of the two and some both.
fn crossing(turn: usize) -> Vec<Who> {
    let people = 60;
    (0..people)
        .map(|n| {
            let n = (n * 7 + turn * 13) % people;
            let both =
                Who { card: Some(format!("CARD-{n:08}")), ..by_phone(&format!("139000{n:05}")) };
            match (n + turn) % 3 {
                0 => both,
                1 => Who { card: None, ..both },
                _ => Who { phone: None, union_id: Some(format!("u{n}")), ..both },
            }
        })
        .collect()
}

#[actix_web::test]
async fn batches_that_cross_leave_every_identifier_with_one_member_that_exists() {
    let app = TestApp::start().await;
    let batches: Vec<Vec<Who>> = (0..8).map(crossing).collect();
    let answers = join_all(batches.iter().map(|batch| resolve(&app, batch))).await;
    for (batch, answer) in batches.iter().zip(answers) {
        let placed = answer.unwrap();
        assert!(placed.iter().all(Option::is_some));
        // Afterwards everybody is who the first identifier in order says.
        let now = find(app.app.db.read(), &app.app, batch).await.unwrap();
        assert!(now.iter().all(Option::is_some));
    }
    assert_sound(&app).await;
    let rows = identifier_rows(&app).await;
    let phones = rows.iter().filter(|row| row.kind == IdentifierKind::Phone);
    let owners: HashSet<MemberId> = phones.clone().map(|row| row.member_id).collect();
    assert_eq!(owners.len(), phones.count(), "a member has two phones");
}

#[actix_web::test]
async fn a_batch_of_a_thousand_makes_each_person_once() {
    let app = TestApp::start().await;
    let who: Vec<Who> = (0..1000).map(|n| by_phone(&format!("138{:08}", n % 500))).collect();
    let placed = resolve(&app, &who).await.unwrap();
    assert_eq!(placed[..500], placed[500..]);
    assert_eq!(members(&app).await.len(), 500);
    assert_sound(&app).await;
}

#[actix_web::test]
async fn identifiers_that_disagree_are_told_and_stay_where_they_are() {
    let app = TestApp::start().await;
    let card = Who { card: Some("VIP000111222".to_owned()), source: "pos", ..Who::default() };
    let phone = by_phone("13700000001");
    let (ann, bea) =
        (resolve_one(&app, phone.clone()).await, resolve_one(&app, card.clone()).await);
    let both = Who { card: card.card.clone(), ..phone };
    assert_eq!(resolve_one(&app, both).await, ann);
    assert_eq!(resolve_one(&app, card).await, bea);
    let told = events(&app, "member.identifier_conflict").await;
    assert_eq!((told.len(), told[0].member_id), (1, Some(ann)));
    assert_eq!(told[0].payload, serde_json::json!({"identifier_kind": "card", "owner": bea}));
    assert_sound(&app).await;
}

#[actix_web::test]
async fn what_a_third_party_says_adds_a_card_and_no_way_in() {
    let app = TestApp::start().await;
    let her = resolve_one(&app, by_phone("13700000002")).await;
    let told = Who {
        card: Some("C-1".to_owned()),
        union_id: None,
        open_id: Some(("wx1".to_owned(), "o-of-a-thief".to_owned())),
        ..by_phone("13700000002")
    };
    assert_eq!(resolve_one(&app, told.clone()).await, her);
    let kinds: Vec<_> = identifier_rows(&app).await.iter().map(|row| row.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == IdentifierKind::OpenId).count(), 0);
    assert_eq!(kinds.len(), 2);
    // A second phone is not hers either; it stays free for whoever has it.
    let moved = Who { card: told.card, ..by_phone("13700000003") };
    assert_eq!(resolve_one(&app, moved).await, her);
    assert_ne!(resolve_one(&app, by_phone("13700000003")).await, her);
}

#[actix_web::test]
async fn whoever_names_nobody_is_nobody() {
    let app = TestApp::start().await;
    let nobody = Who { card: Some(String::new()), source: "pos", ..Who::default() };
    assert_eq!(resolve(&app, &[nobody.clone(), Who::default()]).await.unwrap(), [None, None]);
    assert_eq!(
        find(app.app.db.read(), &app.app, &[by_phone("13700000009")]).await.unwrap(),
        [None]
    );
    assert_eq!(member::Entity::find().count(app.app.db.read()).await.unwrap(), 0);
    assert!(resolve(&app, &[]).await.unwrap().is_empty());
    let long = Who { card: Some("x".repeat(129)), ..nobody };
    assert!(resolve(&app, &[long]).await.is_err());
}

#[actix_web::test]
async fn no_identifier_can_be_read_in_the_tables() {
    let app = TestApp::start().await;
    let who = Who {
        card: Some("VIP-SECRET-0001".to_owned()),
        union_id: Some("union-secret".to_owned()),
        ..by_phone("13712345678")
    };
    let her = resolve_one(&app, who).await;
    let rows = identifier_rows(&app).await;
    assert_eq!(rows.len(), 3);
    for row in &rows {
        let stored = format!("{} {} {:?}", row.sealed.0, row.digest.0, row.last4);
        for secret in ["13712345678", "SECRET", "union-secret"] {
            assert!(!stored.contains(secret), "{stored}");
        }
    }
    let log = events(&app, "member.created").await;
    assert!(!format!("{log:?}").contains("13712345678"));
    let all = identifiers_of(app.app.db.read(), &app.app, &[her]).await.unwrap();
    let masked: Vec<&str> = all[&her].iter().map(|one| one.masked.as_str()).collect();
    assert!(
        masked.contains(&"137****5678") && masked.contains(&"****0001") && masked.contains(&"****")
    );
}
