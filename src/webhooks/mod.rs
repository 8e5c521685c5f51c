//! Events delivered to third parties, in the form of Standard Webhooks 1.0 (OP-3). Owns `webhook_endpoint`,
//! `webhook_delivery`, `webhook_attempt`.
//!
//! Each event is one delivery to each endpoint that asks for it, written once, delivered at least once. Events of one
//! member reach an endpoint in sequence: the next one is queued until the one before came to an end. Whatever changes
//! deliveries of an endpoint holds its row, and one worker at a time delivers to it.

pub mod error;
pub mod events;
pub mod jobs;
pub mod routes;
pub mod rules;
pub mod service;
mod store;
