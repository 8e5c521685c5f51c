//! Workers die in the middle of their work, and each lot is settled and expired once (L6, J2, J4).

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{LotId, TransferId};
use entity::{job, points_lot, points_lot_use, points_transfer};
use huiyi::app::App;
use huiyi::kernel::codes::{JobState, TransferKind};
use huiyi::points::service::{Act, Movement};
use rand::RngExt;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::rounds;
use super::shop::{Shop, granted};

/// Lots of each member; members' lots are due one member after the other, so that they make several batches.
const LOTS: usize = 250;
const MEMBERS: usize = 6;
/// Where a worker dies while it goes through the batches.
const STEPS: &[&str] =
    &["job_claimed", "transfers_written", "accounts_written", "batch_done", "transfers_written:2"];

fn lots(app: &App, shop: &Shop, act: impl Fn(usize) -> Act) -> Vec<Movement> {
    let each = |(number, member)| {
        let act = act(number);
        (0..LOTS).map(move |lot| granted(app, member, &format!("o{number}-{lot}"), act.clone()))
    };
    shop.members.iter().copied().enumerate().flat_map(each).collect()
}

/// Lots for which something is due by now.
async fn due(shop: &Shop) -> u64 {
    let app = shop.look().await;
    let due = points_lot::Entity::find().filter(points_lot::Column::DueAt.lte(app.clock.now()));
    let due = due.count(app.db.read()).await.unwrap();
    app.db.clone().close().await.unwrap();
    due
}

/// Workers that die at each step, then at random; then one that finishes the work.
async fn is_killed_again_and_again(shop: &Shop, kind: &'static str) {
    assert_eq!(due(shop).await, (LOTS * MEMBERS) as u64);
    for (number, step) in STEPS.iter().enumerate() {
        shop.queue(kind, &format!("{kind} {number}")).await;
        shop.start_worker(step).died();
    }
    // Two of the workers had done one batch each before they died; a batch is two members.
    assert_eq!(due(shop).await, (LOTS * (MEMBERS - 4)) as u64);
    shop.leases_end().await;
    for number in 0..rounds() / 2 {
        shop.queue(kind, &format!("{kind} at random {number}")).await;
        let mut worker = shop.start_worker("");
        let pause = rand::rng().random_range(1..=200);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        worker.kill();
        shop.leases_end().await;
    }
    for number in 0.. {
        shop.queue(kind, &format!("{kind} to the end {number}")).await;
        shop.start_worker("job_worked").died();
        shop.leases_end().await;
        if due(shop).await == 0 {
            return;
        }
        assert!(number < 10, "the work does not end");
    }
}

/// How often each lot was taken from by movements of one kind.
async fn uses(shop: &Shop, kind: TransferKind) -> BTreeMap<LotId, usize> {
    let app = shop.look().await;
    let transfers = points_transfer::Entity::find().filter(points_transfer::Column::Kind.eq(kind));
    let transfers = transfers.all(app.db.read()).await.unwrap();
    let transfers: Vec<TransferId> = transfers.iter().map(|row| row.id).collect();
    let all = points_lot_use::Entity::find().all(app.db.read()).await.unwrap();
    app.db.clone().close().await.unwrap();
    let mut uses = BTreeMap::new();
    for one in all.iter().filter(|one| transfers.contains(&one.transfer_id)) {
        *uses.entry(one.lot_id).or_default() += 1;
    }
    uses
}

#[actix_web::test]
async fn each_lot_expires_once_however_often_the_worker_is_killed() {
    let shop = Shop::open(MEMBERS).await;
    let past = |app: &App, number: usize| -> DateTime<Utc> {
        app.clock.now() - TimeDelta::hours(MEMBERS as i64 - number as i64)
    };
    let act = |app: &App, number: usize| Act::Earn {
        amount: 3,
        expires_at: Some(past(app, number)),
        rule: None,
        settles_at: None,
    };
    shop.post(|app| lots(app, &shop, |number| act(app, number))).await;
    is_killed_again_and_again(&shop, "expire_points").await;
    let uses = uses(&shop, TransferKind::Expire).await;
    assert_eq!(uses.len(), LOTS * MEMBERS);
    assert!(uses.values().all(|times| *times == 1));
    shop.reconciles();
}

#[actix_web::test]
async fn each_lot_settles_once_however_often_the_worker_is_killed() {
    let shop = Shop::open(MEMBERS).await;
    let due_in = TimeDelta::seconds(2);
    let act = |app: &App, number: usize| Act::Earn {
        amount: 3,
        expires_at: None,
        rule: None,
        settles_at: Some(app.clock.now() + due_in + TimeDelta::milliseconds(number as i64)),
    };
    shop.post(|app| lots(app, &shop, |number| act(app, number))).await;
    while due(&shop).await < (LOTS * MEMBERS) as u64 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    is_killed_again_and_again(&shop, "settle_points").await;
    let app = shop.look().await;
    let settled = points_transfer::Entity::find()
        .filter(points_transfer::Column::Kind.eq(TransferKind::Settle))
        .count(app.db.read());
    assert_eq!(settled.await.unwrap(), (LOTS * MEMBERS) as u64);
    app.db.clone().close().await.unwrap();
    shop.reconciles();
}

/// J4: it uses its attempts up, is given up with a reason, and the queue goes on.
#[actix_web::test]
async fn a_job_that_kills_every_worker_is_given_up_and_the_next_one_runs() {
    let shop = Shop::open(1).await;
    shop.queue("reconcile", "killer").await;
    for _ in 0..5 {
        shop.start_worker("job_claimed").died();
        shop.leases_end().await;
    }
    shop.queue("reconcile", "next").await;
    let mut worker = shop.start_worker("job_worked");
    worker.died();
    let app = shop.look().await;
    let rows = job::Entity::find().all(app.db.read()).await.unwrap();
    let row = |key: &str| rows.iter().find(|row| row.key == key).unwrap();
    assert_eq!((row("killer").state, row("killer").attempts), (JobState::Dead, 5));
    assert!(row("killer").reason.as_ref().unwrap().contains("died"));
    assert_eq!((row("next").state, row("next").attempts), (JobState::Queued, 1));
    app.db.clone().close().await.unwrap();
}
