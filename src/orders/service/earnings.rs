//! What paid orders earn (PT-2), many at once.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::codes::{Ledger, Source};
use entity::earning_rule;
use entity::ids::MemberId;

use super::super::rules::granting::{Granted, Standing, decide};
use super::buyers::{self, Buyer};
use super::effects::Effects;
use super::taking_back::Sold;
use crate::app::App;
use crate::db::Tx;
use crate::http::Result;
use crate::kernel::actor::Actor;
use crate::members::service::{self as members, Loser};
use crate::points::service::{
    self as points, Act, CampaignBook, Counter, Issues, Movement, RuleBooks, Visit, holds,
};

/// What holds for the paid orders of a batch: the rules, the campaigns and the tier at their business time.
pub(super) struct Prepared {
    rules: RuleBooks,
    campaigns: CampaignBook,
    losers: Vec<Loser>,
    buyers: Vec<Buyer>,
    /// Budgets that may be drawn on.
    wanted: BTreeSet<Counter>,
}

/// Loads what holds for paid orders. Orders of nobody earn nothing.
pub(super) async fn prepare(tx: &Tx, app: &App, paid: &[&Sold]) -> Result<Prepared> {
    let orders: Vec<_> = paid.iter().map(|sold| &sold.order).collect();
    let times = orders.iter().filter(|it| it.member_id.is_some()).map(|it| it.occurred_at);
    let Some((first, last)) = ends(times) else { return Ok(Prepared::nothing()) };
    let rules = RuleBooks::load(tx).await?;
    let campaigns = points::campaigns_between(tx, first, last).await?;
    let owners: BTreeSet<MemberId> = orders.iter().filter_map(|order| order.member_id).collect();
    let losers = members::losers_of(tx, &owners.into_iter().collect::<Vec<_>>()).await?;
    let mut buyers = buyers::of_orders(tx, app, &orders, &campaigns, &losers).await?;
    if campaigns.all().any(|it| it.conditions.first_order) {
        mark_first(tx, &mut buyers).await?;
    }
    let mut prepared = Prepared { rules, campaigns, losers, buyers, wanted: BTreeSet::new() };
    prepared.wanted = prepared.budgets();
    Ok(prepared)
}

fn ends(times: impl Iterator<Item = DateTime<Utc>>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    times.fold(None, |ends, at| {
        Some(ends.map_or((at, at), |(first, last): (_, _)| (at.min(first), at.max(last))))
    })
}

/// The first order is the one that comes in while she has no other paid one: later ones of the batch are not.
async fn mark_first(tx: &Tx, buyers: &mut [Buyer]) -> Result<()> {
    let totals = members::totals_of(tx, &buyers::ids(buyers)).await?;
    let mut before: BTreeSet<MemberId> =
        totals.into_values().filter(|it| it.order_count > 0).map(|it| it.member_id).collect();
    for buyer in buyers {
        if before.insert(buyer.member) {
            buyer.visit = Visit::First;
        }
    }
    Ok(())
}

impl Prepared {
    fn nothing() -> Self {
        Self {
            rules: RuleBooks::default(),
            campaigns: CampaignBook::default(),
            losers: Vec::new(),
            buyers: Vec::new(),
            wanted: BTreeSet::new(),
        }
    }

    /// Whether budgets will be locked: then the numbers of new orders are claimed before.
    pub fn draws_on_budgets(&self) -> bool {
        !self.wanted.is_empty()
    }

    fn budgets(&self) -> BTreeSet<Counter> {
        let mut wanted = BTreeSet::new();
        for buyer in &self.buyers {
            let rules = Ledger::ALL.iter().filter_map(|ledger| self.rules.at(*ledger, buyer.at));
            let rules = rules.flat_map(|rule| rule.limits(buyer.day, buyer.member));
            let campaigns = self.campaigns.at(buyer.at);
            let campaigns = campaigns.filter(|it| holds(&it.conditions, &buyer.occasion()));
            let campaigns = campaigns.flat_map(|it| it.limits(buyer.day, buyer.member));
            wanted.extend(rules.chain(campaigns).map(|limit| limit.counter));
        }
        wanted
    }

    /// Locks the budgets and reads what daily caps leave.
    async fn standing(&self, tx: &Tx, app: &App) -> Result<Standing> {
        let mut standing = Standing::default();
        if !self.wanted.is_empty() {
            let (wanted, now) = (&self.wanted, app.clock.now());
            standing.counts = points::lock_counters_in(tx, wanted, &self.losers, now).await?;
        }
        for ledger in Ledger::ALL.iter().copied() {
            standing.today.extend(self.earned(tx, app, ledger).await?);
        }
        Ok(standing)
    }

    async fn earned(
        &self,
        tx: &Tx,
        app: &App,
        ledger: Ledger,
    ) -> Result<HashMap<(Ledger, MemberId, NaiveDate), i64>> {
        let capped = |buyer: &&Buyer| {
            self.rules.at(ledger, buyer.at).is_some_and(|rule| rule.day_cap.is_some())
        };
        let capped: Vec<&Buyer> = self.buyers.iter().filter(capped).collect();
        if capped.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted: Vec<_> = capped.iter().map(|buyer| (buyer.member, buyer.at)).collect();
        let earned = points::earned_on_day(tx, app, &wanted, &self.losers, ledger).await?;
        let key = |buyer: &&Buyer| {
            let amount = earned.get(&(buyer.member, buyer.day)).copied().unwrap_or_default();
            ((ledger, buyer.member, buyer.day), amount)
        };
        Ok(capped.iter().map(key).collect())
    }
}

/// Grants points and growth for orders that became paid, by the rules, the campaigns, the tier and the caps at their
/// business time, and apportions them to their lines. `paid` are the orders that were prepared, in the same sequence.
pub(super) async fn earn(
    tx: &Tx,
    app: &App,
    prepared: Prepared,
    paid: &mut [&mut Sold],
    actor: Actor,
    effects: &mut Effects,
) -> Result<()> {
    let mut standing = prepared.standing(tx, app).await?;
    let named = paid.iter_mut().filter(|sold| sold.order.member_id.is_some());
    for (sold, buyer) in named.zip(&prepared.buyers) {
        let campaigns: Vec<_> = prepared.campaigns.at(buyer.at).collect();
        for ledger in Ledger::ALL.iter().copied() {
            let Some(rule) = prepared.rules.at(ledger, buyer.at) else { continue };
            let campaigns: &[_] = if ledger == Ledger::Points { &campaigns } else { &[] };
            let granted = decide(&buyer.case(&sold.lines), rule, campaigns, &mut standing);
            write(sold, rule, &granted);
            book(app, sold, rule, &granted, actor, effects);
        }
    }
    effects.count(standing.counts.into_changes());
    Ok(())
}

/// Writes on the order and its lines what they earned, and by what.
fn write(sold: &mut Sold, rule: &earning_rule::Model, granted: &Granted) {
    let grant = &granted.grant;
    let order = &mut sold.order;
    match rule.ledger {
        Ledger::Points => {
            order.points = grant.total;
            order.points_rule_id = Some(rule.id);
            order.campaign_id = granted.campaign;
            order.campaign_points = grant.bonus;
            for (line, (all, bonus)) in
                sold.lines.iter_mut().zip(grant.by_line.iter().zip(&grant.bonus_by_line))
            {
                line.points = *all;
                line.campaign_points = *bonus;
            }
        }
        Ledger::Growth => {
            order.growth = grant.total;
            order.growth_rule_id = Some(rule.id);
            for (line, growth) in sold.lines.iter_mut().zip(&grant.by_line) {
                line.growth = *growth;
            }
        }
    }
}

fn book(
    app: &App,
    sold: &Sold,
    rule: &earning_rule::Model,
    granted: &Granted,
    actor: Actor,
    effects: &mut Effects,
) {
    let (order, amount) = (&sold.order, granted.grant.total);
    let Some(member) = order.member_id.filter(|_| amount > 0) else { return };
    let months = rule.months_valid.and_then(|months| u32::try_from(months).ok());
    let expires_at =
        months.map(|months| app.calendar.end_of_month_after(order.occurred_at, months));
    // The return window (PT-2b); a late order may have passed it already. Growth counts at once, or it could not raise
    // her in this transaction (TR-2).
    let days = match rule.ledger {
        Ledger::Points => i64::from(rule.settles_after_days),
        Ledger::Growth => 0,
    };
    let settles_at = (days > 0).then(|| order.occurred_at + TimeDelta::days(days));
    effects.movements.push(Movement {
        member,
        ledger: rule.ledger,
        act: Act::Earn { amount, expires_at, rule: Some(rule.id), settles_at },
        source: Source::Order,
        source_id: order.id.to_string(),
        occurred_at: order.occurred_at,
        order: Some(order.id),
        store: order.store_id,
        actor,
    });
}
