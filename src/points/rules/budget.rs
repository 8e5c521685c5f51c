//! Budgets: what a rule or campaign may issue in all, in a business day, to a member (PT-2b).

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use entity::ids::MemberId;
use entity::{earning_rule, points_campaign};

/// Who issues points.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Issuer {
    /// An earning rule, by its code: a change of it goes on counting.
    Rule(String),
    /// A campaign, by its code.
    Campaign(String),
}

/// Over what is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Window {
    /// All it ever issues.
    All,
    /// A business day.
    Day(NaiveDate),
    /// One member.
    Member(MemberId),
}

/// One counter; its text is the key of its row.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Counter {
    /// Whose.
    pub issuer: Issuer,
    /// Over what.
    pub window: Window,
}

impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.issuer {
            Issuer::Rule(code) => write!(f, "rule/{code}/")?,
            Issuer::Campaign(code) => write!(f, "campaign/{code}/")?,
        }
        match self.window {
            Window::All => f.write_str("all"),
            Window::Day(day) => write!(f, "{day}"),
            Window::Member(member) => write!(f, "{member}"),
        }
    }
}

/// Text that is the key of no counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoCounter;

impl FromStr for Counter {
    type Err = NoCounter;

    fn from_str(key: &str) -> Result<Self, NoCounter> {
        let (issuer, rest) = key.split_once('/').ok_or(NoCounter)?;
        let (code, window) = rest.rsplit_once('/').ok_or(NoCounter)?;
        let issuer = match issuer {
            "rule" => Issuer::Rule(code.to_owned()),
            "campaign" => Issuer::Campaign(code.to_owned()),
            _ => return Err(NoCounter),
        };
        let window = match window {
            "all" => Window::All,
            member if member.starts_with("mem_") => {
                Window::Member(member.parse().map_err(|_| NoCounter)?)
            }
            day => Window::Day(day.parse().map_err(|_| NoCounter)?),
        };
        Ok(Self { issuer, window })
    }
}

/// A counter and what it may reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Counter.
    pub counter: Counter,
    /// Most.
    pub most: i64,
}

/// The budget of one version; points, absent where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// In all, over the versions.
    pub total: Option<i64>,
    /// In a business day.
    pub per_day: Option<i64>,
    /// For one member.
    pub per_member: Option<i64>,
}

impl Budget {
    /// What binds an order of this day and member.
    #[must_use]
    pub fn limits(&self, issuer: &Issuer, day: NaiveDate, member: MemberId) -> Vec<Limit> {
        let windows = [
            (Window::All, self.total),
            (Window::Day(day), self.per_day),
            (Window::Member(member), self.per_member),
        ];
        let limit = |(window, most): (Window, Option<i64>)| {
            Some(Limit { counter: Counter { issuer: issuer.clone(), window }, most: most? })
        };
        windows.into_iter().filter_map(limit).collect()
    }
}

/// A version that issues points.
pub trait Issues {
    /// Who issues.
    fn issuer(&self) -> Issuer;
    /// How much it may.
    fn budget(&self) -> Budget;

    /// What binds an order of this day and member.
    fn limits(&self, day: NaiveDate, member: MemberId) -> Vec<Limit> {
        let budget = self.budget();
        if budget == Budget::default() {
            return Vec::new();
        }
        budget.limits(&self.issuer(), day, member)
    }
}

impl Issues for earning_rule::Model {
    fn issuer(&self) -> Issuer {
        Issuer::Rule(self.code.clone())
    }
    fn budget(&self) -> Budget {
        let (total, per_day) = (self.budget_total, self.budget_per_day);
        Budget { total, per_day, per_member: self.budget_per_member }
    }
}

impl Issues for points_campaign::Model {
    fn issuer(&self) -> Issuer {
        Issuer::Campaign(self.code.clone())
    }
    fn budget(&self) -> Budget {
        let (total, per_day) = (self.budget_total, self.budget_per_day);
        Budget { total, per_day, per_member: self.budget_per_member }
    }
}

/// What counters stand at while orders are granted, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    issued: HashMap<Counter, i64>,
    changes: BTreeMap<Counter, i64>,
}

impl Counts {
    /// Counters as they were read; one that is absent stands at nought.
    #[must_use]
    pub fn new(issued: HashMap<Counter, i64>) -> Self {
        Self { issued, changes: BTreeMap::new() }
    }

    /// What all of `limits` leave; none when nothing binds.
    #[must_use]
    pub fn left(&self, limits: &[Limit]) -> Option<i64> {
        let left = |limit: &Limit| {
            limit.most - self.issued.get(&limit.counter).copied().unwrap_or_default()
        };
        limits.iter().map(left).min().map(|left| left.max(0))
    }

    /// Counts an issue.
    pub fn take(&mut self, limits: &[Limit], amount: i64) {
        for limit in limits.iter().filter(|_| amount != 0) {
            *self.issued.entry(limit.counter.clone()).or_default() += amount;
            *self.changes.entry(limit.counter.clone()).or_default() += amount;
        }
    }

    /// What was counted since the counters were read.
    #[must_use]
    pub fn into_changes(self) -> BTreeMap<Counter, i64> {
        self.changes
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn a_counter_is_read_from_its_key() {
        let member = MemberId::new(DateTime::UNIX_EPOCH);
        let day: NaiveDate = "2026-11-11".parse().unwrap();
        for window in [Window::All, Window::Day(day), Window::Member(member)] {
            for issuer in [Issuer::Rule("purchase".to_owned()), Issuer::Campaign("a/b".to_owned())]
            {
                let counter = Counter { issuer, window };
                assert_eq!(counter.to_string().parse(), Ok(counter));
            }
        }
        for key in ["", "rule", "rule/x", "tier/x/all", "rule/x/2026-13-01", "rule/x/mem_1"] {
            assert_eq!(key.parse::<Counter>(), Err(NoCounter), "{key}");
        }
    }

    #[test]
    fn the_tightest_limit_holds_and_never_below_nought() {
        let member = MemberId::new(DateTime::UNIX_EPOCH);
        let day: NaiveDate = "2026-11-11".parse().unwrap();
        let issuer = Issuer::Campaign("double_11".to_owned());
        let budget = Budget { total: Some(100), per_day: Some(70), per_member: Some(200) };
        let limits = budget.limits(&issuer, day, member);
        let mut counts = Counts::default();
        assert_eq!(counts.left(&limits), Some(70));
        counts.take(&limits, 60);
        assert_eq!(counts.left(&limits), Some(10));
        let tomorrow = budget.limits(&issuer, day.succ_opt().unwrap(), member);
        assert_eq!(counts.left(&tomorrow), Some(40));
        counts.take(&tomorrow, 50);
        assert_eq!(counts.left(&tomorrow), Some(0));
        assert_eq!(counts.left(&[]), None);
        let changes: Vec<_> =
            counts.into_changes().iter().map(|(counter, by)| (counter.to_string(), *by)).collect();
        let key = |window: &str| format!("campaign/double_11/{window}");
        assert_eq!(
            changes,
            [
                (key("all"), 110),
                (key("2026-11-11"), 60),
                (key("2026-11-12"), 50),
                (key(&member.to_string()), 110)
            ]
        );
    }
}
