//! Points campaigns as head office keeps them (BN-8): a change is a new version, and what was in force stays known.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::codes::AuditAction;
use entity::ids::CampaignId;
use entity::points_campaign;
use entity::values::CampaignConditions;

use super::budgets::issued;
use super::earning_rules::duplicate_is;
use super::versioning::{By, Listed, Span, listed, next_number};
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line, ProgrammeCode};
use crate::db::{self, Conn, Tx};
use crate::http::{Error, Result, codes};
use crate::points::rules::{Book, Budget, Issuer, Issues, Phase};
use crate::points::{error, store};
use crate::stores::service as stores;

/// The terms of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignDraft {
    /// Name shown.
    pub name: String,
    /// How many times as many points, in 1/10000; above 10000.
    pub multiplier_bps: i64,
    /// When and where it holds.
    pub conditions: CampaignConditions,
    /// Most it may add to one order.
    pub bonus_cap: Option<i64>,
    /// What it may issue.
    pub budget: Budget,
}

/// A version of a campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// Row.
    pub row: points_campaign::Model,
    /// Where it stands now.
    pub phase: Phase,
    /// Counted against the budget so far, over all versions.
    pub issued: i64,
}

/// Campaigns that may hold in a time.
pub type CampaignBook = Book<points_campaign::Model>;

impl CampaignDraft {
    /// The draft as a version.
    #[must_use]
    pub fn version(
        &self,
        id: CampaignId,
        (code, version): (&str, i32),
        (starts_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
        created_at: DateTime<Utc>,
    ) -> points_campaign::Model {
        points_campaign::Model {
            id,
            code: code.to_owned(),
            version,
            name: self.name.clone(),
            multiplier_bps: self.multiplier_bps,
            conditions: self.conditions.clone(),
            bonus_cap: self.bonus_cap,
            budget_total: self.budget.total,
            budget_per_day: self.budget.per_day,
            budget_per_member: self.budget.per_member,
            starts_at,
            ends_at,
            created_by: None,
            created_at,
            stopped_by: None,
            stopped_at: None,
        }
    }
}

/// The versions whose span touches the time from `first` to `last`, both included.
///
/// # Errors
/// The database's.
pub async fn campaigns_between(
    db: &impl Conn,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
) -> Result<CampaignBook> {
    Ok(Book::new(store::campaigns_between(db, first, last).await?))
}

/// Campaigns by code, one version each.
///
/// # Errors
/// The database's.
pub async fn campaigns(app: &App, wanted: &Listed) -> Result<Vec<Campaign>> {
    let (db, now) = (app.db.read(), app.clock.now());
    let rows = store::campaigns(db).await?;
    with_figures(db, listed(&Book::new(rows), wanted, now), now).await
}

/// All versions of a campaign, the newest first.
///
/// # Errors
/// `not_found`.
pub async fn campaign_versions(app: &App, code: &str) -> Result<Vec<Campaign>> {
    versions_in(app.db.read(), code, app.clock.now()).await
}

async fn versions_in(db: &impl Conn, code: &str, now: DateTime<Utc>) -> Result<Vec<Campaign>> {
    let mut rows = store::campaign_versions(db, code).await?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.version));
    if rows.is_empty() {
        return Err(codes::NOT_FOUND.into());
    }
    with_figures(db, rows, now).await
}

async fn with_figures(
    db: &impl Conn,
    rows: Vec<points_campaign::Model>,
    now: DateTime<Utc>,
) -> Result<Vec<Campaign>> {
    let issuers: Vec<Issuer> = rows.iter().map(Issues::issuer).collect();
    let issued: HashMap<Issuer, i64> = issued(db, &issuers).await?;
    let campaign = |row: points_campaign::Model| Campaign {
        phase: Phase::of(&row, now),
        issued: issued.get(&row.issuer()).copied().unwrap_or_default(),
        row,
    };
    Ok(rows.into_iter().map(campaign).collect())
}

/// Adds a campaign.
///
/// # Errors
/// `points_campaign_code_taken`; `invalid_fields` for a span that cannot be or a store that does not exist.
pub async fn add_campaign(
    app: &App,
    (by, author): By<'_>,
    code: &str,
    draft: &CampaignDraft,
    span: Span,
) -> Result<Campaign> {
    let taken = || Error::from(error::CAMPAIGN_CODE_TAKEN);
    insert(app, (by, author), (code, 1), draft, span)
        .await
        .map_err(|error| duplicate_is(error, taken))
}

/// Changes a campaign: a new version, which applies from its start on; the versions before stay as they are, and the
/// budget goes on counting.
///
/// # Errors
/// `not_found`; `version_conflict` when `after` is not the newest version; `invalid_fields` for a span that cannot be
/// or a store that does not exist.
pub async fn change_campaign(
    app: &App,
    (by, author): By<'_>,
    (code, after): (&str, i32),
    draft: &CampaignDraft,
    span: Span,
) -> Result<Campaign> {
    let number = next_number(&store::campaign_versions(app.db.read(), code).await?, after)?;
    let beaten = || Error::from(codes::VERSION_CONFLICT);
    insert(app, (by, author), (code, number), draft, span)
        .await
        .map_err(|error| duplicate_is(error, beaten))
}

async fn insert(
    app: &App,
    (by, author): By<'_>,
    of: (&str, i32),
    draft: &CampaignDraft,
    span: Span,
) -> Result<Campaign> {
    let now = app.clock.now();
    known_stores(app, &draft.conditions.stores).await?;
    let (starts_at, ends_at) = span.from(now)?;
    let ends_at = ends_at.ok_or_else(|| {
        Error::field("/ends_at", "missing", "请填写结束时间", "a campaign has an end")
    })?;
    let version = draft.version(CampaignId::new(now), of, (starts_at, ends_at), now);
    let row = points_campaign::Model { created_by: Some(by), ..version };
    let found = db::in_tx(&app.db, async |tx| {
        store::insert_campaign(tx, row.clone()).await?;
        let change = if row.version == 1 { "added" } else { "version_added" };
        note(tx, app, author, &row.code, change).await?;
        with_figures(tx, vec![row.clone()], now).await
    });
    let added = || Error::fault("a campaign was not there right after it was added");
    found.await?.pop().ok_or_else(added)
}

async fn note(tx: &Tx, app: &App, author: &Author, code: &str, change: &'static str) -> Result<()> {
    let line = Line::new(AuditAction::CampaignChanged).of(ProgrammeCode(code));
    audit::write_in(tx, app, author, &[line.word("change", change)]).await
}

async fn known_stores(app: &App, wanted: &[String]) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let found = stores::by_codes(app.db.read(), wanted).await?;
    match wanted.iter().position(|code| !found.contains_key(code)) {
        None => Ok(()),
        Some(i) => {
            let pointer = format!("/plan/conditions/stores/{i}");
            let en = "there is no such store";
            Err(Error::field(pointer, "unknown", "没有这家门店", en))
        }
    }
}

/// Ends a campaign now, with whatever was planned. What has ended stays as it is; late orders of the time before still
/// find their version.
///
/// # Errors
/// `not_found`.
pub async fn stop_campaign(app: &App, (by, author): By<'_>, code: &str) -> Result<Campaign> {
    let now = app.clock.now();
    let versions = db::in_tx(&app.db, async |tx| {
        store::stop_campaign(tx, code, by, now).await?;
        let versions = versions_in(tx, code, now).await?;
        if !versions.is_empty() {
            note(tx, app, author, code, "stopped").await?;
        }
        Ok::<_, Error>(versions)
    });
    let newest = versions.await?.into_iter().next();
    newest.ok_or_else(|| codes::NOT_FOUND.into())
}
