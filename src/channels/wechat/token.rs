//! The access token of one app: fetched once for all who wait, dropped by generation.
//!
//! Replicas need no shared cache: in normal mode `stable_token` gives every one of them the same token, and
//! `force_refresh`, which would kill the others', is never used.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::RwLock;
use secrecy::SecretString;
use tokio::sync::Mutex;

use super::answer::TokenAnswer;
use super::error::WechatError;
use crate::kernel::clock::Clock;

/// WeChat rolls a token this long before its end; from then on we ask again.
const MARGIN: TimeDelta = TimeDelta::minutes(5);
/// No token lives longer, whatever the answer says.
const LONGEST_LIFE: TimeDelta = TimeDelta::hours(2);

#[derive(Clone)]
pub(super) struct Token {
    pub(super) value: Arc<SecretString>,
    pub(super) generation: u64,
    usable_until: DateTime<Utc>,
}

pub(super) struct TokenCache {
    clock: Clock,
    current: RwLock<Option<Token>>,
    rounds: AtomicU64,
    fetching: Mutex<LastRound>,
}

/// How the last fetch ended, so that those who waited for it share its failure too.
#[derive(Default)]
struct LastRound {
    failure: Option<WechatError>,
}

impl TokenCache {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            current: RwLock::new(None),
            rounds: AtomicU64::new(0),
            fetching: Mutex::default(),
        }
    }

    /// The cached token, or the one that `fetch` brings: one fetch at a time, shared by all who wait.
    pub(super) async fn get<F>(&self, deadline: Instant, fetch: F) -> Result<Token, WechatError>
    where
        F: AsyncFnOnce() -> Result<TokenAnswer, WechatError>,
    {
        if let Some(token) = self.fresh() {
            return Ok(token);
        }
        let seen = self.rounds.load(Ordering::SeqCst);
        let Ok(mut last) = tokio::time::timeout_at(deadline.into(), self.fetching.lock()).await
        else {
            return Err(WechatError::Unavailable);
        };
        if let Some(token) = self.fresh() {
            return Ok(token);
        }
        if self.rounds.load(Ordering::SeqCst) != seen
            && let Some(failure) = last.failure
        {
            return Err(failure);
        }
        let fetched = fetch().await;
        last.failure = fetched.as_ref().err().copied();
        let round = self.rounds.fetch_add(1, Ordering::SeqCst) + 1;
        let token = self.dated(fetched?, round);
        *self.current.write() = Some(token.clone());
        Ok(token)
    }

    /// Drops the token of `generation` (class R1); a newer one, fetched meanwhile by another, stays.
    pub(super) fn forget(&self, generation: u64) {
        let mut current = self.current.write();
        if current.as_ref().is_some_and(|token| token.generation == generation) {
            *current = None;
        }
    }

    fn fresh(&self) -> Option<Token> {
        let now = self.clock.now();
        self.current.read().clone().filter(|token| now < token.usable_until)
    }

    fn dated(&self, answer: TokenAnswer, generation: u64) -> Token {
        let life = TimeDelta::try_seconds(answer.expires_in).unwrap_or(LONGEST_LIFE);
        let life = life.min(LONGEST_LIFE);
        // A token that is nearly over is used for half of what is left, or each call would fetch one.
        let usable = life - MARGIN.min(life / 2);
        Token {
            value: Arc::new(SecretString::from(answer.access_token)),
            generation,
            usable_until: self.clock.now() + usable,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use secrecy::ExposeSecret;

    use super::*;
    use crate::kernel::clock::monotonic;

    struct Source {
        cache: TokenCache,
        clock: Clock,
        fetches: AtomicU64,
        answer: RwLock<Result<i64, WechatError>>,
    }

    impl Source {
        fn new(answer: Result<i64, WechatError>) -> Self {
            let clock = Clock::manual(DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
            let answer = RwLock::new(answer);
            let cache = TokenCache::new(clock.clone());
            Self { cache, clock, fetches: AtomicU64::new(0), answer }
        }

        async fn get(&self) -> Result<Token, WechatError> {
            let fetch = async || {
                let number = self.fetches.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::task::yield_now().await;
                let expires_in = (*self.answer.read())?;
                Ok(TokenAnswer { access_token: format!("token-{number}"), expires_in })
            };
            self.cache.get(monotonic() + Duration::from_secs(5), fetch).await
        }

        fn fetches(&self) -> u64 {
            self.fetches.load(Ordering::SeqCst)
        }
    }

    async fn fifty(source: &Arc<Source>) -> Vec<Result<Token, WechatError>> {
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let source = Arc::clone(source);
            calls.spawn(async move { source.get().await });
        }
        calls.join_all().await
    }

    #[tokio::test]
    async fn fifty_who_need_a_token_cause_one_fetch() {
        let source = Arc::new(Source::new(Ok(7_200)));
        let tokens = fifty(&source).await;
        assert!(tokens.iter().all(|token| token.as_ref().unwrap().generation == 1));
        assert_eq!(source.fetches(), 1);
    }

    #[tokio::test]
    async fn fifty_who_wait_for_a_fetch_that_fails_share_the_failure() {
        let source = Arc::new(Source::new(Err(WechatError::Unavailable)));
        assert!(fifty(&source).await.iter().all(Result::is_err));
        assert_eq!(source.fetches(), 1);
        *source.answer.write() = Ok(7_200);
        assert!(source.get().await.is_ok(), "who comes later tries again");
    }

    #[tokio::test]
    async fn a_token_is_used_until_five_minutes_before_its_end() {
        let source = Source::new(Ok(7_200));
        source.get().await.unwrap();
        source.clock.advance(TimeDelta::seconds(6_899));
        source.get().await.unwrap();
        assert_eq!(source.fetches(), 1);
        source.clock.advance(TimeDelta::seconds(1));
        assert_eq!(source.get().await.unwrap().value.expose_secret(), "token-2");
    }

    #[tokio::test]
    async fn a_token_that_is_nearly_over_is_still_used_for_half_of_what_is_left() {
        let source = Source::new(Ok(60));
        source.get().await.unwrap();
        source.clock.advance(TimeDelta::seconds(29));
        source.get().await.unwrap();
        assert_eq!(source.fetches(), 1);
        source.clock.advance(TimeDelta::seconds(1));
        source.get().await.unwrap();
        assert_eq!(source.fetches(), 2);
    }

    #[tokio::test]
    async fn a_life_of_a_thousand_years_is_cut_to_two_hours() {
        let source = Source::new(Ok(i64::MAX));
        source.get().await.unwrap();
        source.clock.advance(TimeDelta::hours(2));
        source.get().await.unwrap();
        assert_eq!(source.fetches(), 2);
    }

    #[tokio::test]
    async fn only_the_generation_that_failed_is_dropped() {
        let source = Source::new(Ok(7_200));
        let first = source.get().await.unwrap();
        source.cache.forget(first.generation);
        let second = source.get().await.unwrap();
        source.cache.forget(first.generation);
        assert_eq!(source.get().await.unwrap().generation, second.generation);
        assert_eq!(source.fetches(), 2);
    }

    #[tokio::test]
    async fn one_who_goes_away_during_the_fetch_leaves_it_to_the_next() {
        let source = Source::new(Ok(7_200));
        let cut = async {
            source.cache.get(monotonic() + Duration::from_secs(5), std::future::pending).await
        };
        assert!(tokio::time::timeout(Duration::from_millis(5), cut).await.is_err());
        assert_eq!(source.get().await.unwrap().generation, 1);
    }
}
