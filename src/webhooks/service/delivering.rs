//! Deliveries to one endpoint, by one worker at a time: what is due, and how it ended.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::{AttemptOutcome, DeliveryState, WebhookOff, WebhookState};
use entity::ids::{EventId, MemberId, WebhookAttemptId, WebhookDeliveryId, WebhookEndpointId};
use entity::webhook_attempt::Model as Attempt;
use entity::webhook_delivery::Model as Delivery;
use entity::webhook_endpoint::Model as Endpoint;
use rand::RngExt;
use uuid::Uuid;

use super::endpoints::switch_off;
use super::missing::miss_rest;
use super::open;
use crate::app::App;
use crate::db::{self, Tx};
use crate::events;
use crate::http::{Error, Result};
use crate::kernel::abort_at;
use crate::partners::service as partners;
use crate::webhooks::events as told;
use crate::webhooks::rules::schedule;
use crate::webhooks::store;

/// How long a claim holds; each turn renews it, and no delivery takes so long.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// The right to deliver to one endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Lane {
    endpoint: WebhookEndpointId,
    token: Uuid,
}

impl Lane {
    pub(super) const fn endpoint(self) -> WebhookEndpointId {
        self.endpoint
    }
}

/// Whether anything is due at the endpoint beside what is `under_way`.
///
/// # Errors
/// The database's.
pub async fn is_due(app: &App, lane: Lane, under_way: &[WebhookDeliveryId]) -> Result<bool> {
    let now = app.clock.now();
    let due = store::due_deliveries(app.db.read(), lane.endpoint, now, under_way, 1).await?;
    Ok(!due.is_empty())
}

/// Something to be sent.
#[derive(Clone)]
pub struct Parcel {
    /// Which delivery.
    pub delivery: WebhookDeliveryId,
    /// Its event: the `webhook-id`.
    pub event: EventId,
    /// Where to.
    pub url: String,
    /// What.
    pub body: String,
    /// What signs it, the newest first.
    pub secrets: Vec<String>,
}

/// How an attempt ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Of which delivery.
    pub delivery: WebhookDeliveryId,
    /// When it began.
    pub at: DateTime<Utc>,
    /// How.
    pub outcome: AttemptOutcome,
    /// HTTP status.
    pub status: Option<u16>,
    /// Milliseconds.
    pub duration_ms: i64,
    /// Beginning of the answer.
    pub answer: Option<String>,
    /// Until when the endpoint wants to be left alone.
    pub rest_until: Option<DateTime<Utc>>,
}

/// What a worker does next with its endpoint.
pub enum Turn {
    /// Sends these, and those under way.
    Send(Vec<Parcel>),
    /// Nothing: the endpoint is somebody else's, or nobody's.
    Over,
}

/// Claims every endpoint at which something is due and nobody delivers; after a failure, those claimed before it.
///
/// # Errors
/// The database's.
pub async fn claim(app: &App) -> Result<Vec<Lane>> {
    let now = app.clock.now();
    let mut lanes = Vec::new();
    let due = store::due(app.db.read(), now).await?;
    let stopped =
        if due.is_empty() { HashSet::new() } else { partners::stopped(app.db.read()).await? };
    for (endpoint, _) in due.into_iter().filter(|(_, partner)| !stopped.contains(partner)) {
        let token = Uuid::new_v4();
        match store::claim(app.db.write(), endpoint, token, now, now + LEASE).await {
            Ok(true) => lanes.push(Lane { endpoint, token }),
            Ok(false) => {}
            // Those that are claimed already would wait for the end of their leases.
            Err(error) if !lanes.is_empty() => {
                tracing::warn!(%error, "not every endpoint with due deliveries could be claimed");
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(lanes)
}

/// Writes down what ended and says what to send next: at most `room` deliveries that are not `under_way`. When nothing is
/// due and nothing under way, the claim is given back.
///
/// # Errors
/// The database's; what ended is then to be told again.
pub async fn turn(
    app: &App,
    lane: Lane,
    finished: &[Finished],
    under_way: &[WebhookDeliveryId],
    room: usize,
) -> Result<Turn> {
    let now = app.clock.now();
    let turn = db::in_tx(&app.db, async |tx| {
        let row = store::lock(tx, lane.endpoint).await?;
        let Some(mut row) = row.filter(|row| row.lease_token == Some(lane.token)) else {
            return Ok(Turn::Over);
        };
        settle(tx, &mut row, finished, now).await?;
        let due = due(tx, &row, under_way, room, now).await?;
        let over = due.is_empty() && under_way.is_empty();
        if over {
            (row.lease_token, row.lease_until) = (None, None);
            row.wake_at = wake_at(tx, &row).await?;
        } else {
            // As long as somebody delivers nothing is late, however much there is.
            (row.lease_until, row.wake_at) = (Some(now + LEASE), Some(now));
        }
        store::save(tx, &row).await?;
        if over {
            return Ok(Turn::Over);
        }
        let secrets = secrets(app, &row, now)?;
        Ok::<_, Error>(Turn::Send(due.into_iter().map(|it| parcel(it, &row, &secrets)).collect()))
    })
    .await?;
    abort_at("webhook_turned");
    if finished.iter().any(|it| it.outcome != AttemptOutcome::Delivered) {
        // Where that was the last straw; a look otherwise. What fails here is done later: what ended is written down.
        if let Err(error) = miss_rest(app, lane.endpoint).await {
            tracing::warn!(%error, endpoint = %lane.endpoint, "deliveries were not missed yet");
        }
    }
    if finished.iter().any(|it| it.outcome != AttemptOutcome::Delivered) {
        app.bell.ring();
    }
    Ok(turn)
}

async fn due(
    tx: &Tx,
    row: &Endpoint,
    under_way: &[WebhookDeliveryId],
    room: usize,
    now: DateTime<Utc>,
) -> Result<Vec<Delivery>> {
    let resting = row.rest_until.is_some_and(|until| until > now);
    if row.state == WebhookState::Disabled || resting || room == 0 {
        return Ok(Vec::new());
    }
    if partners::stopped(tx).await?.contains(&row.partner_id) {
        return Ok(Vec::new());
    }
    Ok(store::due_deliveries(tx, row.id, now, under_way, room as u64).await?)
}

async fn wake_at(tx: &Tx, row: &Endpoint) -> Result<Option<DateTime<Utc>>> {
    if row.state == WebhookState::Disabled {
        return Ok(None);
    }
    let next = store::next_due(tx, row.id).await?;
    Ok(next.map(|next| row.rest_until.map_or(next, |rest| rest.max(next))))
}

fn secrets(app: &App, row: &Endpoint, now: DateTime<Utc>) -> Result<Vec<String>> {
    let mut secrets = vec![open(app, row.id, &row.secret)?];
    let overlaps = row.old_secret_until.is_some_and(|until| until > now);
    if let Some(old) = row.old_secret.as_ref().filter(|_| overlaps) {
        secrets.push(open(app, row.id, old)?);
    }
    Ok(secrets)
}

fn parcel(delivery: Delivery, row: &Endpoint, secrets: &[String]) -> Parcel {
    Parcel {
        delivery: delivery.id,
        event: delivery.event_id,
        url: row.url.clone(),
        body: delivery.body,
        secrets: secrets.to_vec(),
    }
}

async fn settle(
    tx: &Tx,
    row: &mut Endpoint,
    finished: &[Finished],
    now: DateTime<Utc>,
) -> Result<()> {
    if finished.is_empty() {
        return Ok(());
    }
    let ids: Vec<WebhookDeliveryId> = finished.iter().map(|it| it.delivery).collect();
    let mut deliveries = store::of_ids(tx, &ids).await?;
    let mut freed: BTreeSet<MemberId> = BTreeSet::new();
    for ended in finished {
        let found = deliveries.iter_mut().find(|it| it.id == ended.delivery);
        // One that was forgotten meanwhile says nothing about its endpoint any more.
        let Some(delivery) = found else { continue };
        note(row, ended, now);
        conclude(delivery, ended, now);
        if delivery.finished_at.is_some() {
            freed.extend(delivery.member_id);
        }
    }
    store::save_deliveries(tx, &deliveries).await?;
    store::insert_attempts(tx, &attempts(&deliveries, finished)).await?;
    if let Some(why) = reason_to_stop(row, finished, now) {
        stop(tx, row, why, now).await?;
    }
    for member in freed {
        promote(tx, row.id, member, now).await?;
    }
    Ok(())
}

/// Lets the next event of a member follow the one that came to an end.
pub(super) async fn promote(
    tx: &Tx,
    endpoint: WebhookEndpointId,
    member: MemberId,
    now: DateTime<Utc>,
) -> Result<()> {
    if let Some(mut next) = store::next_in_line(tx, endpoint, member).await? {
        (next.state, next.next_at) = (DeliveryState::Waiting, now);
        store::save_deliveries(tx, &[next]).await?;
    }
    Ok(())
}

/// What an attempt says about the endpoint.
fn note(row: &mut Endpoint, ended: &Finished, now: DateTime<Utc>) {
    if ended.outcome == AttemptOutcome::Delivered {
        row.failing_since = None;
    } else {
        row.failing_since.get_or_insert(now);
    }
    row.rest_until = row.rest_until.filter(|until| *until > now).max(ended.rest_until);
}

/// What an attempt says about the delivery. One that was missed meanwhile is delivered all the same when it arrived.
fn conclude(delivery: &mut Delivery, ended: &Finished, now: DateTime<Utc>) {
    delivery.attempts += 1;
    delivery.last_status = ended.status.map(i32::from);
    let delivered = ended.outcome == AttemptOutcome::Delivered;
    if delivered {
        (delivery.state, delivery.finished_at) = (DeliveryState::Delivered, Some(now));
    } else if delivery.state == DeliveryState::Waiting {
        let chance = rand::rng().random_range(-1.0..=1.0);
        if let Some(pause) = schedule::pause(delivery.attempts, chance) {
            delivery.next_at = now + pause;
        } else {
            (delivery.state, delivery.finished_at) = (DeliveryState::Failed, Some(now));
        }
    }
}

fn attempts(deliveries: &[Delivery], finished: &[Finished]) -> Vec<Attempt> {
    let known = finished.iter().filter(|it| deliveries.iter().any(|row| row.id == it.delivery));
    known
        .map(|it| Attempt {
            id: WebhookAttemptId::new(it.at),
            delivery_id: it.delivery,
            at: it.at,
            outcome: it.outcome,
            status: it.status.map(i32::from),
            duration_ms: it.duration_ms,
            answer: it.answer.clone(),
        })
        .collect()
}

fn reason_to_stop(row: &Endpoint, finished: &[Finished], now: DateTime<Utc>) -> Option<WebhookOff> {
    if row.state == WebhookState::Disabled {
        return None;
    }
    if finished.iter().any(|it| it.outcome == AttemptOutcome::Gone) {
        return Some(WebhookOff::Gone);
    }
    let long = row.failing_since.is_some_and(|since| now - since >= schedule::PATIENCE);
    long.then_some(WebhookOff::Failing)
}

async fn stop(tx: &Tx, row: &mut Endpoint, why: WebhookOff, now: DateTime<Utc>) -> Result<()> {
    tracing::warn!(endpoint = %row.id, partner = %row.partner_id, reason = %why, "a webhook endpoint was switched off");
    switch_off(row, why, now);
    row.version += 1;
    let event = told::endpoint_disabled(row.id, row.partner_id, why, now);
    Ok(events::publish(tx, vec![event], now).await?)
}
