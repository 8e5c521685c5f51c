//! Kinds of paid membership cards (TR-2b): data.

use entity::codes::AuditAction;
use entity::values::Fen;

use super::ladder::matches_version;
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line, ProgrammeCode};
use crate::db::{self, Conn, Tx};
use crate::http::{Error, Result, codes};
use crate::members::service::IfVersion;
use crate::tiers::{error, store};

/// A plan as it is stored.
pub type Plan = entity::membership_plan::Model;

/// A plan to be added.
#[derive(Clone, Debug)]
pub struct NewPlan {
    /// Code, unique.
    pub code: String,
    /// Name shown.
    pub name: String,
    /// Code of the tier that it gives.
    pub tier: String,
    /// Months that one card lasts.
    pub months: i32,
    /// What it costs.
    pub price: Fen,
}

/// What is to change of a plan; what is none stays. Cards that were sold keep what they gave.
#[derive(Clone, Debug, Default)]
pub struct PlanChanges {
    /// Name shown.
    pub name: Option<String>,
    /// What it costs.
    pub price: Option<Fen>,
    /// Code of the tier that it gives.
    pub tier: Option<String>,
    /// Whether it is sold.
    pub on_sale: Option<bool>,
}

/// All plans, by code.
///
/// # Errors
/// The database's.
pub async fn plans(db: &impl Conn) -> Result<Vec<Plan>> {
    Ok(store::plans(db).await?)
}

/// Adds a plan.
///
/// # Errors
/// `membership_plan_taken`, `invalid_fields` for an unknown tier.
pub async fn add_plan(app: &App, author: &Author, new: &NewPlan) -> Result<Plan> {
    let added = db::in_tx(&app.db, async |tx| {
        if store::lock_plan(tx, &new.code).await?.is_some() {
            return Err(error::PLAN_TAKEN.into());
        }
        known(tx, &new.tier).await?;
        let row = Plan {
            code: new.code.clone(),
            name: new.name.clone(),
            tier: new.tier.clone(),
            months: new.months,
            price_fen: new.price,
            stopped_at: None,
            version: 1,
        };
        store::insert_plan(tx, row.clone()).await?;
        note(tx, app, author, &row.code, "added").await?;
        Ok(row)
    })
    .await;
    match added {
        // Somebody was a moment faster.
        Err(Error::Database(error)) if db::is_duplicate(&error) => Err(error::PLAN_TAKEN.into()),
        other => other,
    }
}

/// Changes a plan.
///
/// # Errors
/// `not_found`, `version_conflict`, `invalid_fields` for an unknown tier.
pub async fn change_plan(
    app: &App,
    author: &Author,
    code: &str,
    changes: &PlanChanges,
    if_version: &IfVersion,
) -> Result<Plan> {
    let now = app.clock.now();
    db::in_tx(&app.db, async |tx| {
        let row = store::lock_plan(tx, code).await?.ok_or(codes::NOT_FOUND)?;
        matches_version(row.version, if_version)?;
        if let Some(tier) = &changes.tier {
            known(tx, tier).await?;
        }
        let PlanChanges { name, price, tier, on_sale } = changes.clone();
        let stopped_at = match on_sale {
            Some(true) => None,
            Some(false) => row.stopped_at.or(Some(now)),
            None => row.stopped_at,
        };
        let row = Plan {
            name: name.unwrap_or(row.name),
            price_fen: price.unwrap_or(row.price_fen),
            tier: tier.unwrap_or(row.tier),
            version: row.version + 1,
            stopped_at,
            ..row
        };
        store::save_plan(tx, row.clone()).await?;
        note(tx, app, author, &row.code, "changed").await?;
        Ok(row)
    })
    .await
}

async fn note(tx: &Tx, app: &App, author: &Author, code: &str, change: &'static str) -> Result<()> {
    let line = Line::new(AuditAction::PlanChanged).of(ProgrammeCode(code));
    audit::write_in(tx, app, author, &[line.word("change", change)]).await
}

/// The tier exists, and goes on to until the plan is written.
async fn known(tx: &Tx, tier: &str) -> Result<()> {
    if store::pin_codes(tx, &[tier.to_owned()]).await?.is_empty() {
        return Err(Error::field("/tier", "unknown", "没有这个等级", "no such tier"));
    }
    Ok(())
}
