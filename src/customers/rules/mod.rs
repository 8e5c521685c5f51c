//! The story of one movement of points, in words that a shopper understands (PT-3, PT-8).

mod en;
#[cfg(test)]
mod tests;
mod zh;

use chrono::NaiveDate;
use entity::codes::TransferKind;
use entity::ids::{OrderId, TransferId};

use crate::http::problem::Language;

/// A purchase as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// The order.
    pub order: OrderId,
    /// Its number in its channel.
    pub external_no: String,
    /// Its business day.
    pub day: NaiveDate,
    /// Name of the store credited.
    pub store: Option<String>,
}

/// A part of the points that moved: those of one lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The movement that brought the lot.
    pub transfer: TransferId,
    /// Taken from the lot (below zero) or given back to it.
    pub points: i64,
    /// The purchase that paid for the lot.
    pub purchase: Option<Purchase>,
    /// Business day of earning.
    pub earned: NaiveDate,
    /// Its last day; none is never.
    pub last_day: Option<NaiveDate>,
}

/// Another movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// The movement.
    pub transfer: TransferId,
    /// What it was.
    pub kind: TransferKind,
    /// The same for people, Chinese and English.
    pub title: (&'static str, &'static str),
    /// How many points of the one that is told about; above zero.
    pub points: i64,
    /// Its business day.
    pub day: NaiveDate,
    /// The purchase behind it.
    pub purchase: Option<Purchase>,
}

/// What a movement that brought points says of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Code and version of the rule.
    pub rule: Option<(String, i32)>,
    /// How many times as many points the tier gave, in ten-thousandths; none where it does not count.
    pub tier_bps: Option<i64>,
    /// Name of the campaign, and the points it added.
    pub campaign: Option<(String, i64)>,
    /// The day they can be spent from; none when they can be already.
    pub settles: Option<NaiveDate>,
    /// The last day they can be spent; none is never.
    pub last_day: Option<NaiveDate>,
    /// How many are left.
    pub left: i64,
    /// Where the rest went, the earliest first.
    pub went: Vec<Other>,
    /// Whether there is more than `went` lists.
    pub more: bool,
}

/// The story of one movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// What it was.
    pub kind: TransferKind,
    /// The same for people, Chinese and English.
    pub title: (&'static str, &'static str),
    /// How many points, above zero.
    pub points: i64,
    /// Its business day.
    pub day: NaiveDate,
    /// The purchase behind it.
    pub purchase: Option<Purchase>,
    /// What it brought.
    pub grant: Option<Grant>,
    /// The lots it took from or gave back to.
    pub parts: Vec<Part>,
    /// Whether there are more than `parts` lists.
    pub more: bool,
    /// What it takes back, settles or resolves.
    pub original: Option<Other>,
    /// What takes it back or resolves it.
    pub resolved_by: Vec<Other>,
}

impl Story {
    /// The story in sentences.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        match language {
            Language::Zh => zh::text(self),
            Language::En => en::text(self),
        }
    }

    fn taken(&self) -> Vec<&Part> {
        self.parts.iter().filter(|part| part.points < 0).collect()
    }

    fn given_back(&self) -> Vec<&Part> {
        self.parts.iter().filter(|part| part.points > 0).collect()
    }

    /// Points that no lot had: debt. Only a claw-back makes some.
    fn debt(&self) -> i64 {
        let claws_back = self.kind == TransferKind::Reverse && self.given_back().is_empty();
        if !claws_back || self.more {
            return 0;
        }
        let taken: i64 = self.taken().iter().map(|part| -part.points).sum();
        // What was pending still is taken from its own lot, which is a part like any other.
        (self.points - taken).max(0)
    }
}

/// `1.5` of 15,000 ten-thousandths.
fn times(bps: i64) -> String {
    let text = format!("{}.{:04}", bps / 10_000, bps % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
