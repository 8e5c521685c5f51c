//! Orders for a file, in the sequence in which they came in (OP-4).

use chrono::{DateTime, Utc};
use entity::codes::{Channel, OrderStatus};
use entity::ids::{MemberId, OrderId, StoreId};
use entity::sales_order;

use crate::db::Conn;
use crate::http::Result;
use crate::orders::store;

/// Which orders are wanted; those of which only a refund was seen never are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrdersWanted {
    /// Paid or placed at or after this.
    pub from: Option<DateTime<Utc>>,
    /// Paid or placed before this.
    pub until: Option<DateTime<Utc>>,
    /// Of this store.
    pub store: Option<StoreId>,
    /// Of this channel.
    pub channel: Option<Channel>,
    /// That stand here.
    pub status: Option<OrderStatus>,
    /// Of this member, by the id of the one who stays.
    pub member: Option<MemberId>,
}

/// How many there are.
///
/// # Errors
/// The database's.
pub async fn count_orders(db: &impl Conn, wanted: &OrdersWanted) -> Result<u64> {
    let OrdersWanted { from, until, store, channel, status, member } = *wanted;
    let found = store::wanted_orders((from, until), store, (channel, status), member);
    Ok(store::count_wanted(db, found).await?)
}

/// The next of them.
///
/// # Errors
/// The database's.
pub async fn orders_after(
    db: &impl Conn,
    wanted: &OrdersWanted,
    after: Option<OrderId>,
    limit: u64,
) -> Result<Vec<sales_order::Model>> {
    let OrdersWanted { from, until, store, channel, status, member } = *wanted;
    let found = store::wanted_orders((from, until), store, (channel, status), member);
    Ok(store::wanted_after(db, found, after, limit).await?)
}
