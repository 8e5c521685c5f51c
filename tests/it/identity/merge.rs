//! Two members turn out to be one person (ID-3).

use entity::codes::{Ledger, MemberStatus};
use entity::ids::MemberId;
use entity::values::{Fen, PersonName};
use entity::{member, member_merge, member_spend, member_total};
use futures_util::future::join_all;
use huiyi::audit::service::Author;
use huiyi::db::in_tx;
use huiyi::http::{Error, Patch, Result};
use huiyi::identity::service::{Merged, merge_in, merges};
use huiyi::members::service::{
    IfVersion, ProfilePatch, Purchase, Who, book_purchases_in, by_ids, find, profile, spent_since,
    total, update_profile, winners,
};
use huiyi::points::service::reconcile;
use sea_orm::{EntityTrait, PaginatorTrait};

use super::phone::{earn, points};
use crate::members::{by_phone, resolve_one};
use crate::support::TestApp;

async fn merge(app: &TestApp, a: MemberId, b: MemberId) -> Result<Merged> {
    in_tx(&app.app.db, async |tx| {
        merge_in(tx, &app.app, &Author::system("test"), (a, b), "test").await
    })
    .await
}

async fn row(app: &TestApp, id: MemberId) -> member::Model {
    by_ids(app.app.db.read(), &[id]).await.unwrap().remove(&id).unwrap()
}

async fn buys(app: &TestApp, member: MemberId, day: &str, fen: i64) {
    let day: chrono::NaiveDate = day.parse().unwrap();
    let at = day.and_hms_opt(9, 0, 0).unwrap().and_utc();
    let purchase = Purchase { member, at, day, orders: 1, paid: Fen(fen), refunded: Fen(1) };
    let purchases = [purchase];
    in_tx::<_, Error>(&app.app.db, async |tx| book_purchases_in(tx, &purchases).await)
        .await
        .unwrap();
}

fn card(number: &str) -> Who {
    Who { card: Some(number.to_owned()), source: "pos", ..Who::default() }
}

#[actix_web::test]
async fn the_earlier_one_gets_everything_of_the_other() {
    let app = TestApp::start().await;
    let early = earn(&app, card("VIP-EARLY"), "T-1", 100).await;
    app.advance(chrono::TimeDelta::hours(1));
    let late = earn(&app, by_phone("13700000001"), "T-2", 23).await;
    buys(&app, early, "2026-01-10", 100_00).await;
    buys(&app, late, "2026-01-10", 50_00).await;
    buys(&app, late, "2026-02-10", 7_00).await;
    let name = |name: &str| Patch::Set(PersonName(name.to_owned()));
    let sizes = |kind: &str, size: &str| {
        Patch::Set([(kind.to_owned(), size.to_owned()), ("鞋".to_owned(), size.to_owned())].into())
    };
    let hers =
        ProfilePatch {
            name: name("李娜"), sizes: sizes("上装", "38"), ..ProfilePatch::default()
        };
    update_profile(&app.app, &Author::system("test"), early, hers, IfVersion::Any).await.unwrap();
    let other = ProfilePatch {
        name: name("李小娜"),
        nickname: name("娜娜"),
        sizes: sizes("裤", "39"),
        ..ProfilePatch::default()
    };
    update_profile(&app.app, &Author::system("test"), late, other, IfVersion::Any).await.unwrap();

    let done = merge(&app, late, early).await.unwrap();
    assert_eq!(done.winner, early);
    let winner = row(&app, early).await;
    assert_eq!(
        (winner.name.unwrap().0.as_str(), winner.nickname.unwrap().0.as_str()),
        ("李娜", "娜娜")
    );
    let sizes: Vec<_> = winner.sizes.0.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(sizes, [("上装", "38"), ("裤", "39"), ("鞋", "38")]);
    let loser = row(&app, late).await;
    assert_eq!((loser.status, loser.merged_into), (MemberStatus::Merged, Some(early)));
    assert_eq!(loser.name.unwrap().0, "李小娜", "what the loser said stays, to be given back");
    let db = app.app.db.read();
    let totals = total(db, early).await.unwrap();
    assert_eq!(
        (totals.order_count, totals.paid_fen, totals.refunded_fen),
        (3, Fen(157_00), Fen(3))
    );
    let spent = spent_since(db, &[early, late], "2026-01-10".parse().unwrap()).await.unwrap();
    assert_eq!((spent[&early], spent[&late]), (Fen(157_00 - 3), Fen(0)));
    assert_eq!(member_spend::Entity::find().count(db).await.unwrap(), 2);
    assert_eq!(member_total::Entity::find().count(db).await.unwrap(), 1);
    assert_eq!((points(&app, early).await, points(&app, late).await), (123, 0));
    let who = [card("VIP-EARLY"), by_phone("13700000001")];
    assert_eq!(find(db, &app.app, &who).await.unwrap(), [Some(early), Some(early)]);
    let journal = merges(db, late).await.unwrap();
    assert_eq!((journal.len(), Some(journal[0].id)), (1, done.merge));
    let text = journal[0].journal.to_string();
    assert!(!text.contains("李") && !text.contains("38") || !text.contains("上装"), "{text}");
    assert_eq!(journal[0].journal["purchases"]["total"]["order_count"], 2);
    assert!(reconcile(&app.app).await.unwrap().is_empty());
    // Once more changes nothing.
    assert_eq!(merge(&app, early, late).await.unwrap(), Merged { winner: early, merge: None });
}

#[actix_web::test]
async fn ids_resolve_through_a_chain_of_merges() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(earn(&app, card(&format!("VIP-{n:06}")), &format!("T-{n}"), 1).await);
        app.advance(chrono::TimeDelta::seconds(1));
    }
    // The winner of the first merge loses the next.
    for n in (1..4).rev() {
        assert_eq!(merge(&app, ids[n], ids[n - 1]).await.unwrap().winner, ids[n - 1]);
    }
    let found = winners(app.app.db.read(), &ids).await.unwrap();
    assert!(found.len() == 4 && found.values().all(|winner| *winner == ids[0]));
    assert_eq!(profile(app.app.db.read(), ids[3]).await.unwrap().id, ids[0]);
    assert_eq!(points(&app, ids[0]).await, 4);
    // A till that reads the last card is answered with her, and so is a change by the oldest id.
    assert_eq!(resolve_one(&app, card("VIP-000003")).await, ids[0]);
    let patch = ProfilePatch { style: Patch::Set("通勤".to_owned()), ..ProfilePatch::default() };
    assert_eq!(
        update_profile(&app.app, &Author::system("test"), ids[2], patch, IfVersion::Any)
            .await
            .unwrap()
            .id,
        ids[0]
    );
    let stranger = MemberId::new(app.now());
    assert!(winners(app.app.db.read(), &[stranger]).await.unwrap().is_empty());
    assert!(merge(&app, stranger, ids[0]).await.is_err());
    assert!(reconcile(&app.app).await.unwrap().is_empty());
}

#[actix_web::test]
async fn merges_of_one_pair_at_once_make_one() {
    let app = TestApp::start().await;
    let a = earn(&app, card("VIP-000001"), "T-1", 5).await;
    app.advance(chrono::TimeDelta::seconds(1));
    let b = earn(&app, card("VIP-000002"), "T-2", 7).await;
    let both = (0..10).map(|n| if n % 2 == 0 { merge(&app, a, b) } else { merge(&app, b, a) });
    let done: Vec<Merged> = join_all(both).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(done.iter().filter(|merged| merged.merge.is_some()).count(), 1);
    assert!(done.iter().all(|merged| merged.winner == a));
    assert_eq!(member_merge::Entity::find().count(app.app.db.read()).await.unwrap(), 1);
    assert_eq!(points(&app, a).await, 12);
    assert!(reconcile(&app.app).await.unwrap().is_empty());
}

#[actix_web::test]
async fn a_ring_of_merges_at_once_leaves_one_member() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(earn(&app, card(&format!("VIP-{n:06}")), &format!("T-{n}"), 1).await);
        app.advance(chrono::TimeDelta::seconds(1));
    }
    let ring = (0..5).map(|n| merge(&app, ids[n], ids[(n + 1) % 5]));
    let sales = (0..5).map(|n| async move { format!("S-{n}") });
    let names: Vec<String> = join_all(sales).await;
    let tills = (0..5).map(|n| earn(&app, card(&format!("VIP-{n:06}")), &names[n], 1));
    let (done, _) = futures_util::join!(join_all(ring), join_all(tills));
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert_eq!(member_merge::Entity::find().count(app.app.db.read()).await.unwrap(), 4);
    assert_eq!(points(&app, ids[0]).await, 10);
    assert_eq!(
        huiyi::points::service::balances(app.app.db.read(), &ids[1..], Ledger::Points)
            .await
            .unwrap()
            .values()
            .map(|balance| balance.available)
            .sum::<i64>(),
        0
    );
    assert!(reconcile(&app.app).await.unwrap().is_empty());
}

#[actix_web::test]
async fn two_who_each_proved_a_phone_are_not_merged() {
    let app = TestApp::start().await;
    let (ann, bea) = (app.shopper("ann").await, app.shopper("bea").await);
    app.bind_phone("ann", &ann.token, "13700000001").send().await.expect(200);
    app.bind_phone("bea", &bea.token, "13700000002").send().await.expect(200);
    let error = merge(&app, ann.id.parse().unwrap(), bea.id.parse().unwrap()).await.unwrap_err();
    assert_eq!(error.refusal().code.code, "identity_phone_bound");
    assert_eq!(member_merge::Entity::find().count(app.app.db.read()).await.unwrap(), 0);
}
