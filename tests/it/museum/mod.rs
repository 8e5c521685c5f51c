//! The race museum (promises A0): bugs that comparable products have open, each as a test that we pass.

mod ledger;
mod points;
mod sessions;
