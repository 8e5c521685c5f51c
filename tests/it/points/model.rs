//! The ledger in each database does what the rules do in memory (L4).

use chrono::TimeDelta;
use huiyi::kernel::codes::{Ledger, TransferKind};
use huiyi::kernel::ids::{AccountId, MemberId, MergeId};
use huiyi::points::rules::{Account, Books, decide, merge};
use huiyi::points::service::{Act, Movement};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::{TestApp, movement, reverse};

/// Histories a run; more through HUIYI_TEST_HISTORIES.
fn histories() -> u64 {
    std::env::var("HUIYI_TEST_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(12)
}

struct Play<'a> {
    app: &'a TestApp,
    books: Books,
    members: Vec<MemberId>,
    /// Index of the member who stays.
    winner: Vec<usize>,
    posted: Vec<(usize, TransferKind)>,
    run: u64,
    random: StdRng,
}

impl Play<'_> {
    fn step(&mut self, number: usize) -> Movement {
        let who = self.winner[self.random.random_range(0..self.members.len())];
        let act = match self.random.random_range(0..10) {
            0..4 => {
                let days = self.random.random_range(-2..30);
                let expires_at = (days % 3 != 0).then(|| self.app.now() + TimeDelta::days(days));
                Act::Earn { amount: self.random.random_range(1..60), expires_at, rule: None }
            }
            4..7 => Act::Spend { amount: self.random.random_range(1..70) },
            _ if self.posted.is_empty() => Act::Spend { amount: 1 },
            _ => {
                let (of, kind) = self.posted[self.random.random_range(0..self.posted.len())];
                reverse(&self.id(of), kind, self.random.random_range(1..60))
            }
        };
        let kind = match act {
            Act::Earn { .. } => Some(TransferKind::Earn),
            Act::Spend { .. } => Some(TransferKind::Spend),
            Act::Reverse { .. } => None,
        };
        self.posted.extend(kind.map(|kind| (number, kind)));
        movement(self.app, self.members[who], &self.id(number), act)
    }

    fn id(&self, number: usize) -> String {
        format!("{}-{number}", self.run)
    }

    async fn batch(&mut self, batch: &[Movement]) {
        let (expected, _) = decide(&mut self.books, batch, self.app.now());
        let found = self.app.moves(batch).await;
        let plain = |answers: &[Result<_, _>]| -> Vec<_> {
            answers
                .iter()
                .map(|answer: &Result<huiyi::points::service::Posted, huiyi::http::Code>| {
                    let posted = answer.as_ref();
                    posted.map(|p| (p.amount, p.available, p.replayed)).map_err(|code| code.code)
                })
                .collect()
        };
        assert_eq!(plain(&found), plain(&expected));
    }

    async fn merge(&mut self) {
        let pick = |random: &mut StdRng| random.random_range(0..3);
        let from = self.winner[pick(&mut self.random)];
        let to = self.winner[pick(&mut self.random)];
        if from == to {
            return;
        }
        let keys = [from, to].map(|who| (self.members[who], Ledger::Points));
        let mut loser = self.books.accounts.remove(&keys[0]).unwrap();
        let mut winner = self.books.accounts.remove(&keys[1]).unwrap();
        let now = self.app.now();
        let _ = merge(&mut loser, &mut winner, MergeId::new(now), now);
        self.books.accounts.extend([(keys[0], loser), (keys[1], winner)]);
        for owner in self.books.owners.values_mut().filter(|owner| **owner == keys[0].0) {
            *owner = keys[1].0;
        }
        for winner in self.winner.iter_mut().filter(|winner| **winner == from) {
            *winner = to;
        }
        self.app.merge_ledgers(keys[0].0, keys[1].0).await;
    }

    async fn check(&self) {
        for member in &self.members {
            let account = &self.books.accounts[&(*member, Ledger::Points)];
            assert_eq!(self.app.available(*member).await, account.row.available);
            let expiring =
                huiyi::points::service::expiring(self.app.app.db.read(), *member).await.unwrap();
            let mut expected = std::collections::BTreeMap::<_, i64>::new();
            for lot in account.lots.iter().filter(|lot| lot.row.remaining > 0) {
                if let Some(at) = lot.row.expires_at {
                    *expected.entry(at).or_default() += lot.row.remaining;
                }
            }
            let found: Vec<_> = expiring.iter().map(|lot| (lot.at, lot.amount)).collect();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
        }
    }
}

async fn play(app: &TestApp, run: u64) {
    let mut books = Books::default();
    let mut members = Vec::new();
    for n in 0..3 {
        let member = app.known(&format!("139{run:05}{n:03}")).await;
        let row = account(app, member);
        books.owners.insert(row.row.id, member);
        books.accounts.insert((member, Ledger::Points), row);
        members.push(member);
    }
    let winner = vec![0, 1, 2];
    let random = StdRng::seed_from_u64(run);
    let mut play = Play { app, books, members, winner, posted: Vec::new(), run, random };
    let mut number = 0;
    for _ in 0..14 {
        app.advance(TimeDelta::hours(play.random.random_range(0..48)));
        let mut batch = Vec::new();
        for _ in 0..play.random.random_range(1..6) {
            // Lots of one instant and one expiry are told apart by ids, which differ between the two.
            let age = TimeDelta::milliseconds(i64::try_from(number).unwrap());
            let step = play.step(number);
            batch.push(Movement { occurred_at: step.occurred_at - age, ..step });
            number += 1;
        }
        play.batch(&batch).await;
        if play.random.random_range(0..8) == 0 {
            play.merge().await;
        }
        play.check().await;
    }
}

fn account(app: &TestApp, member: MemberId) -> Account {
    Account::new(entity::points_account::Model {
        id: AccountId::new(app.now()),
        member_id: member,
        ledger: Ledger::Points,
        pending: 0,
        available: 0,
        frozen: 0,
        version: 0,
        updated_at: app.now(),
        last_mac: None,
        mac: None,
    })
}

#[actix_web::test]
async fn random_histories_end_as_they_do_in_memory() {
    let app = TestApp::start().await;
    for run in 0..histories() {
        play(&app, run).await;
    }
    app.reconciles().await;
}
