//! Orders and refunds of every channel (OR-1 to OR-4, PT-6). Owns `sales_order`, `order_line`, `order_payment`,
//! `order_refund`, `order_refund_line`. A resend changes nothing; an older version never overwrites a newer one.
//!
//! Whatever order its events arrive in, an order ends in the same state (L8). What returns take back is a function of
//! the *set* of refunds (`rules::returns`), never of their sequence. A refund that comes first leaves a row of its
//! order with version 0: the row that both lock, so that neither can miss the other.

pub mod error;
pub mod events;
pub mod routes;
pub mod rules;
pub mod service;
mod store;
