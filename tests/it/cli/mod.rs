//! The real program, as people run it.

mod audit;
mod config;
mod demo;
pub mod program;
mod reconcile;
mod serve;
mod tools;
mod traces;
