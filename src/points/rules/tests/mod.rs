//! Random histories against a model that knows each point by itself.

mod cases;
mod checks;
mod purse;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::{Ledger, Source, TransferKind};
use entity::ids::{AccountId, HoldId, MemberId, MergeId, TransferId};
use entity::points_account;
use proptest::collection::vec;
use proptest::prelude::*;

use purse::{Earning, Purse};

use super::*;
use crate::http::Code;
use crate::kernel::actor::Actor;
use crate::points::error;

/// One step of a random history. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Earn { who: usize, amount: i64, days: Option<i64>, late: i64, pending: Option<i64> },
    Spend { who: usize, amount: i64 },
    Freeze { who: usize, amount: i64, days: i64 },
    Capture { of: usize, amount: i64 },
    Release { of: usize },
    Adjust { who: usize, points: i64 },
    Reverse { of: usize, amount: i64, short: Short },
    Again { of: usize },
    Wait { days: i64 },
    Settle,
    Expire,
    Merge { from: usize, to: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let days = proptest::option::weighted(0.8, 1..40_i64);
    let pending = proptest::option::weighted(0.5, -2..12_i64);
    let short = prop_oneof![3 => Just(Short::Debt), 1 => Just(Short::Report)];
    prop_oneof![
        5 => (0..3_usize, 1..60_i64, days, 0..5_i64, pending).prop_map(
            |(who, amount, days, late, pending)| Step::Earn { who, amount, days, late, pending }
        ),
        4 => (0..3_usize, 1..80_i64).prop_map(|(who, amount)| Step::Spend { who, amount }),
        3 => (0..3_usize, 1..60_i64, 1..5_i64)
            .prop_map(|(who, amount, days)| Step::Freeze { who, amount, days }),
        2 => (any::<usize>(), 1..60_i64).prop_map(|(of, amount)| Step::Capture { of, amount }),
        2 => any::<usize>().prop_map(|of| Step::Release { of }),
        1 => (0..3_usize, -40..40_i64).prop_map(|(who, points)| Step::Adjust { who, points }),
        5 => (any::<usize>(), 1..70_i64, short)
            .prop_map(|(of, amount, short)| Step::Reverse { of, amount, short }),
        1 => any::<usize>().prop_map(|of| Step::Again { of }),
        2 => (1..15_i64).prop_map(|days| Step::Wait { days }),
        2 => Just(Step::Settle),
        2 => Just(Step::Expire),
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
                closed: false,
                updated_at: now,
                last_mac: None,
                sealed_mac: None,
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
            Step::Earn { who, amount, days, late, pending } => {
                let expires_at = days.map(|days| self.now + TimeDelta::days(days));
                let settles_at = pending.map(|days| self.now + TimeDelta::days(days));
                let act = Act::Earn { amount, expires_at, rule: None, settles_at };
                self.post(self.winner[who], act, TimeDelta::days(late));
            }
            Step::Spend { who, amount } => self.post_now(who, Act::Spend { amount }),
            Step::Freeze { who, amount, days } => {
                let lapses_at = self.now + TimeDelta::days(days);
                let hold = HoldId::new(self.now);
                self.post_now(who, Act::Freeze { amount, hold, lapses_at, order_ref: None });
            }
            Step::Capture { of, amount } => self.resolve(of, Some(amount)),
            Step::Release { of } => self.resolve(of, None),
            Step::Adjust { who, points } => {
                self.post_now(who, Act::Adjust { points, expires_at: None });
            }
            Step::Reverse { of, amount, short } => self.reverse_with(of, amount, short),
            Step::Again { of } => self.again(of),
            Step::Wait { days } => self.now += TimeDelta::days(days),
            Step::Settle => self.time_passes(settle, Purse::settle),
            Step::Expire => self.time_passes(expire, Purse::expire),
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
        self.note(entries);
        answers.remove(0)
    }

    fn note(&mut self, entries: Entries) {
        self.entries.transfers.extend(entries.transfers);
        self.entries.uses.extend(entries.uses);
    }

    fn post_now(&mut self, who: usize, act: Act) {
        self.post(self.winner[who], act, TimeDelta::zero());
    }

    fn post(&mut self, who: usize, act: Act, late: TimeDelta) {
        let number = self.tried.len();
        let movement = self.movement(who, act, late);
        let answer = self.decide(&movement);
        let (purse, now) = (&mut self.purses[who], self.now);
        let earned_at = movement.occurred_at;
        let expected = match movement.act {
            Act::Earn { amount, expires_at, settles_at, .. } => {
                let settles_at = settles_at.filter(|at| *at > now);
                purse.earn(Earning { by: number, amount, expires_at, earned_at, settles_at });
                Ok(())
            }
            Act::Adjust { points: 0, .. } => Err(error::OUT_OF_RANGE),
            Act::Adjust { points: amount @ 1.., expires_at } => {
                let settles_at = None;
                purse.earn(Earning { by: number, amount, expires_at, earned_at, settles_at });
                Ok(())
            }
            Act::Adjust { points, .. } => enough(purse.take_away(-points, now)),
            Act::Spend { amount } => enough(purse.spend(number, amount, now)),
            Act::Freeze { amount, lapses_at, .. } => {
                enough(purse.freeze(number, amount, (now, lapses_at)))
            }
            Act::Capture { .. } | Act::Release { .. } | Act::Reverse { .. } => unreachable!(),
        };
        match &answer {
            Ok(posted) => assert_eq!((posted.replayed, expected), (Replayed::No, Ok(()))),
            Err(code) => assert_eq!(Err(*code), expected),
        }
        self.tried.push(Tried { movement, answer, undone: 0 });
    }

    /// The tried ones that succeeded and are of these kinds.
    fn candidate(&self, of: usize, kinds: &[TransferKind]) -> Option<usize> {
        let fits = |&i: &usize| self.tried[i].answer.is_ok() && kinds.contains(&self.kind(i));
        let found: Vec<usize> = (0..self.tried.len()).filter(fits).collect();
        found.get(of % found.len().max(1)).copied()
    }

    /// Ends the hold of an earlier freeze: uses `used` of it, or gives it back.
    fn resolve(&mut self, of: usize, used: Option<i64>) {
        let Some(freeze) = self.candidate(of, &[TransferKind::Freeze]) else { return };
        let Act::Freeze { hold, .. } = self.tried[freeze].movement.act else { unreachable!() };
        let owner = self.owner(self.tried[freeze].movement.member);
        let act = match used {
            Some(amount) => Act::Capture { hold, amount },
            None => Act::Release { hold },
        };
        let movement = self.movement(owner, act, TimeDelta::zero());
        let answer = self.decide(&movement);
        let open = self.purses[owner].holds.get(&freeze).copied();
        match (open, used) {
            (None, _) => assert!(
                matches!(answer, Err(error::HOLD_RESOLVED | error::HOLD_LAPSED)),
                "{answer:?}"
            ),
            (Some((_, until)), Some(_)) if until <= self.now => {
                assert_eq!(answer, Err(error::HOLD_LAPSED));
            }
            (Some((held, _)), Some(used)) if used > held => {
                assert_eq!(answer, Err(error::HOLD_EXCEEDED));
            }
            (Some((held, _)), used) => {
                assert_eq!(answer.as_ref().map(|posted| posted.amount), Ok(used.unwrap_or(held)));
                self.purses[owner].end_hold(freeze, used.unwrap_or(0), self.now);
            }
        }
        self.tried.push(Tried { movement, answer, undone: 0 });
    }

    fn time_passes(
        &mut self,
        rule: fn(&mut Account, DateTime<Utc>, &mut Entries) -> usize,
        model: fn(&mut Purse, DateTime<Utc>),
    ) {
        let mut entries = Entries::default();
        for account in self.books.accounts.values_mut() {
            let _ = rule(account, self.now, &mut entries);
            assert_eq!(rule(account, self.now, &mut entries), 0, "twice is once");
        }
        self.note(entries);
        for purse in &mut self.purses {
            model(purse, self.now);
        }
    }

    fn reverse(&mut self, of: usize, amount: i64) {
        self.reverse_with(of, amount, Short::Debt);
    }

    fn reverse_with(&mut self, of: usize, amount: i64, short: Short) {
        let kinds = [TransferKind::Earn, TransferKind::Spend, TransferKind::Capture];
        let Some(of) = self.candidate(of, &kinds) else { return };
        let owner = self.owner(self.tried[of].movement.member);
        let kind = self.kind(of);
        let source_id = of.to_string();
        let act = Act::Reverse { source: Source::Order, source_id, kind, amount, short };
        let movement = self.movement(owner, act, TimeDelta::zero());
        let answer = self.decide(&movement);
        let left = self.tried[of].movement.amount().unwrap() - self.tried[of].undone;
        if amount > left {
            assert_eq!(answer, Err(error::REVERSAL_EXCEEDS));
        } else {
            let taking = self.freeze_of(of).unwrap_or(of);
            let (purse, now) = (&mut self.purses[owner], self.now);
            let shortfall = if kind == TransferKind::Earn {
                purse.claw_back(of, amount, now, short == Short::Debt)
            } else {
                purse.give_back(taking, amount, now);
                0
            };
            let posted = answer.as_ref().unwrap();
            assert_eq!((posted.amount, posted.shortfall), (amount - shortfall, shortfall));
            self.tried[of].undone += posted.amount;
        }
        self.tried.push(Tried { movement, answer, undone: 0 });
    }

    /// The number of the freeze that this capture used.
    fn freeze_of(&self, capture: usize) -> Option<usize> {
        let resolves = self.tried[capture].movement.resolves()?;
        let made =
            |one: &Tried| matches!(one.movement.act, Act::Freeze { hold, .. } if hold == resolves);
        self.tried.iter().position(made)
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
        if first.amount == 0 {
            // Nothing could be taken back, so nothing stands in the ledger.
            return;
        }
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
        for hold in self.books.holds.values_mut().filter(|hold| hold.row.member_id == keys[0].0) {
            (hold.row.member_id, hold.row.account_id) =
                (keys[1].0, self.books.accounts[&keys[1]].row.id);
        }
        let purse = std::mem::take(&mut self.purses[from]);
        self.purses[to].take_over(purse, self.now);
    }
}

fn enough(taken: bool) -> Result<(), Code> {
    if taken { Ok(()) } else { Err(error::INSUFFICIENT) }
}

const fn is_movement(step: &Step) -> bool {
    !matches!(step, Step::Merge { .. } | Step::Wait { .. } | Step::Settle | Step::Expire)
}

proptest! {
    // 256 cases, or as many as PROPTEST_CASES says.

    /// PT-1, PT-3, PT-6, L4.
    #[test]
    fn the_ledger_does_what_a_model_of_single_points_does(steps in vec(step(), 1..60)) {
        let mut play = Play::new();
        for step in &steps {
            play.play(step);
        }
        play.check_audit();
    }

    /// A batch is its movements one after the other.
    #[test]
    fn a_batch_answers_like_its_movements_alone(steps in vec(step(), 1..40)) {
        let mut alone = Play::new();
        for step in steps.iter().filter(|step| is_movement(step)) {
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
