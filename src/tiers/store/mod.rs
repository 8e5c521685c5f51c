//! Queries, batch first.

mod benefits;
mod cards;
mod changes;
mod holds;
mod ladder;

pub use benefits::{
    benefits_of, find_use, gifts_of, insert_gifts, insert_use, move_gifts, move_uses, set_benefits,
    undo_use, uses_since,
};
pub use cards::{
    cancel, cards_of, find_card, find_plan, insert_card, insert_plan, lock_plan, move_cards,
    move_to, plans, save_plan,
};
pub use changes::{changes_of, insert_changes, page_of};
pub use holds::{delete, due, due_among, holds_of, noticeable, save};
pub use ladder::{
    delete_tier, insert_tier, lock_tiers, multipliers, note_multiplier, pin_codes, save_tier,
    tier_of_cards, tier_of_holds, tier_of_plans, tiers,
};

/// Values or rows a statement.
const CHUNK: usize = 1000;
