//! Guides' credit (GD-8). Owns `sales_credit`, append-only.

pub mod events;
pub mod service;
mod store;
