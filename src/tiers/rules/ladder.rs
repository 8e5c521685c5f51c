//! The ladder of tiers and the two tracks up (TR-1, TR-3).

use chrono::{Days, Months, NaiveDate};
use entity::codes::TierCause;
use entity::tier::Model as Tier;
use entity::values::Fen;

/// Where a member stands on both tracks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Paid less refunded in the last 12 months.
    pub spent: Fen,
    /// Growth value that counts: without what tiers used up that were lost.
    pub growth: i64,
}

/// The track that reached a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// Spending of 12 months.
    Spend,
    /// Growth value.
    Growth,
}

impl Track {
    /// As stored with the change.
    #[must_use]
    pub const fn cause(self) -> TierCause {
        match self {
            Self::Spend => TierCause::Spend,
            Self::Growth => TierCause::Growth,
        }
    }
}

impl Reach {
    fn track(self, tier: &Tier) -> Option<Track> {
        if self.spent >= tier.spend_fen {
            Some(Track::Spend)
        } else if self.growth >= tier.growth {
            Some(Track::Growth)
        } else {
            None
        }
    }
}

/// The highest tier that is reached on either track; `None` leaves a member in the joining tier. `tiers` come lowest
/// first and the lowest is never reached: one joins with it.
#[must_use]
pub fn reached(tiers: &[Tier], reach: Reach) -> Option<(&Tier, Track)> {
    let mut above = tiers.iter().skip(1).rev();
    above.find_map(|tier| Some((tier, reach.track(tier)?)))
}

/// The tier that a member rises to now; `None` when she has it, or a better one.
#[must_use]
pub fn rise<'a>(tiers: &'a [Tier], current: &str, reach: Reach) -> Option<(&'a Tier, Track)> {
    reached(tiers, reach).filter(|(tier, _)| tier.rank > rank(tiers, current))
}

/// The rank of a tier; a code that no tier has ranks below all.
#[must_use]
pub fn rank(tiers: &[Tier], code: &str) -> i32 {
    tiers.iter().find(|tier| tier.code == code).map_or(0, |tier| tier.rank)
}

/// One step down from a tier; none from the joining tier.
#[must_use]
pub fn below<'a>(tiers: &'a [Tier], code: &str) -> Option<&'a Tier> {
    let own = rank(tiers, code);
    tiers.iter().rev().find(|tier| tier.rank < own)
}

/// Whether each tier asks for more than the one below it, on both tracks, and the joining tier for nothing. `tiers` come
/// lowest first.
#[must_use]
pub fn rising(tiers: &[Tier]) -> bool {
    let joins = tiers.first().is_none_or(|tier| tier.spend_fen.0 == 0 && tier.growth == 0);
    let step =
        |pair: &[Tier]| pair[0].spend_fen < pair[1].spend_fen && pair[0].growth < pair[1].growth;
    joins && tiers.windows(2).all(step)
}

/// The first business day of the 12 months that end with `day`: the day after the same date a year before, so that what
/// made a tier does not renew it too. A year after 29 February is 28 February.
#[must_use]
pub fn window(day: NaiveDate) -> NaiveDate {
    const YEAR: Months = Months::new(12);
    let first = day - YEAR + Days::new(1);
    if first + YEAR <= day { first + Days::new(1) } else { first }
}

/// The next tier above `current`, with what is missing on each track.
#[must_use]
pub fn next<'a>(tiers: &'a [Tier], current: &str, reach: Reach) -> Option<(&'a Tier, Fen, i64)> {
    let above = rank(tiers, current);
    let tier = tiers.iter().find(|tier| tier.rank > above)?;
    let spend = tier.spend_fen.0.saturating_sub(reach.spent.0).max(0);
    let growth = tier.growth.saturating_sub(reach.growth).max(0);
    Some((tier, Fen(spend), growth))
}
