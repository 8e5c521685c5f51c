//! Queries.

mod accounts;
mod adjustments;
mod audit;
mod budgets;
mod campaigns;
mod due;
mod exports;
mod finance;
mod holds;
mod lots;
mod proofs;
mod rules;
mod suspects;
mod tracing;
mod transfers;

pub use accounts::{
    Glance, accounts_by_id, accounts_of, close_accounts, glance, insert_accounts, is_any_sealed,
    lock_accounts, lock_accounts_of, save_accounts, save_accounts_as_read, save_seals,
};
pub use adjustments::{
    AdjustmentFilter, AdjustmentPosition, adjusted_alone, adjustment_by_id, adjustments,
    insert_adjustment, lock_adjustment, save_adjustment,
};
pub use audit::{
    Readable, TransferKey, account_rows_in, accounts_named, ends_of, lots_after, owners,
    reversed_sums, settled_of, transfers_after, transfers_in, used_of_lots,
};
pub use budgets::{add_issued, counters_after, issued, lock_budgets};
pub use campaigns::{
    campaign_versions, campaigns, campaigns_between, campaigns_by_id, insert_campaign,
    stop_campaign,
};
pub use due::{
    Due, DueExpiry, expiring_soon, insert_notices, lots_due, lots_due_of, lots_running_out,
    notices_of,
};
pub use exports::{count_wanted, wanted_after};
pub use finance::{
    DayTotalKey, balances_of_all, closed_after, day_totals, first_booked, flows, flows_before,
    flows_of_lots, insert_closed, last_closed, left_in_lots, totals_between, totals_of_open_days,
};
pub use holds::{
    holds_after, holds_by_id, holds_by_source, holds_due, holds_of, insert_holds, lock_holds,
    move_holds, open_holds_of, save_holds,
};
pub use lots::{
    holders, insert_lots, insert_uses, left_by_expiry, lots_by_id, lots_left, lots_made_by,
    move_lots, origins, ran_out, save_lots, uses_of,
};
pub use proofs::{ALL, last_proof, save_proof, save_seal_record, seal_record};
pub use rules::{Count, insert_rule, rule_versions, rules, rules_by_id, stop_rule};
pub use suspects::{ENDS, Page, accounts_in, page_end, suspects};
pub use tracing::{
    LotMove, LotPart, last_before, moves_of_lot, numbered, parts_of, resolved_by,
    transfer_with_account,
};
pub use transfers::{
    HistoryPosition, earnings_between, history, insert_transfers, reversals_of, with_causes,
};

/// Values or rows a statement: SQLite binds at most 32,766 values, and a transfer has 22.
const CHUNK: usize = 1000;
