//! Use cases of points.

mod adjusting;
mod checkout;
mod due;
mod history;
mod merging;
mod notices;
mod posting;
mod reading;
mod reconciling;
mod till;

use chrono::{DateTime, Utc};
use entity::ids::RuleId;

pub use adjusting::{
    Adjusting, AdjustmentFilter, AdjustmentPosition, adjust_in, adjustment, adjustments,
    approve_in, reject_in,
};
pub use checkout::{
    Freezing, Held, HoldPosition, OrderAmount, capture_in, freeze_in, hold_of, holds, quote,
    release_in,
};
pub use due::{expire_due, lapse_due, settle_due};
pub use history::{HistoryEntry, HistoryPosition, history};
pub use merging::merge_in;
pub use notices::{NOTICE_DAYS, announce_expiring};
pub use posting::post_in;
pub use reading::{
    Overview, balances, earned_on_day, expiring, overview, purchase_rule_at, purchase_rules_at,
};
pub use reconciling::reconcile;
pub use till::{
    Customer, TillMove, TillReversal, earn_at_till_in, give_back_at_till_in, spend_at_till,
    spend_at_till_in,
};

pub use super::rules::quoting::{Limit, Quote};
pub use super::rules::{Act, Difference, Fault, Movement, Posted, Replayed, Short};

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
