//! L7: whatever is changed by hand in the ledger is seen, and its row named.

use chrono::TimeDelta;
use entity::{points_account, points_lot, points_lot_use, points_transfer};
use huiyi::kernel::codes::{Ledger, TransferKind};
use huiyi::kernel::ids::{MemberId, OrderId, RuleId, StoreId, TransferId};
use huiyi::points::service::{self as points, Act, Difference, Fault, Movement};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use sea_orm::sea_query::{Expr, Value};
use sea_orm::{
    ColumnTrait, EntityTrait, IdenStatic, Iterable, ModelTrait, QueryFilter, QueryOrder,
};

use super::proof::unprotect;
use crate::support::{TestApp, earn, movement, reverse};

/// Each column is changed so often, each time in another row and to another value: more than 100 changes in all.
const ROUNDS: usize = 3;

/// Four members with a bit of everything in both ledgers, one of them merged into another.
pub(super) async fn history(app: &TestApp) -> Vec<MemberId> {
    let mut members = Vec::new();
    for n in 0..4 {
        let member = app.known(&format!("1380000010{n}")).await;
        let id = |what: &str| format!("{what}{n}");
        let expires_at = Some(app.now() + TimeDelta::days(90));
        let rule = Some(RuleId::new(app.now()));
        let bought = Movement {
            order: Some(OrderId::new(app.now())),
            store: Some(StoreId::new(app.now())),
            ..movement(
                app,
                member,
                &id("o"),
                Act::Earn { amount: 100, expires_at, rule, settles_at: None },
            )
        };
        let growth =
            Movement { ledger: Ledger::Growth, ..movement(app, member, &id("o"), earn(100)) };
        for answer in app.moves(&[bought, growth]).await {
            answer.unwrap();
        }
        app.advance(TimeDelta::hours(1));
        app.moved(member, &id("p"), earn(50)).await;
        app.moved(member, &id("s"), Act::Spend { amount: 120 }).await;
        app.moved(member, &id("r"), reverse(&id("s"), TransferKind::Spend, 30)).await;
        app.moved(member, &id("q"), reverse(&id("o"), TransferKind::Earn, 100)).await;
        app.moved(member, &id("t"), earn(60)).await;
        members.push(member);
    }
    app.merge_ledgers(members[3], members[2]).await;
    app.reconciles().await;
    members
}

/// Another value of the same type: one that the column could hold.
fn other(value: &Value, nullable: bool, random: &mut StdRng) -> Value {
    let missing = value == &value.as_null();
    if nullable && !missing && random.random_range(0..3) == 0 {
        return value.as_null();
    }
    match value {
        Value::BigInt(Some(n)) => Value::BigInt(Some(n + random.random_range(1..1000))),
        Value::Uuid(Some(id)) => {
            let mut bytes = *id.as_bytes();
            bytes[random.random_range(0..16)] ^= 1 << random.random_range(0..8);
            Value::Uuid(Some(uuid::Uuid::from_bytes(bytes)))
        }
        Value::Uuid(None) => Value::Uuid(Some(uuid::Uuid::now_v7())),
        Value::Bool(Some(flag)) => Value::Bool(Some(!flag)),
        Value::String(Some(text)) => {
            let mut bytes = text.clone().into_bytes();
            let place = random.random_range(0..bytes.len());
            bytes[place] = if bytes[place] == b'x' { b'y' } else { b'x' };
            Value::String(Some(String::from_utf8(bytes).unwrap()))
        }
        Value::String(None) => Value::String(Some("x".repeat(22))),
        Value::ChronoDateTimeUtc(Some(at)) => {
            let by = TimeDelta::milliseconds(random.random_range(1..100_000_000));
            Value::ChronoDateTimeUtc(Some(*at + by))
        }
        Value::ChronoDateTimeUtc(None) => {
            Value::ChronoDateTimeUtc(Some("2027-01-01T00:00:00Z".parse().unwrap()))
        }
        unknown => panic!("no other value of {unknown:?} is known"),
    }
}

/// Changes one column of one row as somebody with the database's password would.
async fn set<E: EntityTrait>(
    app: &TestApp,
    at: (E::Column, Value),
    to: (E::Column, Value),
) -> bool {
    let update = E::update_many().col_expr(to.0, Expr::value(to.1)).filter(at.0.eq(at.1));
    update.exec(app.app.db.write()).await.is_ok_and(|done| done.rows_affected == 1)
}

/// Changes each column of the table in turn, in some row, and puts it back; `named` tells whether a difference names
/// the row.
async fn each_change_is_seen<E>(
    app: &TestApp,
    key: E::Column,
    random: &mut StdRng,
    named: impl Fn(&E::Model, E::Column, &Difference) -> bool,
) -> usize
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    let mut count = 0;
    for column in (0..ROUNDS).flat_map(|_| E::Column::iter()) {
        let rows = E::find().all(app.app.db.read()).await.unwrap();
        let row = rows.choose(random).unwrap();
        let (id, old) = (row.get(key), row.get(column));
        let new = loop {
            let new = other(&old, column.def().is_null(), random);
            if set::<E>(app, (key, id.clone()), (column, new.clone())).await {
                break new;
            }
        };
        let found = points::reconcile(&app.app).await.unwrap();
        let what = format!("{}.{}: {old:?} to {new:?}", E::default().as_str(), column.as_str());
        assert!(found.iter().any(|one| named(row, column, one)), "{what}: {found:#?}");
        let id = if column.as_str() == key.as_str() { new } else { id };
        assert!(set::<E>(app, (key, id), (column, old)).await);
        count += 1;
    }
    app.reconciles().await;
    count
}

const fn transfer_of(fault: &Fault) -> Option<TransferId> {
    match fault {
        Fault::Mac(id) | Fault::Unreadable(id) => Some(*id),
        _ => None,
    }
}

/// Every column of transfers, lots, lot uses and accounts, more than a hundred changes of random rows: all are seen.
#[actix_web::test]
async fn each_of_a_hundred_changes_by_hand_is_seen_and_its_row_named() {
    let app = TestApp::start().await;
    history(&app).await;
    unprotect(&app).await;
    let random = &mut StdRng::seed_from_u64(7);
    let mut count = 0;
    use points_transfer::Column::{AccountId, Id, Mac};
    count +=
        each_change_is_seen::<points_transfer::Entity>(&app, Id, random, |row, column, found| {
            match column {
                // The row that follows, or that stands there instead, tells.
                Id | AccountId | Mac => found.account == Some(row.account_id),
                _ => transfer_of(&found.what) == Some(row.id),
            }
        })
        .await;
    let made_by = |lot: &points_lot::Model| lot.transfer_id;
    count += each_change_is_seen::<points_lot::Entity>(
        &app,
        points_lot::Column::Id,
        random,
        |row, _, found| match &found.what {
            Fault::LotLeft(id)
            | Fault::LotDue(id)
            | Fault::LotSettled(id)
            | Fault::LotAccount(id) => *id == row.id,
            what => transfer_of(what) == Some(made_by(row)),
        },
    )
    .await;
    count += each_change_is_seen::<points_lot_use::Entity>(
        &app,
        points_lot_use::Column::Id,
        random,
        |row, _, found| transfer_of(&found.what) == Some(row.transfer_id),
    )
    .await;
    count += each_change_is_seen::<points_account::Entity>(
        &app,
        points_account::Column::Id,
        random,
        |row, _, found| found.account == Some(row.id),
    )
    .await;
    assert!(count >= 100, "{count}");
}

/// An account's transfers in order.
async fn transfers(app: &TestApp, account: &points_account::Model) -> Vec<points_transfer::Model> {
    points_transfer::Entity::find()
        .filter(points_transfer::Column::AccountId.eq(account.id))
        .order_by_asc(points_transfer::Column::Seq)
        .all(app.app.db.read())
        .await
        .unwrap()
}

pub(super) async fn account(app: &TestApp, member: MemberId) -> points_account::Model {
    points_account::Entity::find()
        .filter(points_account::Column::MemberId.eq(member))
        .filter(points_account::Column::Ledger.eq(Ledger::Points))
        .one(app.app.db.read())
        .await
        .unwrap()
        .unwrap()
}

pub(super) async fn faults(app: &TestApp) -> Vec<Fault> {
    points::reconcile(&app.app).await.unwrap().into_iter().map(|found| found.what).collect()
}

#[actix_web::test]
async fn a_transfer_removed_from_the_middle_is_seen_at_the_next_one() {
    let app = TestApp::start().await;
    let members = history(&app).await;
    unprotect(&app).await;
    let rows = transfers(&app, &account(&app, members[0]).await).await;
    points_transfer::Entity::delete_by_id(rows[2].id).exec(app.app.db.write()).await.unwrap();
    // Whoever removes it closes the gap.
    for row in &rows[3..] {
        use points_transfer::Column::{Id, Seq};
        let seq = Value::BigInt(Some(row.seq - 1));
        assert!(set::<points_transfer::Entity>(&app, (Id, row.get(Id)), (Seq, seq)).await);
    }
    assert!(faults(&app).await.contains(&Fault::Mac(rows[3].id)));
}

/// Everything is set back to what it was before the last transfer; only the key is missing.
#[actix_web::test]
async fn the_last_transfer_cannot_be_taken_away_without_the_key() {
    let app = TestApp::start().await;
    let member = app.known("13800000100").await;
    app.moved(member, "o1", earn(100)).await;
    let before = account(&app, member).await;
    let lot = points_lot::Entity::find().one(app.app.db.read()).await.unwrap().unwrap();
    app.moved(member, "s1", Act::Spend { amount: 40 }).await;
    unprotect(&app).await;
    let db = app.app.db.write();
    let last = transfers(&app, &before).await.remove(1);
    points_transfer::Entity::delete_by_id(last.id).exec(db).await.unwrap();
    points_lot_use::Entity::delete_many().exec(db).await.unwrap();
    let key = (points_lot::Column::Id, lot.get(points_lot::Column::Id));
    let left = Value::BigInt(Some(lot.remaining));
    assert!(set::<points_lot::Entity>(&app, key, (points_lot::Column::Remaining, left)).await);
    use points_account::Column::{Available, LastMac, Version};
    use points_account::{Column, Entity};
    for column in [Available, Version, LastMac, Column::UpdatedAt] {
        let key = (Column::Id, before.get(Column::Id));
        assert!(set::<Entity>(&app, key, (column, before.get(column))).await);
    }
    assert_eq!(faults(&app).await, [Fault::AccountMac]);
    // Her own code from then fits: who kept a copy of every row can go back to it, as with any backup.
    set::<Entity>(
        &app,
        (Column::Id, before.get(Column::Id)),
        (Column::Mac, before.get(Column::Mac)),
    )
    .await;
    app.reconciles().await;
}

#[actix_web::test]
async fn transfers_that_change_places_between_accounts_are_both_seen() {
    let app = TestApp::start().await;
    let members = history(&app).await;
    unprotect(&app).await;
    let (ann, bea) = (account(&app, members[0]).await, account(&app, members[1]).await);
    // The same in everything but their cause and their member.
    let (hers, other) =
        (transfers(&app, &ann).await.remove(1), transfers(&app, &bea).await.remove(1));
    use points_transfer::Column::{AccountId, Id};
    let moves = [(hers.id, uuid::Uuid::nil()), (other.id, ann.id.0), (hers.id, bea.id.0)];
    for (transfer, to) in moves {
        let (id, to) = (Value::Uuid(Some(transfer.0)), Value::Uuid(Some(to)));
        assert!(set::<points_transfer::Entity>(&app, (Id, id), (AccountId, to)).await);
    }
    let found = faults(&app).await;
    for id in [hers.id, other.id] {
        assert!(found.contains(&Fault::Mac(id)), "{found:?}");
    }
}
