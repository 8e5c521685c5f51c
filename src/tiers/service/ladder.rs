//! Head office changes the ladder (TR-1): tiers are data.

use chrono::{DateTime, Utc};
use entity::codes::AuditAction;
use entity::values::{Fen, Words};
use entity::{tier_benefit, tier_multiplier};

use super::benefits::benefit;
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line, ProgrammeCode};
use crate::db::{self, Conn, Tx};
use crate::http::{Result, codes};
use crate::members::service::IfVersion;
use crate::tiers::rules::{self, Benefit};
use crate::tiers::{error, store};

/// A tier as it is stored.
pub type TierRow = entity::tier::Model;

/// A tier to be added.
#[derive(Clone, Debug)]
pub struct NewTier {
    /// Code, unique.
    pub code: String,
    /// Name shown.
    pub name: String,
    /// Place in the ladder, unique.
    pub rank: i32,
    /// Spent in 12 months to reach it.
    pub spend: Fen,
    /// Growth value to reach it.
    pub growth: i64,
    /// Multiplier of points in ten-thousandths.
    pub multiplier_bps: i64,
    /// Months it holds.
    pub months: i32,
    /// What it offers.
    pub benefits: Vec<Benefit>,
    /// What else it offers, in words.
    pub words: Vec<String>,
}

/// What is to change of a tier; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct TierChanges {
    /// Name shown.
    pub name: Option<String>,
    /// Spent in 12 months to reach it.
    pub spend: Option<Fen>,
    /// Growth value to reach it.
    pub growth: Option<i64>,
    /// Multiplier of points in ten-thousandths.
    pub multiplier_bps: Option<i64>,
    /// Months it holds.
    pub months: Option<i32>,
    /// What it offers; replaces all of it.
    pub benefits: Option<Vec<Benefit>>,
    /// What else it offers, in words.
    pub words: Option<Vec<String>>,
}

/// All tiers with their benefits, lowest first.
///
/// # Errors
/// The database's.
pub async fn tiers(db: &impl Conn) -> Result<Vec<(TierRow, Vec<Benefit>)>> {
    let rows = store::tiers(db).await?;
    let codes: Vec<&str> = rows.iter().map(|row| row.code.as_str()).collect();
    let benefits = store::benefits_of(db, &codes).await?;
    let of = |code: &str| {
        let mut own: Vec<Benefit> =
            benefits.iter().filter(|row| row.tier == code).map(benefit).collect();
        own.sort_by_key(|benefit| benefit.kind);
        own
    };
    let found: Vec<_> = rows.iter().map(|row| (row.clone(), of(&row.code))).collect();
    Ok(found)
}

/// One tier with its benefits.
///
/// # Errors
/// `not_found`.
pub async fn tier(db: &impl Conn, code: &str) -> Result<(TierRow, Vec<Benefit>)> {
    let found = tiers(db).await?.into_iter().find(|(row, _)| row.code == code);
    found.ok_or_else(|| codes::NOT_FOUND.into())
}

/// Adds a tier. Nobody has it before she is evaluated the next time.
///
/// # Errors
/// `tier_taken`, `tier_thresholds_not_rising`.
pub async fn add_tier(
    app: &App,
    author: &Author,
    new: &NewTier,
) -> Result<(TierRow, Vec<Benefit>)> {
    db::in_tx(&app.db, async |tx| {
        let ladder = store::lock_tiers(tx).await?;
        if ladder.iter().any(|tier| tier.code == new.code || tier.rank == new.rank) {
            return Err(error::TIER_TAKEN.into());
        }
        let row = TierRow {
            code: new.code.clone(),
            name: new.name.clone(),
            rank: new.rank,
            spend_fen: new.spend,
            growth: new.growth,
            multiplier_bps: new.multiplier_bps,
            months: new.months,
            benefits: Words(new.words.clone()),
            version: 1,
        };
        fits(ladder, &row)?;
        store::note_multiplier(tx, multiplier(&row, app.clock.now())).await?;
        store::insert_tier(tx, row).await?;
        set_benefits(tx, &new.code, &new.benefits).await?;
        note(tx, app, author, &new.code, "added").await?;
        tier(tx, &new.code).await
    })
    .await
}

/// Changes a tier. Nobody rises or falls by that at once, only at her next evaluation. Another multiplier applies to
/// orders whose business time is now or later.
///
/// # Errors
/// `not_found`, `version_conflict`, `tier_thresholds_not_rising`.
pub async fn change_tier(
    app: &App,
    author: &Author,
    code: &str,
    changes: &TierChanges,
    if_version: &IfVersion,
) -> Result<(TierRow, Vec<Benefit>)> {
    db::in_tx(&app.db, async |tx| {
        let ladder = store::lock_tiers(tx).await?;
        let stands = ladder.iter().find(|tier| tier.code == code).ok_or(codes::NOT_FOUND)?;
        matches_version(stands.version, if_version)?;
        let row = changed(stands.clone(), changes);
        if row.multiplier_bps != stands.multiplier_bps {
            store::note_multiplier(tx, multiplier(&row, app.clock.now())).await?;
        }
        fits(ladder, &row)?;
        store::save_tier(tx, row).await?;
        if let Some(benefits) = &changes.benefits {
            set_benefits(tx, code, benefits).await?;
        }
        note(tx, app, author, code, "changed").await?;
        tier(tx, code).await
    })
    .await
}

/// Deletes a tier that nobody holds and no plan gives. What was granted under it stays in the history by its code.
///
/// # Errors
/// `not_found`, `version_conflict`, `tier_in_use`.
pub async fn remove_tier(
    app: &App,
    author: &Author,
    code: &str,
    if_version: &IfVersion,
) -> Result<()> {
    let now = app.clock.now();
    db::in_tx(&app.db, async |tx| {
        let ladder = store::lock_tiers(tx).await?;
        let stands = ladder.iter().find(|tier| tier.code == code).ok_or(codes::NOT_FOUND)?;
        matches_version(stands.version, if_version)?;
        let joining = ladder.first().is_some_and(|first| first.code == code);
        let used = joining
            || store::tier_of_holds(tx, code).await?
            || store::tier_of_plans(tx, code).await?
            || store::tier_of_cards(tx, code, now).await?;
        if used {
            return Err(error::TIER_IN_USE.into());
        }
        store::set_benefits(tx, code, Vec::new()).await?;
        note(tx, app, author, code, "removed").await?;
        Ok(store::delete_tier(tx, code).await?)
    })
    .await
}

async fn note(tx: &Tx, app: &App, author: &Author, code: &str, change: &'static str) -> Result<()> {
    let line = Line::new(AuditAction::LadderChanged).of(ProgrammeCode(code));
    audit::write_in(tx, app, author, &[line.word("change", change)]).await
}

fn multiplier(row: &TierRow, now: DateTime<Utc>) -> tier_multiplier::Model {
    tier_multiplier::Model {
        tier: row.code.clone(),
        valid_from: now,
        rank: row.rank,
        multiplier_bps: row.multiplier_bps,
    }
}

fn changed(row: TierRow, changes: &TierChanges) -> TierRow {
    let TierChanges { name, spend, growth, multiplier_bps, months, words, .. } = changes.clone();
    TierRow {
        name: name.unwrap_or(row.name),
        spend_fen: spend.unwrap_or(row.spend_fen),
        growth: growth.unwrap_or(row.growth),
        multiplier_bps: multiplier_bps.unwrap_or(row.multiplier_bps),
        months: months.unwrap_or(row.months),
        benefits: words.map_or(row.benefits, Words),
        version: row.version + 1,
        ..row
    }
}

/// Whether the ladder with this tier in it rises.
fn fits(mut ladder: Vec<TierRow>, row: &TierRow) -> Result<()> {
    ladder.retain(|tier| tier.code != row.code);
    ladder.push(row.clone());
    ladder.sort_by_key(|tier| tier.rank);
    if rules::rising(&ladder) { Ok(()) } else { Err(error::THRESHOLDS.into()) }
}

async fn set_benefits(tx: &Tx, code: &str, benefits: &[Benefit]) -> Result<()> {
    let row = |benefit: &Benefit| tier_benefit::Model {
        tier: code.to_owned(),
        kind: benefit.kind,
        value: benefit.value,
        quota: benefit.quota.and_then(|(times, _)| i32::try_from(times).ok()),
        period: benefit.quota.map(|(_, period)| period),
    };
    Ok(store::set_benefits(tx, code, benefits.iter().map(row).collect()).await?)
}

pub(super) fn matches_version(version: i64, wanted: &IfVersion) -> Result<()> {
    match wanted {
        IfVersion::OneOf(versions) if !versions.contains(&version) => {
            Err(codes::VERSION_CONFLICT.into())
        }
        IfVersion::Any | IfVersion::OneOf(_) => Ok(()),
    }
}
