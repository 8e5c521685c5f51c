//! Who buys, as far as earning asks (PT-2, BN-8): tier at the business time, birthday, store.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::codes::Channel;
use entity::ids::{MemberId, StoreId};
use entity::{order_line, sales_order};

use super::super::rules::earning::NEUTRAL_BPS;
use super::super::rules::granting::Case;
use crate::app::App;
use crate::db::Conn;
use crate::http::Result;
use crate::members::service::{self as members, Loser};
use crate::points::service::{CampaignBook, Occasion, Visit};
use crate::stores::service as stores;
use crate::tiers::service::{self as tiers, Held};

/// The buyer of one order.
#[derive(Clone, Debug)]
pub(super) struct Buyer {
    pub member: MemberId,
    pub at: DateTime<Utc>,
    pub day: NaiveDate,
    pub channel: Channel,
    pub store: Option<String>,
    pub tier: Option<Held>,
    pub birthday: Option<NaiveDate>,
    pub visit: Visit,
}

impl Buyer {
    /// The order as granting sees it.
    pub fn case<'a>(&'a self, lines: &'a [order_line::Model]) -> Case<'a> {
        let line = |line: &'a order_line::Model| (line.category.as_deref(), line.paid_fen.0);
        Case {
            member: self.member,
            lines: lines.iter().map(line).collect(),
            multiplier_bps: self.tier.as_ref().map_or(NEUTRAL_BPS, |tier| tier.multiplier_bps),
            occasion: self.occasion(),
        }
    }

    /// What campaigns may ask.
    pub fn occasion(&self) -> Occasion<'_> {
        Occasion {
            day: self.day,
            channel: self.channel,
            store: self.store.as_deref(),
            tier: self.tier.as_ref().map(|tier| tier.code.as_str()),
            birthday: self.birthday,
            visit: self.visit,
        }
    }
}

/// The buyers of orders that have a member, in their sequence; loads only what `campaigns` ask. Nobody's visit is her
/// first yet.
pub(super) async fn of_orders(
    db: &impl Conn,
    app: &App,
    orders: &[&sales_order::Model],
    campaigns: &CampaignBook,
    losers: &[Loser],
) -> Result<Vec<Buyer>> {
    let buyer = |order: &&sales_order::Model| {
        Some(Buyer {
            member: order.member_id?,
            at: order.occurred_at,
            day: app.calendar.day(order.occurred_at),
            channel: order.channel,
            store: None,
            tier: None,
            birthday: None,
            visit: Visit::Again,
        })
    };
    let mut buyers: Vec<Buyer> = orders.iter().filter_map(buyer).collect();
    let tiers = tiers_of(db, &buyers, losers).await?;
    for (buyer, tier) in buyers.iter_mut().zip(tiers) {
        buyer.tier = tier;
    }
    if campaigns.all().any(|it| it.conditions.birthday_month) {
        let rows = members::by_ids(db, &ids(&buyers)).await?;
        for buyer in &mut buyers {
            buyer.birthday = rows.get(&buyer.member).and_then(|row| row.birthday);
        }
    }
    if campaigns.all().any(|it| !it.conditions.stores.is_empty()) {
        let codes = store_codes(db, orders).await?;
        let named = orders.iter().filter(|order| order.member_id.is_some());
        for (buyer, order) in buyers.iter_mut().zip(named) {
            buyer.store = order.store_id.and_then(|id| codes.get(&id).cloned());
        }
    }
    Ok(buyers)
}

/// The members among buyers, each once.
pub(super) fn ids(buyers: &[Buyer]) -> Vec<MemberId> {
    let ids: BTreeSet<MemberId> = buyers.iter().map(|buyer| buyer.member).collect();
    ids.into_iter().collect()
}

/// The tier of each buyer at her business time; before a merge the better one of both (ID-3).
async fn tiers_of(db: &impl Conn, buyers: &[Buyer], losers: &[Loser]) -> Result<Vec<Option<Held>>> {
    let mut wanted: Vec<(MemberId, DateTime<Utc>)> =
        buyers.iter().map(|buyer| (buyer.member, buyer.at)).collect();
    let mut whose: Vec<usize> = (0..buyers.len()).collect();
    for (i, buyer) in buyers.iter().enumerate().filter(|_| !losers.is_empty()) {
        for loser in losers.iter().filter(|it| it.winner == buyer.member) {
            if buyer.at < loser.merged_at {
                wanted.push((loser.id, buyer.at));
                whose.push(i);
            }
        }
    }
    let mut best: Vec<Option<Held>> = vec![None; buyers.len()];
    for (i, held) in whose.into_iter().zip(tiers::tiers_at(db, &wanted).await?) {
        best[i] = best[i].take().max(held);
    }
    Ok(best)
}

async fn store_codes(
    db: &impl Conn,
    orders: &[&sales_order::Model],
) -> Result<HashMap<StoreId, String>> {
    let ids: BTreeSet<StoreId> = orders.iter().filter_map(|order| order.store_id).collect();
    let found = stores::by_ids(db, &ids.into_iter().collect::<Vec<_>>()).await?;
    Ok(found.into_iter().map(|(id, store)| (id, store.code)).collect())
}
