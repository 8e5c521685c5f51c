//! Who read, searched, took out or changed whose data (PV-6, S17). Owns `audit_log`, `audit_mark`, `audit_proof`.
//!
//! A change and its line commit together; a read is answered after its line stands. Each line carries a code from the
//! moment it is written; a worker chains them in order, so that nobody waits for a chain when reading. The head of the
//! chain is kept outside the database, too. Details hold names of fields, ids and counts: by their types nothing else.

pub mod jobs;
mod rules;
pub mod service;
mod store;
