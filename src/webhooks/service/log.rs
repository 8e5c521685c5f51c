//! What became of deliveries, and sending them again.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::{AttemptOutcome, AuditAction, DeliveryState, WebhookState};
use entity::ids::{EventId, MemberId, WebhookDeliveryId, WebhookEndpointId};
use entity::webhook_attempt::Model as AttemptRow;
use entity::webhook_delivery::Model as Row;

use super::delivering::promote;
use super::{Whose, lock_visible, note, ring, visible};
use crate::app::App;
use crate::audit::service::{self as audit, Line};
use crate::db::{self, Tx};
use crate::http::{Error, Result, codes};
use crate::kernel::measures::Webhooks;
use crate::webhooks::error::ENDPOINT_DISABLED;
use crate::webhooks::events as told;
use crate::webhooks::rules::message;
use crate::webhooks::store;

/// How long the log is kept.
const KEPT: TimeDelta = TimeDelta::days(90);
/// Deliveries recovered in one transaction: the relay waits for the endpoint's row meanwhile.
const AT_ONCE: u64 = 100;
/// Attempts that are shown of a delivery.
const SHOWN: u64 = 100;

/// One event on its way to one endpoint.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Id.
    pub id: WebhookDeliveryId,
    /// Where to.
    pub endpoint_id: WebhookEndpointId,
    /// The event: the `webhook-id`.
    pub event_id: EventId,
    /// Its kind.
    pub kind: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// Attempts since it was last asked for.
    pub attempts: i32,
    /// When it is tried next.
    pub next_at: Option<DateTime<Utc>>,
    /// What the endpoint answered last.
    pub last_status: Option<i32>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it came to an end.
    pub finished_at: Option<DateTime<Utc>>,
    /// What is sent.
    pub body: String,
}

impl From<Row> for Delivery {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            endpoint_id: row.endpoint_id,
            event_id: row.event_id,
            kind: row.kind,
            state: row.state,
            attempts: row.attempts,
            next_at: (row.state == DeliveryState::Waiting).then_some(row.next_at),
            last_status: row.last_status,
            created_at: row.created_at,
            finished_at: row.finished_at,
            body: row.body,
        }
    }
}

/// One attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// When it began.
    pub at: DateTime<Utc>,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// HTTP status.
    pub status: Option<i32>,
    /// Milliseconds.
    pub duration_ms: i64,
    /// Beginning of the answer.
    pub answer: Option<String>,
}

impl From<AttemptRow> for Attempt {
    fn from(row: AttemptRow) -> Self {
        let AttemptRow { at, outcome, status, duration_ms, answer, .. } = row;
        Self { at, outcome, status, duration_ms, answer }
    }
}

/// Deliveries to an endpoint, newest first, before `before`; in one state if one is named.
///
/// # Errors
/// `not_found`.
pub async fn deliveries(
    app: &App,
    whose: Whose<'_>,
    endpoint: WebhookEndpointId,
    state: Option<DeliveryState>,
    before: Option<WebhookDeliveryId>,
    limit: u64,
) -> Result<Vec<Delivery>> {
    visible(app.db.read(), whose, endpoint).await?;
    let rows = store::delivery_page(app.db.read(), endpoint, state, before, limit).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// A delivery with its latest attempts, newest first.
///
/// # Errors
/// `not_found`.
pub async fn delivery(
    app: &App,
    whose: Whose<'_>,
    id: WebhookDeliveryId,
) -> Result<(Delivery, Vec<Attempt>)> {
    let db = app.db.read();
    let row = store::find_delivery(db, id).await?.ok_or(codes::NOT_FOUND)?;
    visible(db, whose, row.endpoint_id).await?;
    let attempts = store::attempts(db, id, SHOWN).await?;
    if let Whose::Anybodys(author) = whose {
        // What was sent may tell what somebody bought.
        let line = Line::new(AuditAction::WebhookRead).of(id);
        let line = row.member_id.map_or(line.clone(), |member| line.about(member));
        audit::write(app, author, line).await?;
    }
    Ok((row.into(), attempts.into_iter().map(Into::into).collect()))
}

/// Sends a delivery again, as the same event, from the beginning of the schedule. One that is on its way is tried at
/// once.
///
/// # Errors
/// `not_found`, `webhook_endpoint_disabled`.
pub async fn resend(app: &App, whose: Whose<'_>, id: WebhookDeliveryId) -> Result<Delivery> {
    let found = store::find_delivery(app.db.read(), id).await?.ok_or(codes::NOT_FOUND)?;
    let now = app.clock.now();
    let row = db::in_tx(&app.db, async |tx| {
        enabled(tx, whose, found.endpoint_id).await?;
        let row = store::of_ids(tx, &[id]).await?.pop().ok_or(codes::NOT_FOUND)?;
        if row.state == DeliveryState::Queued {
            return Ok(row);
        }
        begin_again(tx, found.endpoint_id, vec![row], now).await?;
        note(tx, app, whose, resent().of(id).gave(1)).await?;
        Ok::<_, Error>(store::of_ids(tx, &[id]).await?.pop().ok_or(codes::NOT_FOUND)?)
    })
    .await?;
    ring(app, &[found.endpoint_id]);
    Ok(row.into())
}

/// Sends whatever was written at or after `since` and came to nothing; says how much that is.
///
/// # Errors
/// `not_found`, `webhook_endpoint_disabled`.
pub async fn recover(
    app: &App,
    whose: Whose<'_>,
    id: WebhookEndpointId,
    since: DateTime<Utc>,
) -> Result<u64> {
    let now = app.clock.now();
    let mut total = 0;
    loop {
        let some = db::in_tx(&app.db, async |tx| {
            enabled(tx, whose, id).await?;
            let lost = store::lost_since(tx, id, since, AT_ONCE).await?;
            let some = lost.len() as u64;
            begin_again(tx, id, lost, now).await?;
            note(tx, app, whose, resent().of(id).gave(usize::try_from(some).unwrap_or(0))).await?;
            Ok::<_, Error>(some)
        })
        .await?;
        total += some;
        if some < AT_ONCE {
            ring(app, &[id]);
            return Ok(total);
        }
    }
}

async fn enabled(tx: &Tx, whose: Whose<'_>, id: WebhookEndpointId) -> Result<()> {
    let row = lock_visible(tx, whose, id).await?;
    if row.state == WebhookState::Disabled { Err(ENDPOINT_DISABLED.into()) } else { Ok(()) }
}

const fn resent() -> Line {
    Line::new(AuditAction::WebhookResent)
}

/// Puts deliveries back to the beginning of their schedule, those of a member in line.
async fn begin_again(
    tx: &Tx,
    endpoint: WebhookEndpointId,
    mut rows: Vec<Row>,
    now: DateTime<Utc>,
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut members: BTreeSet<MemberId> = BTreeSet::new();
    for row in &mut rows {
        let state =
            if row.member_id.is_some() { DeliveryState::Queued } else { DeliveryState::Waiting };
        (row.state, row.attempts, row.next_at, row.finished_at) = (state, 0, now, None);
        members.extend(row.member_id);
    }
    store::save_deliveries(tx, &rows).await?;
    for member in members {
        promote(tx, endpoint, member, now).await?;
    }
    Ok(store::wake(tx, &[endpoint], now).await?)
}

/// Sends a test event to an endpoint, whatever it asks for.
///
/// # Errors
/// `not_found`, `webhook_endpoint_disabled`.
pub async fn send_test(app: &App, whose: Whose<'_>, id: WebhookEndpointId) -> Result<Delivery> {
    let now = app.clock.now();
    let event = told::tested(id, now);
    let row = Row {
        id: WebhookDeliveryId::new(now),
        endpoint_id: id,
        event_id: EventId::new(now),
        kind: event.kind.to_owned(),
        member_id: None,
        body: message::body(event.kind, now, &event.payload),
        state: DeliveryState::Waiting,
        attempts: 0,
        next_at: now,
        last_status: None,
        created_at: now,
        finished_at: None,
    };
    db::in_tx(&app.db, async |tx| {
        enabled(tx, whose, id).await?;
        note(tx, app, whose, resent().of(id).word("part", "test").gave(1)).await?;
        store::insert_deliveries(tx, std::slice::from_ref(&row)).await?;
        Ok::<_, Error>(store::wake(tx, &[id], now).await?)
    })
    .await?;
    ring(app, &[id]);
    Ok(row.into())
}

/// Forgets some deliveries that were written more than 90 days ago, with their attempts; says how many.
///
/// # Errors
/// The database's.
pub async fn forget_old(app: &App, limit: u64) -> Result<u64> {
    let cutoff = app.clock.now() - KEPT;
    db::in_tx(&app.db, async |tx| Ok(store::forget(tx, cutoff, limit).await?)).await
}

/// Notes in the app's measures how endpoints are.
///
/// # Errors
/// The database's.
pub async fn measure(app: &App) -> Result<()> {
    let (all, now) = (store::all(app.db.read()).await?, app.clock.now());
    let (on, off): (Vec<_>, Vec<_>) =
        all.iter().partition(|row| row.state == WebhookState::Enabled);
    let longest =
        |since: Option<DateTime<Utc>>| since.map_or(0, |since| (now - since).num_seconds().max(0));
    app.measures.webhooks(Webhooks {
        disabled: off.len() as u64,
        failing_seconds: longest(on.iter().filter_map(|row| row.failing_since).min()),
        late_seconds: longest(on.iter().filter_map(|row| row.wake_at).min()),
    });
    Ok(())
}
