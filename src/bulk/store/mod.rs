//! Queries.

mod parts;
mod runs;

pub(super) use parts::*;
pub(super) use runs::*;
