//! Where a member stands (TR-1, TR-3).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::codes::{Ledger, TierPart};
use entity::ids::MemberId;
use entity::values::Fen;
use entity::{member, tier, tier_change};

use super::benefits::offered;
use super::desk::{parts_of, terms};
use crate::app::App;
use crate::db::Conn;
use crate::http::{Error, Result, codes};
use crate::members::service as members;
use crate::points::service as points;
use crate::tiers::rules::{self, Keep, Numbers, Parts, window};
use crate::tiers::store;

/// Where a member stands and what the next tier needs (TR-3).
#[derive(Clone, Debug)]
pub struct Standing {
    /// The tier in force.
    pub tier: tier::Model,
    /// What gives it.
    pub part: TierPart,
    /// Start of it.
    pub since: DateTime<Utc>,
    /// End of it; none for the joining tier.
    pub until: Option<DateTime<Utc>>,
    /// Code of the tier that she has earned by herself, whatever a card or a pin gives her.
    pub earned: String,
    /// Paid less refunded in the last 12 months.
    pub spent: Fen,
    /// Growth value.
    pub growth: i64,
    /// The next tier above both, if there is one.
    pub next: Option<NextTier>,
    /// What keeping the earned tier needs until its end; none for the joining tier.
    pub keep: Option<Keep>,
}

/// The next tier: either track is enough.
#[derive(Clone, Debug)]
pub struct NextTier {
    /// The tier.
    pub tier: tier::Model,
    /// Missing on the spend track, to the fen.
    pub missing_spend: Fen,
    /// Missing on the growth track.
    pub missing_growth: i64,
}

/// The tier that somebody had at a business time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// A higher one is better.
    pub rank: i32,
    /// Code.
    pub code: String,
    /// Multiplier of points in 1/10000.
    pub multiplier_bps: i64,
}

/// The tier of each member at a business time, from the history of her tiers, with the multiplier that it had then; none where a member or her tier is not
/// known. The history of somebody who was merged into her is not hers: ask for both.
///
/// # Errors
/// The database's.
pub async fn tiers_at(
    db: &impl Conn,
    wanted: &[(MemberId, DateTime<Utc>)],
) -> Result<Vec<Option<Held>>> {
    let tiers = store::tiers(db).await?;
    let multipliers = store::multipliers(db).await?;
    let ids: BTreeSet<MemberId> = wanted.iter().map(|(member, _)| *member).collect();
    let ids: Vec<MemberId> = ids.into_iter().collect();
    let mut histories: HashMap<MemberId, Vec<tier_change::Model>> = HashMap::new();
    for change in store::changes_of(db, &ids).await? {
        histories.entry(change.member_id).or_default().push(change);
    }
    for history in histories.values_mut() {
        rules::sort(&tiers, history);
    }
    let rows = members::by_ids(db, &ids).await?;
    let held = |(member, at): &(MemberId, DateTime<Utc>)| {
        let history = histories.get(member).map(Vec::as_slice).unwrap_or_default();
        let code = rules::tier_at(history, *at);
        let code = code.or_else(|| rows.get(member).map(|row| row.tier.as_str()));
        let found = rules::multiplier_at(&multipliers, code?, *at)?;
        Some(Held {
            rank: found.rank,
            code: found.tier.clone(),
            multiplier_bps: found.multiplier_bps,
        })
    };
    Ok(wanted.iter().map(held).collect())
}

/// Where a member stands.
///
/// # Errors
/// `not_found` for an id that no member has; the database's.
pub async fn standing(db: &impl Conn, app: &App, member: MemberId) -> Result<Standing> {
    let row = members::by_ids(db, &[member]).await?.remove(&member);
    let row = row.ok_or_else(|| Error::from(codes::NOT_FOUND))?;
    let growth = points::balances(db, &[member], Ledger::Growth).await?;
    let growth = growth.get(&member).map_or(0, |balance| balance.available);
    let record = records_of(db, app, &[(&row, growth)]).await?.pop();
    record.ok_or_else(|| Error::fault("a member has no standing"))?.standing(app)
}

/// All that says where a member stands, as it was read; where she stands follows from it and the time.
#[derive(Clone, Debug)]
pub struct Record {
    row: member::Model,
    parts: Parts,
    numbers: Numbers,
    tiers: Arc<[tier::Model]>,
}

impl Record {
    /// Where she stands now.
    ///
    /// # Errors
    /// A fault when she has a tier that does not exist.
    pub fn standing(&self, app: &App) -> Result<Standing> {
        put_together(app, &self.tiers, &self.row, &self.parts, &self.numbers)
    }
}

/// The records of members whose rows and growth values the caller has read already, in the same order.
///
/// # Errors
/// The database's.
pub async fn records_of(
    db: &impl Conn,
    app: &App,
    members: &[(&member::Model, i64)],
) -> Result<Vec<Record>> {
    let ids: Vec<MemberId> = members.iter().map(|(row, _)| row.id).collect();
    let holds: HashMap<MemberId, _> =
        store::holds_of(db, &ids).await?.into_iter().map(|hold| (hold.member_id, hold)).collect();
    let parts: Vec<Parts> =
        members.iter().map(|(row, _)| parts_of(row, holds.get(&row.id), &[])).collect();
    let now = app.clock.now();
    // The rules look at each member's own window; the days are read from the earliest one.
    let first = parts.iter().filter_map(|parts| parts.earned.until).fold(now, DateTime::min);
    let mut days = members::spend_by_day(db, &ids, window(app.calendar.day(first))).await?;
    let tiers: Arc<[tier::Model]> = store::tiers(db).await?.into();
    let record = |(&(row, growth), parts): (&(&member::Model, i64), Parts)| {
        let numbers = Numbers { growth, days: days.remove(&row.id).unwrap_or_default() };
        Record { row: row.clone(), parts, numbers, tiers: Arc::clone(&tiers) }
    };
    Ok(members.iter().zip(parts).map(record).collect())
}

fn put_together(
    app: &App,
    tiers: &[tier::Model],
    row: &member::Model,
    parts: &Parts,
    numbers: &Numbers,
) -> Result<Standing> {
    let terms = terms(app, tiers);
    let tier = tiers.iter().find(|tier| tier.code == row.tier);
    let tier = tier.ok_or_else(|| Error::fault("a member has a tier that does not exist"))?;
    let reach = numbers.reach(&terms, parts, app.clock.now());
    let earned = parts.earned.tier.clone();
    // What she has earned below a pin is not missing, and what a card gives her is there.
    let best = if rules::rank(tiers, &earned) > tier.rank { &earned } else { &tier.code };
    let next = rules::next(tiers, best, reach);
    Ok(Standing {
        tier: tier.clone(),
        part: part(row, parts),
        since: row.tier_since,
        until: row.tier_until,
        earned,
        spent: reach.spent,
        growth: numbers.growth,
        next: next.map(|(tier, missing_spend, missing_growth)| NextTier {
            tier: tier.clone(),
            missing_spend,
            missing_growth,
        }),
        keep: rules::keep(&terms, &parts.earned, numbers),
    })
}

/// What gives her the tier that her row has: the row is as the last evaluation left it, and so are the parts.
fn part(row: &member::Model, Parts { earned, pin, .. }: &Parts) -> TierPart {
    if pin.is_some() {
        TierPart::Pin
    } else if (&row.tier, row.tier_until) == (&earned.tier, earned.until) {
        TierPart::Earned
    } else {
        TierPart::Card
    }
}

/// A tier as it is offered (TR-3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Order, from 1; a higher one is better.
    pub rank: i32,
    /// Spending of 12 months that reaches it.
    pub spend: Fen,
    /// Growth value that reaches it just as well.
    pub growth: i64,
    /// Multiplier of points in ten-thousandths.
    pub multiplier_bps: i64,
    /// Months it holds.
    pub months: i32,
    /// What it offers, in Chinese words made from the data, and then in the retailer's own.
    pub benefits: Vec<String>,
}

/// What each tier offers, lowest first.
///
/// # Errors
/// The database's.
pub async fn offers(db: &impl Conn) -> Result<Vec<Offer>> {
    let tiers = store::tiers(db).await?;
    let mut benefits = offered(db, &tiers).await?;
    let offer = |tier: tier::Model| {
        let own = benefits.remove(&tier.code).unwrap_or_default();
        let words = own.iter().map(|benefit| rules::title(benefit).0);
        Offer {
            benefits: words.chain(tier.benefits.0).collect(),
            code: tier.code,
            name: tier.name,
            rank: tier.rank,
            spend: tier.spend_fen,
            growth: tier.growth,
            multiplier_bps: tier.multiplier_bps,
            months: tier.months,
        }
    };
    Ok(tiers.into_iter().map(offer).collect())
}
