//! Everything one member did, newest first (ID-7). Owns `member_timeline`.
//!
//! A projection: a reaction writes one row for each event that tells of a member, once however often it sees it, and
//! `huiyi timeline rebuild` writes those of older events. Rows hold ids, codes and numbers; the line is made when it is read.

pub mod routes;
pub mod rules;
pub mod service;
mod store;
