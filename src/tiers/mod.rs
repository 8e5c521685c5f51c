//! Tiers (TR-1 to TR-4). Owns `tier`, `tier_benefit`, `tier_change`, `tier_hold`, `tier_gift`,
//! `tier_multiplier`, `membership_plan`, `membership_card`, `benefit_use`.
//!
//! A member's tier follows from three parts: what she earned, paid cards, a pin of head office; `rules::effective` is the
//! only place that says how. The parts are guarded by the row lock of the member. Rises take effect in the transaction
//! that earned them; what ends is seen to at its own time, before anything else is booked for her.

pub mod error;
pub mod events;
pub mod jobs;
pub mod routes;
pub mod rules;
pub mod service;
mod store;
