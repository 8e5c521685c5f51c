//! From the text of a key to the partner behind it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::ids::{PartnerId, PartnerKeyId};
use entity::values::Digest;
use entity::{partner, partner_key};
use moka::future::Cache;

use crate::app::App;
use crate::http::limits::{admit, per_minute};
use crate::http::{Result, codes};
use crate::kernel::secret::same;
use crate::partners::rules::KeyText;
use crate::partners::store;

/// How long this process believes what it read about a key: what is revoked elsewhere lives no longer.
const BELIEVED: Duration = Duration::from_millis(900);
/// Notes of use are for people: one a minute.
const NOTED: Duration = Duration::from_mins(1);

/// A key that may be used now.
#[derive(Clone, Debug)]
pub struct ActiveKey {
    /// Whose.
    pub partner: PartnerId,
    /// Which.
    pub id: PartnerKeyId,
    scopes: Arc<[String]>,
}

impl ActiveKey {
    /// Whether it has a scope.
    #[must_use]
    pub fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|has| has == scope)
    }
}

/// What is kept of a key's row, also of one that has ended.
#[derive(Clone)]
struct Known {
    active: ActiveKey,
    digest: Digest,
    ended: bool,
    expires_at: Option<DateTime<Utc>>,
}

impl Known {
    fn of(key: partner_key::Model, partner: &partner::Model) -> Self {
        Self {
            active: ActiveKey { partner: partner.id, id: key.id, scopes: key.scopes.0.into() },
            digest: key.secret_digest,
            ended: key.revoked_at.is_some() || partner.disabled_at.is_some(),
            expires_at: key.expires_at,
        }
    }

    fn good(&self, digest: &Digest, now: DateTime<Utc>) -> bool {
        same(&self.digest, digest) && !self.ended && self.expires_at.is_none_or(|at| at > now)
    }
}

/// Keys that were asked for lately; `None` for ids that do not exist, so that guessing is not a read each.
struct Keys(Cache<PartnerKeyId, Option<Known>>);

impl Default for Keys {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(10_000).time_to_live(BELIEVED).build())
    }
}

/// Keys whose use was noted within the last minute.
struct Noted(Cache<PartnerKeyId, ()>);

impl Default for Noted {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(10_000).time_to_live(NOTED).build())
    }
}

/// The key behind `text`; its scopes are for the caller to check. Counts the request against the key's quota.
///
/// # Errors
/// `unauthenticated` for a key that is unknown, wrong, revoked, expired, or of a disabled partner; `rate_limited`.
pub async fn authenticate(app: &App, text: &str) -> Result<ActiveKey> {
    let text = KeyText::parse(text).ok_or(codes::UNAUTHENTICATED)?;
    let known = look_up(app, text.id).await?;
    let good = known.filter(|known| known.good(&text.digest(), app.clock.now()));
    let key = good.ok_or(codes::UNAUTHENTICATED)?.active;
    let quota = per_minute(app.config.security.partner_requests_per_minute);
    admit(app, "partner", &key.id.to_string(), quota).await?;
    note_use(app, key.id).await;
    Ok(key)
}

async fn look_up(app: &App, id: PartnerKeyId) -> Result<Option<Known>> {
    let keys = app.memory.of::<Keys>();
    if let Some(known) = keys.0.get(&id).await {
        return Ok(known);
    }
    let row = store::find_key(app.db.read(), id).await?;
    let known = row.map(|(key, partner)| Known::of(key, &partner));
    keys.0.insert(id, known.clone()).await;
    Ok(known)
}

/// Never in the way of the request: it is written beside it, and may be lost.
async fn note_use(app: &App, id: PartnerKeyId) {
    let noted = app.memory.of::<Noted>();
    if noted.0.contains_key(&id) {
        return;
    }
    noted.0.insert(id, ()).await;
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = store::used(app.db.write(), id, app.clock.now()).await {
            tracing::debug!(%error, "a use of a partner key was not noted");
        }
    });
}

/// Makes this process read the key again.
pub(super) async fn forget(app: &App, id: PartnerKeyId) {
    app.memory.of::<Keys>().0.invalidate(&id).await;
}
