//! The reaction: an event becomes one delivery to each endpoint that asks for it.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use entity::codes::{DeliveryState, WebhookState};
use entity::event_log::Model as Logged;
use entity::ids::{EventId, MemberId, WebhookDeliveryId, WebhookEndpointId};
use entity::webhook_delivery::Model as Row;
use entity::webhook_endpoint::Model as Endpoint;

use super::{Offer, ring};
use crate::app::App;
use crate::db::{self, Tx};
use crate::events::data_of;
use crate::http::{Error, Result};
use crate::kernel::abort_at;
use crate::partners::service as partners;
use crate::webhooks::rules::{filter, message};
use crate::webhooks::store;

/// Endpoints whose rows are held together: more would wait for the slowest of them, and others for them.
const AT_ONCE: usize = 16;

/// Who of whom something is on its way.
type Open = HashSet<(WebhookEndpointId, MemberId)>;

/// Writes deliveries of the events that are on offer, each once, however often it is seen.
///
/// # Errors
/// The database's.
pub async fn on_events(app: &App, batch: &[Logged], offer: Offer) -> Result<()> {
    let mut told: Vec<&Logged> =
        batch.iter().filter(|event| offer.0.contains(&event.kind.as_str())).collect();
    told.sort_unstable_by_key(|event| event.id);
    if told.is_empty() {
        return Ok(());
    }
    let endpoints = store::all(app.db.read()).await?;
    let asking: Vec<WebhookEndpointId> = endpoints
        .iter()
        .filter(|endpoint| told.iter().any(|event| asks(endpoint, event)))
        .map(|endpoint| endpoint.id)
        .collect();
    if asking.is_empty() {
        return Ok(());
    }
    // Each endpoint knows what it has, so that a batch may be written in parts and seen again.
    for some in asking.chunks(AT_ONCE) {
        db::in_tx(&app.db, async |tx| write(tx, &told, some, app.clock.now()).await).await?;
    }
    abort_at("deliveries_written");
    ring(app, &asking);
    Ok(())
}

fn asks(endpoint: &Endpoint, event: &Logged) -> bool {
    filter::matches(&endpoint.events.0, &event.kind)
}

async fn write(
    tx: &Tx,
    told: &[&Logged],
    asking: &[WebhookEndpointId],
    now: DateTime<Utc>,
) -> Result<()> {
    // From here on nothing of these endpoints comes to an end, so that whoever waits for somebody is not forgotten.
    let endpoints = store::lock_many(tx, asking).await?;
    let ids: Vec<EventId> = told.iter().map(|event| event.id).collect();
    let members: BTreeSet<MemberId> = told.iter().filter_map(|event| event.member_id).collect();
    let known = store::known(tx, asking, &ids).await?;
    let members: Vec<MemberId> = members.into_iter().collect();
    let mut open = store::open_members(tx, asking, &members).await?;
    let stopped = partners::stopped(tx).await?;
    let mut rows = Vec::new();
    for endpoint in &endpoints {
        let news = told.iter().filter(|event| asks(endpoint, event));
        let news = news.filter(|event| !known.contains(&(endpoint.id, event.id)));
        let off =
            endpoint.state == WebhookState::Disabled || stopped.contains(&endpoint.partner_id);
        rows.extend(news.map(|event| {
            let open = (!off).then_some(&mut open);
            delivery(endpoint, event, state_of(endpoint, event, open), now)
        }));
    }
    store::insert_deliveries(tx, &rows).await?;
    let due = rows.iter().filter(|row| row.state == DeliveryState::Waiting);
    let due: BTreeSet<WebhookEndpointId> = due.map(|row| row.endpoint_id).collect();
    if !due.is_empty() {
        store::wake(tx, &due.into_iter().collect::<Vec<_>>(), now).await?;
    }
    Ok::<_, Error>(())
}

/// Missed where nothing is sent to the endpoint, else waiting or, behind another one of the same member, in line.
fn state_of(endpoint: &Endpoint, event: &Logged, open: Option<&mut Open>) -> DeliveryState {
    let Some(open) = open else { return DeliveryState::Missed };
    let first = event.member_id.is_none_or(|member| open.insert((endpoint.id, member)));
    if first { DeliveryState::Waiting } else { DeliveryState::Queued }
}

fn delivery(endpoint: &Endpoint, event: &Logged, state: DeliveryState, now: DateTime<Utc>) -> Row {
    let data = data_of(&event.payload, event.member_id);
    Row {
        id: WebhookDeliveryId::new(now),
        endpoint_id: endpoint.id,
        event_id: event.id,
        kind: event.kind.clone(),
        member_id: event.member_id,
        body: message::body(&event.kind, event.occurred_at, &data),
        state,
        attempts: 0,
        next_at: now,
        last_status: None,
        created_at: now,
        finished_at: (state == DeliveryState::Missed).then_some(now),
    }
}
