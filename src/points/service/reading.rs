//! What callers want to know.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::codes::Ledger;
use entity::ids::MemberId;

use super::{Balance, EarningRule, Expiring};
use crate::app::App;
use crate::db::Conn;
use crate::http::Result;
use crate::points::store;

/// The rule of `ledger` in force at a business time (`purchase_points` or `purchase_growth`), if any.
pub async fn purchase_rule_at(
    db: &impl Conn,
    ledger: Ledger,
    at: DateTime<Utc>,
) -> Result<Option<EarningRule>> {
    let code = purchase_rule(ledger);
    let row = store::rule_at(db, code, at).await?;
    Ok(row.map(|row| EarningRule { id: row.id, row }))
}

/// The rule of `ledger` in force at each of many business times, in one query.
pub async fn purchase_rules_at(
    db: &impl Conn,
    ledger: Ledger,
    times: &[DateTime<Utc>],
) -> Result<Vec<Option<EarningRule>>> {
    let versions = store::versions_of(db, purchase_rule(ledger)).await?;
    let at = |at: &DateTime<Utc>| {
        let open = |row: &&entity::earning_rule::Model| row.ends_at.is_none_or(|end| end > *at);
        let row = versions.iter().find(|row| row.starts_at <= *at && open(row))?;
        Some(EarningRule { id: row.id, row: row.clone() })
    };
    Ok(times.iter().map(at).collect())
}

const fn purchase_rule(ledger: Ledger) -> &'static str {
    match ledger {
        Ledger::Points => "purchase_points",
        Ledger::Growth => "purchase_growth",
    }
}

/// Points earned by each member on the business day of `at`, for the daily cap. What was taken back later still
/// counts: otherwise buying and returning would open the cap again. Members who earned nothing are absent.
pub async fn earned_on_day(
    db: &impl Conn,
    app: &App,
    members: &[(MemberId, DateTime<Utc>)],
    ledger: Ledger,
) -> Result<HashMap<(MemberId, NaiveDate), i64>> {
    let mut days: BTreeMap<NaiveDate, Vec<MemberId>> = BTreeMap::new();
    for (member, at) in members {
        days.entry(app.calendar.day(*at)).or_default().push(*member);
    }
    let mut earned = HashMap::new();
    for (day, members) in days {
        let accounts = store::accounts_of(db, &members).await?;
        let owners: HashMap<_, _> = accounts
            .iter()
            .filter(|row| row.ledger == ledger)
            .map(|row| (row.id, row.member_id))
            .collect();
        let ids: Vec<_> = owners.keys().copied().collect();
        let (from, to) = (app.calendar.start(day), app.calendar.start(day + chrono::Days::new(1)));
        for (account, amount) in store::earnings_between(db, &ids, from, to).await? {
            let Some(member) = owners.get(&account) else { continue };
            *earned.entry((*member, day)).or_default() += amount;
        }
    }
    Ok(earned)
}

/// Balances; members without an account have zeros.
pub async fn balances(
    db: &impl Conn,
    members: &[MemberId],
    ledger: Ledger,
) -> Result<HashMap<MemberId, Balance>> {
    let mut balances: HashMap<_, _> =
        members.iter().map(|member| (*member, Balance::default())).collect();
    for row in store::accounts_of(db, members).await? {
        if row.ledger == ledger {
            let (pending, available, frozen) = (row.pending, row.available, row.frozen);
            balances.insert(row.member_id, Balance { pending, available, frozen });
        }
    }
    Ok(balances)
}

/// What runs out when, soonest first. Instants that have passed are lots that the expiry job has not reached yet:
/// they can no longer be spent.
pub async fn expiring(db: &impl Conn, member: MemberId) -> Result<Vec<Expiring>> {
    Ok(overview(db, member).await?.expiring)
}

/// What a member can spend at `now`: her balance without lots that have run out.
///
/// # Errors
/// The database's.
pub async fn spendable(db: &impl Conn, member: MemberId, now: DateTime<Utc>) -> Result<i64> {
    let overview = overview(db, member).await?;
    let gone = overview.expiring.iter().filter(|lot| lot.at <= now).map(|lot| lot.amount);
    Ok(overview.points.available - gone.sum::<i64>())
}

/// Both balances of a member and what runs out when, in two statements.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// Points.
    pub points: Balance,
    /// Growth value.
    pub growth: Balance,
    /// As [`expiring`] answers it.
    pub expiring: Vec<Expiring>,
}

/// Where a member's ledgers stand (PT-8).
///
/// # Errors
/// The database's.
pub async fn overview(db: &impl Conn, member: MemberId) -> Result<Overview> {
    let mut overview = Overview::default();
    let mut own = Vec::new();
    for row in store::accounts_of(db, &[member]).await? {
        let (pending, available, frozen) = (row.pending, row.available, row.frozen);
        let balance = Balance { pending, available, frozen };
        match row.ledger {
            Ledger::Growth => overview.growth = balance,
            Ledger::Points => {
                overview.points = balance;
                own.push(row.id);
            }
        }
    }
    let mut sums: BTreeMap<DateTime<Utc>, i64> = BTreeMap::new();
    for lot in store::lots_left(db, &own).await? {
        // Pending points are no part of what she can spend; they are shown by when they settle.
        if let Some(at) = lot.expires_at.filter(|_| lot.settled) {
            *sums.entry(at).or_default() += lot.remaining;
        }
    }
    overview.expiring = sums.into_iter().map(|(at, amount)| Expiring { at, amount }).collect();
    Ok(overview)
}
