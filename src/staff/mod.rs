//! Staff, their invitations and sign-in (OG-1, GD-1). Owns `staff`, `staff_invitation`, `sign_in_failure`.
//! No default password exists (S24): an account begins with a one-time link.

pub mod caller;
pub mod error;
pub mod routes;
mod rules;
pub mod service;
mod store;
