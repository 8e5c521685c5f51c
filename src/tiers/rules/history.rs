//! Which tier was in force when (TR-4).

use chrono::{DateTime, Utc};
use entity::tier::Model as Tier;
use entity::tier_change::Model as Change;
use entity::tier_multiplier::Model as Multiplier;

use super::ladder::rank;

/// Oldest first. Changes from before the numbering have no number: of those in one millisecond the one to the higher
/// tier is the later one.
pub fn sort(tiers: &[Tier], history: &mut [Change]) {
    history.sort_by_key(|change| (change.changed_at, change.seq, rank(tiers, &change.to_tier)));
}

/// The code of the tier in force at a business time: that of the last change up to then; before the first change, what
/// it changed from. `None` where there is no history. `history` comes oldest first.
#[must_use]
pub fn tier_at(history: &[Change], at: DateTime<Utc>) -> Option<&str> {
    let past = history.iter().rev().find(|change| change.changed_at <= at);
    match past {
        Some(change) => Some(&change.to_tier),
        None => history.first()?.from_tier.as_deref(),
    }
}

/// The multiplier that a tier had at a business time: the last one noted up to then. An order from before the tier was
/// there finds its first. `noted` comes oldest first, of all tiers.
#[must_use]
pub fn multiplier_at<'a>(
    noted: &'a [Multiplier],
    tier: &str,
    at: DateTime<Utc>,
) -> Option<&'a Multiplier> {
    let own = || noted.iter().filter(|it| it.tier == tier);
    own().rfind(|it| it.valid_from <= at).or_else(|| own().next())
}
