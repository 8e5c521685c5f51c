//! The ledger in each database does what the rules do in memory (L4).

use chrono::TimeDelta;
use huiyi::kernel::codes::{HoldState, Ledger, Source, TransferKind};
use huiyi::kernel::ids::{AccountId, HoldId, MemberId, MergeId};
use huiyi::points::rules::{self, Account, Books, Entries, decide, merge};
use huiyi::points::service::{self as points, Act, Movement, Short};
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
    holds: Vec<HoldId>,
    run: u64,
    random: StdRng,
}

impl Play<'_> {
    fn step(&mut self, number: usize) -> Movement {
        let mut who = self.winner[self.random.random_range(0..self.members.len())];
        let act = match self.random.random_range(0..20) {
            0..5 => self.earning(),
            5..8 => Act::Spend { amount: self.random.random_range(1..70) },
            8..11 => self.freezing(),
            11..14 if !self.holds.is_empty() => {
                let hold = self.holds[self.random.random_range(0..self.holds.len())];
                // A hold that was refused is nobody's.
                let held = self.books.holds.get(&hold).map(|hold| hold.row.member_id);
                who = held.map_or(who, |held| self.index(held));
                if self.random.random() {
                    Act::Release { hold }
                } else {
                    Act::Capture { hold, amount: self.random.random_range(1..50) }
                }
            }
            14 => Act::Adjust { points: self.random.random_range(-30..30), expires_at: None },
            15..20 if !self.posted.is_empty() => {
                let (of, kind) = self.posted[self.random.random_range(0..self.posted.len())];
                let reversal = reverse(&self.id(of), kind, self.random.random_range(1..60));
                if self.random.random_range(0..4) == 0 { reporting(reversal) } else { reversal }
            }
            _ => Act::Spend { amount: 1 },
        };
        let kind = movement(self.app, self.members[who], "", act.clone()).kind();
        if matches!(kind, TransferKind::Earn | TransferKind::Spend | TransferKind::Capture) {
            self.posted.push((number, kind));
        }
        movement(self.app, self.members[who], &self.id(number), act)
    }

    fn earning(&mut self) -> Act {
        let days = self.random.random_range(-2..30);
        let expires_at = (days % 3 != 0).then(|| self.app.now() + TimeDelta::days(days));
        let pending = self.random.random_range(-6..6);
        let settles_at = (pending > -4).then(|| self.app.now() + TimeDelta::days(pending));
        Act::Earn { amount: self.random.random_range(1..60), expires_at, rule: None, settles_at }
    }

    fn freezing(&mut self) -> Act {
        let hold = HoldId::new(self.app.now());
        self.holds.push(hold);
        let lapses_at = self.app.now() + TimeDelta::hours(self.random.random_range(1..90));
        let amount = self.random.random_range(1..50);
        Act::Freeze { amount, hold, lapses_at, order_ref: Some("SO-1".to_owned()) }
    }

    fn index(&self, member: MemberId) -> usize {
        self.members.iter().position(|other| *other == member).unwrap()
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
                    posted
                        .map(|p| (p.amount, p.available, p.shortfall, p.replayed))
                        .map_err(|code| code.code)
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
        for hold in self.books.holds.values_mut().filter(|hold| hold.row.member_id == keys[0].0) {
            (hold.row.member_id, hold.row.account_id) = (keys[1].0, winner.row.id);
        }
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

    /// What the worker does, and what it must come to.
    async fn time_passes(&mut self) {
        let (app, now) = (&self.app.app, self.app.now());
        match self.random.random_range(0..4) {
            0 => {
                while points::settle_due(app, 2).await.unwrap() > 0 {}
                self.by_rule(rules::settle);
            }
            1 => {
                while points::expire_due(app, 2).await.unwrap() > 0 {}
                self.by_rule(rules::expire);
            }
            2 => {
                while points::lapse_due(app, 2).await.unwrap() > 0 {}
                let holds = self.books.holds.values().map(|hold| &hold.row);
                let open = holds.filter(|row| row.state == HoldState::Held && row.lapses_at <= now);
                let mut due: Vec<_> =
                    open.map(|row| (row.lapses_at, row.id, row.member_id)).collect();
                due.sort_unstable();
                for (_, hold, member) in due {
                    let lapse =
                        movement(self.app, member, &hold.to_string(), Act::Release { hold });
                    let lapse = Movement { source: Source::Transfer, ..lapse };
                    let (answers, _) = decide(&mut self.books, &[lapse], now);
                    assert!(answers[0].is_ok(), "{answers:?}");
                }
            }
            _ => {}
        }
    }

    fn by_rule(
        &mut self,
        rule: fn(&mut Account, chrono::DateTime<chrono::Utc>, &mut Entries) -> usize,
    ) {
        let mut entries = Entries::default();
        for account in self.books.accounts.values_mut() {
            let _ = rule(account, self.app.now(), &mut entries);
        }
    }

    async fn check(&self) {
        for member in &self.members {
            let account = &self.books.accounts[&(*member, Ledger::Points)];
            let found = self.app.balance(*member).await;
            let found = (found.pending, found.available, found.frozen);
            assert_eq!(found, (account.row.pending, account.row.available, account.row.frozen));
            let expiring = points::expiring(self.app.app.db.read(), *member).await.unwrap();
            let mut expected = std::collections::BTreeMap::<_, i64>::new();
            for lot in account.lots.iter().filter(|lot| lot.row.settled && lot.row.remaining > 0) {
                if let Some(at) = lot.row.expires_at {
                    *expected.entry(at).or_default() += lot.row.remaining;
                }
            }
            let found: Vec<_> = expiring.iter().map(|lot| (lot.at, lot.amount)).collect();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
        }
    }
}

fn reporting(reversal: Act) -> Act {
    let Act::Reverse { source, source_id, kind, amount, .. } = reversal else { return reversal };
    Act::Reverse { source, source_id, kind, amount, short: Short::Report }
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
    let mut play =
        Play { app, books, members, winner, posted: Vec::new(), holds: Vec::new(), run, random };
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
        play.time_passes().await;
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
        closed: false,
        updated_at: app.now(),
        last_mac: None,
        sealed_mac: None,
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
