//! The circuit breaker: stops asking a WeChat that does not answer (promise F5).

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;

use crate::kernel::clock::Clock;

/// So many failures without a success between them ...
const FAILURES: usize = 5;
/// ... within this time open the breaker ...
const WINDOW: TimeDelta = TimeDelta::seconds(10);
/// ... which lets one trial through after this time.
const REST: TimeDelta = TimeDelta::seconds(5);

pub(super) struct Breaker {
    clock: Clock,
    state: Mutex<State>,
}

enum State {
    Closed(VecDeque<DateTime<Utc>>),
    Open { since: DateTime<Utc> },
    Trial { open_since: DateTime<Utc> },
}

/// Leave for one exchange. Dropped without a report (the caller went away), it counts as nothing.
pub(super) struct Permit<'a> {
    breaker: &'a Breaker,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ordinary,
    Trial,
    Reported,
}

impl Breaker {
    pub(super) const fn new(clock: Clock) -> Self {
        Self { clock, state: Mutex::new(State::Closed(VecDeque::new())) }
    }

    /// Leave to ask, or none while the breaker is open.
    pub(super) fn admit(&self) -> Option<Permit<'_>> {
        let now = self.clock.now();
        let mut state = self.state.lock();
        let kind = match *state {
            State::Closed(_) => Kind::Ordinary,
            State::Open { since } if is_over(since, REST, now) => {
                *state = State::Trial { open_since: since };
                Kind::Trial
            }
            State::Open { .. } | State::Trial { .. } => return None,
        };
        Some(Permit { breaker: self, kind })
    }

    fn failed(&self, kind: Kind) {
        let now = self.clock.now();
        let mut state = self.state.lock();
        match (&mut *state, kind) {
            (State::Closed(failures), _) => {
                failures.retain(|at| !is_over(*at, WINDOW, now));
                failures.push_back(now);
                if failures.len() < FAILURES {
                    return;
                }
                tracing::warn!("WeChat fails: the circuit breaker opens");
                *state = State::Open { since: now };
            }
            (State::Trial { .. }, Kind::Trial) => *state = State::Open { since: now },
            // Late news of a call that began before the breaker opened.
            (State::Open { .. } | State::Trial { .. }, _) => {}
        }
    }

    fn succeeded(&self, kind: Kind) {
        let mut state = self.state.lock();
        match (&mut *state, kind) {
            (State::Closed(failures), _) => failures.clear(),
            (State::Trial { .. }, Kind::Trial) => {
                tracing::info!("WeChat answers again: the circuit breaker closes");
                *state = State::Closed(VecDeque::new());
            }
            (State::Open { .. } | State::Trial { .. }, _) => {}
        }
    }

    fn abandoned(&self) {
        let mut state = self.state.lock();
        if let State::Trial { open_since } = *state {
            *state = State::Open { since: open_since };
        }
    }
}

/// A clock that jumped back must not hold the breaker open for an hour, so a past in the future is over.
fn is_over(since: DateTime<Utc>, span: TimeDelta, now: DateTime<Utc>) -> bool {
    let age = now - since;
    age < TimeDelta::zero() || age >= span
}

impl Permit<'_> {
    pub(super) fn failed(mut self) {
        self.breaker.failed(std::mem::replace(&mut self.kind, Kind::Reported));
    }

    pub(super) fn succeeded(mut self) {
        self.breaker.succeeded(std::mem::replace(&mut self.kind, Kind::Reported));
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.kind == Kind::Trial {
            self.breaker.abandoned();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> (Breaker, Clock) {
        let clock = Clock::manual(DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
        (Breaker::new(clock.clone()), clock)
    }

    fn fail(breaker: &Breaker, times: usize) {
        for _ in 0..times {
            breaker.admit().unwrap().failed();
        }
    }

    #[test]
    fn five_failures_in_ten_seconds_open_it() {
        let (breaker, _) = breaker();
        fail(&breaker, 4);
        assert!(breaker.admit().is_some());
        fail(&breaker, 1);
        assert!(breaker.admit().is_none());
    }

    #[test]
    fn failures_spread_over_more_than_ten_seconds_do_not_open_it() {
        let (breaker, clock) = breaker();
        for _ in 0..20 {
            fail(&breaker, 1);
            clock.advance(TimeDelta::milliseconds(2_600));
        }
        assert!(breaker.admit().is_some());
    }

    #[test]
    fn a_success_forgets_the_failures_before_it() {
        let (breaker, _) = breaker();
        fail(&breaker, 4);
        breaker.admit().unwrap().succeeded();
        fail(&breaker, 4);
        assert!(breaker.admit().is_some());
    }

    #[test]
    fn after_five_seconds_one_trial_decides() {
        let (breaker, clock) = breaker();
        fail(&breaker, 5);
        clock.advance(TimeDelta::milliseconds(4_999));
        assert!(breaker.admit().is_none());
        clock.advance(TimeDelta::milliseconds(1));
        let trial = breaker.admit().unwrap();
        assert!(breaker.admit().is_none(), "only one trial at a time");
        trial.failed();
        assert!(breaker.admit().is_none());
        clock.advance(REST);
        breaker.admit().unwrap().succeeded();
        fail(&breaker, 4);
        assert!(breaker.admit().is_some());
    }

    #[test]
    fn an_abandoned_trial_leaves_the_place_to_the_next() {
        let (breaker, clock) = breaker();
        fail(&breaker, 5);
        clock.advance(REST);
        drop(breaker.admit().unwrap());
        assert!(breaker.admit().is_some());
    }

    #[test]
    fn late_news_of_older_calls_does_not_touch_an_open_breaker() {
        let (breaker, clock) = breaker();
        let old = [breaker.admit().unwrap(), breaker.admit().unwrap()];
        fail(&breaker, 5);
        clock.advance(TimeDelta::seconds(4));
        let [first, second] = old;
        first.failed();
        second.succeeded();
        assert!(breaker.admit().is_none());
        clock.advance(TimeDelta::seconds(1));
        assert!(breaker.admit().is_some());
    }

    #[test]
    fn a_clock_that_jumps_back_does_not_hold_it_open() {
        let (breaker, clock) = breaker();
        fail(&breaker, 5);
        clock.advance(TimeDelta::hours(-1));
        assert!(breaker.admit().is_some());
    }
}
