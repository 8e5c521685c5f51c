//! `Idempotency-Key` for requests that share a transaction: their keys, effects, events and answers stand with one
//! commit, and each gets its own answer (PT-5, promises A2).

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use entity::values::Digest;
use serde::Serialize;

use super::idempotency::{IdempotencyKey, json, replay};
use super::problem::Error;
use super::{Result, codes};
use crate::app::App;
use crate::db::coalesce::{Gatherer, Limits, Lost};
use crate::db::idempotency::{Standing, keep, look_up};
use crate::db::{self, Failure, Tx};
use crate::kernel::abort_at;

/// Where requests with wishes of type `W` gather; the [`App`]'s memory keeps one.
#[derive(Debug)]
pub struct Gathering<W>(Arc<Gatherer<Asked<W>, Told, Error>>);

impl<W> Default for Gathering<W> {
    fn default() -> Self {
        Self(Arc::default())
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
    /// As [`IdempotencyKey::once`], with others who wish something at the same time: `work` gets a slice of wishes and
    /// answers each by itself; one that it refuses has had no effect. It fails as a whole with no effect at all. Wishes
    /// that would wait for the same lock should have the same `lane`.
    ///
    /// # Errors
    /// As [`IdempotencyKey::once`], and `unavailable` when too many wait.
    pub async fn gathered<W, T, A>(
        &self,
        app: &App,
        (principal, body): (&str, &[u8]),
        (lane, wish): (usize, W),
        work: impl AsyncFn(&Tx, &App, &[&W]) -> Result<Vec<Result<T>>> + Clone + 'static,
        answer: impl Fn(T) -> A + Clone + 'static,
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
            let answers = work(tx, app, &[&wish]).await?;
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
    match gathering.0.ask(lane, asked, limits, batch).await {
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
fn batch<W, T, A: Serialize>(
    app: App,
    work: impl AsyncFn(&Tx, &App, &[&W]) -> Result<Vec<Result<T>>> + 'static,
    answer: impl Fn(T) -> A + 'static,
) -> impl AsyncFn(&[Asked<W>]) -> Result<Vec<Told>> + 'static
where
    W: 'static,
{
    async move |asked: &[Asked<W>]| {
        let db = app.db.own().await?;
        let run = async || {
            db::in_tx(&db, async |tx| {
                let told = run(tx, app.clock.now(), asked, async |tx, wishes| {
                    let answers = work(tx, &app, wishes).await?;
                    answers.into_iter().map(|one| written(one, &answer)).collect()
                });
                let told = told.await?;
                abort_at("before_commit");
                Ok(told)
            })
            .await
        };
        let mut result = run().await;
        if result.as_ref().is_err_and(|error: &Error| error.db().is_some_and(db::is_duplicate)) {
            // Somebody committed the same key or cause between our look and our write: look again.
            result = run().await;
        }
        if result.is_ok() {
            abort_at("committed");
        }
        result
    }
}

/// The body of an answer; a refusal stays one.
fn written<T, A: Serialize>(one: Result<T>, answer: &impl Fn(T) -> A) -> Result<Result<String>> {
    match one {
        Ok(value) => serde_json::to_string(&answer(value)).map(Ok).map_err(Error::fault),
        Err(refused) => Ok(Err(refused)),
    }
}

/// What is to be done with one request of a batch.
enum Turn {
    Told(Told),
    Runs,
    /// The same key stands before it in the batch.
    After(usize),
}

async fn run<W>(
    tx: &Tx,
    now: DateTime<Utc>,
    asked: &[Asked<W>],
    work: impl AsyncFn(&Tx, &[&W]) -> Result<Vec<Result<String>>>,
) -> Result<Vec<Told>> {
    let turns = turns(tx, now, asked).await?;
    abort_at("key_claimed");
    let running: Vec<&Asked<W>> = asked
        .iter()
        .zip(&turns)
        .filter_map(|(one, turn)| matches!(turn, Turn::Runs).then_some(one))
        .collect();
    let wishes: Vec<&W> = running.iter().map(|one| &one.wish).collect();
    let answers = if wishes.is_empty() { Vec::new() } else { work(tx, &wishes).await? };
    if answers.len() != running.len() {
        return Err(Error::fault("a batch got another number of answers"));
    }
    let done = running.iter().zip(&answers).filter_map(|(one, answer)| {
        answer.as_ref().ok().map(|body| (&one.key, &one.fingerprint, body.as_str()))
    });
    keep(tx, &done.collect::<Vec<_>>(), 200, now).await?;
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
    Ok(told)
}

async fn turns<W>(tx: &Tx, now: DateTime<Utc>, asked: &[Asked<W>]) -> Result<Vec<Turn>> {
    let keys: Vec<_> = asked.iter().map(|one| (&one.key, &one.fingerprint)).collect();
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
    Ok(look_up(tx, &keys, now).await?.into_iter().enumerate().map(turn).collect())
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
