//! What head office sees and decides of the machinery itself: background jobs that were given up (OPS-2), the audit log
//! (PV-6). Owns nothing.

pub mod error;
pub mod routes;
pub mod service;
