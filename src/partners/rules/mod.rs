//! What a key looks like, what is signed with it, what it did. Pure.

mod key_text;
mod signing;
mod usage;

pub use key_text::{KeyText, key_text, secret_digest};
pub use signing::{Claim, HEADERS, SentHeaders, Target, WINDOW_SECONDS, signed_text};
pub use usage::{Count, Counts, add};
