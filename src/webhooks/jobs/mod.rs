//! Delivering in the background.

mod dispatcher;
mod resolver;
mod sender;

pub use dispatcher::{deliver_due, dispatch};
