//! Gathering: many single requests become one batch, so that one round trip and one commit serve them all
//! (architecture 3). It knows no capability: an item goes in, its own answer comes out.
//!
//! Nobody runs a lane for ever. Whoever puts an item into an idle lane starts a task that leads it: it takes what is
//! there, works, answers, and ends when nothing is left. The task belongs to the server and not to the request, so a
//! caller that hangs up neither stops nor doubles what it asked for.

mod lane;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;

use super::Failure;
use lane::{Lane, Turn};

/// How much is gathered.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Lanes in use, from 1.
    pub lanes: usize,
    /// Most items a batch.
    pub most: usize,
    /// Most items that wait in a lane; one more is refused.
    pub queue: usize,
    /// Longest wait for others, where the batch before says that others are about to come.
    pub patience: Duration,
}

/// Why an item has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost<E> {
    /// Too many wait: nothing was done.
    Full,
    /// The database is away: nothing of the batch stands, or nobody knows.
    Away,
    /// The server stopped while it waited or was worked on: nothing of it stands, or nobody knows.
    Ended,
    /// The work broke down on this very item.
    Broken,
    /// What the work said about this very item alone.
    Failed(E),
}

/// Gathers items of one kind.
pub struct Gatherer<I, O, E> {
    lanes: Vec<Lane<I, O, E>>,
}

/// More lanes than anybody has use for: each holds a connection while it works.
const LANES: usize = 64;

impl<I, O, E> Default for Gatherer<I, O, E> {
    fn default() -> Self {
        Self { lanes: (0..LANES).map(|_| Lane::default()).collect() }
    }
}

impl<I, O, E> std::fmt::Debug for Gatherer<I, O, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gatherer({} lanes)", self.lanes.len())
    }
}

impl<I, O, E> Gatherer<I, O, E>
where
    I: Send + 'static,
    O: Send + 'static,
    E: Failure + Send + 'static,
{
    /// Puts `item` into a lane and waits for its own answer. Items of one `lane` are worked on in the order in which
    /// they came, never two batches at once: give things that would wait for the same lock the same number.
    ///
    /// `work` answers a slice of items, each by itself, and has no effect when it fails. It is then tried again on each
    /// half, down to single items. Every caller brings the same work; the one who leads lends his. Call it on a
    /// `LocalSet`, as every handler runs on one.
    ///
    /// # Errors
    /// [`Lost`].
    pub async fn ask(
        self: &Arc<Self>,
        lane: usize,
        item: I,
        limits: Limits,
        work: impl AsyncFn(&[I]) -> Result<Vec<O>, E> + 'static,
    ) -> Result<O, Lost<E>> {
        let place = lane % limits.lanes.clamp(1, LANES);
        let (answer, coming) = oneshot::channel();
        let Some(first) = self.lanes[place].put((item, answer), limits.queue) else {
            return Err(Lost::Full);
        };
        if first {
            let all = Arc::clone(self);
            tokio::task::spawn_local(async move { all.lead(place, limits, work).await });
        }
        coming.await.unwrap_or(Err(Lost::Ended))
    }

    /// Among how many lanes those spread who come back. Who has a lane of his own comes back to it.
    fn busy(&self, limits: Limits) -> usize {
        if limits.lanes > LANES {
            return 1;
        }
        self.lanes[..limits.lanes.max(1)].iter().filter(|lane| lane.is_led()).count().max(1)
    }

    async fn lead(
        &self,
        place: usize,
        limits: Limits,
        work: impl AsyncFn(&[I]) -> Result<Vec<O>, E>,
    ) {
        let turn = Turn::of(&self.lanes[place]);
        loop {
            turn.gather(limits).await;
            let Some(batch) = turn.take(limits.most) else { return };
            let size = batch.len();
            lane::settle(batch, &work).await;
            turn.note(size / self.busy(limits));
        }
    }
}

/// The lane of this thread: what is only read has no order to keep, and stays on the thread that asked.
#[must_use]
pub fn lane_of_thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    OWN.with(|own| *own)
}
