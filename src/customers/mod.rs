//! One customer seen whole: by herself in the portal, by her guide in the app (ID-5, ID-6, PT-8, GD-1).
//! Owns no table; its store reads who changed, not what. Staff reach a customer only through `members::service::find_in_scope` (S1).

pub mod routes;
mod rules;
pub mod service;
mod store;
