//! The name under which spans for traces are made (OPS-2), so that logs and collectors can tell them from the rest.

/// Target of spans that are sent to a collector when one is configured, and cost nothing otherwise. They hold routes,
/// kinds and outcomes, never a value of a person.
pub const TRACE: &str = "huiyi::trace";
