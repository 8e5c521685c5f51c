//! Use cases of partners.

mod authenticate;

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{PartnerId, PartnerKeyId};
use entity::values::Words;
use entity::{partner, partner_key};

use super::caller::SCOPES;
use super::error::{KEY_ENDED, NAME_TAKEN};
use super::rules::{key_text, secret_digest};
use super::store;
use crate::app::App;
use crate::db::{self, Tx};
use crate::http::{Error, Result, codes};
use crate::kernel::secret::random_token;

pub use authenticate::{ActiveKey, authenticate};

/// A new key; the secret is shown once.
#[derive(Clone)]
pub struct NewKey {
    /// Id.
    pub id: PartnerKeyId,
    /// The whole key: `hyk_<id>_<secret>`.
    pub key: String,
}

/// A third party.
#[derive(Clone, Debug)]
pub struct Partner {
    /// Id.
    pub id: PartnerId,
    /// Name, unique.
    pub name: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When all its keys were stopped.
    pub disabled_at: Option<DateTime<Utc>>,
}

impl From<partner::Model> for Partner {
    fn from(row: partner::Model) -> Self {
        let partner::Model { id, name, created_at, disabled_at } = row;
        Self { id, name, created_at, disabled_at }
    }
}

/// A key without its secret.
#[derive(Clone, Debug)]
pub struct Key {
    /// Id.
    pub id: PartnerKeyId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stops working; set by rotation.
    pub expires_at: Option<DateTime<Utc>>,
    /// Latest use, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl From<partner_key::Model> for Key {
    fn from(row: partner_key::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            scopes: row.scopes.0,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// Adds a partner; the name is unique.
pub async fn register(app: &App, name: &str) -> Result<PartnerId> {
    let now = app.clock.now();
    db::in_tx(&app.db, async |tx| {
        let id = PartnerId::new(now);
        let row = partner::Model { id, name: name.to_owned(), created_at: now, disabled_at: None };
        if store::insert(tx, row).await? { Ok(id) } else { Err(NAME_TAKEN.into()) }
    })
    .await
}

/// Gives a partner one more key with `scopes`; unknown scopes are refused.
pub async fn issue_key(
    app: &App,
    partner: PartnerId,
    name: &str,
    scopes: &[String],
) -> Result<NewKey> {
    let scopes = known(scopes)?;
    db::in_tx(&app.db, async |tx| {
        store::find(tx, partner).await?.ok_or(codes::NOT_FOUND)?;
        issue_in(tx, app, partner, name, scopes.clone()).await
    })
    .await
}

/// The scopes, each once; at least one, none that does not exist.
fn known(scopes: &[String]) -> Result<Words> {
    let bad = scopes.iter().position(|scope| !SCOPES.contains(&scope.as_str()));
    if let Some(i) = bad {
        return Err(Error::field(
            format!("/scopes/{i}"),
            "unknown_scope",
            "没有这个权限",
            "there is no such scope",
        ));
    }
    let mut scopes = scopes.to_vec();
    scopes.sort();
    scopes.dedup();
    Ok(Words(scopes))
}

async fn issue_in(
    tx: &Tx,
    app: &App,
    partner: PartnerId,
    name: &str,
    scopes: Words,
) -> Result<NewKey> {
    let now = app.clock.now();
    let (id, secret) = (PartnerKeyId::new(now), random_token());
    let row = partner_key::Model {
        id,
        partner_id: partner,
        name: name.to_owned(),
        secret_digest: secret_digest(id, &secret),
        scopes,
        created_at: now,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    };
    store::insert_key(tx, row).await?;
    Ok(NewKey { id, key: key_text(id, &secret) })
}

/// Revokes a key of this partner at once; `not_found` for another's. Again changes nothing.
pub async fn revoke_key(app: &App, partner: PartnerId, key: PartnerKeyId) -> Result<()> {
    let now = app.clock.now();
    let found =
        db::in_tx(&app.db, async |tx| store::revoke_key(tx, partner, key, now).await).await?;
    authenticate::forget(app, key).await;
    if found { Ok(()) } else { Err(codes::NOT_FOUND.into()) }
}

/// Replaces a key of this partner by a new one of the same name and scopes; the old one works on for `overlap`.
pub async fn rotate_key(
    app: &App,
    partner: PartnerId,
    key: PartnerKeyId,
    overlap: TimeDelta,
) -> Result<NewKey> {
    let new = db::in_tx(&app.db, async |tx| {
        let now = app.clock.now();
        let old = store::lock_key(tx, partner, key).await?.ok_or(codes::NOT_FOUND)?;
        if old.revoked_at.is_some() || old.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::from(KEY_ENDED));
        }
        // A second rotation never lengthens the life that the first one left.
        let end = old.expires_at.map_or(now + overlap, |at| at.min(now + overlap));
        store::expire_key(tx, key, end).await?;
        issue_in(tx, app, partner, &old.name, old.scopes).await
    })
    .await?;
    authenticate::forget(app, key).await;
    Ok(new)
}

/// Partners in the order they were added, after `after`.
pub async fn list(app: &App, after: Option<PartnerId>, limit: u64) -> Result<Vec<Partner>> {
    let rows = store::page(app.db.read(), after, limit).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// A partner, or `not_found`.
pub async fn find(app: &App, partner: PartnerId) -> Result<Partner> {
    Ok(store::find(app.db.read(), partner).await?.ok_or(codes::NOT_FOUND)?.into())
}

/// Keys of a partner, newest first, before `before`; `not_found` for an unknown partner.
pub async fn keys(
    app: &App,
    partner: PartnerId,
    before: Option<PartnerKeyId>,
    limit: u64,
) -> Result<Vec<Key>> {
    find(app, partner).await?;
    let rows = store::keys(app.db.read(), partner, before, limit).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// A key with its partner, or `not_found`.
pub async fn find_key(app: &App, key: PartnerKeyId) -> Result<(Key, Partner)> {
    let found = store::find_key(app.db.read(), key).await?.ok_or(codes::NOT_FOUND)?;
    Ok((found.0.into(), found.1.into()))
}
