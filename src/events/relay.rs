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
const AFTER_FAILURE: TimeDelta = TimeDelta::seconds(5);

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
        if !batch.is_empty() {
            self.hand_on(&batch).await?;
        }
        Ok(batch.len() as u64)
    }

    async fn claim(&self) -> Result<Vec<Logged>> {
        let now = self.app.clock.now();
        let claimed = db::in_tx(&self.app.db, async |tx| {
            let mut found = store::unclaimed(tx, now, BATCH).await?;
            // What is in another relay's hands, or waits for another attempt, is not overtaken by what came after it.
            if let Some(last) = found.last() {
                let held = store::held_before(tx, last.id, now).await?;
                found.retain(|it| it.member_id.is_none_or(|member| !held.contains(&member)));
            }
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

    async fn hand_on(&self, batch: &[Logged]) -> Result<()> {
        let now = self.app.clock.now();
        let ids: Vec<EventId> = batch.iter().map(|event| event.id).collect();
        for (name, reaction) in self.reactions {
            if let Err(error) = reaction(&self.app, batch).await {
                tracing::warn!(reaction = name, %error, "a reaction failed and will be tried again");
                store::postpone(self.app.db.write(), &ids, now + AFTER_FAILURE).await?;
                return Ok(());
            }
        }
        store::mark_relayed(self.app.db.write(), &ids, now).await?;
        Ok(())
    }
}
