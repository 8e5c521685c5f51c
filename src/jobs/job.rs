//! A job as its handler and as the rest of the house sees it.

use std::cell::Cell;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::JobId;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::{Stop, store};
use crate::app::App;
use crate::http::{Error, Result};

/// How long a claim holds before another worker may take the job over.
pub(super) const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How often [`Job::keep`] renews: a third of the lease, so that two renewals may fail.
const BEAT: Duration = Duration::from_secs(20);
/// Claims after which a job is given up, unless it says otherwise.
pub const ATTEMPTS: i32 = 5;

/// Does the jobs of one kind. It may see a job again whose worker died, so its effect stands under a unique key and is
/// written in one transaction (J2); long work goes in steps with [`Job::renew`] between them.
pub type Handler = for<'a> fn(&'a App, &'a Job) -> LocalBoxFuture<'a, Result<()>>;

/// Work to be queued.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Which handler does it; at most 64 characters.
    pub kind: &'static str,
    /// What it is about, at most 128 characters: a key that was queued before, and is not forgotten, is ignored.
    pub key: String,
    /// Its data: ids and numbers, no personal data.
    pub payload: Value,
    /// Not before.
    pub run_at: DateTime<Utc>,
    /// Claims after which it is given up.
    pub max_attempts: i32,
}

impl NewJob {
    /// A job to be done from `run_at` on, tried [`ATTEMPTS`] times.
    #[must_use]
    pub fn new(
        kind: &'static str,
        key: impl Into<String>,
        payload: Value,
        run_at: DateTime<Utc>,
    ) -> Self {
        Self { kind, key: key.into(), payload, run_at, max_attempts: ATTEMPTS }
    }
}

/// Why a handler came to an end that is no failure of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The process stops: the job is given back as if it had not been claimed.
    PutOff,
    /// Another worker has it.
    Lost,
    /// Its payload cannot be read, today or tomorrow.
    Unreadable,
}

/// A job that was claimed.
pub struct Job {
    /// Id.
    pub id: JobId,
    /// Which handler does it.
    pub kind: String,
    /// What it is about.
    pub key: String,
    /// Claims so far, with this one.
    pub attempts: i32,
    pub(super) max_attempts: i32,
    pub(super) token: Uuid,
    pub(super) verdict: Cell<Option<Verdict>>,
    pub(super) stop: Stop,
    payload: String,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Job({} {}, attempt {})", self.id, self.key, self.attempts)
    }
}

#[derive(serde::Deserialize)]
struct Slotted {
    slot: DateTime<Utc>,
}

impl Job {
    pub(super) fn claimed(row: entity::job::Model, token: Uuid, stop: Stop) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            key: row.key,
            attempts: row.attempts + 1,
            max_attempts: row.max_attempts,
            token,
            verdict: Cell::new(None),
            stop,
            payload: row.payload,
        }
    }

    /// Its data.
    ///
    /// # Errors
    /// It is not of this form: the job is then given up at once, because trying again would not help (J5).
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.payload).map_err(|error| {
            self.verdict.set(Some(Verdict::Unreadable));
            Error::fault(format!("the payload cannot be read: {error}"))
        })
    }

    /// The slot of a schedule's job: the time it was due, however late it runs.
    ///
    /// # Errors
    /// As [`Job::payload`].
    pub fn slot(&self) -> Result<DateTime<Utc>> {
        self.payload::<Slotted>().map(|payload| payload.slot)
    }

    /// Between two steps of long work: holds the job for another minute.
    ///
    /// # Errors
    /// Another worker took the job over, or the process stops; the handler hands the error on and ends.
    pub async fn renew(&self, app: &App) -> Result<()> {
        if self.stop.is_told() {
            self.verdict.set(Some(Verdict::PutOff));
            return Err(Error::fault("put off: the process stops"));
        }
        let until = app.clock.now() + LEASE;
        if store::renew(app.db.write(), self.id, self.token, until).await? {
            return Ok(());
        }
        self.verdict.set(Some(Verdict::Lost));
        Err(Error::fault("another worker took the job over"))
    }

    /// Holds the job while `work` runs, however long. When the job is lost or the process stops, `work` is dropped
    /// where it stands: it must be something that only reads, or whose transaction may roll back.
    ///
    /// # Errors
    /// As `work` and as [`Job::renew`].
    pub async fn keep<T>(&self, app: &App, work: impl Future<Output = Result<T>>) -> Result<T> {
        let mut stop = self.stop.clone();
        let beat = async {
            loop {
                stop.or(tokio::time::sleep(BEAT)).await;
                if let Err(error) = self.renew(app).await
                    && self.verdict.get().is_some()
                {
                    return error;
                }
            }
        };
        tokio::select! {
            done = work => done,
            error = beat => Err(error),
        }
    }
}
