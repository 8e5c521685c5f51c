//! Queries.

mod deliveries;
mod endpoints;

pub use deliveries::*;
pub use endpoints::*;
