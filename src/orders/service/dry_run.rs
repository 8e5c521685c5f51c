//! What a rule or campaign would have cost (NC-3): past paid orders granted once more, and nothing written.

use std::collections::HashSet;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use entity::codes::{AuditAction, Ledger};
use entity::ids::{CampaignId, MemberId, OrderId, RuleId};
use entity::{earning_rule, points_campaign, sales_order};

use super::super::rules::granting::{Standing, decide};
use super::super::rules::trial::{self, Entry, Verdict};
use super::buyers::{self, Buyer};
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::db::Conn;
use crate::http::{Error, Result};
use crate::members::service as members;
use crate::orders::store;
use crate::points::service::{
    self as points, Book, CampaignBook, CampaignDraft, RuleBooks, RuleDraft, Visit,
};

/// Most days that a trial looks back over.
pub const MOST_DAYS: i64 = 400;
/// Orders a page.
const PAGE: u64 = 500;

/// What is tried.
#[derive(Clone, Debug)]
pub enum Draft {
    /// A rule, in place of all rules of its ledger.
    Rule(Ledger, RuleDraft),
    /// A campaign beside the others, in place of the one with this code.
    Campaign(Option<String>, CampaignDraft),
}

/// A draft, and the business days it is tried on, both included.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Draft.
    pub draft: Draft,
    /// First day.
    pub from: NaiveDate,
    /// Last day, at most today.
    pub to: NaiveDate,
}

/// Grants the paid orders of past days once more, in the sequence in which they came in, as if the draft had been in
/// force all the time: with the tiers of their business time, the caps, and budgets that were full at the beginning.
/// Reads page by page; keeps a few numbers for each member.
///
/// # Errors
/// `invalid_fields` for days or a draft that cannot be.
pub async fn dry_run(app: &App, author: &Author, trial: &Trial) -> Result<Verdict> {
    let db = app.db.read();
    let (first, end) = span(app, trial)?;
    if let Draft::Rule(ledger, draft) = &trial.draft {
        draft.check(*ledger)?;
    }
    let terms = Terms::load(db, trial, first, end).await?;
    let mut run = Run { terms, standing: Standing::default(), seen: HashSet::new() };
    let mut ledger = trial::Ledger::default();
    // An order comes in after its business time; clocks may differ by a day.
    let mut after = OrderId::earliest(first - TimeDelta::days(1));
    loop {
        let page = store::paid_after(db, after, (first, end), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        run.page(app, db, &page, first, &mut ledger).await?;
    }
    let verdict = ledger.close();
    let line = Line::new(AuditAction::MemberSearched).word("part", "dry_run");
    audit::write(app, author, line.gave(verdict.top.len())).await?;
    Ok(verdict)
}

fn span(app: &App, trial: &Trial) -> Result<(DateTime<Utc>, DateTime<Utc>)> {
    let today = app.calendar.day(app.clock.now());
    if trial.to > today {
        let en = "it can only be tried on days that have come";
        return Err(Error::field("/to_day", "future", "试算日期不能晚于今天", en));
    }
    let days = (trial.to - trial.from).num_days() + 1;
    if !(1..=MOST_DAYS).contains(&days) {
        let zh = format!("试算区间为 1 到 {MOST_DAYS} 天");
        let en = format!("1 to {MOST_DAYS} days");
        return Err(Error::field("/from_day", "span", &zh, &en));
    }
    Ok((app.calendar.start(trial.from), app.calendar.start(trial.to + Days::new(1))))
}

/// The rules and campaigns that would have been in force.
struct Terms {
    ledger: Ledger,
    rules: RuleBooks,
    campaigns: CampaignBook,
}

impl Terms {
    async fn load(
        db: &impl Conn,
        trial: &Trial,
        first: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Result<Self> {
        let (mut ledger, mut rules) = (Ledger::Points, RuleBooks::load(db).await?);
        let mut campaigns = points::campaigns_between(db, first, end).await?;
        match &trial.draft {
            Draft::Rule(of, draft) => {
                ledger = *of;
                let id = RuleId::new(first);
                rules = rules.with_only(draft.version(id, ("draft", 1), *of, (first, None)));
            }
            Draft::Campaign(code, draft) => {
                let code = code.as_deref().unwrap_or("draft");
                let draft = draft.version(CampaignId::new(first), (code, 1), (first, end), first);
                let others = campaigns.all().filter(|other| other.code != code).cloned();
                campaigns = Book::new(others.chain([draft]).collect());
            }
        }
        if ledger == Ledger::Growth {
            campaigns = CampaignBook::default();
        }
        Ok(Self { ledger, rules, campaigns })
    }

    fn at(
        &self,
        at: DateTime<Utc>,
    ) -> (Option<&earning_rule::Model>, Vec<&points_campaign::Model>) {
        (self.rules.at(self.ledger, at), self.campaigns.at(at).collect())
    }
}

/// A trial under way.
struct Run {
    terms: Terms,
    standing: Standing,
    /// Members who had an order already, where first orders matter.
    seen: HashSet<MemberId>,
}

impl Run {
    async fn page(
        &mut self,
        app: &App,
        db: &impl Conn,
        page: &[sales_order::Model],
        first: DateTime<Utc>,
        ledger: &mut trial::Ledger,
    ) -> Result<()> {
        let orders: Vec<&sales_order::Model> = page.iter().collect();
        let ids: Vec<OrderId> = page.iter().map(|order| order.id).collect();
        let owners: Vec<MemberId> = page.iter().filter_map(|order| order.member_id).collect();
        let losers = members::losers_of(db, &owners).await?;
        let campaigns = &self.terms.campaigns;
        let mut buyers = buyers::of_orders(db, app, &orders, campaigns, &losers).await?;
        if campaigns.all().any(|it| it.conditions.first_order) {
            self.mark_first(db, &mut buyers, first).await?;
        }
        let lines = store::lines_of(db, &ids).await?;
        for (order, buyer) in page.iter().zip(&buyers) {
            let lines = lines.get(&order.id).map_or(&[][..], Vec::as_slice);
            let (granted, would) = self.grant(order, buyer, lines);
            let tier = buyer.tier.as_ref().map_or("", |tier| tier.code.as_str());
            let month = app.calendar.month(order.occurred_at);
            ledger.add(&Entry { member: buyer.member, tier, month, granted, would });
        }
        Ok(())
    }

    /// Whoever bought before the trial begins has no first order in it.
    async fn mark_first(
        &mut self,
        db: &impl Conn,
        buyers: &mut [Buyer],
        first: DateTime<Utc>,
    ) -> Result<()> {
        let totals = members::totals_of(db, &buyers::ids(buyers)).await?;
        for buyer in buyers {
            let total = totals.get(&buyer.member).and_then(|total| total.first_order_at);
            let is_new = total.is_some_and(|at| at >= first);
            if self.seen.insert(buyer.member) && is_new {
                buyer.visit = Visit::First;
            }
        }
        Ok(())
    }

    /// What an order was granted, and what it would have been.
    fn grant(
        &mut self,
        order: &sales_order::Model,
        buyer: &Buyer,
        lines: &[entity::order_line::Model],
    ) -> (i64, i64) {
        let ledger = self.terms.ledger;
        let granted = match ledger {
            Ledger::Points => order.points,
            Ledger::Growth => order.growth,
        };
        let (Some(rule), campaigns) = self.terms.at(buyer.at) else { return (granted, 0) };
        if rule.day_cap.is_some() {
            self.standing.today.entry((ledger, buyer.member, buyer.day)).or_default();
        }
        let case = buyer.case(lines);
        (granted, decide(&case, rule, &campaigns, &mut self.standing).grant.total)
    }
}
