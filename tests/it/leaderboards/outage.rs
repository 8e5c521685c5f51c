//! Redis killed, emptied, restarted: boards are answered all the same and heal by themselves (F1, F2, OPS-6).

use std::time::Duration;

use huiyi::kernel::codes::{Board, Period};
use huiyi::kv::Kv;
use huiyi::leaderboards::service::{self as boards, Scope};
use sea_orm::EntityTrait;
use secrecy::SecretString;

use super::{Floor, Sale};
use crate::support::TestApp;
use crate::support::redis::Redis;

const DAY: &str = "2026-03-14";

fn sale(guide: usize, fen: i64) -> Sale<'static> {
    Sale { guide, store: guide / 2, fen, at: "2026-03-14T03:00:00Z" }
}

async fn floor_on(redis: &Redis) -> Floor {
    let url = SecretString::from(redis.url());
    Floor::open(TestApp::start_with(|config| config.redis.url = url).await).await
}

async fn gaps(floor: &Floor) -> usize {
    entity::board_gap::Entity::find().all(floor.test.app.db.read()).await.unwrap().len()
}

async fn unrelayed(floor: &Floor) -> usize {
    let events = entity::event_log::Entity::find().all(floor.test.app.db.read()).await.unwrap();
    events.iter().filter(|event| event.relayed_at.is_none()).count()
}

/// Until a call has found out that the server is gone.
async fn goes_down(kv: &Kv) {
    while kv.get("probe").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn today(floor: &Floor) -> (Vec<i64>, bool) {
    let stretch = floor.stretch(Period::Day, DAY);
    let page = floor.page(Board::GuideSales, stretch, Scope::Company).await;
    (page.rows.iter().map(|row| row.score).collect(), page.stale)
}

#[actix_web::test]
async fn a_redis_killed_in_the_middle_costs_no_change_and_holds_nobody_up() {
    let Some(mut redis) = Redis::start() else { return };
    let floor = floor_on(&redis).await;
    floor.sells(&[sale(0, 100)]).await;
    floor.test.relay().await;
    assert_eq!(today(&floor).await, (vec![100], false));

    redis.kill();
    goes_down(&floor.test.app.kv).await;
    floor.sells(&[sale(1, 300), sale(2, 200)]).await;
    floor.test.relay().await;
    assert_eq!(unrelayed(&floor).await, 0, "the relay waits for no kv");
    assert_eq!(gaps(&floor).await, 3, "day, week and month, however many changes they missed");
    assert_eq!(today(&floor).await, (vec![300, 200, 100], true), "SQL knows");
    let own = Some(floor.guides[0].0);
    let stretch = floor.stretch(Period::Day, DAY);
    let page = floor.page_for(Board::GuideSales, stretch, Scope::Company, own, 1).await;
    assert_eq!((page.own.unwrap().rank, page.rows.len(), page.total), (3, 1, 3));

    redis.restart();
    redis.heal(&floor.test.app.kv).await;
    assert_eq!(today(&floor).await, (vec![300, 200, 100], false));
    for period in Period::ALL {
        floor.agrees(Board::GuideSales, floor.stretch(*period, DAY)).await;
    }
    assert_eq!(gaps(&floor).await, 0, "made good by their readers");
    floor.sells(&[sale(3, 400)]).await;
    floor.test.relay().await;
    assert_eq!(today(&floor).await, (vec![400, 300, 200, 100], false));
}

/// The server stood still and kept its data: nothing in it tells that changes are missing.
#[actix_web::test]
async fn a_redis_that_only_hung_is_not_believed_afterwards() {
    let Some(redis) = Redis::start() else { return };
    let floor = floor_on(&redis).await;
    floor.sells(&[sale(0, 100)]).await;
    floor.test.relay().await;
    assert_eq!(today(&floor).await, (vec![100], false));
    redis.signal("STOP");
    goes_down(&floor.test.app.kv).await;
    floor.sells(&[sale(1, 300)]).await;
    floor.test.relay().await;
    redis.signal("CONT");
    redis.heal(&floor.test.app.kv).await;
    assert_eq!(today(&floor).await, (vec![300, 100], false));
    let other = floor.test.replica().await.0;
    let wanted = boards::Wanted {
        board: Board::GuideSales,
        stretch: floor.stretch(Period::Week, DAY),
        scope: Scope::Store(floor.stores[0]),
        offset: 0,
        limit: 5,
        own: None,
    };
    let page = boards::page(&other, wanted).await.unwrap();
    assert_eq!((page.total, page.stale), (2, false), "another process reads the note as well");
}

#[actix_web::test]
async fn an_emptied_redis_heals_with_the_next_reader() {
    let Some(redis) = Redis::start() else { return };
    let floor = floor_on(&redis).await;
    floor.sells(&[sale(0, 100), sale(1, 300)]).await;
    floor.test.relay().await;
    assert_eq!(today(&floor).await, (vec![300, 100], false));
    redis.ask("FLUSHALL");
    assert_eq!(today(&floor).await, (vec![300, 100], false));
    redis.ask("FLUSHALL");
    // A change that comes first leaves a part of a board: it must not be taken for the whole.
    floor.sells(&[sale(2, 200)]).await;
    floor.test.relay().await;
    assert_eq!(today(&floor).await, (vec![300, 200, 100], false));
}

#[actix_web::test]
async fn many_readers_of_a_lost_board_rebuild_it_once() {
    let Some(redis) = Redis::start() else { return };
    let floor = floor_on(&redis).await;
    floor.sells(&[sale(0, 100), sale(1, 300)]).await;
    floor.test.relay().await;
    redis.ask("FLUSHALL");
    boards::forget_pages(&floor.test.app);
    let stretch = floor.stretch(Period::Day, DAY);
    let read = |n: u64| {
        let scope = floor.scopes()[usize::try_from(n).unwrap() % 6];
        let wanted = boards::Wanted {
            board: Board::GuideSales,
            stretch,
            scope,
            offset: 0,
            limit: n + 1,
            own: None,
        };
        boards::page(&floor.test.app, wanted)
    };
    // A rebuilt board is renamed into place: two keys of a board with rows, one of an empty one.
    let before = redis.calls("rename");
    let pages = futures_util::future::join_all((0..48).map(read)).await;
    assert!(pages.iter().all(|page| page.as_ref().is_ok_and(|page| !page.stale)));
    assert_eq!(
        redis.calls("rename") - before,
        3 * 2 + 3,
        "each of the six boards was written once"
    );
}
