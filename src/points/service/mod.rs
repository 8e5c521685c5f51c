//! Use cases of points.

mod adjusting;
mod bringing;
mod budgets;
mod campaigns;
mod checkout;
mod closing;
mod deducting;
mod due;
mod earning_rules;
mod explaining;
mod exporting;
mod finance;
mod foreseeing;
mod history;
mod merging;
mod notices;
mod posting;
mod proving;
mod reading;
mod reconciling;
mod running;
mod sealing;
mod single;
mod statement;
mod till;
mod versioning;
mod written;

use chrono::{DateTime, Utc};
use entity::ids::RuleId;

pub use adjusting::{
    Adjusting, AdjustmentFilter, AdjustmentPosition, adjust_in, adjustment, adjustments,
    approve_in, reject_in,
};
pub use bringing::{Brought, bring_in};
pub use budgets::{
    Budgeted, Granter, Return, budgeted, count_in, issued, issued_by, lock_counters_in, returned,
};
pub use campaigns::{
    Campaign, CampaignBook, CampaignDraft, add_campaign, campaign_versions, campaigns,
    campaigns_between, change_campaign, stop_campaign,
};
pub use checkout::{Freezing, Held, HoldPosition, OrderAmount, held_points, hold_of, quote};
pub use deducting::{Deduction, Receipt, deductions, receipt_of};
pub use due::{expire_due, lapse_due, settle_due};
pub use earning_rules::{Rule, RuleDraft, add_rule, change_rule, rule_versions, rules, stop_rule};
pub use explaining::{
    Capped, Explanation, MOST_LISTED, StoredLot, StoredRule, StoredTransfer, campaign_name,
    explain, explain_any,
};
pub use exporting::{MovementLine, MovementsWanted, count_movements, movements_after};
pub use finance::{
    By, Liability, LiabilityMonth, Period, PeriodActivity, activity, close_days, fen_of, liability,
};
pub use foreseeing::{Foreseen, foresee};
pub use history::{HistoryEntry, HistoryPosition, history, title};
pub use merging::merge_in;
pub use notices::{NOTICE_DAYS, announce_expiring};
pub use posting::post_in;
pub use proving::{CounterRow, Proved, counters_after, last_proved, note_proof};
pub use reading::{
    Overview, RuleBooks, balances, earned_on_day, expiring, overviews, purchase_rule_at,
};
pub use reconciling::{reconcile, reconcile_in_lanes};
pub use running::{RunningCampaign, running_campaigns};
pub use sealing::{Sealing, seal_accounts};
pub use statement::{Statement, StatementLine, Sums};
pub use till::{
    Customer, TillDone, TillMove, TillReversal, TillWish, move_at_tills_at_once, move_at_tills_in,
    spend_at_till,
};
pub use versioning::{Listed, Span};

pub use super::error::MEMBER_NOT_FOUND;
pub use super::rules::quoting::{Quote, Stop};
pub use super::rules::{Act, Difference, Fault, Movement, Posted, Replayed, Short};
pub use super::rules::{
    Book, Budget, Counter, Counts, Issuer, Issues, Limit, Occasion, Phase, Visit, Window, holds,
};
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
