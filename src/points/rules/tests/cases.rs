//! Single histories, told in words.

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn earn(play: &mut Play, amount: i64, expires_at: Option<&str>) -> TransferId {
    play.now += TimeDelta::milliseconds(1);
    let act = Act::Earn { amount, expires_at: expires_at.map(at), rule: None, settles_at: None };
    play.post(0, act, TimeDelta::zero());
    play.tried.last().unwrap().answer.as_ref().unwrap().transfer
}

fn left(play: &Play) -> Vec<i64> {
    let account = &play.books.accounts[&(play.members[0], Ledger::Points)];
    account.lots.iter().map(|lot| lot.row.remaining).collect()
}

#[test]
fn what_expires_first_is_spent_first_and_comes_back_with_its_expiry() {
    let mut play = Play::new();
    earn(&mut play, 10, None);
    earn(&mut play, 10, Some("2027-03-01T00:00:00Z"));
    earn(&mut play, 10, Some("2027-02-01T00:00:00Z"));
    play.post(0, Act::Spend { amount: 15 }, TimeDelta::zero());
    assert_eq!(left(&play), [0, 5, 10]);
    play.reverse(3, 5);
    assert_eq!(left(&play), [0, 10, 10], "the lot used last comes back first");
    play.reverse(3, 10);
    assert_eq!(left(&play), [10, 10, 10]);
    play.reverse(3, 1);
    assert_eq!(play.tried.last().unwrap().answer, Err(error::REVERSAL_EXCEEDS));
}

#[test]
fn a_lot_that_ran_out_cannot_be_spent_although_no_job_has_run() {
    let mut play = Play::new();
    earn(&mut play, 10, Some("2026-02-01T00:00:00Z"));
    earn(&mut play, 10, Some("2026-03-01T00:00:00Z"));
    play.now = at("2026-02-01T00:00:00Z");
    play.post(0, Act::Spend { amount: 11 }, TimeDelta::zero());
    assert_eq!(play.tried.last().unwrap().answer, Err(error::INSUFFICIENT));
    play.post(0, Act::Spend { amount: 10 }, TimeDelta::zero());
    assert_eq!(left(&play), [10, 0]);
}

#[test]
fn an_earning_pays_the_debt_of_a_claw_back_first() {
    let mut play = Play::new();
    earn(&mut play, 100, None);
    play.post(0, Act::Spend { amount: 80 }, TimeDelta::zero());
    play.reverse(0, 100);
    assert_eq!(play.purses[0].available(), -80);
    earn(&mut play, 100, None);
    assert_eq!(left(&play), [0, 20]);
    play.post(0, Act::Spend { amount: 21 }, TimeDelta::zero());
    assert_eq!(play.tried.last().unwrap().answer, Err(error::INSUFFICIENT));
    play.check();
}

#[test]
fn amounts_outside_the_range_are_refused() {
    let mut play = Play::new();
    for amount in [i64::MIN, -1, 0, MOST + 1, i64::MAX] {
        let act = Act::Earn { amount, expires_at: None, rule: None, settles_at: None };
        let movement = play.movement(0, act, TimeDelta::zero());
        assert_eq!(play.decide(&movement), Err(error::OUT_OF_RANGE), "{amount}");
    }
    for n in 0.. {
        let act = Act::Earn { amount: MOST, expires_at: None, rule: None, settles_at: None };
        let movement =
            Movement { source_id: format!("m{n}"), ..play.movement(0, act, TimeDelta::zero()) };
        let account = play.books.accounts.get_mut(&(movement.member, Ledger::Points)).unwrap();
        account.row.available = i64::MAX - MOST + n;
        let full = play.decide(&movement);
        if n == 1 {
            assert_eq!(full, Err(error::OUT_OF_RANGE));
            return;
        }
        assert!(full.is_ok());
    }
}

#[test]
fn a_cause_moves_once_even_twice_in_one_batch() {
    let mut play = Play::new();
    let act = Act::Earn { amount: 7, expires_at: None, rule: None, settles_at: None };
    let movement = play.movement(0, act, TimeDelta::zero());
    let other = Movement {
        act: Act::Earn { amount: 8, expires_at: None, rule: None, settles_at: None },
        ..movement.clone()
    };
    let batch = [movement.clone(), movement, other];
    let (answers, entries) = decide(&mut play.books, &batch, play.now);
    let replayed: Vec<_> =
        answers.iter().map(|answer| answer.as_ref().map(|posted| posted.replayed)).collect();
    assert_eq!(replayed, [Ok(Replayed::No), Ok(Replayed::Yes), Err(&error::CAUSE_CONFLICT)]);
    assert_eq!(entries.transfers.len(), 1);
}
