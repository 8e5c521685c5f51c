//! Access tokens: the stable pool and the legacy pool, isolated from each other.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use super::answer::Refusal;
use super::random::letters;

const LIFE: TimeDelta = TimeDelta::seconds(7_200);
/// How long before its end the platform rolls a stable token, and how long a replaced legacy one lives on.
const OVERLAP: TimeDelta = TimeDelta::minutes(5);
const FORCED_A_DAY: usize = 20;
const FORCED_APART: TimeDelta = TimeDelta::seconds(30);
const LEGACY_A_DAY: usize = 2_000;
const DAY: TimeDelta = TimeDelta::days(1);

/// How the caller of `stable_token` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refresh {
    Normal,
    Forced,
}

/// A token and the seconds it has left.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) access_token: String,
    pub(super) expires_in: i64,
}

struct Token {
    value: String,
    expires_at: DateTime<Utc>,
    /// From then on a newer token has taken its place, and it is "not latest" (40001).
    replaced_at: Option<DateTime<Utc>>,
}

#[derive(Default)]
pub(super) struct Tokens {
    stable: Vec<Token>,
    legacy: Vec<Token>,
    forced: VecDeque<DateTime<Utc>>,
    legacy_calls: VecDeque<DateTime<Utc>>,
}

impl Tokens {
    pub(super) fn stable(
        &mut self,
        refresh: Refresh,
        now: DateTime<Utc>,
    ) -> Result<Grant, Refusal> {
        match refresh {
            Refresh::Normal => Ok(self.current_stable(now)),
            Refresh::Forced => self.forced_stable(now),
        }
    }

    fn current_stable(&mut self, now: DateTime<Utc>) -> Grant {
        match self.stable.last() {
            Some(token) if token.lives(now) && token.expires_at - now > OVERLAP => token.grant(now),
            _ => issue(&mut self.stable, now),
        }
    }

    /// Within 30 s of the last forced refresh the platform does not refresh, it answers as in normal mode.
    fn forced_stable(&mut self, now: DateTime<Utc>) -> Result<Grant, Refusal> {
        forget_before(&mut self.forced, now - DAY);
        if self.forced.len() >= FORCED_A_DAY {
            return Err(Refusal(45009));
        }
        if self.forced.back().is_some_and(|last| now - *last < FORCED_APART) {
            return Ok(self.current_stable(now));
        }
        self.forced.push_back(now);
        replace_all(&mut self.stable, now);
        Ok(issue(&mut self.stable, now))
    }

    pub(super) fn legacy(&mut self, now: DateTime<Utc>) -> Result<Grant, Refusal> {
        forget_before(&mut self.legacy_calls, now - DAY);
        if self.legacy_calls.len() >= LEGACY_A_DAY {
            return Err(Refusal(45009));
        }
        self.legacy_calls.push_back(now);
        replace_all(&mut self.legacy, now + OVERLAP);
        Ok(issue(&mut self.legacy, now))
    }

    /// Whether a call may go on with this token: 40001 for an unknown or replaced one, 42001 for an old one.
    pub(super) fn check(&self, value: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
        let Some(token) = self.stable.iter().chain(&self.legacy).find(|t| t.value == value) else {
            return Err(Refusal(40001));
        };
        if token.replaced_at.is_some_and(|at| at <= now) {
            return Err(Refusal(40001));
        }
        if token.expires_at <= now { Err(Refusal(42001)) } else { Ok(()) }
    }

    /// Every token of today ends now: the next call with one is 42001.
    pub(super) fn expire_all(&mut self, now: DateTime<Utc>) {
        for token in self.stable.iter_mut().chain(&mut self.legacy) {
            token.expires_at = token.expires_at.min(now);
        }
    }

    /// Every token is replaced by one that nobody has seen: the next call with one is 40001.
    pub(super) fn revoke_all(&mut self, now: DateTime<Utc>) {
        replace_all(&mut self.stable, now);
        replace_all(&mut self.legacy, now);
    }
}

impl Token {
    fn lives(&self, now: DateTime<Utc>) -> bool {
        self.expires_at > now && self.replaced_at.is_none_or(|at| at > now)
    }

    fn grant(&self, now: DateTime<Utc>) -> Grant {
        let expires_in = (self.expires_at - now).num_seconds();
        Grant { access_token: self.value.clone(), expires_in }
    }
}

fn issue(pool: &mut Vec<Token>, now: DateTime<Utc>) -> Grant {
    pool.retain(|token| now - token.expires_at < DAY);
    let value = format!("{}_{}", rand::random_range(10..100), letters(133));
    let token = Token { value, expires_at: now + LIFE, replaced_at: None };
    let grant = token.grant(now);
    pool.push(token);
    grant
}

fn replace_all(pool: &mut [Token], at: DateTime<Utc>) {
    for token in pool {
        token.replaced_at = Some(token.replaced_at.map_or(at, |before| before.min(at)));
    }
}

fn forget_before(times: &mut VecDeque<DateTime<Utc>>, start: DateTime<Utc>) {
    while times.front().is_some_and(|at| *at <= start) {
        times.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
    }

    fn stable(tokens: &mut Tokens, now: i64) -> Grant {
        tokens.stable(Refresh::Normal, at(now)).unwrap()
    }

    #[test]
    fn a_stable_token_is_the_same_with_the_time_that_is_left() {
        let mut tokens = Tokens::default();
        let first = stable(&mut tokens, 0);
        let later = stable(&mut tokens, 1_000);
        assert_eq!((first.expires_in, later.expires_in), (7_200, 6_200));
        assert_eq!(first.access_token, later.access_token);
    }

    #[test]
    fn a_stable_token_rolls_five_minutes_before_its_end_and_the_old_one_lives_out() {
        let mut tokens = Tokens::default();
        let old = stable(&mut tokens, 0).access_token;
        let new = stable(&mut tokens, 6_900).access_token;
        assert_ne!(old, new);
        assert_eq!(tokens.check(&old, at(7_199)), Ok(()));
        assert_eq!(tokens.check(&old, at(7_200)), Err(Refusal(42001)));
        assert_eq!(tokens.check(&new, at(7_200)), Ok(()));
    }

    #[test]
    fn a_forced_refresh_kills_the_old_one_but_not_twice_within_thirty_seconds() {
        let mut tokens = Tokens::default();
        let old = stable(&mut tokens, 0).access_token;
        let forced = tokens.stable(Refresh::Forced, at(1)).unwrap().access_token;
        assert_eq!(tokens.check(&old, at(1)), Err(Refusal(40001)));
        let again = tokens.stable(Refresh::Forced, at(30)).unwrap().access_token;
        assert_eq!(forced, again);
        assert_ne!(tokens.stable(Refresh::Forced, at(31)).unwrap().access_token, forced);
    }

    #[test]
    fn a_forced_refresh_is_granted_twenty_times_a_day() {
        let mut tokens = Tokens::default();
        for turn in 0..20 {
            tokens.stable(Refresh::Forced, at(turn * 60)).unwrap();
        }
        assert_eq!(tokens.stable(Refresh::Forced, at(20 * 60)), Err(Refusal(45009)));
        assert!(tokens.stable(Refresh::Normal, at(20 * 60)).is_ok());
        assert!(tokens.stable(Refresh::Forced, at(86_400)).is_ok());
    }

    #[test]
    fn a_legacy_token_dies_five_minutes_after_the_next_and_leaves_the_stable_one_alone() {
        let mut tokens = Tokens::default();
        let stable = stable(&mut tokens, 0).access_token;
        let old = tokens.legacy(at(0)).unwrap().access_token;
        let new = tokens.legacy(at(60)).unwrap().access_token;
        assert_eq!(tokens.check(&old, at(359)), Ok(()));
        assert_eq!(tokens.check(&old, at(360)), Err(Refusal(40001)));
        assert_eq!(tokens.check(&new, at(7_259)), Ok(()));
        assert_eq!(tokens.check(&new, at(7_260)), Err(Refusal(42001)));
        assert_eq!(tokens.check(&stable, at(7_199)), Ok(()));
    }

    #[test]
    fn the_legacy_quota_of_a_day_ends() {
        let mut tokens = Tokens::default();
        for _ in 0..2_000 {
            tokens.legacy(at(0)).unwrap();
        }
        assert_eq!(tokens.legacy(at(1)), Err(Refusal(45009)));
        assert!(tokens.legacy(at(86_400)).is_ok());
    }
}
