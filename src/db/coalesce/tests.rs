//! What the gatherer promises, with work that is counted, held up, or broken on purpose.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use proptest::prelude::*;
use sea_orm::{DbErr, RuntimeErr, SqlxError};
use tokio::sync::Semaphore;
use tokio::task::{LocalSet, spawn_local};

use super::{Gatherer, Limits, Lost};

type Numbers = Gatherer<u32, u32, DbErr>;

const LIMITS: Limits =
    Limits { lanes: 1, most: 256, queue: 1000, patience: Duration::from_millis(2) };

fn here<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, test)
}

fn no() -> DbErr {
    DbErr::Custom("no".to_owned())
}

/// The batches that some work saw.
#[derive(Clone, Default)]
struct Seen(Rc<RefCell<Vec<Vec<u32>>>>);

impl Seen {
    /// Doubles each number; refuses a batch that holds a `bad` one, breaks down on 13.
    fn work(
        &self,
        bad: &'static [u32],
    ) -> impl AsyncFn(&[u32]) -> Result<Vec<u32>, DbErr> + 'static {
        let seen = self.clone();
        async move |items: &[u32]| {
            tokio::task::yield_now().await;
            seen.0.borrow_mut().push(items.to_vec());
            assert!(!items.contains(&13), "thirteen");
            if items.iter().any(|item| bad.contains(item)) {
                return Err(no());
            }
            Ok(items.iter().map(|item| item * 2).collect())
        }
    }

    fn batches(&self) -> Vec<Vec<u32>> {
        self.0.borrow().clone()
    }
}

async fn all(
    gatherer: &Arc<Numbers>,
    items: &[u32],
    seen: &Seen,
    bad: &'static [u32],
) -> Vec<Result<u32, Lost<DbErr>>> {
    join_all(items.iter().map(|item| gatherer.ask(0, *item, LIMITS, seen.work(bad)))).await
}

#[test]
fn everybody_gets_her_own_answer_and_the_order_is_kept() {
    here(async {
        let (gatherer, seen) = (Arc::new(Numbers::default()), Seen::default());
        let items: Vec<u32> = (100..400).collect();
        let answers = all(&gatherer, &items, &seen, &[]).await;
        let expected: Vec<_> = items.iter().map(|item| Ok(item * 2)).collect();
        assert_eq!(answers, expected);
        assert_eq!(seen.batches().concat(), items);
        assert_eq!(seen.batches()[0].len(), 256, "as many as there were, and no more than allowed");
    });
}

#[test]
fn somebody_alone_waits_for_nothing() {
    here(async {
        let (gatherer, seen) = (Arc::new(Numbers::default()), Seen::default());
        // Whoever waited for this would be seen.
        let limits = Limits { patience: Duration::from_hours(1), ..LIMITS };
        for item in 0..10 {
            assert_eq!(gatherer.ask(0, item, limits, seen.work(&[])).await, Ok(item * 2));
        }
        assert_eq!(seen.batches().len(), 10);
    });
}

#[test]
fn one_bad_item_spoils_no_other() {
    here(async {
        let (gatherer, seen) = (Arc::new(Numbers::default()), Seen::default());
        let answers = all(&gatherer, &[1, 2, 3, 13, 5, 6, 7, 8], &seen, &[6]).await;
        let failed = Err(Lost::Failed(no()));
        let expected = [Ok(2), Ok(4), Ok(6), Err(Lost::Broken), Ok(10), failed, Ok(14), Ok(16)];
        assert_eq!(answers, expected);
        // The next one is not the worse for it.
        assert_eq!(gatherer.ask(0, 9, LIMITS, seen.work(&[])).await, Ok(18));
    });
}

#[test]
fn a_database_that_is_away_is_asked_once() {
    here(async {
        let gatherer = Arc::new(Numbers::default());
        let asked = Rc::new(RefCell::new(0));
        let work = || {
            let asked = Rc::clone(&asked);
            async move |_: &[u32]| -> Result<Vec<u32>, DbErr> {
                *asked.borrow_mut() += 1;
                Err(DbErr::Query(RuntimeErr::SqlxError(Arc::new(SqlxError::PoolTimedOut))))
            }
        };
        let answers = join_all((0..8).map(|n| gatherer.ask(0, n, LIMITS, work()))).await;
        assert!(answers.iter().all(|answer| *answer == Err(Lost::Away)));
        assert_eq!(*asked.borrow(), 1);
    });
}

/// Work that waits for a permit for each batch.
fn held(
    gate: &Arc<Semaphore>,
    seen: &Seen,
) -> impl AsyncFn(&[u32]) -> Result<Vec<u32>, DbErr> + 'static {
    let (gate, seen) = (Arc::clone(gate), seen.clone());
    async move |items: &[u32]| {
        gate.acquire().await.unwrap().forget();
        seen.0.borrow_mut().push(items.to_vec());
        Ok(items.to_vec())
    }
}

#[test]
fn a_full_queue_refuses_and_loses_nothing_that_it_took() {
    here(async {
        let (gatherer, gate, seen) =
            (Arc::new(Numbers::default()), Arc::new(Semaphore::new(0)), Seen::default());
        let limits = Limits { queue: 2, ..LIMITS };
        let ask = |item| {
            let (gatherer, work) = (Arc::clone(&gatherer), held(&gate, &seen));
            spawn_local(async move { gatherer.ask(0, item, limits, work).await })
        };
        let first = ask(1);
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        let (second, third, fourth) = (ask(2), ask(3), ask(4));
        assert_eq!(fourth.await.unwrap(), Err(Lost::Full));
        gate.add_permits(10);
        let answers = [first.await.unwrap(), second.await.unwrap(), third.await.unwrap()];
        assert_eq!(answers, [Ok(1), Ok(2), Ok(3)]);
        assert_eq!(seen.batches(), [vec![1], vec![2, 3]]);
    });
}

#[test]
fn a_caller_that_hangs_up_neither_stops_nor_doubles_what_it_asked_for() {
    here(async {
        let (gatherer, gate, seen) =
            (Arc::new(Numbers::default()), Arc::new(Semaphore::new(0)), Seen::default());
        let ask = |item| {
            let (gatherer, work) = (Arc::clone(&gatherer), held(&gate, &seen));
            spawn_local(async move { gatherer.ask(0, item, LIMITS, work).await })
        };
        // One leads, one waits behind it; both hang up.
        let (leader, waiter) = (ask(1), ask(2));
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        leader.abort();
        waiter.abort();
        let stays = ask(3);
        gate.add_permits(10);
        assert_eq!(stays.await.unwrap(), Ok(3));
        assert_eq!(seen.batches().concat(), [1, 2, 3]);
    });
}

#[test]
fn whoever_waits_when_the_server_ends_is_told() {
    let gatherer = Arc::new(Numbers::default());
    let (gate, seen) = (Arc::new(Semaphore::new(0)), Seen::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let worker = LocalSet::new();
    // The lead's thread goes away while a caller on another thread waits.
    let (work, leading) = (held(&gate, &seen), Arc::clone(&gatherer));
    worker.spawn_local(async move { leading.ask(0, 1, LIMITS, work).await });
    worker.block_on(&runtime, async { tokio::task::yield_now().await });
    let waiting = Arc::clone(&gatherer);
    let told = std::thread::spawn(move || {
        let seen = Seen::default();
        here(async move { waiting.ask(0, 2, LIMITS, seen.work(&[])).await })
    });
    while !gatherer.lanes[0].holds(1) {
        std::thread::yield_now();
    }
    drop(worker);
    assert_eq!(told.join().unwrap(), Err(Lost::Ended));
    // The lane is free again.
    here(async { assert_eq!(gatherer.ask(0, 3, LIMITS, seen.work(&[])).await, Ok(6)) });
}

async fn linger(turns: usize) {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever comes when, in whichever lane: each good item is done exactly once among batches that succeed, each
    /// bad one is told so, and within a lane the order stays.
    #[test]
    fn each_item_has_one_effect(
        items in prop::collection::vec((0_usize..3, 0_usize..12, any::<bool>()), 1..80),
        most in 1_usize..20,
    ) {
        here(async {
            let gatherer = Arc::new(Numbers::default());
            let done: Rc<RefCell<Vec<u32>>> = Rc::default();
            let limits = Limits { lanes: 3, most, ..LIMITS };
            let asks = items.iter().enumerate().map(|(n, &(lane, pause, bad))| {
                let (gatherer, done) = (Arc::clone(&gatherer), Rc::clone(&done));
                let item = u32::try_from(n).unwrap() * 2 + u32::from(bad);
                async move {
                    linger(pause).await;
                    let work = async move |items: &[u32]| {
                        linger(2).await;
                        if items.iter().any(|item| item % 2 == 1) {
                            return Err(no());
                        }
                        done.borrow_mut().extend(items);
                        Ok(items.to_vec())
                    };
                    (item, gatherer.ask(lane, item, limits, work).await)
                }
            });
            let answers = join_all(asks).await;
            for (item, answer) in &answers {
                let expected = if item % 2 == 1 { Err(Lost::Failed(no())) } else { Ok(*item) };
                assert_eq!(answer, &expected);
            }
            let mut found = done.borrow().clone();
            found.sort_unstable();
            let good: Vec<u32> = answers.iter().map(|(item, _)| *item).filter(|i| i % 2 == 0).collect();
            assert_eq!(found, good);
        });
    }
}
