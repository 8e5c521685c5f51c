//! Huiyi 会衣: customer management of apparel retailers. This list is the map of the code.

#![recursion_limit = "256"]

// Plumbing
pub mod app;
pub mod channels;
pub mod config;
pub mod db;
pub mod events;
pub mod http;
pub mod jobs;
pub mod kernel;
pub mod kv;
pub mod mock;

// Capabilities, in the business's own words
pub mod audit;
pub mod bulk;
pub mod catalog;
pub mod customers;
pub mod guides;
pub mod identity;
pub mod leaderboards;
pub mod members;
pub mod operations;
pub mod orders;
pub mod partners;
pub mod points;
pub mod sessions;
pub mod staff;
pub mod stores;
pub mod tiers;
pub mod timeline;
pub mod webhooks;

// The only files that know every capability, and the program around them
pub mod cli;
pub mod wiring;
