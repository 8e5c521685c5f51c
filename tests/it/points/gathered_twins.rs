//! Two shops live the same life: in one, wishes of tills share transactions; in the other, each has its own. They are
//! told the same and end the same (PT-4, PT-5, promises A1).

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use huiyi::audit::service::Author;
use huiyi::db::in_tx;
use huiyi::http::Error;
use huiyi::kernel::ids::{HoldId, MemberId, PartnerId};
use huiyi::partners::service as partners;
use huiyi::points::service::{
    self as points, Customer, Freezing, TillDone, TillMove, TillReversal, TillWish,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::{TestApp, earn};

const MEMBERS: usize = 4;
const BATCHES: usize = 60;

/// A wish in words that mean the same in both shops.
#[derive(Clone, Debug)]
enum Wish {
    Spend(String, usize, i64),
    Earn(String, usize, i64, Option<DateTime<Utc>>),
    GiveBack(String, String, i64),
    Freeze(String, usize, i64),
    Capture(String, Option<i64>),
    Release(String),
}

/// What was answered, without ids that differ between the shops.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Moved(i64, i64),
    Held { who: usize, state: String, points: i64, captured: i64, fen: i64, balance: i64 },
    Refused(&'static str),
}

struct Twin {
    app: TestApp,
    partner: PartnerId,
    members: Vec<MemberId>,
    /// By number of the checkout.
    holds: HashMap<String, HoldId>,
}

impl Twin {
    async fn open() -> Self {
        let app = TestApp::start().await;
        let partner = partners::register(
            &app.app,
            &Author::system("test"),
            &partners::NewPartner::named("till"),
        )
        .await
        .unwrap();
        let mut members = Vec::new();
        for n in 0..MEMBERS {
            let member = app.known(&format!("1380000000{n}")).await;
            app.moved(member, &format!("opening-{n}"), earn(200)).await;
            members.push(member);
        }
        Self { app, partner, members, holds: HashMap::new() }
    }

    fn wish(&self, wish: &Wish) -> TillWish {
        let till = |number: &str, who: usize, points, occurred_at| TillMove {
            receipt_no: number.to_owned(),
            customer: Customer::Id(self.members[who]),
            points,
            occurred_at,
            store_code: None,
        };
        let hold = |number: &String| {
            self.holds.get(number).copied().unwrap_or_else(|| HoldId::new(self.app.now()))
        };
        match wish {
            Wish::Spend(number, who, points) => TillWish::Spend(till(number, *who, *points, None)),
            Wish::Earn(number, who, points, at) => TillWish::Earn(till(number, *who, *points, *at)),
            Wish::GiveBack(receipt_no, reversal_no, points) => {
                let (receipt_no, reversal_no) = (receipt_no.clone(), reversal_no.clone());
                TillWish::GiveBack(TillReversal { receipt_no, reversal_no, points: *points })
            }
            Wish::Freeze(number, who, points) => TillWish::Freeze(Freezing {
                checkout_no: number.clone(),
                customer: Customer::Id(self.members[*who]),
                points: *points,
                order: None,
                store_code: None,
            }),
            Wish::Capture(number, points) => {
                TillWish::Capture { hold: hold(number), points: *points }
            }
            Wish::Release(number) => TillWish::Release { hold: hold(number) },
        }
    }

    /// One transaction.
    async fn asks(&mut self, wishes: &[Wish]) -> Vec<Told> {
        let asked: Vec<_> = wishes.iter().map(|wish| (self.partner, self.wish(wish))).collect();
        let asked: Vec<_> = asked.iter().collect();
        let app = &self.app.app;
        let work = in_tx(&app.db, async |tx| points::move_at_tills_in(tx, app, &asked).await);
        work.await.unwrap().into_iter().map(|done| self.told(done)).collect()
    }

    fn told(&mut self, done: Result<TillDone, Error>) -> Told {
        match done {
            Ok(TillDone::Moved(posted)) => Told::Moved(posted.amount, posted.available),
            Ok(TillDone::Held(held)) => {
                let row = held.row;
                self.holds.insert(row.order_ref.clone().unwrap(), row.id);
                let who = self.members.iter().position(|id| *id == row.member_id).unwrap();
                let (state, balance, fen) = (format!("{:?}", row.state), held.balance, held.fen);
                let (points, captured) = (row.amount, row.captured);
                Told::Held { who, state, points, captured, fen, balance }
            }
            Err(refused) => Told::Refused(refused.refusal().code.code),
        }
    }

    async fn balances(&self) -> Vec<(i64, i64)> {
        let mut balances = Vec::new();
        for member in &self.members {
            let balance = self.app.balance(*member).await;
            balances.push((balance.available, balance.frozen));
        }
        balances
    }
}

/// What the tills have done so far, and what they may wish next.
struct Tills {
    random: StdRng,
    numbers: usize,
    /// Receipts and checkouts of earlier batches.
    used: Vec<String>,
    checkouts: Vec<(String, usize, i64)>,
}

impl Tills {
    fn next(&mut self, now: DateTime<Utc>) -> Wish {
        self.numbers += 1;
        let number = format!("N-{}", self.numbers);
        let random = &mut self.random;
        let (who, points) = (random.random_range(0..MEMBERS), random.random_range(1..60));
        let checkout = (!self.checkouts.is_empty()).then(|| {
            // Few of them, and those often: they shall meet in a batch.
            let latest = self.checkouts.len().saturating_sub(5);
            self.checkouts[random.random_range(latest..self.checkouts.len())].clone()
        });
        match (random.random_range(0..20), checkout) {
            (0..3, _) => Wish::Spend(number, who, points),
            (3..5, _) => Wish::Earn(number, who, points, None),
            // So long ago that it has run out.
            (5, _) => Wish::Earn(number, who, points, Some(now - TimeDelta::days(2_000))),
            (6 | 7, _) if !self.used.is_empty() => {
                let used = self.used[random.random_range(0..self.used.len())].clone();
                Wish::GiveBack(used, number, points)
            }
            (8, Some((number, who, points))) => Wish::Freeze(number, who, points),
            (9, Some((number, who, points))) => Wish::Freeze(number, who, points + 1),
            (10..13, Some((number, _, held))) => Wish::Capture(number, Some(points.min(held))),
            (13 | 14, Some((number, ..))) => Wish::Capture(number, None),
            (15..18, Some((number, ..))) => Wish::Release(number),
            (18, _) => Wish::Release(number),
            _ => Wish::Freeze(number, who, points),
        }
    }

    fn note(&mut self, wishes: &[Wish], told: &[Told]) {
        for (wish, told) in wishes.iter().zip(told) {
            match (wish, told) {
                (_, Told::Refused(_)) => {}
                (Wish::Spend(number, ..) | Wish::Capture(number, _), _) => {
                    self.used.push(number.clone());
                }
                (Wish::Freeze(number, who, points), _)
                    if !self.checkouts.iter().any(|known| known.0 == *number) =>
                {
                    self.checkouts.push((number.clone(), *who, *points));
                }
                _ => {}
            }
        }
    }
}

/// What is told a second time is told as it stands after the batch, wherever it stood in it: that is left out.
fn comparable(wish: &Wish, told: Told, before: &mut HashSet<String>) -> Told {
    let again = match (wish, &told) {
        (_, Told::Refused(_)) => false,
        (Wish::Freeze(number, ..), _) => !before.insert(format!("freeze {number}")),
        (Wish::Capture(number, _) | Wish::Release(number), told) => {
            // The job may have given it back before.
            let lapsed = matches!(told, Told::Held { state, .. } if state == "Lapsed");
            !before.insert(format!("end {number}")) || lapsed
        }
        _ => false,
    };
    match (wish, told) {
        (Wish::Freeze(..), Told::Held { who, points, .. }) if again => {
            let state = String::new();
            Told::Held { who, state, points, captured: 0, fen: 0, balance: 0 }
        }
        (_, Told::Held { who, state, points, captured, fen, .. }) if again => {
            Told::Held { who, state, points, captured, fen, balance: 0 }
        }
        (_, told) => told,
    }
}

/// Several wishes about one account or one hold are decided one after another, as if each had come alone.
#[actix_web::test]
async fn wishes_that_share_a_transaction_are_answered_as_if_one_by_one() {
    let lives = if std::env::var("HUIYI_TEST_LONG").is_ok() { 20 } else { 1 };
    for _ in 0..lives {
        live(rand::random()).await;
    }
}

async fn live(seed: u64) {
    let mut tills = Tills {
        random: StdRng::seed_from_u64(seed),
        numbers: 0,
        used: Vec::new(),
        checkouts: Vec::new(),
    };
    let (mut together, mut alone) = (Twin::open().await, Twin::open().await);
    let (mut heard, mut expected) = (HashSet::new(), HashSet::new());
    let mut kinds: HashMap<&str, usize> = HashMap::new();
    for batch in 0..BATCHES {
        let size = tills.random.random_range(1..14);
        let now = together.app.now();
        let wishes: Vec<Wish> = (0..size).map(|_| tills.next(now)).collect();
        let told = together.asks(&wishes).await;
        let mut one_by_one = Vec::new();
        for wish in &wishes {
            one_by_one.extend(alone.asks(std::slice::from_ref(wish)).await);
        }
        for ((wish, told), one) in wishes.iter().zip(told).zip(&one_by_one) {
            let told = comparable(wish, told, &mut heard);
            let one = comparable(wish, one.clone(), &mut expected);
            assert_eq!(told, one, "seed {seed}, batch {batch}: {wish:?} among {wishes:#?}");
            *kinds.entry(kind(&one)).or_default() += 1;
        }
        assert_eq!(together.balances().await, alone.balances().await, "seed {seed} batch {batch}");
        tills.note(&wishes, &one_by_one);
        let minutes = tills.random.random_range(0..8);
        for twin in [&together, &alone] {
            twin.app.advance(TimeDelta::minutes(minutes));
            if batch % 7 == 6 {
                points::lapse_due(&twin.app.app, 100).await.unwrap();
                points::expire_due(&twin.app.app, 100).await.unwrap();
            }
        }
    }
    // It was a life in which everything happened.
    for kind in ["moved", "held", "captured", "released", "refused"] {
        assert!(kinds.contains_key(kind), "seed {seed}: {kinds:?}");
    }
    together.app.reconciles().await;
    alone.app.reconciles().await;
}

fn kind(told: &Told) -> &'static str {
    match told {
        Told::Moved(..) => "moved",
        Told::Refused(_) => "refused",
        Told::Held { state, .. } if state == "Captured" => "captured",
        Told::Held { state, .. } if state == "Released" => "released",
        Told::Held { .. } => "held",
    }
}
