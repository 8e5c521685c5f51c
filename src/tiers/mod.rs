//! Tiers (TR-1 to TR-4). Owns `tier`, `tier_change`. Upgrades take effect in the transaction that earned them.

pub mod routes;
pub mod rules;
pub mod service;
mod store;
