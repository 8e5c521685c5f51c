//! The ledgers: points and growth (PT-1 to PT-8, TR-4). Owns `points_account`, `points_transfer`, `points_lot`,
//! `points_lot_use`, `earning_rule`. Points move through [`service::post_in`] and nowhere else.

pub mod error;
pub mod events;
pub mod jobs;
pub mod routes;
pub mod rules;
pub mod service;
mod store;
