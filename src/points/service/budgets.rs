//! Budgets of rules and campaigns (PT-2b): counters, locked while orders are granted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::ids::{CampaignId, MemberId, RuleId};
use entity::{earning_rule, points_campaign};

use crate::db::{Conn, Tx};
use crate::http::Result;
use crate::members::service::Loser;
use crate::points::rules::{Budget, Counter, Counts, Issuer, Issues, Limit, Window};
use crate::points::store;

/// Locks counters until the transaction ends. What was counted for somebody who was merged into a member counts for
/// her. Lock orders and members before, holds and accounts after.
///
/// # Errors
/// The database's.
pub async fn lock_counters_in(
    tx: &Tx,
    wanted: &BTreeSet<Counter>,
    losers: &[Loser],
    now: DateTime<Utc>,
) -> Result<Counts> {
    let keys = sorted(wanted.iter());
    let standing = store::lock_budgets(tx, &keys, now).await?;
    let mut issued: HashMap<Counter, i64> = wanted
        .iter()
        .filter_map(|counter| Some((counter.clone(), *standing.get(&counter.to_string())?)))
        .collect();
    let former = former(wanted, losers);
    let keys = sorted(former.iter().map(|(_, counter)| counter));
    let standing = store::issued(tx, &keys).await?;
    for (of, counter) in former {
        let more = standing.get(&counter.to_string()).copied().unwrap_or_default();
        *issued.entry(of).or_default() += more;
    }
    Ok(Counts::new(issued))
}

fn sorted<'a>(counters: impl Iterator<Item = &'a Counter>) -> Vec<String> {
    let keys: BTreeSet<String> = counters.map(ToString::to_string).collect();
    keys.into_iter().collect()
}

/// The counters of those who were merged into members, with the counter of who stays. They count no more.
fn former(wanted: &BTreeSet<Counter>, losers: &[Loser]) -> Vec<(Counter, Counter)> {
    let mut found = Vec::new();
    for counter in wanted.iter().filter(|_| !losers.is_empty()) {
        let Window::Member(member) = counter.window else { continue };
        for loser in losers.iter().filter(|loser| loser.winner == member) {
            let window = Window::Member(loser.id);
            found.push((counter.clone(), Counter { issuer: counter.issuer.clone(), window }));
        }
    }
    found
}

/// Counts what was issued (above zero) or taken back (below), one statement for all of it.
///
/// # Errors
/// The database's.
pub async fn count_in(tx: &Tx, changes: &BTreeMap<Counter, i64>, now: DateTime<Utc>) -> Result<()> {
    let changes: BTreeMap<String, i64> = changes
        .iter()
        .filter(|(_, by)| **by != 0)
        .map(|(counter, by)| (counter.to_string(), *by))
        .collect();
    let changes: Vec<(String, i64)> = changes.into_iter().collect();
    Ok(store::add_issued(tx, &changes, now).await?)
}

/// Points of an order that a version granted and that go back.
#[derive(Clone, Copy, Debug)]
pub struct Return {
    /// Whose the order is now.
    pub member: MemberId,
    /// Business day of the order: the day on which they were counted.
    pub day: NaiveDate,
    /// Who granted them.
    pub by: Granter,
    /// How many.
    pub amount: i64,
}

/// The version that granted points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granter {
    /// Of a rule.
    Rule(RuleId),
    /// Of a campaign.
    Campaign(CampaignId),
}

/// Versions that issued points, and so which counters they count on.
#[derive(Clone, Debug, Default)]
pub struct Budgeted {
    rules: HashMap<RuleId, earning_rule::Model>,
    campaigns: HashMap<CampaignId, points_campaign::Model>,
}

impl Budgeted {
    /// The counters of a version for an order of this day and member.
    #[must_use]
    pub fn limits(&self, by: Granter, day: NaiveDate, member: MemberId) -> Vec<Limit> {
        let limits = match by {
            Granter::Rule(id) => self.rules.get(&id).map(|row| row.limits(day, member)),
            Granter::Campaign(id) => self.campaigns.get(&id).map(|row| row.limits(day, member)),
        };
        limits.unwrap_or_default()
    }

    /// The versions of rules.
    pub fn rules(&self) -> impl Iterator<Item = RuleId> {
        self.rules.keys().copied()
    }

    /// The versions of campaigns.
    pub fn campaigns(&self) -> impl Iterator<Item = CampaignId> {
        self.campaigns.keys().copied()
    }

    /// Whether nothing is counted at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.campaigns.is_empty()
    }
}

/// All versions that have a budget.
///
/// # Errors
/// The database's.
pub async fn budgeted(db: &impl Conn) -> Result<Budgeted> {
    let rules = store::rules(db).await?.into_iter().filter(|row| row.budget() != Budget::default());
    let campaigns = store::campaigns(db).await?.into_iter();
    let campaigns = campaigns.filter(|row| row.budget() != Budget::default());
    Ok(Budgeted {
        rules: rules.map(|row| (row.id, row)).collect(),
        campaigns: campaigns.map(|row| (row.id, row)).collect(),
    })
}

/// What goes back, by counter: exactly the counters that the version counted on when it granted.
///
/// # Errors
/// The database's.
pub async fn returned(db: &impl Conn, returns: &[Return]) -> Result<BTreeMap<Counter, i64>> {
    let (mut rules, mut campaigns) = (BTreeSet::new(), BTreeSet::new());
    for back in returns {
        match back.by {
            Granter::Rule(id) => drop(rules.insert(id)),
            Granter::Campaign(id) => drop(campaigns.insert(id)),
        }
    }
    let mut versions = Budgeted::default();
    if !rules.is_empty() {
        let rows = store::rules_by_id(db, &rules.into_iter().collect::<Vec<_>>()).await?;
        versions.rules.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    if !campaigns.is_empty() {
        let rows = store::campaigns_by_id(db, &campaigns.into_iter().collect::<Vec<_>>()).await?;
        versions.campaigns.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    let mut changes = BTreeMap::new();
    for back in returns {
        for limit in versions.limits(back.by, back.day, back.member) {
            *changes.entry(limit.counter).or_insert(0) -= back.amount;
        }
    }
    Ok(changes)
}

/// What issuers have issued in all; those that never counted are absent.
///
/// # Errors
/// The database's.
pub async fn issued(db: &impl Conn, issuers: &[Issuer]) -> Result<HashMap<Issuer, i64>> {
    let counter = |issuer: &Issuer| Counter { issuer: issuer.clone(), window: Window::All };
    let keys: Vec<String> = issuers.iter().map(|issuer| counter(issuer).to_string()).collect();
    let standing = store::issued(db, &keys).await?;
    let found = issuers.iter().filter_map(|issuer| {
        let issued = standing.get(&counter(issuer).to_string())?;
        Some((issuer.clone(), *issued))
    });
    Ok(found.collect())
}

/// What counters have issued; those that never counted are absent.
///
/// # Errors
/// The database's.
pub async fn issued_by(db: &impl Conn, counters: Vec<Counter>) -> Result<Vec<(Counter, i64)>> {
    let keys: Vec<String> = counters.iter().map(ToString::to_string).collect();
    let standing = store::issued(db, &keys).await?;
    let found = counters.into_iter().zip(keys).filter_map(|(counter, key)| {
        let issued = standing.get(&key)?;
        Some((counter, *issued))
    });
    Ok(found.collect())
}
