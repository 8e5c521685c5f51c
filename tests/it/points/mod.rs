//! The ledger: batches, tills, history, reconciliation (PT-1 to PT-8).

mod adjustments;
mod batches;
mod checkout;
mod closed_days;
mod expiring;
mod finance;
mod gathered;
mod gathered_holds;
mod gathered_twins;
mod history;
mod holding;
mod linear;
mod merging;
mod model;
mod proof;
mod rules_as_data;
mod sealing;
mod settling;
mod tamper;
mod till;
