//! What paid orders earn (PT-2), many at once.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::codes::{Ledger, Source};
use entity::ids::MemberId;

use super::super::rules::earning::{Grant, Terms, grant};
use super::effects::Effects;
use super::taking_back::Sold;
use crate::app::App;
use crate::db::Tx;
use crate::http::Result;
use crate::kernel::actor::Actor;
use crate::points::service::{self as points, Act, EarningRule, Movement};
use crate::tiers::service as tiers;

/// Grants points and growth for orders that became paid, by the rules, the tier and the caps at their business time,
/// and apportions them to their lines. Orders of nobody earn nothing.
pub(super) async fn earn(
    tx: &Tx,
    app: &App,
    paid: &mut [&mut Sold],
    actor: Actor,
    effects: &mut Effects,
) -> Result<()> {
    let mut named: Vec<&mut Sold> = paid
        .iter_mut()
        .map(|sold| &mut **sold)
        .filter(|sold| sold.order.member_id.is_some())
        .collect();
    for ledger in [Ledger::Points, Ledger::Growth] {
        let terms = Situation::load(tx, app, ledger, &named).await?;
        let mut today = terms.earned.clone();
        for (i, sold) in named.iter_mut().enumerate() {
            let Some(rule) = &terms.rules[i] else { continue };
            let key = day_of(app, sold);
            let granted =
                grant_one(sold, rule, terms.multipliers[i], key.and_then(|key| today.get(&key)));
            if let Some(earned) = key.and_then(|key| today.get_mut(&key)) {
                *earned += granted.total;
            }
            book(app, sold, ledger, rule, &granted, actor, effects);
        }
    }
    Ok(())
}

/// What holds for each order.
struct Situation {
    rules: Vec<Option<EarningRule>>,
    multipliers: Vec<i64>,
    /// Earned so far on the business day, for members under a daily cap.
    earned: HashMap<(MemberId, NaiveDate), i64>,
}

impl Situation {
    async fn load(tx: &Tx, app: &App, ledger: Ledger, named: &[&mut Sold]) -> Result<Self> {
        let buyers: Vec<(MemberId, DateTime<Utc>)> = named
            .iter()
            .filter_map(|sold| Some((sold.order.member_id?, sold.order.occurred_at)))
            .collect();
        let times: Vec<DateTime<Utc>> = buyers.iter().map(|buyer| buyer.1).collect();
        let rules = points::purchase_rules_at(tx, ledger, &times).await?;
        let multiplied = rules.iter().flatten().any(|rule| rule.row.tier_multiplied);
        let multipliers = if multiplied {
            tiers::multipliers_at(tx, &buyers).await?
        } else {
            vec![10_000; buyers.len()]
        };
        let capped = |rule: &Option<EarningRule>| {
            rule.as_ref().is_some_and(|rule| rule.row.day_cap.is_some())
        };
        let capped: Vec<(MemberId, DateTime<Utc>)> =
            buyers.iter().zip(&rules).filter(|(_, rule)| capped(rule)).map(|(b, _)| *b).collect();
        let mut earned = HashMap::new();
        if !capped.is_empty() {
            earned = points::earned_on_day(tx, app, &capped, ledger).await?;
            for (member, at) in capped {
                earned.entry((member, app.calendar.day(at))).or_default();
            }
        }
        Ok(Self { rules, multipliers, earned })
    }
}

fn day_of(app: &App, sold: &Sold) -> Option<(MemberId, NaiveDate)> {
    Some((sold.order.member_id?, app.calendar.day(sold.order.occurred_at)))
}

fn grant_one(sold: &Sold, rule: &EarningRule, multiplier: i64, earned: Option<&i64>) -> Grant {
    let row = &rule.row;
    let terms = Terms {
        fen_per_unit: row.fen_per_unit.0,
        multiplier_bps: if row.tier_multiplied { multiplier } else { 10_000 },
        order_cap: row.order_cap,
        left_today: row.day_cap.map(|cap| cap - earned.copied().unwrap_or_default()),
        excluded: &row.excluded_categories.0,
    };
    let lines: Vec<(Option<&str>, i64)> =
        sold.lines.iter().map(|line| (line.category.as_deref(), line.paid_fen.0)).collect();
    grant(&lines, &terms)
}

fn book(
    app: &App,
    sold: &mut Sold,
    ledger: Ledger,
    rule: &EarningRule,
    granted: &Grant,
    actor: Actor,
    effects: &mut Effects,
) {
    for (line, amount) in sold.lines.iter_mut().zip(&granted.by_line) {
        match ledger {
            Ledger::Points => line.points = *amount,
            Ledger::Growth => line.growth = *amount,
        }
    }
    let order = &mut sold.order;
    match ledger {
        Ledger::Points => order.points = granted.total,
        Ledger::Growth => order.growth = granted.total,
    }
    let Some(member) = order.member_id.filter(|_| granted.total > 0) else { return };
    let months = rule.row.months_valid.and_then(|months| u32::try_from(months).ok());
    let expires_at =
        months.map(|months| app.calendar.end_of_month_after(order.occurred_at, months));
    // The return window (PT-2b); a late order may have passed it already.
    let days = i64::from(rule.row.settles_after_days);
    let settles_at = (days > 0).then(|| order.occurred_at + TimeDelta::days(days));
    effects.movements.push(Movement {
        member,
        ledger,
        act: Act::Earn { amount: granted.total, expires_at, rule: Some(rule.id), settles_at },
        source: Source::Order,
        source_id: order.id.to_string(),
        occurred_at: order.occurred_at,
        order: Some(order.id),
        store: order.store_id,
        actor,
    });
}
