//! Members, their identifiers and running totals (ID-2, ID-4, ID-5, OR-3, OR-4).
//! Owns `member`, `member_identifier`, `member_total`, `member_spend`. An identifier belongs to one member, always, and
//! never to one that does not exist or was merged. A member's row is the lock for everything that is about her.

pub mod error;
pub mod events;

pub mod routes;
pub mod rules;
pub mod service;
mod store;
