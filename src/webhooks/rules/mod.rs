//! Pure decisions about webhooks.

pub mod filter;
pub mod message;
pub mod schedule;
pub mod signature;
pub mod target;
