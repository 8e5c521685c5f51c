//! What orders do when points are used that one of them named (PT-4): an order, its refunds and the use of its points
//! come in any sequence and end the same (L8).

use std::collections::{BTreeSet, HashMap};

use entity::codes::OrderStatus;
use entity::event_log::Model as Logged;
use entity::ids::OrderId;
use entity::sales_order;
use futures_util::future::LocalBoxFuture;

use super::deducting::{self, receipt};
use super::effects::Effects;
use super::taking_back::{Sold, Surroundings};
use crate::app::App;
use crate::db::{self, Failure, Tx};
use crate::http::Result;
use crate::kernel::actor::Actor;
use crate::orders::rules::content::Number;
use crate::orders::store;
use crate::points::service::{self as points, Receipt};

/// Brings up orders whose points were used after they came, or while they came. Seeing an event twice changes nothing.
#[must_use]
pub fn on_events<'a>(app: &'a App, batch: &'a [Logged]) -> LocalBoxFuture<'a, Result<()>> {
    Box::pin(follow(app, batch))
}

async fn follow(app: &App, batch: &[Logged]) -> Result<()> {
    for order in behind(app, batch).await? {
        let number = Number { channel: order.channel, external_no: order.external_no };
        let done = db::in_tx(&app.db, async |tx| catch_up(tx, app, &number).await).await;
        match done {
            Err(error) if error.db().is_some_and(db::is_passing) => return Err(error),
            // One order must not hold up what others wait for.
            Err(error) => tracing::error!(%error, order = %order.id, "an order misses its points"),
            Ok(()) => app.bell.ring(),
        }
    }
    Ok(())
}

/// Orders that do not know yet that their points were used.
async fn behind(app: &App, batch: &[Logged]) -> Result<Vec<sales_order::Model>> {
    let used: BTreeSet<Receipt> = batch.iter().filter_map(used).collect();
    let named: Vec<OrderId> = batch.iter().filter_map(came_with_points).collect();
    let db = app.db.read();
    let mut orders = store::orders_by_receipt(db, &used).await?;
    orders.extend(store::orders_by_id(db, &named).await?);
    orders.retain(waits);
    orders.sort_unstable_by_key(|order| order.id);
    orders.dedup_by_key(|order| order.id);
    let receipts = orders.iter().filter_map(receipt).collect();
    let known = points::deductions(db, &receipts).await?;
    orders.retain(|order| receipt(order).is_some_and(|receipt| known.contains_key(&receipt)));
    Ok(orders)
}

fn waits(order: &sales_order::Model) -> bool {
    order.deducted_points == 0 && order.status != OrderStatus::Placed
}

fn used(event: &Logged) -> Option<Receipt> {
    let receipt = event.payload.get("receipt").filter(|_| event.kind == "points.moved")?;
    points::receipt_of(receipt.as_str()?)
}

/// While an order is booked its points may be used by somebody who does not see it yet, nor is seen.
fn came_with_points(event: &Logged) -> Option<OrderId> {
    let came = ["order.paid", "order.voided"].contains(&event.kind.as_str());
    let payload = Some(&event.payload).filter(|_| came)?;
    payload.get("points_receipt_no")?.as_str()?;
    payload.get("order_id")?.as_str()?.parse().ok()
}

async fn catch_up(tx: &Tx, app: &App, number: &Number) -> Result<()> {
    let order = store::lock_orders(tx, &[number]).await?.remove(number);
    let Some(order) = order.filter(waits) else { return Ok(()) };
    let payers = deducting::payers(tx, &receipt(&order).into_iter().collect()).await?;
    deducting::lock(tx, &order.member_id.into_iter().chain(payers).collect()).await?;
    let (now, regions) = (app.clock.now(), HashMap::new());
    let around = Surroundings { app, regions: &regions, actor: Actor::SYSTEM, now };
    let mut effects = Effects::default();
    let mut sold = Sold::load(tx, app, vec![order]).await?;
    for sold in &mut sold {
        sold.catch_up(&around, &mut effects);
    }
    let (orders, lines): (Vec<_>, Vec<_>) =
        sold.into_iter().map(|sold| (sold.order, sold.lines)).unzip();
    store::update_orders(tx, orders).await?;
    store::update_lines(tx, lines.into_iter().flatten().collect()).await?;
    effects.write(tx, app, now).await?;
    Ok(())
}
