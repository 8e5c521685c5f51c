//! Earning rules as head office keeps them (PT-2): a change is a new version, and what was in force stays known.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::codes::{AuditAction, Ledger};
use entity::earning_rule;
use entity::ids::RuleId;
use entity::values::{Fen, Words};

use super::budgets::issued;
use super::versioning::{By, Listed, Span, listed, next_number};
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line, ProgrammeCode};
use crate::db::{self, Conn, Tx};
use crate::http::{Error, Result, codes};
use crate::points::rules::{Book, Budget, Issuer, Issues, Phase};
use crate::points::{error, store};

/// The terms of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleDraft {
    /// Fen paid for one point.
    pub fen_per_unit: Fen,
    /// Whether the tier's multiplier applies.
    pub tier_multiplied: bool,
    /// Most one order may earn.
    pub order_cap: Option<i64>,
    /// Most one member may earn in a business day.
    pub day_cap: Option<i64>,
    /// Categories that earn nothing.
    pub excluded_categories: Vec<String>,
    /// Months until a lot runs out, to the end of that month; none is never.
    pub months_valid: Option<i32>,
    /// Days that what it grants stays pending (PT-2b); 0 is at once.
    pub settles_after_days: i32,
    /// What it may issue.
    pub budget: Budget,
}

/// A version of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Row.
    pub row: earning_rule::Model,
    /// Where it stands now.
    pub phase: Phase,
    /// Counted against the budget so far, over all versions.
    pub issued: i64,
}

impl RuleDraft {
    /// Whether a rule of this ledger can be so. Growth makes tiers in the transaction that earned it (TR-2): were it
    /// pending, a tier would come days after its purchase.
    ///
    /// # Errors
    /// `invalid_fields`.
    pub fn check(&self, ledger: Ledger) -> Result<()> {
        if ledger == Ledger::Growth && self.settles_after_days > 0 {
            let (zh, en) = ("成长值当场计入，只能为 0", "growth counts at once: it must be 0");
            return Err(Error::field("/terms/settles_after_days", "growth", zh, en));
        }
        Ok(())
    }

    /// The draft as a version.
    #[must_use]
    pub fn version(
        &self,
        id: RuleId,
        (code, version): (&str, i32),
        ledger: Ledger,
        (starts_at, ends_at): (DateTime<Utc>, Option<DateTime<Utc>>),
    ) -> earning_rule::Model {
        earning_rule::Model {
            id,
            code: code.to_owned(),
            version,
            ledger,
            fen_per_unit: self.fen_per_unit,
            tier_multiplied: self.tier_multiplied,
            order_cap: self.order_cap,
            day_cap: self.day_cap,
            excluded_categories: Words(self.excluded_categories.clone()),
            months_valid: self.months_valid,
            settles_after_days: self.settles_after_days,
            starts_at,
            ends_at,
            budget_total: self.budget.total,
            budget_per_day: self.budget.per_day,
            budget_per_member: self.budget.per_member,
            created_by: None,
            created_at: None,
            stopped_by: None,
            stopped_at: None,
        }
    }
}

/// Rules by code, one version each.
///
/// # Errors
/// The database's.
pub async fn rules(app: &App, ledger: Option<Ledger>, wanted: &Listed) -> Result<Vec<Rule>> {
    let db = app.db.read();
    let mut rows = store::rules(db).await?;
    rows.retain(|row| ledger.is_none_or(|ledger| row.ledger == ledger));
    let now = app.clock.now();
    with_figures(db, listed(&Book::new(rows), wanted, now), now).await
}

/// All versions of a rule, the newest first.
///
/// # Errors
/// `not_found`.
pub async fn rule_versions(app: &App, code: &str) -> Result<Vec<Rule>> {
    versions_in(app.db.read(), code, app.clock.now()).await
}

async fn versions_in(db: &impl Conn, code: &str, now: DateTime<Utc>) -> Result<Vec<Rule>> {
    let mut rows = store::rule_versions(db, code).await?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.version));
    if rows.is_empty() {
        return Err(codes::NOT_FOUND.into());
    }
    with_figures(db, rows, now).await
}

async fn with_figures(
    db: &impl Conn,
    rows: Vec<earning_rule::Model>,
    now: DateTime<Utc>,
) -> Result<Vec<Rule>> {
    let issuers: Vec<Issuer> = rows.iter().map(Issues::issuer).collect();
    let issued: HashMap<Issuer, i64> = issued(db, &issuers).await?;
    let rule = |row: earning_rule::Model| Rule {
        phase: Phase::of(&row, now),
        issued: issued.get(&row.issuer()).copied().unwrap_or_default(),
        row,
    };
    Ok(rows.into_iter().map(rule).collect())
}

/// Adds a rule.
///
/// # Errors
/// `earning_rule_code_taken`; `invalid_fields` for a span or a draft that cannot be.
pub async fn add_rule(
    app: &App,
    (by, author): By<'_>,
    (code, ledger): (&str, Ledger),
    draft: &RuleDraft,
    span: Span,
) -> Result<Rule> {
    let now = app.clock.now();
    draft.check(ledger)?;
    let version = draft.version(RuleId::new(now), (code, 1), ledger, span.from(now)?);
    let taken = || Error::from(error::RULE_CODE_TAKEN);
    insert(app, (by, author), version, now).await.map_err(|error| duplicate_is(error, taken))
}

/// Changes a rule: a new version, which applies from its start on; the versions before stay as they are.
///
/// # Errors
/// `not_found`; `version_conflict` when `after` is not the newest version; `invalid_fields` for a span or a draft that
/// cannot be.
pub async fn change_rule(
    app: &App,
    (by, author): By<'_>,
    (code, after): (&str, i32),
    draft: &RuleDraft,
    span: Span,
) -> Result<Rule> {
    let now = app.clock.now();
    let versions = store::rule_versions(app.db.read(), code).await?;
    let number = next_number(&versions, after)?;
    let ledger = versions.first().map(|row| row.ledger).ok_or(codes::NOT_FOUND)?;
    draft.check(ledger)?;
    let version = draft.version(RuleId::new(now), (code, number), ledger, span.from(now)?);
    let beaten = || Error::from(codes::VERSION_CONFLICT);
    insert(app, (by, author), version, now).await.map_err(|error| duplicate_is(error, beaten))
}

async fn insert(
    app: &App,
    (by, author): By<'_>,
    version: earning_rule::Model,
    now: DateTime<Utc>,
) -> Result<Rule> {
    let row = earning_rule::Model { created_by: Some(by), created_at: Some(now), ..version };
    let rules = db::in_tx(&app.db, async |tx| {
        store::insert_rule(tx, row.clone()).await?;
        let change = if row.version == 1 { "added" } else { "version_added" };
        note(tx, app, author, &row.code, change).await?;
        with_figures(tx, vec![row.clone()], now).await
    });
    rules.await?.pop().ok_or_else(|| Error::fault("a rule was not there right after it was added"))
}

async fn note(tx: &Tx, app: &App, author: &Author, code: &str, change: &'static str) -> Result<()> {
    let line = Line::new(AuditAction::EarningRuleChanged).of(ProgrammeCode(code));
    audit::write_in(tx, app, author, &[line.word("change", change)]).await
}

/// The unique key of code and version tells who came second.
pub(super) fn duplicate_is(error: Error, refusal: impl Fn() -> Error) -> Error {
    let second = matches!(&error, Error::Database(error) if db::is_duplicate(error));
    if second { refusal() } else { error }
}

/// Ends a rule now, with whatever was planned. What has ended stays as it is; late orders of the time before still
/// find their version.
///
/// # Errors
/// `not_found`.
pub async fn stop_rule(app: &App, (by, author): By<'_>, code: &str) -> Result<Rule> {
    let now = app.clock.now();
    let versions = db::in_tx(&app.db, async |tx| {
        store::stop_rule(tx, code, by, now).await?;
        let versions = versions_in(tx, code, now).await?;
        if !versions.is_empty() {
            note(tx, app, author, code, "stopped").await?;
        }
        Ok::<_, Error>(versions)
    });
    let newest = versions.await?.into_iter().next();
    newest.ok_or_else(|| codes::NOT_FOUND.into())
}
