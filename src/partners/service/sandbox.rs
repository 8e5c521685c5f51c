//! Keys for trials (OP-2). They stand in the sandbox's own database, with a copy of their partner; the live one knows nothing
//! of them but who made them.

use std::collections::HashMap;

use entity::codes::AuditAction;
use entity::ids::{PartnerId, PartnerKeyId};
use entity::partner;

use super::authenticate::forget_all;
use super::keys::{self, Key, KeyTerms, NewKey, checked};
use super::register::{NewPartner, register};
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::db;
use crate::http::{Error, Result, codes};
use crate::partners::error::SANDBOX_OFF;
use crate::partners::store;

/// Partners that are compared at once.
const AT_ONCE: u64 = 500;

fn sandbox(app: &App) -> Result<&App> {
    app.sandbox.as_ref().ok_or_else(|| SANDBOX_OFF.into())
}

async fn known(app: &App, id: PartnerId) -> Result<partner::Model> {
    Ok(store::find(app.db.read(), id).await?.ok_or(codes::NOT_FOUND)?)
}

/// Gives a partner one more key for the sandbox.
///
/// # Errors
/// `sandbox_off`, `not_found`; as [`issue_key`](super::issue_key).
pub async fn issue_sandbox_key(
    app: &App,
    author: &Author,
    id: PartnerId,
    terms: &KeyTerms,
) -> Result<NewKey> {
    let apart = sandbox(app)?;
    let partner = known(app, id).await?;
    checked(apart, terms)?;
    note(app, author, Line::new(AuditAction::PartnerKeyChanged).with("partner", id), "issued")
        .await?;
    mirror(apart, &partner).await?;
    // Whoever changed the partner before it was known there did not tell the sandbox.
    let now = known(app, id).await?;
    if now.version != partner.version {
        mirror(apart, &now).await?;
        forget_all(apart);
    }
    keys::issue_key(apart, author, id, terms).await
}

/// Adds a partner, and a first key for the sandbox.
///
/// # Errors
/// `sandbox_off`, `partner_name_taken`; as [`issue_sandbox_key`].
pub async fn register_with_sandbox_key(
    app: &App,
    author: &Author,
    new: &NewPartner,
    terms: &KeyTerms,
) -> Result<NewKey> {
    checked(sandbox(app)?, terms)?;
    let id = register(app, author, new).await?;
    issue_sandbox_key(app, author, id, terms).await
}

/// A partner's keys for the sandbox, newest first, before `before`.
///
/// # Errors
/// `sandbox_off`, `not_found`.
pub async fn sandbox_keys(
    app: &App,
    id: PartnerId,
    before: Option<PartnerKeyId>,
    limit: u64,
) -> Result<Vec<Key>> {
    let apart = sandbox(app)?;
    known(app, id).await?;
    // One that never had a key there is not known there.
    let rows = store::keys(apart.db.read(), id, before, limit).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Revokes a key for the sandbox at once. Again changes nothing.
///
/// # Errors
/// `sandbox_off`, `not_found`.
pub async fn revoke_sandbox_key(
    app: &App,
    author: &Author,
    id: PartnerId,
    key: PartnerKeyId,
) -> Result<()> {
    let apart = sandbox(app)?;
    known(app, id).await?;
    let line = Line::new(AuditAction::PartnerKeyChanged).of(key).with("partner", id);
    note(app, author, line, "revoked").await?;
    keys::revoke_key(apart, author, id, key).await
}

/// Two databases have no common transaction: who wants something is written down before it is done.
async fn note(app: &App, author: &Author, line: Line, change: &'static str) -> Result<()> {
    audit::write(app, author, line.word("change", change).word("mode", "sandbox")).await
}

/// What was changed of a partner is so in the sandbox too, where it is known there.
pub(super) async fn follow(app: &App, partner: &partner::Model) -> Result<()> {
    let Some(apart) = app.sandbox.as_ref() else { return Ok(()) };
    if store::find(apart.db.read(), partner.id).await?.is_some() {
        mirror(apart, partner).await?;
        forget_all(apart);
    }
    Ok(())
}

/// Tells the sandbox whatever was changed of its partners since it was told last; at the start of a process.
///
/// # Errors
/// The databases'.
pub async fn catch_up_sandbox(app: &App) -> Result<()> {
    let Some(apart) = app.sandbox.as_ref() else { return Ok(()) };
    let mut after = None;
    loop {
        let there = store::page(apart.db.read(), after, AT_ONCE).await?;
        let Some(last) = there.last() else { return Ok(()) };
        after = Some(last.id);
        let ids: Vec<PartnerId> = there.iter().map(|row| row.id).collect();
        let versions: HashMap<PartnerId, i64> =
            there.iter().map(|row| (row.id, row.version)).collect();
        let rows = store::of_ids(app.db.read(), &ids).await?;
        for row in rows.iter().filter(|row| versions.get(&row.id) != Some(&row.version)) {
            mirror(apart, row).await?;
        }
    }
}

/// The partner as it is, under the same id, unless the sandbox knows of a later change. A name that another one still has there gives way to the id.
async fn mirror(apart: &App, partner: &partner::Model) -> Result<()> {
    db::in_tx(&apart.db, async |tx| {
        let there = store::lock(tx, partner.id).await?;
        if there.as_ref().is_some_and(|there| there.version > partner.version) {
            return Ok(());
        }
        let taken = store::find_named(tx, &partner.name).await?;
        let mut row = partner.clone();
        if taken.is_some_and(|other| other.id != row.id) {
            row.name = row.id.to_string();
        }
        if there.is_some() {
            store::save(tx, row).await?;
        } else if !store::insert(tx, row).await? {
            return Err(Error::from(codes::UNAVAILABLE));
        }
        Ok::<_, Error>(())
    })
    .await
}
