//! Whatever was on its way to an endpoint that was switched off is missed, some at a time.

use entity::codes::WebhookState;
use entity::ids::WebhookEndpointId;

use crate::app::App;
use crate::db;
use crate::http::{Error, Result};
use crate::webhooks::store;

/// Deliveries a transaction: whoever waits for the endpoint's row, as the relay does, does not wait long.
const AT_ONCE: u64 = 500;

/// Misses whatever is on its way to an endpoint, as long as it is switched off. What the process leaves behind when it ends
/// meanwhile is not sent either, and missed by [`miss_left_over`].
///
/// # Errors
/// The database's.
pub(super) async fn miss_rest(app: &App, endpoint: WebhookEndpointId) -> Result<()> {
    loop {
        let missed = db::in_tx(&app.db, async |tx| {
            let row = store::lock(tx, endpoint).await?;
            if row.is_none_or(|row| row.state != WebhookState::Disabled) {
                return Ok(0);
            }
            Ok::<_, Error>(store::miss(tx, endpoint, app.clock.now(), AT_ONCE).await?)
        })
        .await?;
        if missed < AT_ONCE {
            return Ok(());
        }
    }
}

/// Does so for every endpoint that is switched off.
///
/// # Errors
/// The database's.
pub async fn miss_left_over(app: &App) -> Result<()> {
    for endpoint in store::all(app.db.read()).await? {
        if endpoint.state == WebhookState::Disabled {
            miss_rest(app, endpoint.id).await?;
        }
    }
    Ok(())
}
