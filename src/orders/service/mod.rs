//! Use cases of orders.

mod arrivals;
mod booking;
mod buyers;
mod deciding;
mod deducting;
mod dry_run;
mod earnings;
mod effects;
mod following;
mod headings;
mod previewing;
mod proving;
mod refunding;
mod rows;
mod taking_back;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::ids::{MemberId, OrderId, PartnerId};

use super::store;
use crate::app::App;
use crate::db::{Conn, Tx};
use crate::http::{Result, codes};

pub use super::rules::SizeKept;
pub use super::rules::content::{
    Customer, LineIn, Number, OrderIn, PaymentIn, RefundIn, RefundLineIn,
};
pub use super::rules::trial::{Tally, Verdict};
pub use arrivals::{OrderOutcome, OrderResult, Warning, ingest};
pub use dry_run::{Draft, MOST_DAYS, Trial, dry_run};
pub use following::on_events;
pub use headings::{OrderHeading, headings};
pub use previewing::{PlannedLine, RefundPlan, preview_refund};
pub use proving::prove_budgets;
pub use refunding::{RefundOutcome, RefundResult, RefundState, ingest_refunds};

/// A line of an order that stands.
pub type StoredLine = entity::order_line::Model;
/// A payment of an order that stands.
pub type StoredPayment = entity::order_payment::Model;
/// A refund that stands.
pub type StoredRefund = entity::order_refund::Model;

/// An order with its lines, as members and guides read it.
#[derive(Clone, Debug)]
pub struct OrderView {
    /// The order.
    pub order: entity::sales_order::Model,
    /// Its lines, by number.
    pub lines: Vec<StoredLine>,
}

/// An order with all that belongs to it, as its sender reads it back.
#[derive(Clone, Debug)]
pub struct WholeOrder {
    /// The order.
    pub order: entity::sales_order::Model,
    /// Its lines, by number.
    pub lines: Vec<StoredLine>,
    /// Its payments.
    pub payments: Vec<StoredPayment>,
    /// Its refunds, in business order, also those that wait or have no effect.
    pub refunds: Vec<StoredRefund>,
}

/// Orders of a member, latest business time first, after a position.
///
/// # Errors
/// The database's.
pub async fn of_member(
    db: &impl Conn,
    member: MemberId,
    after: Option<(DateTime<Utc>, OrderId)>,
    limit: u64,
) -> Result<Vec<OrderView>> {
    let orders = store::orders_of_member(db, member, after, limit).await?;
    let ids: Vec<OrderId> = orders.iter().map(|order| order.id).collect();
    let mut lines: HashMap<OrderId, Vec<_>> = store::lines_of(db, &ids).await?;
    let view = |order: entity::sales_order::Model| {
        let lines = lines.remove(&order.id).unwrap_or_default();
        OrderView { order, lines }
    };
    Ok(orders.into_iter().map(view).collect())
}

/// One order of a member.
///
/// # Errors
/// `not_found` also when it is another's.
pub async fn one_of_member(db: &impl Conn, member: MemberId, order: OrderId) -> Result<OrderView> {
    let order = store::order_of_member(db, member, order).await?.ok_or(codes::NOT_FOUND)?;
    let lines = store::lines_of(db, &[order.id]).await?.remove(&order.id).unwrap_or_default();
    Ok(OrderView { order, lines })
}

/// The sizes that a member kept, the latest first (ID-6: "the size of the last trench coat").
///
/// # Errors
/// The database's.
pub async fn sizes_kept(db: &impl Conn, member: MemberId) -> Result<Vec<SizeKept>> {
    Ok(store::sizes_kept(db, member).await?)
}

/// An order by its number, for the partner who sent it.
///
/// # Errors
/// `not_found` also when another partner sent it.
pub async fn read_back(app: &App, partner: PartnerId, number: &Number) -> Result<WholeOrder> {
    let db = app.db.read();
    let order = store::order_of_partner(db, partner, number).await?.ok_or(codes::NOT_FOUND)?;
    let lines = store::lines_of(db, &[order.id]).await?.remove(&order.id).unwrap_or_default();
    let payments = store::payments_of(db, order.id).await?;
    let refunds = store::refunds_of(db, &[order.id]).await?;
    Ok(WholeOrder { order, lines, payments, refunds })
}

/// Gives the orders of a merged member to the one that stays (ID-3).
///
/// # Errors
/// The database's.
pub async fn move_in(tx: &Tx, from: MemberId, to: MemberId) -> Result<()> {
    Ok(store::move_orders(tx, from, to).await?)
}
