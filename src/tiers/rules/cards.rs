//! Paid cards in a row: an extension begins where the last one ends, and no paid day is lost (TR-2b).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::ids::CardId;
use entity::membership_card::Model;

/// A card that counts.
pub type Card = Model;

/// A card that begins and ends at another time than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Which.
    pub card: CardId,
    /// Start.
    pub starts_at: DateTime<Utc>,
    /// End.
    pub ends_at: DateTime<Utc>,
}

/// When a further card of a tier begins: now, or where the last one of that tier ends.
#[must_use]
pub fn next_start(cards: &[Card], tier: &str, now: DateTime<Utc>) -> DateTime<Utc> {
    let last = cards.iter().filter(|card| card.tier == tier && card.cancelled_at.is_none());
    last.map(|card| card.ends_at).max().map_or(now, |end| end.max(now))
}

/// Puts the cards of each tier in a row again, after one was given back or two members became one. What is left of each
/// stays as long as it was; of two that run at once the one that would end first goes first.
#[must_use]
pub fn close_gaps(cards: &[Card], now: DateTime<Utc>) -> Vec<Shift> {
    let open = |card: &&Card| card.cancelled_at.is_none() && card.ends_at > now;
    let tiers: BTreeSet<&str> = cards.iter().filter(open).map(|card| card.tier.as_str()).collect();
    let mut shifts = Vec::new();
    for tier in tiers {
        let mut row: Vec<&Card> =
            cards.iter().filter(|card| open(card) && card.tier == tier).collect();
        row.sort_by_key(|card| (card.starts_at.max(now), card.ends_at, card.id));
        let mut end = now;
        for (i, card) in row.into_iter().enumerate() {
            let runs = i == 0 && card.starts_at <= now;
            let left = card.ends_at - card.starts_at.max(now);
            let starts_at = if runs { card.starts_at } else { end };
            end += left;
            if (starts_at, end) != (card.starts_at, card.ends_at) {
                shifts.push(Shift { card: card.id, starts_at, ends_at: end });
            }
        }
    }
    shifts
}
