//! Use cases of tiers.

mod announcing;
mod benefits;
mod cards;
mod desk;
mod foreseeing;
mod history;
mod ladder;
mod merging;
mod moving;
mod pinning;
mod plans;
mod standing;
mod using;

pub use announcing::announce_tier_ends;
pub use benefits::{Entitlement, entitlements};
pub use cards::{Card as CardRow, CardSale, CardSold, cancel_card, sell_card_in};
pub use foreseeing::{Foreseen, Less, Outlook, foresee};
pub use history::{HistoryEntry, HistoryPosition, history, history_in_scope, history_of};
pub use ladder::{NewTier, TierChanges, TierRow, add_tier, change_tier, remove_tier, tier, tiers};
pub use merging::merge_in;
pub use moving::{renew_due, settle_in, upgrade_in};
pub use pinning::{PinWish, Pinned, Whole, lift_pin, pin, whole};
pub use plans::{NewPlan, Plan, PlanChanges, add_plan, change_plan, plans};
pub use standing::{
    Held, NextTier, Offer, Record, Standing, offers, records_of, standing, tiers_at,
};
pub use using::{BenefitUsed, UseWish, undo_use, use_benefit_in};

pub use super::rules::{Benefit, Keep};
