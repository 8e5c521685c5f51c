//! The third parties themselves.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::codes::AuditAction;
use entity::ids::PartnerId;
use entity::partner;

use super::authenticate::forget_all;
use super::keys::{KeyTerms, NewKey, checked, issue_in, note_key};
use super::sandbox::follow;
use super::{IfVersions, matches_version};
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::db::{self, Conn, Tx};
use crate::http::{Error, Result, codes};
use crate::partners::error::NAME_TAKEN;
use crate::partners::store;

/// A third party.
#[derive(Clone, Debug)]
pub struct Partner {
    /// Id.
    pub id: PartnerId,
    /// Name, unique.
    pub name: String,
    /// Requests a minute for each of its keys; none is the configuration's.
    pub requests_per_minute: Option<u32>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// Since when all its keys are stopped.
    pub stopped_at: Option<DateTime<Utc>>,
    /// Counts changes.
    pub version: i64,
}

impl From<partner::Model> for Partner {
    fn from(row: partner::Model) -> Self {
        let partner::Model { id, name, created_at, disabled_at, requests_per_minute, version } =
            row;
        let requests_per_minute = requests_per_minute.and_then(|rate| u32::try_from(rate).ok());
        Self { id, name, requests_per_minute, created_at, stopped_at: disabled_at, version }
    }
}

/// A third party to be added.
#[derive(Clone, Debug, Default)]
pub struct NewPartner {
    /// Name, unique.
    pub name: String,
    /// Requests a minute for each of its keys; none is the configuration's.
    pub requests_per_minute: Option<u32>,
}

impl NewPartner {
    /// With the configuration's rate.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), requests_per_minute: None }
    }
}

/// What is to change of a partner; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct PartnerChanges {
    /// Name, unique.
    pub name: Option<String>,
    /// Requests a minute for each of its keys; `Some(None)` is the configuration's.
    pub requests_per_minute: Option<Option<u32>>,
}

/// Adds a partner; the name is unique.
///
/// # Errors
/// `partner_name_taken`.
pub async fn register(app: &App, author: &Author, new: &NewPartner) -> Result<PartnerId> {
    let row = row_of(app, new)?;
    db::in_tx(&app.db, async |tx| {
        let id = add(tx, row.clone()).await?;
        note(tx, app, author, id, "added").await?;
        Ok::<_, Error>(id)
    })
    .await
}

async fn note(
    tx: &Tx,
    app: &App,
    author: &Author,
    partner: PartnerId,
    change: &'static str,
) -> Result<()> {
    let line = Line::new(AuditAction::PartnerChanged).of(partner).word("change", change);
    audit::write_in(tx, app, author, &[line]).await
}

/// Adds a partner with its first key, or neither.
///
/// # Errors
/// `partner_name_taken`; as [`issue_key`](super::issue_key).
pub async fn register_with_key(
    app: &App,
    author: &Author,
    new: &NewPartner,
    terms: &KeyTerms,
) -> Result<NewKey> {
    let (row, terms) = (row_of(app, new)?, checked(app, terms)?);
    db::in_tx(&app.db, async |tx| {
        let partner = add(tx, row.clone()).await?;
        note(tx, app, author, partner, "added").await?;
        let key = issue_in(tx, app, partner, terms.clone()).await?;
        note_key(tx, app, author, (partner, key.id), "issued").await?;
        Ok::<_, Error>(key)
    })
    .await
}

fn row_of(app: &App, new: &NewPartner) -> Result<partner::Model> {
    let now = app.clock.now();
    Ok(partner::Model {
        id: PartnerId::new(now),
        name: new.name.clone(),
        created_at: now,
        disabled_at: None,
        requests_per_minute: stored(new.requests_per_minute)?,
        version: 1,
    })
}

async fn add(tx: &Tx, row: partner::Model) -> Result<PartnerId> {
    let id = row.id;
    if store::insert(tx, row).await? { Ok(id) } else { Err(NAME_TAKEN.into()) }
}

fn stored(rate: Option<u32>) -> Result<Option<i32>> {
    rate.map(i32::try_from).transpose().map_err(|_| {
        let pointer = "/requests_per_minute";
        Error::field(pointer, "range", "数值过大", "the number is too large")
    })
}

/// Changes a partner; its keys follow within a second on every replica.
///
/// # Errors
/// `not_found`, `version_conflict`, `partner_name_taken`.
pub async fn change(
    app: &App,
    author: &Author,
    id: PartnerId,
    changes: &PartnerChanges,
    versions: &IfVersions,
) -> Result<Partner> {
    let rate = changes.requests_per_minute.map(stored).transpose()?;
    let set = |row: &mut partner::Model| {
        if let Some(name) = &changes.name {
            row.name.clone_from(name);
        }
        if let Some(rate) = rate {
            row.requests_per_minute = rate;
        }
    };
    match edit(app, author, (id, "changed"), versions, set).await {
        Err(Error::Database(error)) if db::is_duplicate(&error) => Err(NAME_TAKEN.into()),
        other => other,
    }
}

/// Stops every key of a partner, within a second on every replica. Again changes nothing.
///
/// # Errors
/// `not_found`.
pub async fn stop(app: &App, author: &Author, id: PartnerId) -> Result<Partner> {
    let now = app.clock.now();
    let set = |row: &mut partner::Model| row.disabled_at = row.disabled_at.or(Some(now));
    edit(app, author, (id, "stopped"), &None, set).await
}

/// Lets the keys of a stopped partner work again, but for those that have ended themselves.
///
/// # Errors
/// `not_found`.
pub async fn resume(app: &App, author: &Author, id: PartnerId) -> Result<Partner> {
    edit(app, author, (id, "resumed"), &None, |row| row.disabled_at = None).await
}

async fn edit(
    app: &App,
    author: &Author,
    (id, what): (PartnerId, &'static str),
    versions: &IfVersions,
    set: impl Fn(&mut partner::Model),
) -> Result<Partner> {
    let changed = db::in_tx(&app.db, async |tx| {
        let before = store::lock(tx, id).await?.ok_or(codes::NOT_FOUND)?;
        matches_version(versions, before.version)?;
        let mut row = before.clone();
        set(&mut row);
        if row != before {
            row.version += 1;
            store::save(tx, row.clone()).await?;
            note(tx, app, author, id, what).await?;
        }
        Ok::<_, Error>(row)
    });
    let changed = changed.await?;
    forget_all(app);
    follow(app, &changed).await?;
    Ok(changed.into())
}

/// Partners in the order they were added, after `after`.
///
/// # Errors
/// The database's.
pub async fn list(app: &App, after: Option<PartnerId>, limit: u64) -> Result<Vec<Partner>> {
    let rows = store::page(app.db.read(), after, limit).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// A partner, or `not_found`.
///
/// # Errors
/// `not_found`.
pub async fn find(app: &App, partner: PartnerId) -> Result<Partner> {
    Ok(store::find(app.db.read(), partner).await?.ok_or(codes::NOT_FOUND)?.into())
}

/// A partner, whose row is held until `tx` ends: two who count what is the partner's do so one after the other.
///
/// # Errors
/// `not_found`.
pub async fn lock_in(tx: &Tx, partner: PartnerId) -> Result<Partner> {
    Ok(store::lock(tx, partner).await?.ok_or(codes::NOT_FOUND)?.into())
}

/// Partners that are stopped: nothing is sent to them any more.
///
/// # Errors
/// The database's.
pub async fn stopped(db: &impl Conn) -> Result<HashSet<PartnerId>> {
    Ok(store::stopped(db).await?.into_iter().collect())
}
