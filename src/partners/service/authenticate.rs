//! From what a request carries to the partner behind it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::codes::Signing;
use entity::ids::{PartnerId, PartnerKeyId};
use entity::values::Digest;
use entity::{partner, partner_key};
use moka::future::Cache;

use super::keys::{networks_of, sealed_place};
use crate::app::App;
use crate::http::limits::per_minute;
use crate::http::{ClientIp, Error, Result, codes};
use crate::kernel::cidr::Cidrs;
use crate::kernel::secret::{RequestKey, same};
use crate::kv::Quota;
use crate::partners::error::{ADDRESS_NOT_ALLOWED, SIGNATURE_REQUIRED};
use crate::partners::rules::KeyText;
use crate::partners::store;

/// How long this process believes what it read about a key: what is revoked elsewhere lives no longer.
const BELIEVED: Duration = Duration::from_millis(900);

/// A key that may be used now; a clone is one pointer.
#[derive(Clone, Debug)]
pub struct ActiveKey(Arc<Known>);

/// What is kept of a key's row, also of one that has ended.
#[derive(Debug)]
struct Known {
    partner: PartnerId,
    id: PartnerKeyId,
    scopes: Vec<String>,
    digest: Digest,
    ended: bool,
    expires_at: Option<DateTime<Utc>>,
    signing: Signing,
    signer: Option<RequestKey>,
    networks: Option<Cidrs>,
    quota: Quota,
    limit: String,
}

impl ActiveKey {
    /// Whose.
    #[must_use]
    pub fn partner(&self) -> PartnerId {
        self.0.partner
    }

    /// Which.
    #[must_use]
    pub fn id(&self) -> PartnerKeyId {
        self.0.id
    }

    /// Whether it has a scope.
    #[must_use]
    pub fn has(&self, scope: &str) -> bool {
        self.0.scopes.iter().any(|has| has == scope)
    }

    /// How often it may ask, and the key that this is counted under.
    #[must_use]
    pub fn limit(&self) -> (&str, Quota) {
        (&self.0.limit, self.0.quota)
    }

    /// Refuses another network than those it may be used from; the answer tells the address that was seen.
    ///
    /// # Errors
    /// `address_not_allowed`.
    pub fn check_address(&self, from: ClientIp) -> Result<()> {
        if self.0.networks.as_ref().is_none_or(|networks| networks.contain(from.0)) {
            return Ok(());
        }
        let (zh, en) = (format!("当前地址：{}", from.0), format!("the address is {}", from.0));
        Err(Error::from(ADDRESS_NOT_ALLOWED).at("address", "not_allowed", &zh, &en))
    }

    pub(super) fn signer(&self) -> Option<&RequestKey> {
        self.0.signer.as_ref()
    }
}

impl Known {
    fn of(app: &App, key: partner_key::Model, partner: &partner::Model) -> Result<Self> {
        let open = |sealed| app.vault.open(&sealed_place(key.id), sealed).map_err(Error::fault);
        let signer = key.sealed_key.as_ref().map(open).transpose()?;
        let rate = partner.requests_per_minute.and_then(|rate| u32::try_from(rate).ok());
        let networks = networks_of(key.allowed_networks.as_ref())?;
        Ok(Self {
            partner: partner.id,
            id: key.id,
            scopes: key.scopes.0,
            digest: key.secret_digest,
            ended: key.revoked_at.is_some() || partner.disabled_at.is_some(),
            expires_at: key.expires_at,
            signing: key.signing,
            signer: signer.map(|text| RequestKey::new(&text)),
            networks: Some(networks).filter(|networks| !networks.0.is_empty()),
            quota: per_minute(rate.unwrap_or(app.config.security.partner_requests_per_minute)),
            limit: format!("partner/{}", key.id),
        })
    }

    fn is_alive(&self, now: DateTime<Utc>) -> bool {
        !self.ended && self.expires_at.is_none_or(|at| at > now)
    }
}

/// Keys that were asked for lately; `None` for ids that do not exist, so that guessing is not a read each.
struct Keys(Cache<PartnerKeyId, Option<Arc<Known>>>);

impl Default for Keys {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(10_000).time_to_live(BELIEVED).build())
    }
}

/// The key that was sent itself; its scopes and quota are for the caller to check.
///
/// # Errors
/// `unauthenticated` for a key that is unknown, wrong, revoked, expired, or of a stopped partner; `signature_required`.
pub async fn authenticate(app: &App, text: &str) -> Result<ActiveKey> {
    let text = KeyText::parse(app.mode, text).ok_or(codes::UNAUTHENTICATED)?;
    let key = alive(app, text.id).await?;
    if !same(&key.0.digest, &text.digest()) {
        return Err(codes::UNAUTHENTICATED.into());
    }
    match key.0.signing {
        Signing::Required => Err(SIGNATURE_REQUIRED.into()),
        Signing::Off | Signing::Optional => Ok(key),
    }
}

/// The key of this id, if it may be used now.
pub(super) async fn alive(app: &App, id: PartnerKeyId) -> Result<ActiveKey> {
    let known = look_up(app, id).await?.filter(|known| known.is_alive(app.clock.now()));
    Ok(ActiveKey(known.ok_or(codes::UNAUTHENTICATED)?))
}

async fn look_up(app: &App, id: PartnerKeyId) -> Result<Option<Arc<Known>>> {
    let keys = app.memory.of::<Keys>();
    if let Some(known) = keys.0.get(&id).await {
        return Ok(known);
    }
    let row = store::find_key(app.db.read(), id).await?;
    let known = row.map(|(key, partner)| Known::of(app, key, &partner)).transpose()?.map(Arc::new);
    keys.0.insert(id, known.clone()).await;
    Ok(known)
}

/// Makes this process read the key again.
pub(super) async fn forget(app: &App, id: PartnerKeyId) {
    app.memory.of::<Keys>().0.invalidate(&id).await;
}

/// Makes this process read every key again.
pub(super) fn forget_all(app: &App) {
    app.memory.of::<Keys>().0.invalidate_all();
}
