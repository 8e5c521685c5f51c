//! Endpoints: added, changed, given another secret.

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::{WebhookOff, WebhookState};
use entity::ids::{PartnerId, WebhookEndpointId};
use entity::values::Words;
use entity::webhook_endpoint::Model;

use super::missing::miss_rest;
use super::{Offer, Whose, changed, lock_visible, note, place, policy, ring, visible};
use crate::app::App;
use crate::db;
use crate::http::{Error, Result, codes};
use crate::kernel::secret::random_bytes;
use crate::partners::service as partners;
use crate::webhooks::error::TOO_MANY_ENDPOINTS;
use crate::webhooks::rules::filter::first_unknown;
use crate::webhooks::rules::signature::secret_text;
use crate::webhooks::store;

/// Endpoints a partner: each event is written once for each.
const MOST: u64 = 20;

/// Where a partner wants events delivered; its secret is told when it is made.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Id.
    pub id: WebhookEndpointId,
    /// Whose.
    pub partner_id: PartnerId,
    /// Where to.
    pub url: String,
    /// What the partner calls it.
    pub description: String,
    /// Kinds or families of events.
    pub events: Vec<String>,
    /// Whether it gets anything.
    pub state: WebhookState,
    /// Why not.
    pub off_reason: Option<WebhookOff>,
    /// Since when not.
    pub off_since: Option<DateTime<Utc>>,
    /// Since when nothing has succeeded.
    pub failing_since: Option<DateTime<Utc>>,
    /// Until when the secret before signs too.
    pub old_secret_until: Option<DateTime<Utc>>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// Counts changes.
    pub version: i64,
}

impl From<Model> for Endpoint {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            partner_id: row.partner_id,
            url: row.url,
            description: row.description,
            events: row.events.0,
            state: row.state,
            off_reason: row.off_reason,
            off_since: row.off_since,
            failing_since: row.failing_since,
            old_secret_until: row.old_secret_until,
            created_at: row.created_at,
            version: row.version,
        }
    }
}

/// A new endpoint.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    /// Where to.
    pub url: String,
    /// What the partner calls it.
    pub description: String,
    /// Kinds or families of events.
    pub events: Vec<String>,
}

/// What becomes different; the rest stays.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Where to.
    pub url: Option<String>,
    /// What the partner calls it.
    pub description: Option<String>,
    /// Kinds or families of events.
    pub events: Option<Vec<String>>,
    /// Whether it gets anything.
    pub state: Option<WebhookState>,
}

/// An endpoint with the secret that was made for it, which is shown once.
#[derive(Clone)]
pub struct Created {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// `whsec_…`.
    pub secret: String,
}

/// Adds an endpoint to a partner.
///
/// # Errors
/// `not_found` for a partner that does not exist, `invalid_fields` for a URL that is not allowed or a filter that names
/// nothing, `too_many_webhook_endpoints`.
pub async fn create(
    app: &App,
    whose: Whose<'_>,
    partner: PartnerId,
    new: &NewEndpoint,
    offer: Offer,
) -> Result<Created> {
    partners::find(app, partner).await?;
    check_url(app, &new.url)?;
    let events = check_events(&new.events, offer)?;
    let now = app.clock.now();
    let (id, secret) = (WebhookEndpointId::new(now), secret_text(&random_bytes()));
    let row = Model {
        id,
        partner_id: partner,
        url: new.url.clone(),
        description: new.description.clone(),
        events,
        state: WebhookState::Enabled,
        off_reason: None,
        off_since: None,
        failing_since: None,
        rest_until: None,
        secret: app.vault.seal(&place(id), &secret),
        old_secret: None,
        old_secret_until: None,
        created_at: now,
        version: 1,
        wake_at: None,
        lease_token: None,
        lease_until: None,
    };
    db::in_tx(&app.db, async |tx| {
        // Two that are added at once are counted one after the other.
        partners::lock_in(tx, partner).await?;
        if store::count_of(tx, partner).await? >= MOST {
            return Err(Error::from(TOO_MANY_ENDPOINTS));
        }
        store::insert(tx, &row).await?;
        note(tx, app, whose, changed(id, "added").with("partner", partner)).await
    })
    .await?;
    Ok(Created { endpoint: row.into(), secret })
}

fn check_url(app: &App, url: &str) -> Result<()> {
    policy(app).read(url).map(|_| ()).map_err(|why| {
        let (zh, en) = why.words();
        Error::field("/url", "not_allowed", zh, en)
    })
}

/// The filters, each once.
fn check_events(filters: &[String], offer: Offer) -> Result<Words> {
    if let Some(at) = first_unknown(filters, offer.0) {
        return Err(Error::field(
            format!("/events/{at}"),
            "unknown_event",
            "没有这种事件",
            "there is no such event",
        ));
    }
    let mut filters = filters.to_vec();
    filters.sort();
    filters.dedup();
    Ok(Words(filters))
}

/// Endpoints in the order they were added, after `after`; of one partner if one is named.
///
/// # Errors
/// The database's.
pub async fn list(
    app: &App,
    partner: Option<PartnerId>,
    after: Option<WebhookEndpointId>,
    limit: u64,
) -> Result<Vec<Endpoint>> {
    let rows = store::page(app.db.read(), partner, after, limit).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// One endpoint.
///
/// # Errors
/// `not_found`.
pub async fn find(app: &App, whose: Whose<'_>, id: WebhookEndpointId) -> Result<Endpoint> {
    Ok(visible(app.db.read(), whose, id).await?.into())
}

/// Changes an endpoint; only one of `versions`, if there are any. Switched off, whatever was on its way is missed, and so
/// is what happens until it is switched on again; `recover` sends it.
///
/// # Errors
/// `not_found`, `version_conflict`, `invalid_fields` as for a new one.
pub async fn change(
    app: &App,
    whose: Whose<'_>,
    id: WebhookEndpointId,
    changes: &Changes,
    versions: Option<&[i64]>,
    offer: Offer,
) -> Result<Endpoint> {
    if let Some(url) = &changes.url {
        check_url(app, url)?;
    }
    let events = changes.events.as_deref().map(|it| check_events(it, offer)).transpose()?;
    let now = app.clock.now();
    let endpoint: Endpoint = db::in_tx(&app.db, async |tx| {
        let mut row = lock_visible(tx, whose, id).await?;
        if versions.is_some_and(|versions| !versions.contains(&row.version)) {
            return Err(Error::from(codes::VERSION_CONFLICT));
        }
        row.url = changes.url.clone().unwrap_or(row.url);
        row.description = changes.description.clone().unwrap_or(row.description);
        row.events = events.clone().unwrap_or(row.events);
        match changes.state.filter(|state| *state != row.state) {
            None => {}
            Some(WebhookState::Enabled) => switch_on(&mut row, now),
            Some(WebhookState::Disabled) => {
                switch_off(&mut row, WebhookOff::ByHand, now);
            }
        }
        row.version += 1;
        store::save(tx, &row).await?;
        note(tx, app, whose, changed(id, "changed")).await?;
        Ok::<_, Error>(row.into())
    })
    .await?;
    match endpoint.state {
        WebhookState::Disabled => miss_rest(app, id).await?,
        WebhookState::Enabled => ring(app, &[id]),
    }
    Ok(endpoint)
}

/// Whatever still waits there, because the process that switched it off ended too early to miss it, is looked at again.
fn switch_on(row: &mut Model, now: DateTime<Utc>) {
    row.wake_at = Some(now);
    row.state = WebhookState::Enabled;
    (row.off_reason, row.off_since, row.failing_since, row.rest_until) = (None, None, None, None);
}

pub(super) fn switch_off(row: &mut Model, why: WebhookOff, now: DateTime<Utc>) {
    row.state = WebhookState::Disabled;
    (row.off_reason, row.off_since, row.wake_at) = (Some(why), Some(now), None);
}

/// Removes an endpoint; its log goes with it.
///
/// # Errors
/// `not_found`.
pub async fn remove(app: &App, whose: Whose<'_>, id: WebhookEndpointId) -> Result<()> {
    db::in_tx(&app.db, async |tx| {
        let row = lock_visible(tx, whose, id).await?;
        note(tx, app, whose, changed(id, "removed")).await?;
        Ok(store::delete(tx, row.id).await?)
    })
    .await
}

/// Gives an endpoint another secret; the one before signs too for `overlap`, an older one no more.
///
/// # Errors
/// `not_found`.
pub async fn rotate_secret(
    app: &App,
    whose: Whose<'_>,
    id: WebhookEndpointId,
    overlap: TimeDelta,
) -> Result<Created> {
    let now = app.clock.now();
    let secret = secret_text(&random_bytes());
    let endpoint = db::in_tx(&app.db, async |tx| {
        let mut row = lock_visible(tx, whose, id).await?;
        let old = std::mem::replace(&mut row.secret, app.vault.seal(&place(id), &secret));
        let overlaps = overlap > TimeDelta::zero();
        row.old_secret = overlaps.then_some(old);
        row.old_secret_until = overlaps.then_some(now + overlap);
        row.version += 1;
        store::save(tx, &row).await?;
        note(tx, app, whose, changed(id, "secret_rotated")).await?;
        Ok::<_, Error>(row.into())
    })
    .await?;
    Ok(Created { endpoint, secret })
}
