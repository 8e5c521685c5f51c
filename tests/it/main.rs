//! One binary for the whole suite: the real server, a database of its own for each test.

#![recursion_limit = "256"]
#![allow(
    clippy::pedantic,
    clippy::type_complexity,
    clippy::cloned_ref_to_slice_refs,
    clippy::inconsistent_digit_grouping,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::zombie_processes,
    reason = "tests are read as examples: yuan_fen digits, plain unwraps, real time-outs"
)]

mod architecture;
mod audit;
mod bulk;
mod canary;
mod catalog;
mod cli;
mod crashes;
mod customers;
mod docs;
mod events;
mod identity;
mod jobs;
mod leaderboards;
mod members;
mod migrations;
mod museum;
mod openapi;
mod orders;
mod partners;
mod permissions;
mod plans;
mod points;
mod probes;
mod proxies;
mod races;
mod races_jobs;
mod relay;
mod rows;
mod sandbox;
mod sessions;
mod staff;
mod story;
mod story_year;
mod support;
mod tiers;
mod timeline;
mod webhooks;
