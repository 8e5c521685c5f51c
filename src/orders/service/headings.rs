//! What an order is called, for those who point at it.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::codes::Channel;
use entity::ids::{CampaignId, OrderId, StoreId};
use entity::values::Fen;

use super::store;
use crate::db::Conn;
use crate::http::Result;

/// What an order is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderHeading {
    /// The order.
    pub id: OrderId,
    /// Where it was placed.
    pub channel: Channel,
    /// Its number there, as sent.
    pub external_no: String,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
    /// The store credited.
    pub store: Option<StoreId>,
    /// Paid.
    pub paid: Fen,
    /// The campaign that added points, and how many.
    pub campaign: Option<(CampaignId, i64)>,
}

/// What orders are called; ids of no order are absent.
///
/// # Errors
/// The database's.
pub async fn headings(
    db: &impl Conn,
    ids: &BTreeSet<OrderId>,
) -> Result<HashMap<OrderId, OrderHeading>> {
    let ids: Vec<OrderId> = ids.iter().copied().collect();
    let heading = |row: entity::sales_order::Model| {
        let heading = OrderHeading {
            id: row.id,
            channel: row.channel,
            external_no: row.external_no,
            occurred_at: row.occurred_at,
            store: row.store_id,
            paid: row.paid_fen,
            campaign: row.campaign_id.map(|id| (id, row.campaign_points)),
        };
        (row.id, heading)
    };
    Ok(store::orders_by_id(db, &ids).await?.into_iter().map(heading).collect())
}
