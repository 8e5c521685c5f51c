//! The live boards, the rebuilt ones and the tables say the same (BN-7).

use std::collections::BTreeSet;

use huiyi::kernel::codes::{Board, Period};
use huiyi::leaderboards::service::{self as boards, Stretch};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use sea_orm::EntityTrait;
use uuid::Uuid;

use super::{Floor, Sale};

/// Random facts of the last 40 days, some of them refunds, some at equal times.
async fn history(floor: &Floor, random: &mut StdRng, size: u32) {
    let mut earned = Vec::new();
    let mut people = Vec::new();
    for store in 0..3 {
        let phones: Vec<String> = (0..4)
            .map(|n| format!("138{store}{:07}", random.random_range(0..1_000_000) * 10 + n))
            .collect();
        let phones: Vec<&str> = phones.iter().map(String::as_str).collect();
        people.extend(floor.members(store, &phones).await);
    }
    for _ in 0..size {
        let hours = random.random_range(0..960);
        let at = (floor.test.now() - chrono::TimeDelta::hours(hours)).to_rfc3339();
        let amount = random.random_range(1..5) * 100;
        if random.random_bool(0.5) {
            let fen = if random.random_bool(0.3) { -amount } else { amount };
            let (guide, store) = (random.random_range(0..6), random.random_range(0..3));
            floor.sells(&[Sale { guide, store, fen, at: &at }]).await;
        } else if random.random_bool(0.3) && !earned.is_empty() {
            let (member, order): (_, String) =
                earned.swap_remove(random.random_range(0..earned.len()));
            floor.gives_back(member, (&order, &Uuid::new_v4().to_string()), 100, &at).await;
        } else {
            let member = people[random.random_range(0..people.len())];
            let order = Uuid::new_v4().to_string();
            floor.earns(member, &order, amount, &at).await;
            earned.push((member, order));
        }
    }
}

/// Every stretch of the last 45 days.
fn stretches(floor: &Floor) -> BTreeSet<Stretch> {
    let app = &floor.test.app;
    let days =
        (0..45).map(|days| app.calendar.day(floor.test.now() - chrono::TimeDelta::days(days)));
    days.flat_map(|day| Period::ALL.iter().map(move |period| (*period, day)))
        .map(|(period, day)| Stretch::around(app.calendar, period, day))
        .collect()
}

async fn all_agree(floor: &Floor) -> usize {
    let mut rows = 0;
    for stretch in stretches(floor) {
        for board in Board::ALL {
            rows += floor.agrees(*board, stretch).await;
        }
    }
    rows
}

#[actix_web::test]
async fn live_boards_rebuilt_boards_and_tables_agree_after_any_history() {
    for seed in 0..3 {
        let floor = Floor::start().await;
        let mut random = StdRng::seed_from_u64(seed);
        // Built while empty, so that what follows is followed and not rebuilt.
        assert_eq!(all_agree(&floor).await, 0);
        history(&floor, &mut random, 60).await;
        floor.test.relay().await;
        assert!(all_agree(&floor).await > 60, "seed {seed}: live");
        let report = boards::rebuild(&floor.test.app).await.unwrap();
        assert_eq!(report.corrected, 0, "seed {seed}: a rebuild found the live boards right");
        assert!(report.rows > 0 && report.boards >= 6 * 2 * 6);
        all_agree(&floor).await;
    }
}

#[actix_web::test]
async fn events_may_come_twice_in_any_order_and_in_any_batches() {
    let floor = Floor::start().await;
    let mut random = StdRng::seed_from_u64(7);
    assert_eq!(all_agree(&floor).await, 0);
    history(&floor, &mut random, 60).await;
    let mut events = entity::event_log::Entity::find().all(floor.test.app.db.read()).await.unwrap();
    events.extend(events.clone());
    events.shuffle(&mut random);
    let mut rest = events.as_slice();
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(random.random_range(1..=rest.len()));
        boards::on_events(&floor.test.app, batch).await.unwrap();
        rest = after;
    }
    assert!(all_agree(&floor).await > 60);
    floor.test.relay().await;
    all_agree(&floor).await;
}

#[actix_web::test]
async fn a_rebuild_in_the_middle_of_changes_loses_none() {
    let floor = Floor::start().await;
    let mut random = StdRng::seed_from_u64(11);
    history(&floor, &mut random, 30).await;
    let other = floor.test.replica().await.0;
    let changes = async {
        for _ in 0..6 {
            history(&floor, &mut random, 8).await;
            floor.test.relay().await;
        }
    };
    let rebuilds = async {
        for _ in 0..4 {
            boards::rebuild(&other).await.unwrap();
        }
    };
    let reading = async {
        for _ in 0..4 {
            boards::rebuild(&floor.test.app).await.unwrap();
        }
    };
    futures_util::join!(changes, rebuilds, reading);
    floor.test.relay().await;
    all_agree(&floor).await;
}
