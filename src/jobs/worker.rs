//! Claims jobs and does them; any number of workers may.

use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::JobState;
use entity::ids::JobId;
use futures_util::FutureExt;
use futures_util::future::join_all;
use rand::RngExt;
use tokio::task::JoinSet;
use tracing::Instrument;
use uuid::Uuid;

use super::health::Health;
use super::job::{LEASE, Verdict};
use super::{Handler, Job, Schedule, Stop, panicked, planning, store};
use crate::app::App;
use crate::db;
use crate::http::{Error, Result};
use crate::kernel::abort_at;
use crate::kernel::trace::TRACE;

/// Jobs under way at once in one worker, so that a slow one does not hold up the others.
const AT_ONCE: usize = 4;
/// Pause before the next look when there is nothing to do.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// The first pause before another attempt; it doubles each time, up to an hour.
const FIRST_PAUSE: i64 = 5_000;
const LONGEST_PAUSE: i64 = 3_600_000;
/// Longest reason that is kept, in characters.
const REASON: usize = 500;
const WORKERS_DIED: &str = "each worker that had it died or lost its lease";

/// How a run of a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Done,
    /// It will be tried again.
    Retried,
    /// It was given up.
    Dead,
    /// The process stops; another worker does it.
    PutOff,
    /// Another worker had taken it over, whose word counts.
    Lost,
    /// The database was away; the lease brings it back.
    Unsaved,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retried => "retried",
            Self::Dead => "dead",
            Self::PutOff => "put_off",
            Self::Lost => "lost",
            Self::Unsaved => "unsaved",
        }
    }
}

/// What one look at the queue gave.
struct Claimed {
    jobs: Vec<Job>,
    buried: usize,
}

/// A worker of this process.
pub struct Worker {
    app: App,
    handlers: &'static [(&'static str, Handler)],
    schedules: &'static [Schedule],
    stop: Stop,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Worker({} kinds, {} schedules)", self.handlers.len(), self.schedules.len())
    }
}

impl Worker {
    /// A worker for these kinds and schedules, the lists of `wiring`.
    #[must_use]
    pub fn new(
        app: App,
        handlers: &'static [(&'static str, Handler)],
        schedules: &'static [Schedule],
    ) -> Self {
        Self { app, handlers, schedules, stop: Stop::never() }
    }

    /// The same, stopping when told: nothing new is claimed and handlers end after the step under way.
    #[must_use]
    pub fn until(self, stop: Stop) -> Self {
        Self { stop, ..self }
    }

    /// Queues the slots of the schedules that are due at `at`. A schedule that is new here begins with its next slot.
    ///
    /// # Errors
    /// The database's.
    pub async fn plan(&self, at: DateTime<Utc>) -> Result<()> {
        planning::plan(&self.app, self.schedules, at).await
    }

    /// Does due jobs until there are none and says how many runs that took.
    ///
    /// # Errors
    /// The database's. A job that fails is tried again later, which is no error here.
    pub async fn drain(&self) -> Result<u64> {
        let mut total = 0;
        loop {
            match self.step().await? {
                0 => return Ok(total),
                done => total += done,
            }
        }
    }

    /// Does a few due jobs at once and says how many; none when nothing is due.
    ///
    /// # Errors
    /// As [`Worker::drain`].
    pub async fn step(&self) -> Result<u64> {
        let claimed = self.look(AT_ONCE).await?;
        let count = claimed.jobs.len() + claimed.buried;
        join_all(claimed.jobs.into_iter().map(|job| self.perform(job))).await;
        Ok(count as u64)
    }

    /// Claims up to `most` due jobs, each for a minute; the first half of [`Worker::step`].
    ///
    /// # Errors
    /// The database's.
    pub async fn claim(&self, most: usize) -> Result<Vec<Job>> {
        Ok(self.look(most).await?.jobs)
    }

    async fn look(&self, most: usize) -> Result<Claimed> {
        let now = self.app.clock.now();
        let limit = most as u64;
        // Four times as many as wanted: other workers look at the same ones.
        let ids = store::due(self.app.db.read(), now, limit * 4).await?;
        if ids.is_empty() {
            return Ok(Claimed { jobs: Vec::new(), buried: 0 });
        }
        let token = Uuid::new_v4();
        let (fresh, spent) = db::in_tx(&self.app.db, async |tx| {
            let rows = store::lock_free(tx, &ids, now, limit).await?;
            let (fresh, spent): (Vec<_>, Vec<_>) =
                rows.into_iter().partition(|row| row.attempts < row.max_attempts);
            let keys = |rows: &[entity::job::Model]| rows.iter().map(|row| row.id).collect();
            let (mine, dead): (Vec<JobId>, Vec<JobId>) = (keys(&fresh), keys(&spent));
            if !dead.is_empty() {
                store::bury(tx, &dead, WORKERS_DIED, now).await?;
            }
            let all = mine.len() as u64;
            if all > 0 && store::claim(tx, &mine, token, now, now + LEASE).await? != all {
                return Err(Error::fault("a locked job was claimed by another worker"));
            }
            Ok((fresh, spent))
        })
        .await?;
        for row in &spent {
            tracing::error!(job = %row.id, kind = row.kind, key = row.key, WORKERS_DIED, "a job is dead");
            self.app.measures.job_finished(self.known(&row.kind).0, Outcome::Dead.as_str());
        }
        let jobs = fresh.into_iter().map(|row| Job::claimed(row, token, self.stop.clone()));
        Ok(Claimed { jobs: jobs.collect(), buried: spent.len() })
    }

    /// Does a claimed job and writes down how it ended; the second half of [`Worker::step`].
    pub async fn perform(&self, job: Job) -> Outcome {
        let (label, handler) = self.known(&job.kind);
        let span = tracing::info_span!(target: TRACE, "job", otel.name = label, job.id = %job.id, job.attempts = job.attempts);
        abort_at("job_claimed");
        let result = match handler {
            Some(handler) => run(handler, &self.app, &job).instrument(span).await,
            None => Err(Error::fault("no handler for this kind")),
        };
        abort_at("job_worked");
        let ended = self.end(&job, handler, result).await;
        let outcome = ended.unwrap_or_else(|error| {
            tracing::warn!(job = %job.id, %error, "the end of a job could not be written");
            Outcome::Unsaved
        });
        self.app.measures.job_finished(label, outcome.as_str());
        outcome
    }

    /// The kind as a word of our own list, with its handler.
    fn known(&self, kind: &str) -> (&'static str, Option<Handler>) {
        let found = self.handlers.iter().find(|(name, _)| *name == kind);
        found.map_or(("_OTHER", None), |(name, handler)| (name, Some(*handler)))
    }

    async fn end(
        &self,
        job: &Job,
        handler: Option<Handler>,
        result: Result<()>,
    ) -> Result<Outcome> {
        let (db, now) = (self.app.db.write(), self.app.clock.now());
        let Err(error) = result else {
            let saved = store::end(db, job.id, job.token, JobState::Done, None, now).await?;
            return Ok(settled(job, saved, Outcome::Done));
        };
        match job.verdict.get() {
            Some(Verdict::Lost) => return Ok(settled(job, false, Outcome::Lost)),
            Some(Verdict::PutOff) => {
                let saved = store::give_back(db, job.id, job.token).await?;
                return Ok(settled(job, saved, Outcome::PutOff));
            }
            Some(Verdict::Unreadable) | None => {}
        }
        let reason: String = error.to_string().chars().take(REASON).collect();
        let hopeless = handler.is_none() || job.verdict.get().is_some();
        let saved = if hopeless || job.attempts >= job.max_attempts {
            tracing::error!(job = %job.id, kind = job.kind, key = job.key, reason, "a job is dead");
            let state = JobState::Dead;
            let saved = store::end(db, job.id, job.token, state, Some(reason), now).await?;
            settled(job, saved, Outcome::Dead)
        } else {
            tracing::warn!(job = %job.id, kind = job.kind, key = job.key, attempts = job.attempts, reason,
                "a job failed and will be tried again");
            let at = now + pause(job.attempts);
            let saved = store::postpone(db, job.id, job.token, reason, at).await?;
            settled(job, saved, Outcome::Retried)
        };
        Ok(saved)
    }

    /// Plans, claims and does jobs until told to stop, then waits for those under way.
    ///
    /// Its futures are not `Send`: run it on a `LocalSet` or a local runtime.
    pub async fn run(self) {
        let mut stop = self.stop.clone();
        let worker = Rc::new(self);
        let mut under_way = JoinSet::new();
        let mut health = Health::new("jobs");
        while !stop.is_told() {
            let pause = match worker.turn(AT_ONCE - under_way.len()).await {
                Ok(claimed) => {
                    health.went_well();
                    let none = claimed.jobs.is_empty() && claimed.buried == 0;
                    for job in claimed.jobs {
                        let worker = Rc::clone(&worker);
                        under_way.spawn_local(async move { worker.perform(job).await });
                    }
                    if none || under_way.len() == AT_ONCE { LOOK_AGAIN } else { Duration::ZERO }
                }
                Err(error) => health.failed(&error, LOOK_AGAIN),
            };
            tokio::select! {
                () = stop.or(tokio::time::sleep(pause)) => {}
                Some(_) = under_way.join_next() => {}
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    async fn turn(&self, room: usize) -> Result<Claimed> {
        self.plan(self.app.clock.now()).await?;
        if room == 0 {
            return Ok(Claimed { jobs: Vec::new(), buried: 0 });
        }
        self.look(room).await
    }
}

/// A panic of one handler must not end the worker.
async fn run(handler: Handler, app: &App, job: &Job) -> Result<()> {
    let work = AssertUnwindSafe(async { handler(app, job).await });
    work.catch_unwind().await.unwrap_or_else(|panic| Err(Error::fault(panicked(panic.as_ref()))))
}

/// Whose claim was not the last one has nothing to say.
fn settled(job: &Job, saved: bool, outcome: Outcome) -> Outcome {
    if saved {
        return outcome;
    }
    tracing::warn!(job = %job.id, kind = job.kind, key = job.key, "a job went to another worker before it ended");
    Outcome::Lost
}

/// Doubled each time, and up to a fifth more or less, so that what failed together does not come back together.
fn pause(attempts: i32) -> TimeDelta {
    let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(20);
    let pause = (FIRST_PAUSE << doublings).min(LONGEST_PAUSE);
    TimeDelta::milliseconds(pause + rand::rng().random_range(-pause / 5..=pause / 5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_with_a_fifth_of_jitter() {
        for (attempts, seconds) in [(1, 5), (2, 10), (5, 80), (11, 3600), (i32::MAX, 3600)] {
            for _ in 0..50 {
                let pause = pause(attempts).num_milliseconds();
                let off = (pause - seconds * 1000).abs();
                assert!(off <= seconds * 200, "{attempts}: {pause}");
            }
        }
    }
}
