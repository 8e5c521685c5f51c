//! Signing in, binding a phone, merging (ID-1 to ID-3, RM2).

mod merge;
mod phone;
mod sign_in;
