//! Third parties and their keys (OP-2). Owns `partner`, `partner_key`.
//!
//! Of a key's secret only a digest is kept. What is revoked is refused at once by the process that revoked it, and
//! within a second by the others.

pub mod caller;
pub mod error;
pub mod routes;
mod rules;
pub mod service;
mod store;
