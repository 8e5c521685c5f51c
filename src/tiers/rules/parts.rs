//! The parts that a member's tier follows from: what she earned, paid cards, a pin of head office (TR-2, TR-2b).

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::TierPart;
use entity::tier::Model as Tier;

use super::ladder::rank;

/// What she earned by herself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earned {
    /// Code.
    pub tier: String,
    /// Start.
    pub since: DateTime<Utc>,
    /// End; none never ends.
    pub until: Option<DateTime<Utc>>,
    /// Growth value at the start.
    pub growth_base: i64,
}

/// A tier that head office fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Code.
    pub tier: String,
    /// Start.
    pub since: DateTime<Utc>,
    /// End; none lasts until it is lifted.
    pub until: Option<DateTime<Utc>>,
}

/// A paid card: from its start, before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Code of the tier.
    pub tier: String,
    /// Start.
    pub from: DateTime<Utc>,
    /// End.
    pub until: DateTime<Utc>,
}

/// All parts of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// By herself.
    pub earned: Earned,
    /// Growth value used up by tiers that she lost.
    pub growth_mark: i64,
    /// By head office.
    pub pin: Option<Pin>,
    /// By money.
    pub cards: Vec<Span>,
}

/// The tier in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// Code.
    pub tier: String,
    /// Start of the part that gives it.
    pub since: DateTime<Utc>,
    /// End of that part; of cards in a row the end of the last.
    pub until: Option<DateTime<Utc>>,
    /// The part.
    pub part: TierPart,
}

/// The tier in force at an instant: a pin is the tier, whether it lies above or below the rest; without one the best of
/// what she earned and what she paid for, of equal ones the one that lasts longer. What she earned stands until it was
/// evaluated, however late that is.
#[must_use]
pub fn effective(tiers: &[Tier], parts: &Parts, at: DateTime<Utc>) -> Effective {
    if let Some(pin) = parts.pin.as_ref().filter(|pin| pin.until.is_none_or(|end| end > at)) {
        return Effective {
            tier: pin.tier.clone(),
            since: pin.since,
            until: pin.until,
            part: TierPart::Pin,
        };
    }
    let earned = &parts.earned;
    let own = Effective {
        tier: earned.tier.clone(),
        since: earned.since,
        until: earned.until,
        part: TierPart::Earned,
    };
    let worth = |it: &Effective| (rank(tiers, &it.tier), it.until.is_none(), it.until);
    let running = parts.cards.iter().filter(|card| card.from <= at && at < card.until);
    let best = running.map(|card| in_a_row(&parts.cards, card)).max_by_key(worth);
    best.filter(|card| worth(card) > worth(&own)).unwrap_or(own)
}

/// A card with those of the same tier that follow it without a gap.
fn in_a_row(cards: &[Span], card: &Span) -> Effective {
    let mut until = card.until;
    let follows = |it: &&Span, until| it.tier == card.tier && it.from <= until && it.until > until;
    while let Some(next) = cards.iter().find(|it| follows(it, until)) {
        until = next.until;
    }
    Effective {
        tier: card.tier.clone(),
        since: card.from,
        until: Some(until),
        part: TierPart::Card,
    }
}

impl Parts {
    /// When the first of the parts ends next, and cards only after `cursor`: earlier ends were seen to.
    #[must_use]
    pub fn next_end(&self, cursor: DateTime<Utc>, grace: TimeDelta) -> Option<End> {
        let earned = self.earned.until.map(|end| (end + grace, Which::Earned));
        let pin = self.pin.as_ref().and_then(|pin| pin.until).map(|end| (end, Which::Pin));
        let ends = self.cards.iter().flat_map(|card| [card.from, card.until]);
        let card = ends.filter(|at| *at > cursor).min().map(|at| (at, Which::Card));
        let first = [earned, pin, card].into_iter().flatten().min()?;
        Some(End { at: first.0, which: first.1 })
    }
}

/// The end of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// When.
    pub at: DateTime<Utc>,
    /// Of which part.
    pub which: Which,
}

/// A part that ends; of ends in one instant what was earned is evaluated first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    /// What she earned.
    Earned,
    /// The pin.
    Pin,
    /// A card.
    Card,
}

/// The better of what two members earned who turn out to be one (ID-3): the higher tier, of equal ones the later end.
/// Growth that came since the start of either hold goes on counting.
#[must_use]
pub fn better_earned(tiers: &[Tier], own: &Earned, other: &Earned) -> Earned {
    let worth = |it: &Earned| (rank(tiers, &it.tier), it.until.is_none(), it.until);
    let kept = if worth(other) > worth(own) { other } else { own };
    let growth_base = own.growth_base.saturating_add(other.growth_base);
    Earned { growth_base, ..kept.clone() }
}

/// The better of two pins: the higher tier, of equal ones the later end.
#[must_use]
pub fn better_pin(tiers: &[Tier], own: Option<Pin>, other: Option<Pin>) -> Option<Pin> {
    let worth = |it: &Pin| (rank(tiers, &it.tier), it.until.is_none(), it.until);
    match (own, other) {
        (Some(own), Some(other)) => Some(if worth(&other) > worth(&own) { other } else { own }),
        (own, other) => own.or(other),
    }
}
