//! What a rule or campaign would have cost (NC-3), added up order by order.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use entity::ids::MemberId;

/// Orders and points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Orders that would have earned something else.
    pub orders: u64,
    /// Points more (above zero) or less than were granted.
    pub points: i64,
}

/// The sums so far: as large as the number of members touched, however many orders there were.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    orders: u64,
    granted: i64,
    touched: Tally,
    by_tier: BTreeMap<String, Tally>,
    by_month: BTreeMap<NaiveDate, Tally>,
    by_member: HashMap<MemberId, i64>,
}

/// What a trial found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Paid orders of members that were looked at.
    pub orders: u64,
    /// What they were granted.
    pub granted: i64,
    /// What would have been other than it was.
    pub touched: Tally,
    /// Members with at least one such order.
    pub members: u64,
    /// By the code of the tier at the business time.
    pub by_tier: Vec<(String, Tally)>,
    /// By the first day of the business month.
    pub by_month: Vec<(NaiveDate, Tally)>,
    /// Who would have got the most more, at most [`TOP`].
    pub top: Vec<(MemberId, i64)>,
}

/// How many members a verdict names.
pub const TOP: usize = 10;

/// One order of a trial.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Whose.
    pub member: MemberId,
    /// Her tier at the business time.
    pub tier: &'a str,
    /// First day of the business month.
    pub month: NaiveDate,
    /// What it was granted.
    pub granted: i64,
    /// What it would have been granted.
    pub would: i64,
}

impl Tally {
    const fn add(&mut self, points: i64) {
        self.orders += 1;
        self.points += points;
    }
}

impl Ledger {
    /// Puts one order to the others.
    pub fn add(&mut self, entry: &Entry<'_>) {
        self.orders += 1;
        self.granted += entry.granted;
        let more = entry.would - entry.granted;
        if more == 0 {
            return;
        }
        self.touched.add(more);
        match self.by_tier.get_mut(entry.tier) {
            Some(tally) => tally.add(more),
            None => self.by_tier.entry(entry.tier.to_owned()).or_default().add(more),
        }
        self.by_month.entry(entry.month).or_default().add(more);
        *self.by_member.entry(entry.member).or_default() += more;
    }

    /// The sums.
    #[must_use]
    pub fn close(self) -> Verdict {
        let members = u64::try_from(self.by_member.len()).unwrap_or(u64::MAX);
        let mut top: Vec<(MemberId, i64)> =
            self.by_member.into_iter().filter(|(_, more)| *more > 0).collect();
        top.sort_unstable_by_key(|(member, more)| (std::cmp::Reverse(*more), *member));
        top.truncate(TOP);
        Verdict {
            orders: self.orders,
            granted: self.granted,
            touched: self.touched,
            members,
            by_tier: self.by_tier.into_iter().collect(),
            by_month: self.by_month.into_iter().collect(),
            top,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn only_what_would_have_been_other_is_touched() {
        let member = MemberId::new(DateTime::UNIX_EPOCH);
        let month = "2026-03-01".parse().unwrap();
        let entry = |tier, granted, would| Entry { member, tier, month, granted, would };
        let mut ledger = Ledger::default();
        for entry in [entry("gold", 100, 100), entry("gold", 100, 250), entry("silver", 40, 30)] {
            ledger.add(&entry);
        }
        let verdict = ledger.close();
        assert_eq!((verdict.orders, verdict.granted, verdict.members), (3, 240, 1));
        assert_eq!(verdict.touched, Tally { orders: 2, points: 140 });
        let (gold, silver) = (Tally { orders: 1, points: 150 }, Tally { orders: 1, points: -10 });
        assert_eq!(verdict.by_tier, [("gold".to_owned(), gold), ("silver".to_owned(), silver)]);
        assert_eq!(verdict.top, [(member, 140)]);
    }
}
