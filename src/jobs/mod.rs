//! Background work: durable jobs with leases, schedules and dead letters; relaying events; small chores that repeat.
//! Owns `job`, `job_schedule`.
//!
//! Any number of processes may run it. A job is written in the transaction that wants it, is claimed by one worker at a
//! time, is tried again when it fails or its worker dies, and is given up with a reason after its last attempt. The
//! lists of who reacts, what repeats and who does which job are `wiring`'s.

mod health;
mod job;
mod planning;
mod queue;
mod schedule;
mod stop;
mod store;
mod worker;

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, join_all, join4};

use crate::app::App;
use crate::events::{Reaction, Relay};
use crate::http::Result;
use crate::kernel::clock::{elapsed, monotonic};
use health::Health;

pub use job::{ATTEMPTS, Handler, Job, NewJob};
pub use queue::{QueuedJob, discard_in, enqueue_in, find, forget_old, list, measure, retry_in};
pub use schedule::{Missed, Schedule, When};
pub use stop::{Stop, StopSwitch};
pub use worker::{Outcome, Worker};

/// Something small that is done again and again, by every process; doing it twice at once does no harm.
#[derive(Clone, Copy)]
pub struct Chore {
    /// Its name in the log.
    pub name: &'static str,
    /// The pause between two runs.
    pub every: Duration,
    /// The work itself.
    pub work: for<'a> fn(&'a App) -> LocalBoxFuture<'a, Result<()>>,
}

impl std::fmt::Debug for Chore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chore({} every {:?})", self.name, self.every)
    }
}

/// Work that goes on as long as the process does and ends when told to; any number of processes may do it.
pub type Duty = fn(App, Stop) -> LocalBoxFuture<'static, ()>;

/// How long the relay waits for its bell before it looks for events of other processes.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The lists of what a worker does.
#[derive(Clone, Copy)]
pub struct Work {
    /// Who reacts to events.
    pub reactions: &'static [(&'static str, Reaction)],
    /// What every process repeats.
    pub chores: &'static [Chore],
    /// Who does which kind of job.
    pub handlers: &'static [(&'static str, Handler)],
    /// What becomes due again and again.
    pub schedules: &'static [Schedule],
    /// What goes on all the time, by name.
    pub duties: &'static [(&'static str, Duty)],
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Work({} kinds of jobs)", self.handlers.len())
    }
}

/// Relays events, does jobs and chores until told to stop; then ends after the step that is under way.
///
/// Its futures are not `Send`: run it on a `LocalSet` or a local runtime.
pub async fn run(app: App, work: Work, stop: Stop) {
    let worker = || Worker::new(app.clone(), work.handlers, work.schedules).until(stop.clone());
    let worker = keep(&app, "jobs", &stop, || worker().run());
    let relay = keep(&app, "relay", &stop, || relay(&app, work.reactions, stop.clone()));
    let chores = work.chores.iter().map(|chore| {
        let (app, stop) = (&app, &stop);
        keep(app, chore.name, stop, move || repeat(app, chore, stop.clone()))
    });
    let duties = work.duties.iter().map(|(name, duty)| {
        let (app, stop) = (&app, &stop);
        keep(app, name, stop, move || duty(app.clone(), stop.clone()))
    });
    join4(relay, worker, join_all(chores), join_all(duties)).await;
}

/// The pause before work is begun again that ended by itself; it grows each time.
const BEGIN_AGAIN: Duration = Duration::from_millis(500);

/// Keeps work going: what panics or ends before it is told to is begun again, and takes nothing else with it.
async fn keep<F: Future<Output = ()>>(
    app: &App,
    name: &'static str,
    stop: &Stop,
    begin: impl Fn() -> F,
) {
    let (mut stop, mut pause) = (stop.clone(), BEGIN_AGAIN);
    while !stop.is_told() {
        let since = monotonic();
        let ended = AssertUnwindSafe(async { begin().await }).catch_unwind().await;
        let why = match ended {
            Ok(()) if stop.is_told() => return,
            Ok(()) => "ended by itself".to_owned(),
            Err(panic) => panicked(panic.as_ref()),
        };
        tracing::error!(work = name, why, "background work ended and is begun again");
        app.measures.work_restarted(name);
        let went_long = elapsed(since) > WENT_LONG;
        pause = if went_long { BEGIN_AGAIN } else { LONGEST_PAUSE.min(pause * 2) };
        stop.or(tokio::time::sleep(pause)).await;
    }
}

/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Work that went on for so long is begun again after the shortest pause.
const WENT_LONG: Duration = Duration::from_mins(1);

/// What a panic said.
fn panicked(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or_default())
}

async fn relay(app: &App, reactions: &'static [(&'static str, Reaction)], mut stop: Stop) {
    let relay = Relay::new(app.clone(), reactions);
    let mut health = Health::new("relay");
    while !stop.is_told() {
        match relay.step().await {
            // There may be more: no pause.
            Ok(1..) => health.went_well(),
            Ok(0) => {
                health.went_well();
                stop.or(tokio::time::timeout(LOOK_AGAIN, app.bell.heard())).await;
            }
            Err(error) => {
                let pause = health.failed(&error, LOOK_AGAIN);
                stop.or(tokio::time::sleep(pause)).await;
            }
        }
    }
}

async fn repeat(app: &App, chore: &Chore, mut stop: Stop) {
    let mut health = Health::new(chore.name);
    while !stop.is_told() {
        let pause = match (chore.work)(app).await {
            Ok(()) => {
                health.went_well();
                chore.every
            }
            Err(error) => health.failed(&error, chore.every),
        };
        stop.or(tokio::time::sleep(pause)).await;
    }
}

#[cfg(test)]
mod tests;
