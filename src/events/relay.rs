//! Hands events to reactions: at least once, in batches, those of a member in sequence; reactions are idempotent.

use chrono::TimeDelta;
use entity::event_log::Model as Logged;
use entity::ids::EventId;
use futures_util::future::LocalBoxFuture;

use super::store;
use crate::app::App;
use crate::db;
use crate::http::{Error, Result};

/// What reacts to events; it gets a batch and must bear seeing an event twice.
pub type Reaction = for<'a> fn(&'a App, &'a [Logged]) -> LocalBoxFuture<'a, Result<()>>;

/// The relay of one process; any number of processes may run one.
#[derive(Clone)]
pub struct Relay {
    app: App,
    reactions: &'static [(&'static str, Reaction)],
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Relay({} reactions)", self.reactions.len())
    }
}

const TAKEN: crate::http::Code = crate::http::codes::UNAVAILABLE;
const BATCH: u64 = 500;
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// The first pause after a failure; it doubles each time, up to some minutes.
const AFTER_FAILURE: TimeDelta = TimeDelta::seconds(5);
const DOUBLINGS: i32 = 6;
/// Members of whom something is under way: above that, so much fails that nothing more is begun.
const MOST_HELD: u64 = 10_000;

fn pause(attempts: i32) -> TimeDelta {
    AFTER_FAILURE * (1 << attempts.clamp(0, DOUBLINGS))
}

/// Two parts of about the same length, all of a member in one of them in its sequence; none when there is no such cut.
fn halves(mut part: Vec<Logged>) -> Option<(Vec<Logged>, Vec<Logged>)> {
    part.sort_by_key(|event| (event.member_id, event.id));
    let apart = |at: &usize| {
        let (before, after) = (part[at - 1].member_id, part[*at].member_id);
        after.is_none() || before != after
    };
    let cut = (1..part.len()).filter(apart).min_by_key(|at| at.abs_diff(part.len() / 2))?;
    let second = part.split_off(cut);
    Some((part, second))
}

impl Relay {
    /// A relay to `reactions`, the list of `wiring`.
    #[must_use]
    pub const fn new(app: App, reactions: &'static [(&'static str, Reaction)]) -> Self {
        Self { app, reactions }
    }

    /// Relays whatever is there now and says how many events that were.
    ///
    /// # Errors
    /// The database's. A reaction that fails postpones its batch and is logged.
    pub async fn drain(&self) -> Result<u64> {
        let mut total = 0;
        loop {
            match self.step().await? {
                0 => return Ok(total),
                relayed => total += relayed,
            }
        }
    }

    /// Relays one batch and says how many events that were; none when there is nothing to do.
    ///
    /// # Errors
    /// As [`Relay::drain`].
    pub async fn step(&self) -> Result<u64> {
        let batch = self.claim().await?;
        let count = batch.len() as u64;
        if !batch.is_empty() {
            self.hand_on(batch).await?;
        }
        Ok(count)
    }

    async fn claim(&self) -> Result<Vec<Logged>> {
        let now = self.app.clock.now();
        let claimed = db::in_tx(&self.app.db, async |tx| {
            // What is in another relay's hands, or waits for another attempt, is not overtaken by what came after it.
            let held = store::held(tx, now, MOST_HELD + 1).await?;
            if held.len() as u64 > MOST_HELD {
                return Ok(Vec::new());
            }
            let found = store::unclaimed(tx, &held, now, BATCH).await?;
            let ids: Vec<EventId> = found.iter().map(|event| event.id).collect();
            if ids.is_empty() || store::claim(tx, &ids, now, LEASE).await? == ids.len() as u64 {
                return Ok(found);
            }
            Err(Error::from(TAKEN))
        })
        .await;
        match claimed {
            // Another relay got some of them: leave the batch to it and look again on the next turn.
            Err(Error::Refused(refusal)) if refusal.code == TAKEN => Ok(Vec::new()),
            other => other,
        }
    }

    /// Hands a batch on. What fails is tried again in halves, so that one event holds up its own member only.
    async fn hand_on(&self, batch: Vec<Logged>) -> Result<()> {
        let now = self.app.clock.now();
        let mut open = vec![batch];
        while let Some(part) = open.pop() {
            let ids: Vec<EventId> = part.iter().map(|event| event.id).collect();
            let Err(error) = self.react(&part).await else {
                store::mark_relayed(self.app.db.write(), &ids, now).await?;
                continue;
            };
            let attempts = part.iter().map(|event| event.attempts).max().unwrap_or_default();
            // When the database is away each half would wait for it in vain.
            let away = matches!(&error, Error::Database(error) if db::is_unavailable(error));
            let split = if away { None } else { halves(part) };
            if let Some((first, second)) = split {
                open.extend([second, first]);
            } else {
                store::postpone(self.app.db.write(), &ids, now + pause(attempts)).await?;
            }
        }
        Ok(())
    }

    async fn react(&self, part: &[Logged]) -> Result<()> {
        for (name, reaction) in self.reactions {
            if let Err(error) = reaction(&self.app, part).await {
                let events = part.len();
                tracing::warn!(reaction = name, events, %error, "a reaction failed and will be tried again");
                return Err(error);
            }
        }
        Ok(())
    }
}
