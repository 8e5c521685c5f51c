//! Queries of members, batch first.

pub(super) mod exports;
pub(super) mod identifiers;
pub(super) mod rows;
pub(super) mod scoped;
pub(super) mod totals;

/// Rows or keys a statement: SQLite binds at most 32,766 values.
pub(super) const CHUNK: usize = 1000;
