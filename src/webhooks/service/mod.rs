//! Use cases of webhooks.

mod delivering;
mod endpoints;
mod fanning_out;
mod log;

use std::sync::Arc;

use entity::ids::{PartnerId, WebhookEndpointId};
use entity::values::Sealed;
use entity::webhook_endpoint::Model;

use super::rules::target::{Policy, Schemes};
use super::store;
use crate::app::App;
use crate::config::Environment;
use crate::db::{Conn, Tx};
use crate::http::{Error, Result, codes};
use crate::kernel::bell::Bell;

pub use delivering::{Finished, Lane, Parcel, Turn, claim, turn};
pub use endpoints::{
    Changes, Created, Endpoint, NewEndpoint, change, create, find, list, remove, rotate_secret,
};
pub use fanning_out::on_events;
pub use log::{
    Attempt, Delivery, deliveries, delivery, forget_old, measure, recover, resend, send_test,
};

/// Kinds of events that endpoints may ask for: `wiring` makes it from the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Offer(pub &'static [&'static str]);

/// Whose endpoints somebody may see: what is another's is answered like what does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Head office sees all.
    Anybodys,
    /// A partner sees its own.
    Partners(PartnerId),
}

impl Whose {
    fn includes(self, endpoint: &Model) -> bool {
        match self {
            Self::Anybodys => true,
            Self::Partners(partner) => endpoint.partner_id == partner,
        }
    }
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

/// Rings when something may be due, so that the dispatcher of this process need not wait for its next look.
#[derive(Default)]
struct Due(Bell);

/// The bell of this process.
#[must_use]
pub fn bell(app: &App) -> Bell {
    let due: Arc<Due> = app.memory.of();
    due.0.clone()
}

/// Secrets open in their endpoint's row only.
fn place(id: WebhookEndpointId) -> String {
    format!("webhook_endpoint.secret.{id}")
}

fn open(app: &App, id: WebhookEndpointId, sealed: &Sealed) -> Result<String> {
    app.vault.open(&place(id), sealed).map_err(Error::fault)
}

async fn visible(db: &impl Conn, whose: Whose, id: WebhookEndpointId) -> Result<Model> {
    let found = store::find(db, id).await?;
    Ok(found.filter(|row| whose.includes(row)).ok_or(codes::NOT_FOUND)?)
}

async fn lock_visible(tx: &Tx, whose: Whose, id: WebhookEndpointId) -> Result<Model> {
    let found = store::lock(tx, id).await?;
    Ok(found.filter(|row| whose.includes(row)).ok_or(codes::NOT_FOUND)?)
}
