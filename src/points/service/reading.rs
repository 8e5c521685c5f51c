//! What callers want to know.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::codes::Ledger;
use entity::earning_rule;
use entity::ids::MemberId;

use super::{Balance, EarningRule, Expiring};
use crate::app::App;
use crate::db::Conn;
use crate::http::Result;
use crate::members::service::Loser;
use crate::points::rules::Book;
use crate::points::store;

/// The rule of `ledger` in force at a business time, if any.
pub async fn purchase_rule_at(
    db: &impl Conn,
    ledger: Ledger,
    at: DateTime<Utc>,
) -> Result<Option<EarningRule>> {
    let books = RuleBooks::load(db).await?;
    Ok(books.at(ledger, at).map(|row| EarningRule { id: row.id, row: row.clone() }))
}

/// The earning rules of both ledgers, with all their versions.
#[derive(Clone, Debug, Default)]
pub struct RuleBooks {
    points: Book<earning_rule::Model>,
    growth: Book<earning_rule::Model>,
}

impl RuleBooks {
    /// Reads them, in one statement.
    ///
    /// # Errors
    /// The database's.
    pub async fn load(db: &impl Conn) -> Result<Self> {
        let rows = store::rules(db).await?;
        let (points, growth) = rows.into_iter().partition(|row| row.ledger == Ledger::Points);
        Ok(Self { points: Book::new(points), growth: Book::new(growth) })
    }

    /// The version that applies at a business time: of one rule the newest in force, of several the one that began last.
    #[must_use]
    pub fn at(&self, ledger: Ledger, at: DateTime<Utc>) -> Option<&earning_rule::Model> {
        match ledger {
            Ledger::Points => self.points.one_at(at),
            Ledger::Growth => self.growth.one_at(at),
        }
    }

    /// The same books with one rule for ever in place of all of its ledger: for trying it out.
    #[must_use]
    pub fn with_only(mut self, rule: earning_rule::Model) -> Self {
        match rule.ledger {
            Ledger::Points => self.points = Book::new(vec![rule]),
            Ledger::Growth => self.growth = Book::new(vec![rule]),
        }
        self
    }
}

/// Points earned by each member on the business day of `at`, for the daily cap, also by those who were merged into
/// her: their transfers stay in their accounts. What was taken back later still counts: otherwise buying and returning
/// would open the cap again. Members who earned nothing are absent.
pub async fn earned_on_day(
    db: &impl Conn,
    app: &App,
    members: &[(MemberId, DateTime<Utc>)],
    losers: &[Loser],
    ledger: Ledger,
) -> Result<HashMap<(MemberId, NaiveDate), i64>> {
    let mut days: BTreeMap<NaiveDate, Vec<MemberId>> = BTreeMap::new();
    for (member, at) in members {
        days.entry(app.calendar.day(*at)).or_default().push(*member);
    }
    let winners: HashMap<MemberId, MemberId> =
        losers.iter().map(|loser| (loser.id, loser.winner)).collect();
    let mut earned = HashMap::new();
    for (day, mut members) in days {
        let own: HashSet<MemberId> = members.iter().copied().collect();
        members.extend(losers.iter().filter(|it| own.contains(&it.winner)).map(|it| it.id));
        let accounts = store::accounts_of(db, &members).await?;
        let owner = |member: MemberId| winners.get(&member).copied().unwrap_or(member);
        let owners: HashMap<_, _> = accounts
            .iter()
            .filter(|row| row.ledger == ledger)
            .map(|row| (row.id, owner(row.member_id)))
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
