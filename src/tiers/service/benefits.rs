//! What a member's tier gives her, and the gifts of rising (TR-2, TR-3).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use entity::codes::{BenefitKind, Ledger, Source};
use entity::ids::MemberId;
use entity::{member, tier, tier_benefit, tier_gift};

use crate::app::App;
use crate::db::{Conn, Tx};
use crate::http::{Error, Result, codes};
use crate::kernel::actor::Actor;
use crate::members::service as members;
use crate::points::service::{self as points, Act, Movement};
use crate::tiers::rules::{self, Benefit};
use crate::tiers::store;

/// One times as many points.
const NEUTRAL_BPS: i64 = 10_000;

/// A benefit that a member has, and what is left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// What.
    pub benefit: Benefit,
    /// Used in the period.
    pub used: u64,
    /// Left in the period; none is without limit.
    pub left: Option<u32>,
    /// When the quota begins anew; none without a quota, and while it lasts as long as the tier.
    pub renews_at: Option<DateTime<Utc>>,
}

impl Entitlement {
    /// The benefit for people: Chinese and English.
    #[must_use]
    pub fn title(&self) -> (String, String) {
        rules::title(&self.benefit)
    }
}

/// The row as the rules know it.
pub(super) fn benefit(row: &tier_benefit::Model) -> Benefit {
    let times = row.quota.and_then(|times| u32::try_from(times).ok());
    Benefit { kind: row.kind, value: row.value, quota: times.zip(row.period) }
}

/// The benefits of tiers by code, in the order of their kinds; what multiplies points is one of them.
pub(super) async fn offered(
    db: &impl Conn,
    tiers: &[tier::Model],
) -> Result<BTreeMap<String, Vec<Benefit>>> {
    let codes: Vec<&str> = tiers.iter().map(|tier| tier.code.as_str()).collect();
    let mut offered: BTreeMap<String, Vec<Benefit>> = BTreeMap::new();
    for row in store::benefits_of(db, &codes).await? {
        offered.entry(row.tier.clone()).or_default().push(benefit(&row));
    }
    for tier in tiers.iter().filter(|tier| tier.multiplier_bps != NEUTRAL_BPS) {
        let (kind, value) = (BenefitKind::PointMultiplier, tier.multiplier_bps);
        let multiplier = Benefit { kind, value, quota: None };
        offered.entry(tier.code.clone()).or_default().push(multiplier);
    }
    for benefits in offered.values_mut() {
        benefits.sort_by_key(|benefit| benefit.kind);
    }
    Ok(offered)
}

/// What the tier in force gives a member, used and left (TR-3).
///
/// # Errors
/// `not_found`; the database's.
pub async fn entitlements(
    db: &impl Conn,
    app: &App,
    member: MemberId,
) -> Result<(tier::Model, Vec<Entitlement>)> {
    let row = members::by_ids(db, &[member]).await?.remove(&member).ok_or(codes::NOT_FOUND)?;
    let mut tiers = store::tiers(db).await?;
    tiers.retain(|tier| tier.code == row.tier);
    let benefits = offered(db, &tiers).await?.remove(&row.tier).unwrap_or_default();
    let mut found = Vec::with_capacity(benefits.len());
    for benefit in benefits {
        found.push(entitlement(db, app, &row, benefit).await?);
    }
    let tier = tiers.pop();
    let tier = tier.ok_or_else(|| Error::fault("a member has a tier that does not exist"))?;
    Ok((tier, found))
}

/// A benefit of a member with its uses counted.
pub(super) async fn entitlement(
    db: &impl Conn,
    app: &App,
    row: &member::Model,
    benefit: Benefit,
) -> Result<Entitlement> {
    let now = app.clock.now();
    let Some((_, period)) = benefit.quota else {
        return Ok(Entitlement { benefit, used: 0, left: None, renews_at: None });
    };
    let since = rules::period_start(app.calendar, period, now, row.tier_since);
    let used = store::uses_since(db, row.id, benefit.kind, since).await?;
    let renews_at = rules::ends_at(app.calendar, period, now);
    Ok(Entitlement { benefit, used, left: rules::left(&benefit, used), renews_at })
}

/// Gives the upgrade gifts of tiers to members who rose to or past them: once for each member and tier, for ever, in
/// the transaction of the rise. The note comes first and moves with a merge; the ledger's cause is the second line.
pub(super) async fn give_gifts_in(tx: &Tx, app: &App, passed: &[(MemberId, String)]) -> Result<()> {
    let codes: BTreeSet<&str> = passed.iter().map(|(_, tier)| tier.as_str()).collect();
    if codes.is_empty() {
        return Ok(());
    }
    let codes: Vec<&str> = codes.into_iter().collect();
    let mut gifts = store::benefits_of(tx, &codes).await?;
    gifts.retain(|row| row.kind == BenefitKind::UpgradeGift && row.value > 0);
    let wanted: Vec<MemberId> = passed.iter().map(|(member, _)| *member).collect();
    if gifts.is_empty() {
        return Ok(());
    }
    let given = store::gifts_of(tx, &wanted).await?;
    let given: HashSet<(MemberId, &str)> =
        given.iter().map(|row| (row.member_id, row.tier.as_str())).collect();
    let now = app.clock.now();
    let new = |(member, tier): &(MemberId, String)| {
        let gift = gifts.iter().find(|row| row.tier == *tier)?;
        (!given.contains(&(*member, tier.as_str()))).then(|| tier_gift::Model {
            member_id: *member,
            tier: tier.clone(),
            points: gift.value,
            given_at: now,
        })
    };
    let new: Vec<tier_gift::Model> = passed.iter().filter_map(new).collect();
    store::insert_gifts(tx, &new).await?;
    let months = points::purchase_rule_at(tx, Ledger::Points, now).await?;
    let months = months.and_then(|rule| u32::try_from(rule.row.months_valid?).ok());
    let expires_at = months.map(|months| app.calendar.end_of_month_after(now, months));
    let movements: Vec<Movement> = new.iter().map(|gift| movement(gift, expires_at)).collect();
    for answer in points::post_in(tx, app, &movements).await? {
        answer.map_err(Error::from)?;
    }
    Ok(())
}

fn movement(gift: &tier_gift::Model, expires_at: Option<DateTime<Utc>>) -> Movement {
    Movement {
        member: gift.member_id,
        ledger: Ledger::Points,
        act: Act::Earn { amount: gift.points, expires_at, rule: None, settles_at: None },
        source: Source::Tier,
        source_id: format!("{}:{}", gift.member_id, gift.tier),
        occurred_at: gift.given_at,
        order: None,
        store: None,
        actor: Actor::SYSTEM,
    }
}
