//! Use cases of points.

mod due;
mod explaining;
mod finance;
mod foreseeing;
mod history;
mod merging;
mod notices;
mod posting;
mod reading;
mod reconciling;
mod statement;
mod till;
mod written;

use chrono::{DateTime, Utc};
use entity::ids::RuleId;

pub use due::{expire_due, lapse_due, settle_due};
pub use explaining::{
    Explanation, Listed, MOST_LISTED, StoredLot, StoredRule, StoredTransfer, explain, explain_any,
};
pub use finance::{
    By, Liability, LiabilityMonth, Period, PeriodActivity, activity, close_days, fen_of, liability,
};
pub use foreseeing::{Foreseen, foresee};
pub use history::{HistoryEntry, HistoryPosition, history, title};
pub use merging::merge_in;
pub use notices::{NOTICE_DAYS, announce_expiring};
pub use posting::post_in;
pub use reading::{
    Overview, balances, earned_on_day, expiring, overview, purchase_rule_at, purchase_rules_at,
};
pub use reconciling::reconcile;
pub use statement::{Statement, StatementLine, Sums};
pub use till::{
    Customer, TillMove, TillReversal, earn_at_till_in, give_back_at_till_in, spend_at_till,
    spend_at_till_in,
};

pub use super::rules::{Act, Difference, Fault, Movement, Posted, Replayed, Short};
pub use super::store::{LotMove, LotPart};

/// A member's balances in one ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Granted, not settled.
    pub pending: i64,
    /// Can be spent; below zero is debt.
    pub available: i64,
    /// Held.
    pub frozen: i64,
}

/// A rule version in force.
#[derive(Clone, Debug)]
pub struct EarningRule {
    /// Version's id.
    pub id: RuleId,
    /// Row.
    pub row: entity::earning_rule::Model,
}

/// Points that run out at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiring {
    /// When.
    pub at: DateTime<Utc>,
    /// How many.
    pub amount: i64,
}
