//! Background work of one process: relaying events, and small chores that repeat.
//!
//! Any number of processes may run it. The lists of who reacts and what repeats are `wiring`'s.

mod health;
mod stop;

use std::time::Duration;

use futures_util::future::{LocalBoxFuture, join, join_all};

use crate::app::App;
use crate::events::{Reaction, Relay};
use crate::http::Result;
use health::Health;

pub use stop::{Stop, StopSwitch};

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

/// How long the relay waits for its bell before it looks for events of other processes.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Relays events and does chores until told to stop; then ends after the batch that is under way.
///
/// Its futures are not `Send`: run it on a `LocalSet` or a local runtime.
pub async fn run(
    app: App,
    reactions: &'static [(&'static str, Reaction)],
    chores: &'static [Chore],
    stop: Stop,
) {
    let relay = relay(&app, reactions, stop.clone());
    let chores = chores.iter().map(|chore| repeat(&app, chore, stop.clone()));
    join(relay, join_all(chores)).await;
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
