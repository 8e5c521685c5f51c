//! Queries.

mod counted;
mod exports;
mod habits;
mod headings;
mod read;
mod write;

pub(super) use counted::*;
pub(super) use exports::*;
pub(super) use habits::*;
pub(super) use headings::*;
pub(super) use read::*;
pub(super) use write::*;

/// Rows a statement and values a list: SQLite binds at most 32,766 values.
const CHUNK: usize = 1000;
