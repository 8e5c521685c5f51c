//! Sign-in of shoppers, binding a phone, merging members (ID-1 to ID-3). Owns `member_merge`.
//! Only what WeChat vouches for signs anybody in: never a phone number, never an id of ours (RM2).

pub mod caller;
pub mod error;
pub mod events;
pub mod routes;
pub mod service;
mod store;
