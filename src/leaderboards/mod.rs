//! Leaderboards (BN-7): a projection of facts in SQL, kept in the kv. Owns `board_gap`.
//!
//! Members by points earned come from `points_transfer`, guides by sales from `sales_credit`. A score is always
//! written whole with a version that only grows, so writes may repeat and overtake each other.
//!
//! The kv may be lost at any time (OPS-6, F1, F2):
//! - While it is away, reactions succeed and note in `board_gap` which boards missed changes; nothing waits for it. Boards
//!   are then answered from SQL, marked `stale`.
//! - A board that has a gap, or that the kv does not hold whole (FLUSHALL, eviction, a restart, a failover), is rebuilt
//!   from SQL by its first reader. Nobody has to notice or to run anything.

pub mod routes;
mod rules;
pub mod service;
mod store;
