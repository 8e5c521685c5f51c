//! Signed-in devices and their tokens (S9–S12). Owns `session`, `refresh_token`.
//!
//! SQL holds the truth. Copies in this process and in the kv spare it most reads, and none of them is believed
//! before the list of recent changes (`service/changes.rs`) was read from SQL within half a second. So a session that was
//! ended, or given to another member, is so on every replica within a second, whatever Redis does: it may be away,
//! or come back with what it knew before (S10).

pub mod error;
pub mod routes;
mod rules;
pub mod service;
mod store;
