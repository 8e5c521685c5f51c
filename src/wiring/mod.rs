//! The lists that know every capability: routes, reactions, documents.

pub mod audited;
pub mod codes;
pub mod docs;
pub mod events;
pub mod jobs;
pub mod openapi;
pub mod probes;
mod problems;
pub mod proof;
pub mod reactions;
pub mod routes;
mod sandbox;
pub mod server;
