//! Which rule and which campaign grant an order, and how much their budgets leave it (PT-2, PT-2b).

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::codes::Ledger;
use entity::ids::{CampaignId, MemberId};
use entity::{earning_rule, points_campaign};

use super::earning::{Extra, Grant, NEUTRAL_BPS, Terms, grant};
use crate::points::service::{Counts, Issues, Limit, Occasion, holds};

/// An order about to be granted.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// Whose.
    pub member: MemberId,
    /// Category and fen paid of each line.
    pub lines: Vec<(Option<&'a str>, i64)>,
    /// The multiplier of her tier at the business time, in 1/10000.
    pub multiplier_bps: i64,
    /// What campaigns may ask.
    pub occasion: Occasion<'a>,
}

/// What orders granted before leave.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Budgets.
    pub counts: Counts,
    /// Earned so far on the business day, for members under a daily cap.
    pub today: HashMap<(Ledger, MemberId, NaiveDate), i64>,
}

/// What an order is granted, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// How much.
    pub grant: Grant,
    /// The campaign that added to it.
    pub campaign: Option<CampaignId>,
}

/// Grants an order by a rule, with the one campaign that gives the most (PT-2), and counts it. Of campaigns that give
/// the same the one whose code comes first; `campaigns` come by code.
pub fn decide(
    case: &Case<'_>,
    rule: &earning_rule::Model,
    campaigns: &[&points_campaign::Model],
    standing: &mut Standing,
) -> Granted {
    let day = case.occasion.day;
    let limits = rule.limits(day, case.member);
    let plain = Terms {
        fen_per_unit: rule.fen_per_unit.0,
        multiplier_bps: if rule.tier_multiplied { case.multiplier_bps } else { NEUTRAL_BPS },
        order_cap: rule.order_cap,
        left: lower(left_today(case, rule, standing), standing.counts.left(&limits)),
        excluded: &rule.excluded_categories.0,
        extra: None,
    };
    let mut best = Granted { grant: grant(&case.lines, &plain), campaign: None };
    let mut best_limits = Vec::new();
    for campaign in campaigns.iter().filter(|it| holds(&it.conditions, &case.occasion)) {
        let limits = campaign.limits(day, case.member);
        let terms = Terms { extra: Some(extra(campaign, &limits, standing)), ..plain };
        let grant = grant(&case.lines, &terms);
        if grant.total > best.grant.total {
            best = Granted { grant, campaign: Some(campaign.id) };
            best_limits = limits;
        }
    }
    standing.counts.take(&limits, best.grant.total);
    standing.counts.take(&best_limits, best.grant.bonus);
    if let Some(earned) = standing.today.get_mut(&(rule.ledger, case.member, day)) {
        *earned += best.grant.total;
    }
    best
}

fn extra<'a>(
    campaign: &'a points_campaign::Model,
    limits: &[Limit],
    standing: &Standing,
) -> Extra<'a> {
    Extra {
        multiplier_bps: campaign.multiplier_bps,
        categories: &campaign.conditions.categories,
        cap: campaign.bonus_cap,
        left: standing.counts.left(limits),
    }
}

fn left_today(case: &Case<'_>, rule: &earning_rule::Model, standing: &Standing) -> Option<i64> {
    let earned = standing.today.get(&(rule.ledger, case.member, case.occasion.day));
    rule.day_cap.map(|cap| cap - earned.copied().unwrap_or_default())
}

fn lower(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    one.into_iter().chain(other).min()
}
