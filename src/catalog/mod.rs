//! The catalogue and its stock (OR-5). Owns `product`, `sku`, `stock_level`, `stock_move`, `stock_hold`.
//!
//! Of a product the highest version that was sent stands. Stock is a ledger: moves are never changed, and for each SKU in
//! each store `on_hand - short` is the sum of its moves, `0 <= held <= on_hand`, and what is held was there.

pub mod error;
pub mod events;
pub mod jobs;
pub mod routes;
mod rules;
pub mod service;
mod store;
