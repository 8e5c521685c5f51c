//! What the person at the terminal sees while the retailer is made.

use std::io::{IsTerminal, Write};
use std::time::Instant;

use crate::kernel::clock;

/// One step under way.
pub(super) struct Progress {
    what: &'static str,
    start: Instant,
}

impl Progress {
    /// Says what begins.
    pub(super) fn begin(what: &'static str) -> Self {
        let progress = Self { what, start: clock::monotonic() };
        progress.show("…");
        progress
    }

    /// Says how far it is.
    pub(super) fn at(&self, done: usize, total: usize) {
        self.show(&format!("{} %", done * 100 / total.max(1)));
    }

    /// Says what came of it, and how long it took.
    pub(super) fn end(self, what: &str) {
        self.show("");
        let seconds = clock::elapsed(self.start).as_secs_f32();
        crate::cli::say(format!("  {seconds:5.1} s  {}: {what}", self.what));
    }

    /// Writes over the same line; a file or pipe gets results only.
    fn show(&self, state: &str) {
        let mut out = std::io::stdout();
        if out.is_terminal() {
            let _ = write!(out, "\r\x1b[2K");
            if !state.is_empty() {
                let _ = write!(out, "           {} {state}", self.what);
            }
            let _ = out.flush();
        }
    }
}
