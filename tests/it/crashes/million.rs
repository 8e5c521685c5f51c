//! A million lots run out while the worker is killed ten times: each expires once, to the point (L6).

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use entity::ids::{AccountId, LotId, TransferId};
use entity::{points_lot, points_lot_use, points_transfer};
use huiyi::app::App;
use huiyi::kernel::codes::TransferKind;
use huiyi::points::service::Act;
use rand::RngExt;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use super::shop::{Shop, granted};

/// Lots of each member: as many as a batch of the job.
const LOTS: usize = 500;
/// How often the worker is killed while there is work.
const KILLS: usize = 10;
/// Members whose lots are made in one transaction.
const AT_ONCE: usize = 10;

/// A million lots in a long run.
fn members() -> usize {
    if std::env::var("HUIYI_TEST_LONG").is_ok() { 2_000 } else { 16 }
}

/// Looks into the books while no program runs.
async fn look<T>(shop: &Shop, read: impl AsyncFn(&App) -> T) -> T {
    let app = shop.look().await;
    let found = read(&app).await;
    app.db.clone().close().await.unwrap();
    found
}

/// Lots that ran out long ago, one member's after the other's.
async fn make(shop: &Shop) {
    for (chunk, members) in shop.members.chunks(AT_ONCE).enumerate() {
        shop.post(|app| {
            let now = app.clock.now();
            let mut movements = Vec::with_capacity(AT_ONCE * LOTS);
            for (n, member) in members.iter().enumerate() {
                let place = (chunk * AT_ONCE + n) as i64;
                let at = now - TimeDelta::days(1) + TimeDelta::seconds(place);
                for lot in 0..LOTS {
                    let amount = 1 + (place + lot as i64) % 7;
                    let expires_at = Some(at);
                    let act = Act::Earn { amount, expires_at, rule: None, settles_at: None };
                    movements.push(granted(app, *member, &format!("o{place}-{lot}"), act));
                }
            }
            movements
        })
        .await;
    }
}

/// What is left in lots that have run out, by lot.
async fn due(shop: &Shop) -> HashMap<LotId, (AccountId, i64)> {
    use points_lot::Column;
    let rows: Vec<(LotId, AccountId, i64)> = look(shop, async |app| {
        let query = points_lot::Entity::find()
            .select_only()
            .columns([Column::Id, Column::AccountId, Column::Remaining])
            .filter(Column::DueAt.lte(app.clock.now()));
        query.into_tuple().all(app.db.read()).await.unwrap()
    })
    .await;
    rows.into_iter().map(|(lot, account, left)| (lot, (account, left))).collect()
}

async fn how_many_due(shop: &Shop) -> u64 {
    look(shop, async |app| {
        let due = points_lot::Column::DueAt.lte(app.clock.now());
        points_lot::Entity::find().filter(due).count(app.db.read()).await.unwrap()
    })
    .await
}

/// The worker is killed while it works, ten times where there is so much work; then one finishes.
async fn expire(shop: &Shop) -> usize {
    let mut kills = 0;
    for number in 0..KILLS {
        let before = how_many_due(shop).await;
        if before == 0 {
            break;
        }
        shop.queue("expire_points", &format!("killed {number}")).await;
        let mut worker = shop.start_worker("");
        let pause = rand::rng().random_range(10..=900);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        worker.kill();
        kills += 1;
        shop.leases_end().await;
    }
    shop.queue("expire_points", "to the end").await;
    let mut worker = shop.start_worker("");
    while how_many_due(shop).await > 0 {
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    worker.kill();
    kills
}

/// What expiring took: from which lot, for which account, how much.
async fn taken(shop: &Shop) -> Vec<(LotId, AccountId, i64)> {
    use points_transfer::Column;
    let (transfers, uses) = look(shop, async |app| {
        let transfers = points_transfer::Entity::find()
            .select_only()
            .columns([Column::Id, Column::AccountId])
            .filter(Column::Kind.eq(TransferKind::Expire));
        let transfers: Vec<(TransferId, AccountId)> =
            transfers.into_tuple().all(app.db.read()).await.unwrap();
        let uses = points_lot_use::Entity::find().select_only().columns([
            points_lot_use::Column::LotId,
            points_lot_use::Column::TransferId,
            points_lot_use::Column::Amount,
        ]);
        let uses: Vec<(LotId, TransferId, i64)> =
            uses.into_tuple().all(app.db.read()).await.unwrap();
        (transfers, uses)
    })
    .await;
    let accounts: HashMap<TransferId, AccountId> = transfers.into_iter().collect();
    let of = |(lot, transfer, amount): (LotId, TransferId, i64)| {
        Some((lot, *accounts.get(&transfer)?, -amount))
    };
    uses.into_iter().filter_map(of).collect()
}

#[actix_web::test]
async fn of_a_million_lots_each_expires_once_though_the_worker_is_killed_ten_times() {
    let began = Instant::now();
    let shop = Shop::open(members()).await;
    make(&shop).await;
    let expected = due(&shop).await;
    assert_eq!(expected.len(), members() * LOTS);
    let made = began.elapsed();
    let kills = expire(&shop).await;
    let expired = began.elapsed() - made;
    if members() * LOTS >= 1_000_000 {
        assert_eq!(kills, KILLS, "the work was done too early");
    }
    let taken = taken(&shop).await;
    assert_eq!(taken.len(), expected.len());
    let mut sums: BTreeMap<AccountId, i64> = BTreeMap::new();
    let mut seen = HashMap::with_capacity(taken.len());
    for (lot, account, amount) in taken {
        assert_eq!(seen.insert(lot, amount), None, "{lot} expired twice");
        assert_eq!(expected[&lot], (account, amount), "{lot}");
        *sums.entry(account).or_default() += amount;
    }
    let mut oracle: BTreeMap<AccountId, i64> = BTreeMap::new();
    for (account, left) in expected.into_values() {
        *oracle.entry(account).or_default() += left;
    }
    assert_eq!(sums, oracle);
    let lots = seen.len();
    println!("{lots} lots: made in {made:?}, expired in {expired:?} with {kills} kills");
    shop.reconciles();
    println!("reconciled after {:?}", began.elapsed());
}
