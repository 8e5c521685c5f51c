//! Named steps at which a test lets the process die, as by a power cut (L3). Release builds have none of this.

#[cfg(debug_assertions)]
use std::sync::{
    OnceLock,
    atomic::{AtomicU32, Ordering},
};

#[cfg(debug_assertions)]
static ARMED: OnceLock<Armed> = OnceLock::new();

#[cfg(debug_assertions)]
struct Armed {
    step: String,
    left: AtomicU32,
}

/// Lets the process die at the step that `text` names: `step`, or `step:3` for the third time it is reached.
#[cfg(debug_assertions)]
pub fn arm(text: &str) {
    let (step, times) = text.split_once(':').unwrap_or((text, "1"));
    let left = AtomicU32::new(times.parse().unwrap_or(1));
    let _ = ARMED.set(Armed { step: step.to_owned(), left });
}

/// The process dies here if a test armed this step.
#[cfg(debug_assertions)]
pub fn abort_at(step: &str) {
    let Some(armed) = ARMED.get().filter(|armed| armed.step == step) else { return };
    if armed.left.fetch_sub(1, Ordering::SeqCst) == 1 {
        std::process::abort();
    }
}

/// Nothing, in a release build.
#[cfg(not(debug_assertions))]
#[inline]
pub const fn abort_at(_: &str) {}
