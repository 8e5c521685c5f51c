//! Keys: given, changed, replaced, revoked.

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::{AuditAction, Signing};
use entity::ids::{PartnerId, PartnerKeyId};
use entity::partner_key;
use entity::values::Words;

use super::authenticate::forget;
use super::register::{Partner, find};
use super::{IfVersions, matches_version};
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::db::{self, Tx};
use crate::http::{Error, Result, codes};
use crate::kernel::cidr::Cidrs;
use crate::kernel::secret::random_token;
use crate::partners::caller::SCOPES;
use crate::partners::error::KEY_ENDED;
use crate::partners::rules::{key_text, secret_digest};
use crate::partners::store;

/// A new key; the secret is shown once.
#[derive(Clone)]
pub struct NewKey {
    /// Id.
    pub id: PartnerKeyId,
    /// The whole key: `hyk_<id>_<secret>`, or `hys_…` in the sandbox.
    pub key: String,
}

/// What a new key is to be.
#[derive(Clone, Debug)]
pub struct KeyTerms {
    /// What it is for.
    pub name: String,
    /// What it may do; at least one.
    pub scopes: Vec<String>,
    /// Networks it may be used from; none is everywhere.
    pub networks: Cidrs,
    /// Whether requests are signed.
    pub signing: Signing,
    /// When it stops working.
    pub expires_at: Option<DateTime<Utc>>,
}

impl KeyTerms {
    /// A key that is good everywhere and for ever.
    #[must_use]
    pub fn new(name: &str, scopes: &[String]) -> Self {
        Self {
            name: name.to_owned(),
            scopes: scopes.to_vec(),
            networks: Cidrs::default(),
            signing: Signing::Off,
            expires_at: None,
        }
    }
}

/// What is to change of a key; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct KeyChanges {
    /// What it is for.
    pub name: Option<String>,
    /// What it may do.
    pub scopes: Option<Vec<String>>,
    /// Networks it may be used from; none in the list is everywhere.
    pub networks: Option<Cidrs>,
    /// Whether requests are signed.
    pub signing: Option<Signing>,
    /// When it stops working; `Some(None)` is never.
    pub expires_at: Option<Option<DateTime<Utc>>>,
}

/// How a key is replaced.
#[derive(Clone, Copy, Debug)]
pub struct Rotation {
    /// How long the old one works on.
    pub overlap: TimeDelta,
    /// Whether requests with the new one are signed; none is as before.
    pub signing: Option<Signing>,
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
    /// Networks it may be used from; none is everywhere.
    pub networks: Vec<String>,
    /// Whether requests are signed.
    pub signing: Signing,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stops working.
    pub expires_at: Option<DateTime<Utc>>,
    /// Latest use; told within ten seconds.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Counts changes.
    pub version: i64,
}

impl From<partner_key::Model> for Key {
    fn from(row: partner_key::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            scopes: row.scopes.0,
            networks: row.allowed_networks.unwrap_or_default().0,
            signing: row.signing,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
            version: row.version,
        }
    }
}

/// Where a key that signs is sealed: it opens in no other row.
pub(super) fn sealed_place(id: PartnerKeyId) -> String {
    format!("partner_key.sealed_key.{id}")
}

/// The networks of a row.
pub(super) fn networks_of(stored: Option<&Words>) -> Result<Cidrs> {
    let texts = stored.iter().flat_map(|words| &words.0);
    texts.map(|text| text.parse().map_err(Error::fault)).collect::<Result<_>>().map(Cidrs)
}

/// Gives a partner one more key.
///
/// # Errors
/// `not_found`; `invalid_fields` for an unknown scope, or an end that lies behind.
pub async fn issue_key(
    app: &App,
    author: &Author,
    partner: PartnerId,
    terms: &KeyTerms,
) -> Result<NewKey> {
    let terms = checked(app, terms)?;
    db::in_tx(&app.db, async |tx| {
        store::find(tx, partner).await?.ok_or(codes::NOT_FOUND)?;
        let key = issue_in(tx, app, partner, terms.clone()).await?;
        note_key(tx, app, author, (partner, key.id), "issued").await?;
        Ok::<_, Error>(key)
    })
    .await
}

/// What was done to a key of a partner, and by whom (PV-6).
pub(super) async fn note_key(
    tx: &Tx,
    app: &App,
    author: &Author,
    (partner, key): (PartnerId, PartnerKeyId),
    change: &'static str,
) -> Result<()> {
    let line = Line::new(AuditAction::PartnerKeyChanged).of(key).with("partner", partner);
    audit::write_in(tx, app, author, &[line.word("change", change)]).await
}

/// The terms of a key that can be made.
pub(super) fn checked(app: &App, terms: &KeyTerms) -> Result<KeyTerms> {
    lies_ahead(app, terms.expires_at)?;
    Ok(KeyTerms { scopes: known(&terms.scopes)?.0, ..terms.clone() })
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

fn lies_ahead(app: &App, end: Option<DateTime<Utc>>) -> Result<()> {
    if end.is_none_or(|end| end > app.clock.now()) {
        return Ok(());
    }
    Err(Error::field("/expires_at", "past", "必须是将来的时间", "has to lie in the future"))
}

pub(super) async fn issue_in(
    tx: &Tx,
    app: &App,
    partner: PartnerId,
    terms: KeyTerms,
) -> Result<NewKey> {
    let now = app.clock.now();
    let (id, secret) = (PartnerKeyId::new(now), random_token());
    let key = key_text(app.mode, id, &secret);
    let sealed = match terms.signing {
        Signing::Off => None,
        Signing::Optional | Signing::Required => Some(app.vault.seal(&sealed_place(id), &key)),
    };
    let row = partner_key::Model {
        id,
        partner_id: partner,
        name: terms.name,
        secret_digest: secret_digest(id, &secret),
        scopes: Words(terms.scopes),
        created_at: now,
        expires_at: terms.expires_at,
        last_used_at: None,
        revoked_at: None,
        signing: terms.signing,
        sealed_key: sealed,
        allowed_networks: stored(&terms.networks),
        version: 1,
    };
    store::insert_key(tx, row).await?;
    Ok(NewKey { id, key })
}

fn stored(networks: &Cidrs) -> Option<Words> {
    Some(Words(networks.texts())).filter(|words| !words.0.is_empty())
}

/// Revokes a key of this partner at once; `not_found` for another's. Again changes nothing.
///
/// # Errors
/// `not_found`.
pub async fn revoke_key(
    app: &App,
    author: &Author,
    partner: PartnerId,
    key: PartnerKeyId,
) -> Result<()> {
    let now = app.clock.now();
    let revoked = db::in_tx(&app.db, async |tx| {
        let mut row = store::lock_key(tx, partner, key).await?.ok_or(codes::NOT_FOUND)?;
        if row.revoked_at.is_none() {
            row.revoked_at = Some(now);
            row.version += 1;
            // What is of no more use is not kept.
            row.sealed_key = None;
            store::save_key(tx, row).await?;
            note_key(tx, app, author, (partner, key), "revoked").await?;
        }
        Ok(())
    });
    let revoked = revoked.await;
    forget(app, key).await;
    revoked
}

/// Replaces a key of this partner by a new one of the same name, scopes and networks, without an end.
///
/// # Errors
/// `not_found`, `partner_key_ended`.
pub async fn rotate_key(
    app: &App,
    author: &Author,
    partner: PartnerId,
    key: PartnerKeyId,
    rotation: Rotation,
) -> Result<NewKey> {
    let new = db::in_tx(&app.db, async |tx| {
        let now = app.clock.now();
        let mut old = store::lock_key(tx, partner, key).await?.ok_or(codes::NOT_FOUND)?;
        still_good(&old, now)?;
        let terms = KeyTerms {
            name: old.name.clone(),
            scopes: old.scopes.0.clone(),
            networks: networks_of(old.allowed_networks.as_ref())?,
            signing: rotation.signing.unwrap_or(old.signing),
            expires_at: None,
        };
        // A second rotation never lengthens the life that the first one left.
        let end = now + rotation.overlap;
        old.expires_at = Some(old.expires_at.map_or(end, |at| at.min(end)));
        old.version += 1;
        store::save_key(tx, old).await?;
        note_key(tx, app, author, (partner, key), "rotated").await?;
        let new = issue_in(tx, app, partner, terms).await?;
        note_key(tx, app, author, (partner, new.id), "issued").await?;
        Ok::<_, Error>(new)
    })
    .await?;
    forget(app, key).await;
    Ok(new)
}

fn still_good(key: &partner_key::Model, now: DateTime<Utc>) -> Result<()> {
    if key.revoked_at.is_some() || key.expires_at.is_some_and(|at| at <= now) {
        return Err(KEY_ENDED.into());
    }
    Ok(())
}

/// Changes a key of this partner, within a second on every replica.
///
/// # Errors
/// `not_found`, `version_conflict`, `partner_key_ended`; `invalid_fields` for an unknown scope, an end that lies behind, or
/// signing with a key of which only a digest is kept.
pub async fn change_key(
    app: &App,
    author: &Author,
    partner: PartnerId,
    key: PartnerKeyId,
    changes: &KeyChanges,
    versions: &IfVersions,
) -> Result<Key> {
    let scopes = changes.scopes.as_deref().map(known).transpose()?;
    lies_ahead(app, changes.expires_at.flatten())?;
    let written = db::in_tx(&app.db, async |tx| {
        let before = store::lock_key(tx, partner, key).await?.ok_or(codes::NOT_FOUND)?;
        matches_version(versions, before.version)?;
        still_good(&before, app.clock.now())?;
        let mut row = apply(before.clone(), changes)?;
        if let Some(scopes) = scopes.clone() {
            row.scopes = scopes;
        }
        if row != before {
            row.version += 1;
            store::save_key(tx, row.clone()).await?;
            note_key(tx, app, author, (partner, key), "changed").await?;
        }
        Ok::<_, Error>(row)
    });
    let written = written.await?;
    forget(app, key).await;
    Ok(written.into())
}

fn apply(mut row: partner_key::Model, changes: &KeyChanges) -> Result<partner_key::Model> {
    if let Some(name) = &changes.name {
        row.name.clone_from(name);
    }
    if let Some(networks) = &changes.networks {
        row.allowed_networks = stored(networks);
    }
    if let Some(end) = changes.expires_at {
        row.expires_at = end;
    }
    match changes.signing {
        Some(Signing::Off) => (row.signing, row.sealed_key) = (Signing::Off, None),
        Some(signing) if row.sealed_key.is_some() => row.signing = signing,
        Some(_) => {
            let (zh, en) =
                ("该密钥未保存原文，请更换密钥时开启签名", "replace the key by one that signs");
            return Err(Error::field("/signing", "needs_new_key", zh, en));
        }
        None => {}
    }
    Ok(row)
}

/// Keys of a partner, newest first, before `before`; `not_found` for an unknown partner.
///
/// # Errors
/// `not_found`.
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
///
/// # Errors
/// `not_found`.
pub async fn find_key(app: &App, key: PartnerKeyId) -> Result<(Key, Partner)> {
    let found = store::find_key(app.db.read(), key).await?.ok_or(codes::NOT_FOUND)?;
    Ok((found.0.into(), found.1.into()))
}

/// A key of this partner; `not_found` for another's.
///
/// # Errors
/// `not_found`.
pub async fn find_key_of(app: &App, partner: PartnerId, key: PartnerKeyId) -> Result<Key> {
    let (found, of) = find_key(app, key).await?;
    if of.id == partner { Ok(found) } else { Err(codes::NOT_FOUND.into()) }
}
