//! Use cases of webhooks.

mod delivering;
mod endpoints;
mod fanning_out;
mod log;
mod missing;

use std::collections::HashMap;
use std::sync::Arc;

use entity::codes::AuditAction;
use entity::ids::{PartnerId, WebhookEndpointId};
use entity::values::Sealed;
use entity::webhook_endpoint::Model;
use parking_lot::Mutex;

use super::rules::target::{Policy, Schemes};
use super::store;
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::config::Environment;
use crate::db::{Conn, Tx};
use crate::http::{Error, Result, codes};
use crate::kernel::bell::Bell;

pub use delivering::{Finished, Lane, Parcel, Turn, claim, is_due, turn};
pub use endpoints::{
    Changes, Created, Endpoint, NewEndpoint, change, create, find, list, remove, rotate_secret,
};
pub use fanning_out::on_events;
pub use log::{
    Attempt, Delivery, deliveries, delivery, forget_old, measure, recover, resend, send_test,
};
pub use missing::miss_left_over;

/// Kinds of events that endpoints may ask for: `wiring` makes it from the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Offer(pub &'static [&'static str]);

/// Whose endpoints somebody may see: what is another's is answered like what does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'a> {
    /// Head office sees all, and what it does leaves a line in the audit log (PV-6).
    Anybodys(&'a Author),
    /// A partner sees its own.
    Partners(PartnerId),
}

impl Whose<'_> {
    fn includes(self, endpoint: &Model) -> bool {
        match self {
            Self::Anybodys(_) => true,
            Self::Partners(partner) => endpoint.partner_id == partner,
        }
    }
}

/// Writes what head office does into the audit log, in the same transaction.
async fn note(tx: &Tx, app: &App, whose: Whose<'_>, line: Line) -> Result<()> {
    match whose {
        Whose::Anybodys(author) => audit::write_in(tx, app, author, &[line]).await,
        Whose::Partners(_) => Ok(()),
    }
}

fn changed(endpoint: WebhookEndpointId, change: &'static str) -> Line {
    Line::new(AuditAction::WebhookChanged).of(endpoint).word("change", change)
}

/// Where this installation delivers to.
#[must_use]
pub fn policy(app: &App) -> Policy {
    let webhooks = &app.config.webhooks;
    let plain = webhooks.allow_http && app.config.environment == Environment::Development;
    Policy {
        ports: webhooks.ports.clone(),
        networks: webhooks.allowed_networks.clone(),
        schemes: if plain { Schemes::Plain } else { Schemes::Secure },
    }
}

/// Rings when something may be due, so that nobody in this process need wait for the next look.
#[derive(Default)]
struct Due {
    dispatcher: Bell,
    lanes: Mutex<HashMap<WebhookEndpointId, Arc<Bell>>>,
}

/// The bell of this process's dispatcher.
#[must_use]
pub fn bell(app: &App) -> Bell {
    app.memory.of::<Due>().dispatcher.clone()
}

/// Something may be due at these endpoints: tells the dispatcher, and whoever delivers there now.
fn ring(app: &App, endpoints: &[WebhookEndpointId]) {
    let due = app.memory.of::<Due>();
    due.dispatcher.ring();
    let lanes = due.lanes.lock();
    endpoints.iter().filter_map(|id| lanes.get(id)).for_each(|bell| bell.ring());
}

/// The bell of whoever delivers to one endpoint, as long as it is kept.
pub struct LaneBell {
    due: Arc<Due>,
    endpoint: WebhookEndpointId,
    bell: Arc<Bell>,
}

impl LaneBell {
    /// The bell of a lane.
    #[must_use]
    pub fn of(app: &App, lane: Lane) -> Self {
        let (due, endpoint) = (app.memory.of::<Due>(), lane.endpoint());
        let bell = Arc::clone(due.lanes.lock().entry(endpoint).or_default());
        Self { due, endpoint, bell }
    }

    /// Waits for the next ring.
    pub async fn heard(&self) {
        self.bell.heard().await;
    }
}

impl Drop for LaneBell {
    fn drop(&mut self) {
        let mut lanes = self.due.lanes.lock();
        // The list's and this one: somebody else may have begun there after this one's claim ended.
        if Arc::strong_count(&self.bell) <= 2 {
            lanes.remove(&self.endpoint);
        }
    }
}

/// Secrets open in their endpoint's row only.
fn place(id: WebhookEndpointId) -> String {
    format!("webhook_endpoint.secret.{id}")
}

fn open(app: &App, id: WebhookEndpointId, sealed: &Sealed) -> Result<String> {
    app.vault.open(&place(id), sealed).map_err(Error::fault)
}

async fn visible(db: &impl Conn, whose: Whose<'_>, id: WebhookEndpointId) -> Result<Model> {
    let found = store::find(db, id).await?;
    Ok(found.filter(|row| whose.includes(row)).ok_or(codes::NOT_FOUND)?)
}

async fn lock_visible(tx: &Tx, whose: Whose<'_>, id: WebhookEndpointId) -> Result<Model> {
    let found = store::lock(tx, id).await?;
    Ok(found.filter(|row| whose.includes(row)).ok_or(codes::NOT_FOUND)?)
}
