//! `Idempotency-Key` for requests that share a transaction: their keys, effects, events and answers stand with one
//! commit, and each gets its own answer (PT-5, promises A2).
//!
//! Nearly every request comes once, and nobody else moves what it moves. So on PostgreSQL a batch first takes that for
//! granted: it reads without locks and writes everything in one statement, which the database refuses as a whole when it
//! was wrong; then the batch is done again in a transaction that looks and locks.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use entity::values::Digest;
use serde::Serialize;

use super::idempotency::{IdempotencyKey, json, replay};
use super::problem::Error;
use super::{Result, codes};
use crate::app::App;
use crate::db::coalesce::{Gatherer, Limits, Lost};
use crate::db::idempotency::{Standing, keep_with, look_up};
use crate::db::rows::Writes;
use crate::db::{self, Backend, Conn, Db, Failure, Pool, Tx};
use crate::kernel::abort_at;

/// Writes that are sent as one statement, which is a transaction by itself.
pub type AtOnce<'a> = Writes<'a, Pool>;

/// What is done with gathered wishes.
pub trait Work<W>: Clone + 'static {
    /// What a wish that was granted gets.
    type Done;

    /// Whether this can be done [at once](Self::at_once) at all: a batch with anything else in it looks and locks, and
    /// that says nothing about the next one.
    fn may_hope(&self, wish: &W) -> bool;

    /// Does each wish by itself, in the order given; one that is refused has had no effect. Fails as a whole with no
    /// effect at all.
    fn in_tx(
        &self,
        tx: &Tx,
        app: &App,
        wishes: &[&W],
    ) -> impl Future<Output = Result<Vec<Result<Self::Done>>>>;

    /// The same, as if nothing of it stood already and nobody else moved the same: reads without locks, and leaves what
    /// has to be written unsent, so that the database refuses all of it when that was wrong. None when it is seen to be
    /// wrong, or cannot be done like this.
    fn at_once(
        &self,
        writes: &mut AtOnce<'_>,
        app: &App,
        wishes: &[&W],
    ) -> impl Future<Output = Result<Option<Vec<Result<Self::Done>>>>>;
}

/// Where requests with wishes of type `W` gather; the [`App`]'s memory keeps one.
#[derive(Debug)]
pub struct Gathering<W> {
    gatherer: Arc<Gatherer<Asked<W>, Told, Error>>,
    wary: Arc<Wary>,
}

impl<W> Default for Gathering<W> {
    fn default() -> Self {
        Self { gatherer: Arc::default(), wary: Arc::default() }
    }
}

/// How many batches look and lock at once, because one that did not was refused a moment ago: whoever sends again what
/// stands costs the others little.
#[derive(Debug, Default)]
struct Wary(AtomicU32);

impl Wary {
    const BATCHES: u32 = 16;

    fn hopes(&self) -> bool {
        let less = |left: u32| left.checked_sub(1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_err()
    }

    fn was_wrong(&self) {
        self.0.store(Self::BATCHES, Ordering::Relaxed);
    }
}

/// One request.
struct Asked<W> {
    key: Digest,
    fingerprint: Digest,
    wish: W,
}

/// What became of it.
#[derive(Debug)]
enum Told {
    /// It ran: its answer.
    Done(String),
    /// It ran before.
    Before(u16, String),
    /// It was refused and has no effect.
    Refused(Error),
    /// It has to run by itself.
    Alone,
}

impl IdempotencyKey {
    /// As [`IdempotencyKey::once`], with others who wish something at the same time. Wishes that would wait for the same
    /// lock should have the same `lane`.
    ///
    /// # Errors
    /// As [`IdempotencyKey::once`], and `unavailable` when too many wait.
    pub async fn gathered<W, K: Work<W>, A>(
        &self,
        app: &App,
        (principal, body): (&str, &[u8]),
        (lane, wish): (usize, W),
        work: K,
        answer: impl Fn(K::Done) -> A + Clone + 'static,
    ) -> Result<HttpResponse>
    where
        W: Clone + Send + Sync + 'static,
        A: Serialize,
    {
        if let Some(limits) = app.gathering() {
            let asked = Asked {
                key: self.digest(principal),
                fingerprint: self.fingerprint(body),
                wish: wish.clone(),
            };
            let batch = batch(app.clone(), work.clone(), answer.clone());
            if let Some(response) = gather(app, (lane, limits), asked, batch).await? {
                return Ok(response);
            }
        }
        let work = async |tx: &_| {
            let answers = work.in_tx(tx, app, &[&wish]).await?;
            let only = answers.into_iter().next();
            only.unwrap_or_else(|| Err(Error::fault("a wish got no answer")))
        };
        self.once(app, principal, body, work, answer).await
    }
}

/// `None` when the request has to run by itself.
async fn gather<W: Send + Sync + 'static>(
    app: &App,
    (lane, limits): (usize, Limits),
    asked: Asked<W>,
    batch: impl AsyncFn(&[Asked<W>]) -> Result<Vec<Told>> + 'static,
) -> Result<Option<HttpResponse>> {
    let gathering = app.memory.of::<Gathering<W>>();
    let busy = || Error::from(codes::UNAVAILABLE).retry_after(1);
    match gathering.gatherer.ask(lane, asked, limits, batch).await {
        Ok(Told::Done(body)) => Ok(Some(json(200, body))),
        Ok(Told::Before(status, body)) => Ok(Some(replay(status, body))),
        // Whether something of it stands, its own look at the key will say.
        Ok(Told::Alone) | Err(Lost::Ended) => Ok(None),
        Err(Lost::Full | Lost::Away) => Err(busy()),
        Err(Lost::Broken) => Err(Error::fault("a gathered request broke down")),
        Ok(Told::Refused(error)) | Err(Lost::Failed(error)) => Err(error),
    }
}

/// The work of a gathered batch: one transaction.
fn batch<W: Send + Sync + 'static, K: Work<W>, A: Serialize>(
    app: App,
    work: K,
    answer: impl Fn(K::Done) -> A + 'static,
) -> impl AsyncFn(&[Asked<W>]) -> Result<Vec<Told>> + 'static {
    let wary = Arc::clone(&app.memory.of::<Gathering<W>>().wary);
    async move |asked: &[Asked<W>]| {
        let db = app.db.own().await?;
        let may_hope = asked.iter().all(|one| work.may_hope(&one.wish));
        if db.backend() == Backend::Postgres && may_hope && wary.hopes() {
            match at_once(&db, &app, asked, (&work, &answer)).await {
                Ok(Some(told)) => return Ok(told),
                Err(error) if !error.db().is_some_and(hope_was_vain) => return Err(error),
                // Nothing was written in vain: whoever names nobody does not make all others lock.
                Ok(None) => {}
                Err(_) => wary.was_wrong(),
            }
        }
        let run = async || in_tx(&db, &app, asked, (&work, &answer)).await;
        let mut result = run().await;
        if result.as_ref().is_err_and(|error: &Error| error.db().is_some_and(db::is_duplicate)) {
            // Somebody committed the same key or cause between our look and our write: look again.
            result = run().await;
        }
        result
    }
}

/// It stands already, has changed since it was read, or waited in a circle for somebody else.
fn hope_was_vain(error: &db::DbError) -> bool {
    db::is_duplicate(error) || db::is_outdated(error) || db::is_transient(error)
}

/// A batch that looks and locks.
async fn in_tx<W, K: Work<W>, A: Serialize>(
    db: &Db,
    app: &App,
    asked: &[Asked<W>],
    (work, answer): (&K, &impl Fn(K::Done) -> A),
) -> Result<Vec<Told>> {
    let now = app.clock.now();
    let told = db::in_tx(db, async |tx| {
        let turns = turns(asked, look_up(tx, &keys(asked), now).await?);
        abort_at("key_claimed");
        let running = running(asked, &turns);
        let wishes: Vec<&W> = running.iter().map(|one| &one.wish).collect();
        let answers =
            if wishes.is_empty() { Vec::new() } else { work.in_tx(tx, app, &wishes).await? };
        let answers = written(answers, answer)?;
        let mut writes = Writes::new(tx);
        keep(&mut writes, &running, &answers, now).await?;
        writes.send().await?;
        abort_at("before_commit");
        Ok::<_, Error>(told(asked, turns, answers))
    });
    let told = told.await?;
    abort_at("committed");
    Ok(told)
}

/// A batch that hopes; none when hope was in vain.
async fn at_once<W, K: Work<W>, A: Serialize>(
    db: &Db,
    app: &App,
    asked: &[Asked<W>],
    (work, answer): (&K, &impl Fn(K::Done) -> A),
) -> Result<Option<Vec<Told>>> {
    let (now, write) = (app.clock.now(), db.write());
    let turns = turns(asked, vec![Standing::Free; asked.len()]);
    let running = running(asked, &turns);
    let wishes: Vec<&W> = running.iter().map(|one| &one.wish).collect();
    let mut writes = Writes::new(write);
    let Some(answers) = work.at_once(&mut writes, app, &wishes).await? else { return Ok(None) };
    let answers = written(answers, answer)?;
    // No unique key speaks up for what is refused: it may have been answered before.
    let refused = running.iter().zip(&answers).filter(|(_, answer)| answer.is_err());
    let refused: Vec<_> = refused.map(|(one, _)| (&one.key, &one.fingerprint)).collect();
    let standing = look_up(write, &refused, now).await?;
    if standing.iter().any(|standing| *standing != Standing::Free) {
        return Ok(None);
    }
    keep(&mut writes, &running, &answers, now).await?;
    abort_at("before_commit");
    writes.send().await?;
    abort_at("committed");
    Ok(Some(told(asked, turns, answers)))
}

fn keys<W>(asked: &[Asked<W>]) -> Vec<(&Digest, &Digest)> {
    asked.iter().map(|one| (&one.key, &one.fingerprint)).collect()
}

/// The bodies of answers; a refusal stays one.
fn written<T, A: Serialize>(
    answers: Vec<Result<T>>,
    answer: &impl Fn(T) -> A,
) -> Result<Vec<Result<String>>> {
    let body = |one: Result<T>| match one {
        Ok(value) => serde_json::to_string(&answer(value)).map(Ok).map_err(Error::fault),
        Err(refused) => Ok(Err(refused)),
    };
    answers.into_iter().map(body).collect()
}

/// What is to be done with one request of a batch.
enum Turn {
    Told(Told),
    Runs,
    /// The same key stands before it in the batch.
    After(usize),
}

/// What has to be done with each, by what stands under its key.
fn turns<W>(asked: &[Asked<W>], standing: Vec<Standing>) -> Vec<Turn> {
    let mut firsts: HashMap<&Digest, usize> = HashMap::new();
    let turn = |(i, standing): (usize, Standing)| match standing {
        Standing::Free => {
            let first = *firsts.entry(&asked[i].key).or_insert(i);
            if first == i { Turn::Runs } else { Turn::After(first) }
        }
        Standing::Answered(status, body) => Turn::Told(Told::Before(status, body)),
        Standing::InFlight => {
            let error = Error::from(codes::IDEMPOTENCY_IN_FLIGHT).retry_after(1);
            Turn::Told(Told::Refused(error))
        }
        Standing::OtherRequest => Turn::Told(Told::Refused(codes::IDEMPOTENCY_KEY_REUSED.into())),
        Standing::Stale => Turn::Told(Told::Alone),
    };
    standing.into_iter().enumerate().map(turn).collect()
}

fn running<'a, W>(asked: &'a [Asked<W>], turns: &[Turn]) -> Vec<&'a Asked<W>> {
    let running = asked.iter().zip(turns).filter(|(_, turn)| matches!(turn, Turn::Runs));
    running.map(|(one, _)| one).collect()
}

/// Puts down the answers of those that were granted what they wished.
async fn keep<W>(
    writes: &mut Writes<'_, impl Conn>,
    running: &[&Asked<W>],
    answers: &[Result<String>],
    now: DateTime<Utc>,
) -> Result<()> {
    if answers.len() != running.len() {
        return Err(Error::fault("a batch got another number of answers"));
    }
    let done = running.iter().zip(answers).filter_map(|(one, answer)| {
        answer.as_ref().ok().map(|body| (&one.key, &one.fingerprint, body.as_str()))
    });
    Ok(keep_with(writes, &done.collect::<Vec<_>>(), 200, now).await?)
}

fn told<W>(asked: &[Asked<W>], turns: Vec<Turn>, answers: Vec<Result<String>>) -> Vec<Told> {
    let mut answers = answers.into_iter();
    let mut told: Vec<Told> = Vec::with_capacity(asked.len());
    for (one, turn) in asked.iter().zip(turns) {
        let next = match turn {
            Turn::Told(told) => told,
            Turn::Runs => match answers.next() {
                Some(Ok(body)) => Told::Done(body),
                Some(Err(error)) => Told::Refused(error),
                None => Told::Alone,
            },
            Turn::After(first) => after(one, &asked[first], &told[first]),
        };
        told.push(next);
    }
    told
}

/// The second request with a key: as if it had come after the first one was answered.
fn after<W>(one: &Asked<W>, first: &Asked<W>, told: &Told) -> Told {
    match told {
        Told::Done(_) if one.fingerprint != first.fingerprint => {
            Told::Refused(codes::IDEMPOTENCY_KEY_REUSED.into())
        }
        Told::Done(body) => Told::Before(200, body.clone()),
        // A refusal is not kept: this one may fare better, or is another request.
        _ => Told::Alone,
    }
}
