//! What callers want to know.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use entity::codes::Ledger;
use entity::earning_rule;
use entity::ids::{AccountId, MemberId};
use moka::sync::Cache;
use parking_lot::Mutex;

use super::{Balance, EarningRule, Expiring};
use crate::app::App;
use crate::db::Conn;
use crate::http::Result;
use crate::members::service::Loser;
use crate::points::rules::Book;
use crate::points::store::{self, Count};

/// The rule of `ledger` in force at a business time, if any.
pub async fn purchase_rule_at(
    db: &impl Conn,
    ledger: Ledger,
    at: DateTime<Utc>,
) -> Result<Option<EarningRule>> {
    let books = RuleBooks::load(db).await?;
    Ok(books.at(ledger, at).map(|row| EarningRule { id: row.id, row: row.clone() }))
}

/// The rules that were read last.
#[derive(Default)]
struct KeptRules(Mutex<Option<(Count, Arc<RuleBooks>)>>);

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
        Ok(Self::of(store::rules(db).await?))
    }

    /// The same, kept by this process as long as `count` says that no rule has changed.
    ///
    /// # Errors
    /// The database's.
    pub async fn as_counted(db: &impl Conn, app: &App, count: Count) -> Result<Arc<Self>> {
        let kept = app.memory.of::<KeptRules>();
        if let Some((of, rules)) = kept.0.lock().as_ref()
            && *of == count
        {
            return Ok(Arc::clone(rules));
        }
        let rows = store::rules(db).await?;
        let of = Count::of(&rows);
        let rules = Arc::new(Self::of(rows));
        *kept.0.lock() = Some((of, Arc::clone(&rules)));
        Ok(rules)
    }

    fn of(rows: Vec<earning_rule::Model>) -> Self {
        let (points, growth) = rows.into_iter().partition(|row| row.ledger == Ledger::Points);
        Self { points: Book::new(points), growth: Book::new(growth) }
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
    let accounts = store::accounts_of(db, &[member]).await?;
    let points = accounts.iter().filter(|row| row.ledger == Ledger::Points);
    let points: Vec<AccountId> = points.map(|row| row.id).collect();
    Ok(left(db, &points).await?.into_values().next().map(|(_, left)| left).unwrap_or_default())
}

/// Both balances of a member and what runs out when.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// Points.
    pub points: Balance,
    /// Growth value.
    pub growth: Balance,
    /// As [`expiring`] answers it.
    pub expiring: Vec<Expiring>,
}

/// What runs out when in accounts as this process read them last. Lots change with a transfer only, and each transfer
/// counts its account's version up, so what was read with a version is good for as long as the account has it.
struct Known(Cache<AccountId, (i64, Arc<[Expiring]>)>);

impl Default for Known {
    fn default() -> Self {
        Self(Cache::new(50_000))
    }
}

/// Where members' ledgers stand (PT-8), in one statement, and a second one for those whose points have moved since this
/// process looked last.
///
/// # Errors
/// The database's.
pub async fn overviews(
    db: &impl Conn,
    app: &App,
    members: &[MemberId],
) -> Result<HashMap<MemberId, Overview>> {
    let mut overviews: HashMap<MemberId, Overview> = HashMap::new();
    let known = app.memory.of::<Known>();
    let mut unknown = HashMap::new();
    for row in store::accounts_of(db, members).await? {
        let overview = overviews.entry(row.member_id).or_default();
        let (pending, available, frozen) = (row.pending, row.available, row.frozen);
        let balance = Balance { pending, available, frozen };
        match row.ledger {
            Ledger::Growth => overview.growth = balance,
            Ledger::Points => {
                overview.points = balance;
                match known.0.get(&row.id).filter(|(version, _)| *version == row.version) {
                    Some((_, left)) => overview.expiring = left.to_vec(),
                    None => drop(unknown.insert(row.id, row.member_id)),
                }
            }
        }
    }
    let ids: Vec<AccountId> = unknown.keys().copied().collect();
    for (account, (version, left)) in left(db, &ids).await? {
        known.0.insert(account, (version, left.as_slice().into()));
        let overview = unknown.get(&account).and_then(|member| overviews.get_mut(member));
        if let Some(overview) = overview {
            overview.expiring = left;
        }
    }
    Ok(overviews)
}

/// What runs out when in each account, with the version that it was read at.
async fn left(
    db: &impl Conn,
    accounts: &[AccountId],
) -> Result<HashMap<AccountId, (i64, Vec<Expiring>)>> {
    let mut found: HashMap<AccountId, (i64, Vec<Expiring>)> = HashMap::new();
    for row in store::left_by_expiry(db, accounts).await? {
        let (_, left) = found.entry(row.id).or_insert_with(|| (row.version, Vec::new()));
        left.extend(row.expires_at.zip(row.amount).map(|(at, amount)| Expiring { at, amount }));
    }
    Ok(found)
}
