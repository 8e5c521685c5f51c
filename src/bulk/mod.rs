//! Many rows at once: imports and exports as files (OP-4, OR-2). Owns `bulk_run`, `bulk_file_part`.
//!
//! A run is a durable job that goes through its rows in steps. What a step does, what it says of each row and how far it
//! came are one transaction, so that a process that dies between two steps loses nothing and does nothing twice. Files
//! are sealed pieces in the database, where every replica reaches them, and are deleted after a week.
//!
//! What is sent is read once, when it comes in: whatever its encoding and format, it is kept as plain records with the
//! columns of its kind. A new kind is one file in `service/kinds` and its line in `service/kinds/mod.rs`.

pub mod error;
pub mod jobs;
pub mod routes;
pub mod rules;
pub mod service;
mod store;
