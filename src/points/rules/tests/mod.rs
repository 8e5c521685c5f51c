//! Random histories against a model that knows each point by itself.

mod cases;
mod purse;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::{Ledger, Source, TransferKind};
use entity::ids::{AccountId, LotId, MemberId, MergeId, TransferId};
use entity::points_account;
use proptest::collection::vec;
use proptest::prelude::*;

use purse::{Heap, Purse};

use super::*;
use crate::http::Code;
use crate::kernel::actor::Actor;
use crate::points::error;

/// One step of a random history. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Earn { who: usize, amount: i64, days: Option<i64>, late: i64 },
    Spend { who: usize, amount: i64 },
    Reverse { of: usize, amount: i64 },
    Again { of: usize },
    Wait { days: i64 },
    Merge { from: usize, to: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let days = proptest::option::weighted(0.8, 1..40_i64);
    prop_oneof![
        4 => (0..3_usize, 1..60_i64, days, 0..5_i64)
            .prop_map(|(who, amount, days, late)| Step::Earn { who, amount, days, late }),
        4 => (0..3_usize, 1..80_i64).prop_map(|(who, amount)| Step::Spend { who, amount }),
        4 => (any::<usize>(), 1..70_i64).prop_map(|(of, amount)| Step::Reverse { of, amount }),
        1 => any::<usize>().prop_map(|of| Step::Again { of }),
        1 => (1..15_i64).prop_map(|days| Step::Wait { days }),
        1 => (0..3_usize, 0..3_usize).prop_map(|(from, to)| Step::Merge { from, to }),
    ]
}

/// A movement that was tried: who it was for, what it was, what was answered.
struct Tried {
    movement: Movement,
    answer: Result<Posted, Code>,
    undone: i64,
}

struct Play {
    books: Books,
    purses: Vec<Purse>,
    /// Who stays for whom after merges.
    winner: Vec<usize>,
    members: Vec<MemberId>,
    tried: Vec<Tried>,
    entries: Entries,
    now: DateTime<Utc>,
}

impl Play {
    fn new() -> Self {
        let now: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        let members: Vec<MemberId> = (0..3).map(|_| MemberId::new(now)).collect();
        let mut books = Books::default();
        for member in &members {
            let row = points_account::Model {
                id: AccountId::new(now),
                member_id: *member,
                ledger: Ledger::Points,
                pending: 0,
                available: 0,
                frozen: 0,
                version: 0,
                updated_at: now,
                last_mac: None,
                mac: None,
            };
            books.owners.insert(row.id, *member);
            books.accounts.insert((*member, Ledger::Points), Account::new(row));
        }
        let purses = vec![Purse::default(); 3];
        let winner = vec![0, 1, 2];
        let (tried, entries) = (Vec::new(), Entries::default());
        Self { books, purses, winner, members, tried, entries, now }
    }

    fn play(&mut self, step: &Step) {
        self.now += TimeDelta::milliseconds(1);
        match *step {
            Step::Earn { who, amount, days, late } => {
                let expires_at = days.map(|days| self.now + TimeDelta::days(days));
                let act = Act::Earn { amount, expires_at, rule: None };
                self.post(self.winner[who], act, TimeDelta::days(late));
            }
            Step::Spend { who, amount } => {
                self.post(self.winner[who], Act::Spend { amount }, TimeDelta::zero());
            }
            Step::Reverse { of, amount } => self.reverse(of, amount),
            Step::Again { of } => self.again(of),
            Step::Wait { days } => self.now += TimeDelta::days(days),
            Step::Merge { from, to } => self.merge(self.winner[from], self.winner[to]),
        }
        self.check();
    }

    fn movement(&self, who: usize, act: Act, late: TimeDelta) -> Movement {
        Movement {
            member: self.members[who],
            ledger: Ledger::Points,
            act,
            source: Source::Order,
            source_id: self.tried.len().to_string(),
            occurred_at: self.now - late,
            order: None,
            store: None,
            actor: Actor::SYSTEM,
        }
    }

    fn decide(&mut self, movement: &Movement) -> Result<Posted, Code> {
        let (mut answers, entries) =
            decide(&mut self.books, std::slice::from_ref(movement), self.now);
        self.entries.transfers.extend(entries.transfers);
        self.entries.uses.extend(entries.uses);
        answers.remove(0)
    }

    fn post(&mut self, who: usize, act: Act, late: TimeDelta) {
        let number = self.tried.len();
        let movement = self.movement(who, act, late);
        let answer = self.decide(&movement);
        let (purse, now) = (&mut self.purses[who], self.now);
        let expected = match movement.act {
            Act::Earn { amount, expires_at, .. } => {
                purse.earn(number, amount, expires_at, movement.occurred_at);
                true
            }
            Act::Spend { amount } => purse.spend(number, amount, now),
            Act::Reverse { .. } => unreachable!(),
        };
        match &answer {
            Ok(posted) => assert_eq!((posted.replayed, expected), (Replayed::No, true)),
            Err(code) => assert_eq!((*code, expected), (error::INSUFFICIENT, false)),
        }
        self.tried.push(Tried { movement, answer, undone: 0 });
    }

    fn reverse(&mut self, of: usize, amount: i64) {
        let candidates: Vec<usize> = (0..self.tried.len())
            .filter(|&i| self.tried[i].answer.is_ok() && self.kind(i) != TransferKind::Reverse)
            .collect();
        let Some(&of) = candidates.get(of % candidates.len().max(1)) else { return };
        let owner = self.owner(self.tried[of].movement.member);
        let kind = self.kind(of);
        let act = Act::Reverse { source: Source::Order, source_id: of.to_string(), kind, amount };
        let movement = self.movement(owner, act, TimeDelta::zero());
        let answer = self.decide(&movement);
        let left = self.tried[of].movement.amount() - self.tried[of].undone;
        if amount > left {
            assert_eq!(answer, Err(error::REVERSAL_EXCEEDS));
        } else {
            assert!(answer.is_ok(), "{answer:?}");
            self.tried[of].undone += amount;
            let (purse, now) = (&mut self.purses[owner], self.now);
            match kind {
                TransferKind::Earn => purse.claw_back(of, amount, now),
                _ => purse.give_back(of, amount, now),
            }
        }
        self.tried.push(Tried { movement, answer, undone: 0 });
    }

    fn kind(&self, tried: usize) -> TransferKind {
        self.tried[tried].movement.cause().kind
    }

    fn owner(&self, member: MemberId) -> usize {
        self.winner[self.members.iter().position(|m| *m == member).unwrap()]
    }

    /// The same again, as a till repeats itself: the same answer, nothing written. And never for somebody else.
    fn again(&mut self, of: usize) {
        let Some(of) = of.checked_rem(self.tried.len()) else { return };
        let Ok(first) = self.tried[of].answer.clone() else { return };
        let mut movement = self.tried[of].movement.clone();
        movement.member = self.members[self.owner(movement.member)];
        let written = (self.entries.transfers.len(), self.entries.uses.len());
        let again = self.decide(&movement).unwrap();
        assert_eq!(again, Posted { replayed: Replayed::Yes, ..first });
        movement.member = MemberId::new(self.now);
        assert_eq!(self.decide(&movement), Err(error::CAUSE_CONFLICT));
        assert_eq!(written, (self.entries.transfers.len(), self.entries.uses.len()));
    }

    fn merge(&mut self, from: usize, to: usize) {
        if from == to {
            return;
        }
        let keys = [from, to].map(|who| (self.members[who], Ledger::Points));
        let mut loser = self.books.accounts.remove(&keys[0]).unwrap();
        let mut winner = self.books.accounts.remove(&keys[1]).unwrap();
        let entries = merge(&mut loser, &mut winner, MergeId::new(self.now), self.now);
        self.entries.transfers.extend(entries.transfers);
        self.entries.uses.extend(entries.uses);
        for owner in self.books.owners.values_mut().filter(|owner| **owner == keys[0].0) {
            *owner = keys[1].0;
        }
        self.books.accounts.extend([(keys[0], loser), (keys[1], winner)]);
        for winner in self.winner.iter_mut().filter(|winner| **winner == from) {
            *winner = to;
        }
        let purse = std::mem::take(&mut self.purses[from]);
        let heir = &mut self.purses[to];
        heir.heaps.extend(purse.heaps);
        heir.debt += purse.debt;
        heir.sort();
        heir.pay_debt(self.now);
    }

    fn check(&self) {
        let uses = sums(self.entries.uses.iter().map(|used| (used.lot_id, used.amount)));
        for (who, purse) in self.purses.iter().enumerate() {
            let account = &self.books.accounts[&(self.members[who], Ledger::Points)];
            assert_eq!(account.row.available, purse.available());
            let ours: Vec<i64> = account.lots.iter().map(|lot| lot.row.remaining).collect();
            let model: Vec<i64> = purse.heaps.iter().map(Heap::left).collect();
            assert_eq!(ours, model, "the lots of member {who}, in the order of use");
            assert_eq!(ours.iter().sum::<i64>(), account.row.available.max(0));
            for lot in account.lots.iter() {
                let change = uses.get(&lot.row.id).copied().unwrap_or_default();
                assert_eq!(lot.row.remaining, lot.row.amount + change);
                assert!((0..=lot.row.amount).contains(&lot.row.remaining));
            }
            self.check_transfers(account);
        }
    }

    /// Numbered from 1 without gaps, each carrying the balance on; below zero only where something was taken back.
    fn check_transfers(&self, account: &Account) {
        let transfers = self.entries.transfers.iter().map(|(_, row)| row);
        let own: Vec<_> = transfers.filter(|row| row.account_id == account.row.id).collect();
        assert_eq!(i64::try_from(own.len()).unwrap(), account.row.version);
        let mut available = 0;
        for (row, seq) in own.iter().zip(1_i64..) {
            assert_eq!(row.seq, seq);
            available += if row.to_bucket == Bucket::Available { row.amount } else { -row.amount };
            assert_eq!(row.available_after, available);
            let claws = matches!(row.kind, TransferKind::Reverse | TransferKind::Merge);
            assert!(available >= 0 || claws || row.to_bucket == Bucket::Available);
        }
        assert_eq!(available, account.row.available);
    }
}

fn sums(parts: impl Iterator<Item = (LotId, i64)>) -> HashMap<LotId, i64> {
    let mut sums = HashMap::new();
    for (lot, amount) in parts {
        *sums.entry(lot).or_default() += amount;
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// PT-1, PT-3, PT-6, L4.
    #[test]
    fn the_ledger_does_what_a_model_of_single_points_does(steps in vec(step(), 1..60)) {
        let mut play = Play::new();
        for step in &steps {
            play.play(step);
        }
    }

    /// A batch is its movements one after the other.
    #[test]
    fn a_batch_answers_like_its_movements_alone(steps in vec(step(), 1..40)) {
        let mut alone = Play::new();
        for step in steps.iter().filter(|step| !matches!(step, Step::Merge { .. } | Step::Wait { .. })) {
            alone.play(step);
        }
        let movements: Vec<_> = alone.tried.iter().map(|tried| tried.movement.clone()).collect();
        let mut together = Play::new();
        let members: HashMap<MemberId, MemberId> =
            alone.members.iter().copied().zip(together.members.iter().copied()).collect();
        let movements: Vec<_> = movements
            .into_iter()
            .map(|movement| Movement { member: members[&movement.member], ..movement })
            .collect();
        let (answers, _) = decide(&mut together.books, &movements, alone.now);
        for (tried, answer) in alone.tried.iter().zip(answers) {
            let plain = |answer: &Result<Posted, Code>| {
                answer.as_ref().map(|posted| (posted.amount, posted.available)).map_err(|code| *code)
            };
            prop_assert_eq!(plain(&tried.answer), plain(&answer));
        }
    }
}
