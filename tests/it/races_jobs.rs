//! L1, J1: many writers while the jobs of the ledger run beside them, on every database.

use std::cell::Cell;

use chrono::TimeDelta;
use entity::{points_account, points_transfer};
use futures_util::future::join_all;
use huiyi::kernel::codes::{Ledger, TransferKind};
use huiyi::kernel::ids::{HoldId, MemberId};
use huiyi::points::service::{self as points, Act, Replayed};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::support::{TestApp, movement, reverse};

const WRITERS: usize = 64;
/// One hot account and ten warm ones.
const MEMBERS: usize = 11;

/// Operations a writer; the promise's 500 through HUIYI_TEST_OPERATIONS.
fn operations() -> usize {
    std::env::var("HUIYI_TEST_OPERATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(8)
}

/// One till: what it did, as far as it was told.
struct Writer<'a> {
    app: &'a TestApp,
    members: &'a [MemberId],
    random: StdRng,
    /// What each member's points came to by this writer.
    sums: Vec<i64>,
    /// What can be taken back: whose, its number, what it was.
    done: Vec<(usize, String, TransferKind)>,
    /// Checkouts that are open: whose, which, how many.
    held: Vec<(usize, HoldId, i64)>,
}

impl<'a> Writer<'a> {
    fn new(app: &'a TestApp, members: &'a [MemberId], task: usize) -> Self {
        let random = StdRng::seed_from_u64(task as u64);
        let sums = vec![0; members.len()];
        Self { app, members, random, sums, done: Vec::new(), held: Vec::new() }
    }

    async fn work(mut self, task: usize) -> Vec<i64> {
        for n in 0..operations() {
            // Every second operation is on the hot account.
            let who = if n % 2 == 0 { 0 } else { self.random.random_range(0..MEMBERS) };
            let id = format!("{task}-{n}");
            match self.random.random_range(0..12) {
                0..5 => self.earn(who, &id).await,
                5..7 => self.spend(who, &id).await,
                7..9 => self.freeze(who, &id).await,
                9 => self.take_back(&id).await,
                _ => self.resolve(&id).await,
            }
        }
        self.sums
    }

    /// Sends it twice at the same time, as a client that is not sure does; tells whether it was done, once.
    async fn send(&self, who: usize, id: &str, act: Act) -> bool {
        let movement = movement(self.app, self.members[who], id, act);
        let (one, two) = futures_util::join!(
            self.app.try_moves(std::slice::from_ref(&movement)),
            self.app.try_moves(std::slice::from_ref(&movement)),
        );
        let answers = [one.unwrap().remove(0), two.unwrap().remove(0)];
        let fresh = answers.iter().flatten().filter(|posted| posted.replayed == Replayed::No);
        match fresh.count() {
            0 => assert!(answers.iter().all(Result::is_err), "{answers:?}"),
            1 => return true,
            _ => panic!("one cause moved twice: {answers:?}"),
        }
        false
    }

    async fn earn(&mut self, who: usize, id: &str) {
        let amount = self.random.random_range(1..50);
        let now = self.app.now();
        let minutes = |range, random: &mut StdRng| {
            random.random_bool(0.7).then(|| now + TimeDelta::minutes(random.random_range(range)))
        };
        let settles_at = minutes(-5..40, &mut self.random);
        let expires_at = minutes(50..200, &mut self.random);
        if self.send(who, id, Act::Earn { amount, expires_at, rule: None, settles_at }).await {
            self.sums[who] += amount;
            self.done.push((who, id.to_owned(), TransferKind::Earn));
        }
    }

    async fn spend(&mut self, who: usize, id: &str) {
        let amount = self.random.random_range(1..50);
        if self.send(who, id, Act::Spend { amount }).await {
            self.sums[who] -= amount;
            self.done.push((who, id.to_owned(), TransferKind::Spend));
        }
    }

    async fn freeze(&mut self, who: usize, id: &str) {
        let amount = self.random.random_range(1..50);
        let hold = HoldId::new(self.app.now());
        let lapses_at = self.app.now() + TimeDelta::minutes(self.random.random_range(1..40));
        let act = Act::Freeze { amount, hold, lapses_at, order_ref: None };
        if self.send(who, id, act).await {
            self.held.push((who, hold, amount));
        }
    }

    /// Uses a hold, gives it up, both at once, or leaves it to lapse.
    async fn resolve(&mut self, id: &str) {
        let Some((who, hold, held)) = self.held.pop() else { return };
        let amount = self.random.random_range(1..=held);
        let capture = Act::Capture { hold, amount };
        let release_id = format!("{id}-r");
        let captured = match self.random.random_range(0..4) {
            0 => false,
            1 => self.send(who, id, capture).await,
            2 => {
                self.send(who, &release_id, Act::Release { hold }).await;
                false
            }
            _ => {
                let release = self.send(who, &release_id, Act::Release { hold });
                let (captured, released) =
                    futures_util::join!(self.send(who, id, capture), release);
                assert!(!(captured && released), "a hold was resolved twice");
                captured
            }
        };
        if captured {
            self.sums[who] -= amount;
            self.done.push((who, id.to_owned(), TransferKind::Capture));
        }
    }

    async fn take_back(&mut self, id: &str) {
        if self.done.is_empty() {
            return;
        }
        let (who, of, kind) = self.done[self.random.random_range(0..self.done.len())].clone();
        let amount = self.random.random_range(1..50);
        if self.send(who, id, reverse(&of, kind, amount)).await {
            self.sums[who] += if kind == TransferKind::Earn { -amount } else { amount };
        }
    }
}

/// A worker that does whatever is due, again and again, while time passes.
async fn worker(app: &TestApp, working: &Cell<bool>) -> usize {
    let mut done = 0;
    while working.get() {
        app.advance(TimeDelta::minutes(1));
        done += due(app).await;
        tokio::task::yield_now().await;
    }
    done
}

async fn due(app: &TestApp) -> usize {
    let app = &app.app;
    points::settle_due(app, 20).await.unwrap()
        + points::expire_due(app, 20).await.unwrap()
        + points::lapse_due(app, 20).await.unwrap()
}

async fn expired(app: &TestApp, member: MemberId) -> i64 {
    let db = app.app.db.read();
    let account = points_account::Entity::find()
        .filter(points_account::Column::MemberId.eq(member))
        .filter(points_account::Column::Ledger.eq(Ledger::Points))
        .one(db)
        .await
        .unwrap()
        .unwrap();
    let rows = points_transfer::Entity::find()
        .filter(points_transfer::Column::AccountId.eq(account.id))
        .filter(points_transfer::Column::Kind.eq(TransferKind::Expire))
        .all(db)
        .await
        .unwrap();
    rows.iter().map(|row| row.amount).sum()
}

/// Every point that was granted is in a balance, was used, or ran out: whatever the writers and two workers did at once.
async fn accounted_for(app: &TestApp, members: &[MemberId], sums: &[Vec<i64>]) {
    for (i, member) in members.iter().enumerate() {
        let granted: i64 = sums.iter().map(|sums| sums[i]).sum();
        let balance = app.balance(*member).await;
        let stands = balance.pending + balance.available + balance.frozen;
        assert_eq!(stands, granted - expired(app, *member).await, "member {i}: {balance:?}");
    }
    app.reconciles().await;
}

#[actix_web::test]
async fn sixty_four_writers_and_two_workers_neither_make_nor_lose_a_point() {
    let app = TestApp::start().await;
    let mut members = Vec::new();
    for n in 0..MEMBERS {
        members.push(app.known(&format!("138001380{n:02}")).await);
    }
    let working = Cell::new(true);
    let writers = async {
        let tasks = (0..WRITERS).map(|task| Writer::new(&app, &members, task).work(task));
        let sums = join_all(tasks).await;
        working.set(false);
        sums
    };
    let (sums, one, two) =
        futures_util::join!(writers, worker(&app, &working), worker(&app, &working));
    assert!(one + two > 0, "the jobs had nothing to do");
    accounted_for(&app, &members, &sums).await;

    // When everything has come due nothing is pending or held any more.
    app.advance(TimeDelta::days(1));
    while due(&app).await > 0 {}
    accounted_for(&app, &members, &sums).await;
    for member in members {
        let balance = app.balance(member).await;
        assert_eq!((balance.pending, balance.frozen), (0, 0), "{balance:?}");
    }
}
