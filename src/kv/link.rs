//! The connection to Redis: made when first needed, shared by all, thrown away at the first doubt.
//!
//! Not the crate's `ConnectionManager`: that one keeps a connection that merely times out, so a
//! server lost behind a silent network stays lost until TCP gives up, and it retries beside our
//! breaker.

use std::time::Duration;

use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, RedisError, ServerErrorKind};
use tokio::sync::watch;
use tokio::time::timeout;

use super::KvError;
use super::breaker::{Breaker, Change};
use crate::kernel::clock::monotonic;

/// How long Redis may keep a caller waiting (F1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For one operation, all included; by default 200 ms.
    pub operation: Duration,
    /// For making a connection, which goes on when the operation that began it gives up; by default
    /// 500 ms.
    pub connect: Duration,
    /// For how long calls fail at once after a failure before one may try again; by default 1 s.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            operation: Duration::from_millis(200),
            connect: Duration::from_millis(500),
            pause: Duration::from_secs(1),
        }
    }
}

/// Requests that may wait to be written; past it callers queue. The crate's 50 is less than one
/// busy worker sends.
const WRITE_QUEUE: usize = 1_024;

/// Where the making of a connection stands.
#[derive(Clone)]
enum Dial {
    Ringing,
    Open(MultiplexedConnection),
    Failed(&'static str),
}

type Line = watch::Receiver<Dial>;

/// One shared connection with its breaker.
pub(super) struct Link {
    client: Client,
    patience: Patience,
    breaker: Breaker,
    line: Mutex<Option<Line>>,
}

/// What went wrong, in words that hold no data.
struct Fault {
    error: KvError,
    reason: &'static str,
}

impl Link {
    pub(super) fn new(client: Client, patience: Patience) -> Self {
        Self { client, patience, breaker: Breaker::new(patience.pause), line: Mutex::new(None) }
    }

    pub(super) fn is_up(&self) -> bool {
        self.breaker.is_up()
    }

    /// Runs one operation within the operation's patience.
    pub(super) async fn run<T>(
        &self,
        operation: impl AsyncFnOnce(MultiplexedConnection) -> Result<T, RedisError>,
    ) -> Result<T, KvError> {
        self.run_within(self.patience.operation, operation).await
    }

    /// Runs one operation and waits for the connection as well.
    pub(super) async fn run_patiently<T>(
        &self,
        operation: impl AsyncFnOnce(MultiplexedConnection) -> Result<T, RedisError>,
    ) -> Result<T, KvError> {
        self.run_within(self.patience.connect + self.patience.operation, operation).await
    }

    async fn run_within<T>(
        &self,
        limit: Duration,
        operation: impl AsyncFnOnce(MultiplexedConnection) -> Result<T, RedisError>,
    ) -> Result<T, KvError> {
        if !self.breaker.may_try(monotonic()) {
            return Err(KvError::Down);
        }
        let line = self.line();
        let attempt = async {
            let connection = picked_up(line.clone()).await?;
            operation(connection).await.map_err(|error| fault_of(&error))
        };
        let outcome = timeout(limit, attempt).await.unwrap_or(Err(SILENCE));
        self.judge(&line, outcome)
    }

    /// The current connection, or a new one being made.
    fn line(&self) -> Line {
        let mut current = self.line.lock();
        let usable = current.as_ref().filter(|line| !matches!(*line.borrow(), Dial::Failed(_)));
        if let Some(line) = usable {
            return line.clone();
        }
        let line = dial(self.client.clone(), self.patience.connect);
        *current = Some(line.clone());
        line
    }

    fn judge<T>(&self, line: &Line, outcome: Result<T, Fault>) -> Result<T, KvError> {
        match outcome {
            Ok(value) => {
                self.came_up();
                Ok(value)
            }
            // A refusal is an answer: the server lives.
            Err(Fault { error: error @ (KvError::Protocol(_) | KvError::Config(_)), .. }) => {
                self.came_up();
                Err(error)
            }
            Err(Fault { error, reason }) => {
                self.went_down(line, reason);
                Err(error)
            }
        }
    }

    fn came_up(&self) {
        if self.breaker.succeeded() == Change::CameUp {
            tracing::info!("redis answers again");
        }
    }

    fn went_down(&self, line: &Line, reason: &'static str) {
        self.hang_up(line);
        if self.breaker.failed(monotonic()) == Change::WentDown {
            tracing::warn!(reason, "redis is down; calls fail at once until it answers again");
        }
    }

    /// Forgets the connection that failed, unless it is still being made or another one stands
    /// there already.
    fn hang_up(&self, line: &Line) {
        let mut current = self.line.lock();
        let ours = current.as_ref().is_some_and(|current| current.same_channel(line));
        // Ringing with nobody at the other end happens when the runtime that dialled has ended.
        let ringing = line.has_changed().is_ok() && matches!(*line.borrow(), Dial::Ringing);
        if ours && !ringing {
            *current = None;
        }
    }
}

/// Connects in the background, so that the making survives the caller who asked for it.
fn dial(client: Client, limit: Duration) -> Line {
    let (report, line) = watch::channel(Dial::Ringing);
    tokio::spawn(async move {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(limit))
            .set_response_timeout(None)
            .set_pipeline_buffer_size(WRITE_QUEUE);
        let made = client.get_multiplexed_async_connection_with_config(&config);
        let dial = match timeout(limit, made).await {
            Ok(Ok(connection)) => Dial::Open(connection),
            Ok(Err(error)) => Dial::Failed(fault_of(&error).reason),
            Err(_) => Dial::Failed(SILENCE.reason),
        };
        // The task ends here, but watchers keep reading the last value.
        report.send_replace(dial);
    });
    line
}

async fn picked_up(mut line: Line) -> Result<MultiplexedConnection, Fault> {
    let dial = line.wait_for(|dial| !matches!(dial, Dial::Ringing)).await.map(|dial| dial.clone());
    match dial {
        Ok(Dial::Open(connection)) => Ok(connection),
        Ok(Dial::Failed(reason)) => Err(Fault { error: KvError::Down, reason }),
        Ok(Dial::Ringing) | Err(_) => {
            Err(Fault { error: KvError::Down, reason: "connection lost" })
        }
    }
}

const SILENCE: Fault = Fault { error: KvError::Timeout, reason: "no answer in time" };

/// Sorts errors into "away" and "refused"; the server's own words stay out, they can quote keys.
fn fault_of(error: &RedisError) -> Fault {
    let down = |reason| Fault { error: KvError::Down, reason };
    match error.kind() {
        ErrorKind::Io if error.is_timeout() => SILENCE,
        ErrorKind::Io => down("connection refused or lost"),
        ErrorKind::AuthenticationFailed => down("the credentials were refused"),
        ErrorKind::Server(ServerErrorKind::BusyLoading) => down("the server is loading its data"),
        ErrorKind::Server(ServerErrorKind::ReadOnly) => down("the server is a read-only replica"),
        ErrorKind::Server(
            ServerErrorKind::MasterDown | ServerErrorKind::ClusterDown | ServerErrorKind::TryAgain,
        ) => down("the server has no master"),
        _ => Fault { error: refusal(error), reason: "refused" },
    }
}

fn refusal(error: &RedisError) -> KvError {
    KvError::Protocol(error.code().unwrap_or("unexpected answer").to_owned())
}
