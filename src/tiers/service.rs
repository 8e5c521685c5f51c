//! Use cases of tiers.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Months, Utc};
use entity::codes::Ledger;
use entity::ids::{MemberId, OrderId, TierChangeId};
use entity::values::Fen;
use entity::{member, tier, tier_change};
use serde_json::json;

use super::rules::{self, Hold, Reach};
use super::store;
use crate::app::App;
use crate::db::{Conn, Tx};
use crate::events::{self, Event};
use crate::http::{Error, Result, codes};
use crate::members::service as members;
use crate::points::service as points;

/// Where a member stands and what the next tier needs (TR-3).
#[derive(Clone, Debug)]
pub struct Standing {
    /// Her tier.
    pub tier: tier::Model,
    /// Start of it.
    pub since: DateTime<Utc>,
    /// End of it; none for the joining tier.
    pub until: Option<DateTime<Utc>>,
    /// Paid less refunded in the last 12 months.
    pub spent: Fen,
    /// Growth value.
    pub growth: i64,
    /// The next tier, if there is one.
    pub next: Option<NextTier>,
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

/// One times as many points.
const NEUTRAL_BPS: i64 = 10_000;
/// The window of the spend track (TR-1).
const WINDOW: Months = Months::new(12);

/// The points multiplier (1/10000) of each member at a business time, from the history of her tiers; one where a member
/// or her tier is not known.
///
/// # Errors
/// The database's.
pub async fn multipliers_at(
    db: &impl Conn,
    wanted: &[(MemberId, DateTime<Utc>)],
) -> Result<Vec<i64>> {
    let held = tiers_at(db, wanted).await?;
    Ok(held.into_iter().map(|held| held.map_or(NEUTRAL_BPS, |held| held.multiplier_bps)).collect())
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

/// The tier of each member at a business time, from the history of her tiers; none where a member or her tier is not
/// known. The history of somebody who was merged into her is not hers: ask for both.
///
/// # Errors
/// The database's.
pub async fn tiers_at(
    db: &impl Conn,
    wanted: &[(MemberId, DateTime<Utc>)],
) -> Result<Vec<Option<Held>>> {
    let tiers = store::tiers(db).await?;
    let ids: Vec<MemberId> = distinct(wanted.iter().map(|(member, _)| *member));
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
        let tier = tiers.iter().find(|tier| Some(tier.code.as_str()) == code)?;
        let (rank, multiplier_bps) = (tier.rank, tier.multiplier_bps);
        Some(Held { rank, code: tier.code.clone(), multiplier_bps })
    };
    Ok(wanted.iter().map(held).collect())
}

/// Raises whoever reached a higher tier, now (TR-2): the member's row, the history, the event `tier.upgraded`. Never
/// lowers (that is a job's). Members are those who stay after merges; their rows are locked in id order.
///
/// # Errors
/// The database's.
pub async fn upgrade_in(tx: &Tx, app: &App, reached: &[(MemberId, Option<OrderId>)]) -> Result<()> {
    let orders: BTreeMap<MemberId, Option<OrderId>> = reached.iter().copied().collect();
    let ids: Vec<MemberId> = orders.keys().copied().collect();
    if ids.is_empty() {
        return Ok(());
    }
    let tiers = store::tiers(tx).await?;
    let rows = members::lock_in(tx, &ids).await?;
    let standings = reaches(tx, app, &ids).await?;
    let mut changes = Vec::new();
    for (member, order) in orders {
        let (Some(row), Some(reach)) = (rows.get(&member), standings.get(&member)) else {
            continue;
        };
        let Some((tier, track)) = rules::rise(&tiers, &row.tier, *reach) else { continue };
        let hold = held_from_now(app, tier);
        changes.push(changed(row, &hold, (track.as_str(), order), *reach, app.clock.now()));
    }
    apply(tx, app, &changes).await
}

fn held_from_now(app: &App, tier: &tier::Model) -> Hold {
    let now = app.clock.now();
    let months = u32::try_from(tier.months).unwrap_or_default();
    let until = Some(app.calendar.months_later(now, months));
    Hold { tier: tier.code.clone(), since: now, until }
}

fn changed(
    row: &member::Model,
    hold: &Hold,
    (cause, order_id): (&str, Option<OrderId>),
    reach: Reach,
    now: DateTime<Utc>,
) -> (tier_change::Model, Hold) {
    let change = tier_change::Model {
        id: TierChangeId::new(now),
        member_id: row.id,
        from_tier: Some(row.tier.clone()),
        to_tier: hold.tier.clone(),
        cause: cause.to_owned(),
        order_id,
        spend_fen: reach.spent,
        growth: reach.growth,
        changed_at: now,
        holds_until: hold.until,
    };
    (change, hold.clone())
}

async fn apply(tx: &Tx, app: &App, changes: &[(tier_change::Model, Hold)]) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let now = app.clock.now();
    let rows: Vec<_> = changes.iter().map(|(change, _)| change.clone()).collect();
    store::insert_changes(tx, &rows).await?;
    let columns: Vec<_> = changes
        .iter()
        .map(|(change, hold)| (change.member_id, hold.tier.clone(), hold.since, hold.until))
        .collect();
    members::set_tier_in(tx, &columns, now).await?;
    // A merge may only put the end of the same tier off.
    let upgraded = rows.into_iter().filter(|row| row.from_tier.as_ref() != Some(&row.to_tier));
    let upgraded = upgraded.map(|change| Event {
        kind: "tier.upgraded",
        version: 1,
        member_id: Some(change.member_id),
        payload: json!({"from": change.from_tier, "to": change.to_tier}),
        occurred_at: now,
    });
    Ok(events::publish(tx, upgraded.collect(), now).await?)
}

/// Both tracks of members, now.
async fn reaches(db: &impl Conn, app: &App, ids: &[MemberId]) -> Result<HashMap<MemberId, Reach>> {
    let since = app.calendar.day(app.clock.now()) - WINDOW;
    let spent = members::spent_since(db, ids, since).await?;
    let growth = points::balances(db, ids, Ledger::Growth).await?;
    let reach = |member: &MemberId| Reach {
        spent: spent.get(member).copied().unwrap_or_default(),
        growth: growth.get(member).map_or(0, |balance| balance.available),
    };
    Ok(ids.iter().map(|member| (*member, reach(member))).collect())
}

fn distinct(ids: impl Iterator<Item = MemberId>) -> Vec<MemberId> {
    let ids: std::collections::BTreeSet<MemberId> = ids.collect();
    ids.into_iter().collect()
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
    let standing = standings_of(db, app, &[(&row, growth)]).await?.pop();
    standing.ok_or_else(|| Error::fault("a member has no standing"))
}

/// Where members stand whose rows and growth values the caller has read already, in the same order.
///
/// # Errors
/// The database's.
pub async fn standings_of(
    db: &impl Conn,
    app: &App,
    members: &[(&member::Model, i64)],
) -> Result<Vec<Standing>> {
    let since = app.calendar.day(app.clock.now()) - WINDOW;
    let ids: Vec<MemberId> = members.iter().map(|(row, _)| row.id).collect();
    let spent = members::spent_since(db, &ids, since).await?;
    let tiers = store::tiers(db).await?;
    let standing = |&(row, growth): &(&member::Model, i64)| {
        let reach = Reach { spent: spent.get(&row.id).copied().unwrap_or_default(), growth };
        standing_at(&tiers, row, reach)
    };
    members.iter().map(standing).collect()
}

fn standing_at(tiers: &[tier::Model], row: &member::Model, reach: Reach) -> Result<Standing> {
    let tier = tiers.iter().find(|tier| tier.code == row.tier);
    let tier = tier.ok_or_else(|| Error::fault("a member has a tier that does not exist"))?;
    let next = rules::next(tiers, &row.tier, reach);
    Ok(Standing {
        tier: tier.clone(),
        since: row.tier_since,
        until: row.tier_until,
        spent: reach.spent,
        growth: reach.growth,
        next: next.map(|(tier, missing_spend, missing_growth)| NextTier {
            tier: tier.clone(),
            missing_spend,
            missing_growth,
        }),
    })
}

/// Gives the winner of a merge the higher of both tiers, or of two equal ones the end that lies further off, and then
/// whatever both together have reached (ID-3). Call it after points, orders and totals went over. The loser keeps her
/// own history.
///
/// # Errors
/// `not_found` for an id that no member has; the database's.
pub async fn merge_in(tx: &Tx, app: &App, from: MemberId, to: MemberId) -> Result<()> {
    let rows = members::lock_in(tx, &[from, to]).await?;
    let (Some(loser), Some(winner)) = (rows.get(&from), rows.get(&to)) else {
        return Err(codes::NOT_FOUND.into());
    };
    let tiers = store::tiers(tx).await?;
    let (own, other) = (hold_of(winner), hold_of(loser));
    let kept = rules::better(&tiers, &own, &other);
    let reach = reaches(tx, app, &[to]).await?.remove(&to).unwrap_or_default();
    let change = match rules::rise(&tiers, &kept.tier, reach) {
        Some((tier, track)) => Some((held_from_now(app, tier), track.as_str())),
        None => (*kept != own).then(|| (kept.clone(), "merge")),
    };
    let Some((hold, cause)) = change else { return Ok(()) };
    let change = changed(winner, &hold, (cause, None), reach, app.clock.now());
    apply(tx, app, &[change]).await
}

fn hold_of(row: &member::Model) -> Hold {
    Hold { tier: row.tier.clone(), since: row.tier_since, until: row.tier_until }
}

/// All tiers, lowest first.
///
/// # Errors
/// The database's.
pub async fn all(db: &impl Conn) -> Result<Vec<tier::Model>> {
    Ok(store::tiers(db).await?)
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
    /// What it offers, in words.
    pub benefits: Vec<String>,
}

/// What each tier offers, lowest first.
///
/// # Errors
/// The database's.
pub async fn offers(db: &impl Conn) -> Result<Vec<Offer>> {
    let offer = |tier: tier::Model| Offer {
        code: tier.code,
        name: tier.name,
        rank: tier.rank,
        spend: tier.spend_fen,
        growth: tier.growth,
        multiplier_bps: tier.multiplier_bps,
        months: tier.months,
        benefits: serde_json::from_value(tier.benefits).unwrap_or_default(),
    };
    Ok(store::tiers(db).await?.into_iter().map(offer).collect())
}
