//! The ledger: batches, tills, history, reconciliation (PT-1 to PT-8).

mod batches;
mod finance;
mod history;
mod linear;
mod merging;
mod model;
mod proof;
mod till;
