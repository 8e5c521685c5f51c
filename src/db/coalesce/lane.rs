//! One lane: who waits, who leads, and how a batch is settled.

use std::cell::Cell;
use std::collections::VecDeque;
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use futures_util::FutureExt;
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};

use super::{Limits, Lost};
use crate::db::{Failure, is_unavailable};
use crate::kernel::clock::{elapsed, monotonic};

pub(super) type Answer<O, E> = Result<O, Lost<E>>;

/// An item and where its answer goes.
pub(super) type Waiting<I, O, E> = (I, oneshot::Sender<Answer<O, E>>);

pub(super) struct Lane<I, O, E> {
    state: Mutex<State<I, O, E>>,
    /// Rings when as many wait as the leader wants.
    enough: Notify,
}

struct State<I, O, E> {
    queue: VecDeque<Waiting<I, O, E>>,
    led: bool,
    /// At how many the leader wants to hear.
    wanted: usize,
    /// How many were about when the last batch was done, and when that was.
    about: usize,
    done: Option<Instant>,
}

impl<I, O, E> Default for Lane<I, O, E> {
    fn default() -> Self {
        let state =
            State { queue: VecDeque::new(), led: false, wanted: usize::MAX, about: 0, done: None };
        Self { state: Mutex::new(state), enough: Notify::new() }
    }
}

impl<I, O, E> Lane<I, O, E> {
    #[cfg(test)]
    pub(super) fn holds(&self, waiting: usize) -> bool {
        self.state.lock().queue.len() == waiting
    }

    pub(super) fn is_led(&self) -> bool {
        self.state.lock().led
    }

    /// Lets one more wait and says whether somebody has to lead now; `None` when too many wait.
    pub(super) fn put(&self, waiting: Waiting<I, O, E>, most: usize) -> Option<bool> {
        let mut state = self.state.lock();
        if state.queue.len() >= most {
            return None;
        }
        state.queue.push_back(waiting);
        if state.queue.len() == state.wanted {
            self.enough.notify_one();
        }
        Some(!std::mem::replace(&mut state.led, true))
    }
}

/// Whoever holds it leads the lane. Dropped before its time, because the thread ends, it lets nobody wait for ever.
pub(super) struct Turn<'a, I, O, E> {
    lane: &'a Lane<I, O, E>,
    over: Cell<bool>,
}

impl<'a, I, O, E> Turn<'a, I, O, E> {
    pub(super) const fn of(lane: &'a Lane<I, O, E>) -> Self {
        Self { lane, over: Cell::new(false) }
    }

    /// Waits for others where that pays: those who were about a moment ago have their answers now and come back
    /// together. Somebody who is alone waits for nothing.
    pub(super) async fn gather(&self, limits: Limits) {
        let left = {
            let mut state = self.lane.state.lock();
            let since = state.done.map_or(limits.patience, elapsed);
            let wanted = (state.about * 3 / 4).min(limits.most);
            let left = limits.patience.saturating_sub(since);
            if state.queue.len() >= wanted || left.is_zero() {
                return;
            }
            state.wanted = wanted;
            left
        };
        let _ = tokio::time::timeout(left, self.lane.enough.notified()).await;
        self.lane.state.lock().wanted = usize::MAX;
    }

    /// Those who waited longest; `None` when nobody waits: then the turn is over.
    pub(super) fn take(&self, most: usize) -> Option<Vec<Waiting<I, O, E>>> {
        let mut state = self.lane.state.lock();
        if state.queue.is_empty() {
            state.led = false;
            self.over.set(true);
            return None;
        }
        let size = state.queue.len().min(most.max(1));
        Some(state.queue.drain(..size).collect())
    }

    /// A batch has its answers, and about `back` of those who got them will come back to this lane.
    pub(super) fn note(&self, back: usize) {
        let mut state = self.lane.state.lock();
        state.about = back + state.queue.len();
        state.done = Some(monotonic());
    }
}

impl<I, O, E> Drop for Turn<'_, I, O, E> {
    fn drop(&mut self) {
        if self.over.get() {
            return;
        }
        let mut state = self.lane.state.lock();
        state.led = false;
        state.wanted = usize::MAX;
        let cut_off = std::mem::take(&mut state.queue);
        drop(state);
        drop(cut_off);
    }
}

/// Works on a batch and gives everybody an answer. What fails is tried again in halves; a database that is away is
/// asked once.
pub(super) async fn settle<I, O, E: Failure>(
    batch: Vec<Waiting<I, O, E>>,
    work: &impl AsyncFn(&[I]) -> Result<Vec<O>, E>,
) {
    let (items, answers): (Vec<I>, Vec<_>) = batch.into_iter().unzip();
    let mut answers: Vec<_> = answers.into_iter().map(Some).collect();
    let mut tell = |range: Range<usize>, outcome: &mut dyn FnMut() -> Answer<O, E>| {
        for answer in &mut answers[range] {
            if let Some(answer) = answer.take() {
                // Nobody listens any more: the effect stands all the same.
                let _ = answer.send(outcome());
            }
        }
    };
    let whole = 0..items.len();
    let mut open = Vec::from([whole]);
    while let Some(range) = open.pop() {
        match AssertUnwindSafe(work(&items[range.clone()])).catch_unwind().await {
            Ok(Ok(done)) if done.len() == range.len() => {
                let mut done = done.into_iter();
                tell(range, &mut || done.next().ok_or(Lost::Broken));
            }
            Ok(Err(error)) if error.db().is_some_and(is_unavailable) => {
                tracing::warn!("the database is away: a batch was given up");
                return tell(0..items.len(), &mut || Err(Lost::Away));
            }
            Ok(Err(error)) if range.len() == 1 => {
                let mut error = Some(error);
                tell(range, &mut || Err(error.take().map_or(Lost::Broken, Lost::Failed)));
            }
            _ if range.len() == 1 => tell(range, &mut || Err(Lost::Broken)),
            _ => {
                let middle = range.start + range.len() / 2;
                open.push(middle..range.end);
                open.push(range.start..middle);
            }
        }
    }
}
