//! Which of the versions that came in stand, for orders whose rows are locked.

use std::collections::{BTreeMap, HashMap};

use entity::codes::{Channel, OrderStatus};
use entity::ids::{MemberId, OrderId, PartnerId};
use entity::{order_line, sales_order};

use super::arrivals::{Arriving, OrderOutcome};
use super::rows;
use crate::app::App;
use crate::db::Tx;
use crate::http::problem::Refusal;
use crate::http::{Code, Result};
use crate::members::service::{self as members, Who};
use crate::orders::rules::content::{Customer, Number};
use crate::orders::rules::versions::{Buyer, Decision, Goods, Sale, Version, decide};
use crate::orders::store;
use crate::points::service::Receipt;

/// What is to be done.
pub(super) struct Decided {
    /// For each item.
    pub outcomes: Vec<OrderOutcome>,
    /// For each number of which a version was accepted, by number.
    pub plans: Vec<Plan>,
}

/// The version of an order that is to stand.
pub(super) struct Plan {
    /// Which item.
    pub item: usize,
    /// The item that names the customer: a later version need not say her again.
    pub named: Option<usize>,
    /// The number under which points paid for it: a later version need not say it again.
    pub receipt: Option<String>,
    /// What to do with it.
    pub change: Change,
}

impl Plan {
    /// Under what points paid for the order.
    pub fn receipt(&self, partner: PartnerId) -> Option<Receipt> {
        self.receipt.clone().map(|number| (partner, number))
    }
}

/// What an accepted version does.
pub(super) enum Change {
    /// The order is new.
    New,
    /// It replaces what was stored: an order that was not paid, or one of which only a refund was seen.
    Fill(sales_order::Model),
    /// The order is paid; only the version moves on.
    Touch(sales_order::Model),
    /// The order was paid and is void now.
    Cancel(sales_order::Model, Vec<order_line::Model>),
}

/// Items by number.
pub(super) type Groups<'a> = BTreeMap<&'a Number, Vec<usize>>;

/// What is stored about the numbers.
pub(super) struct Stored {
    pub orders: HashMap<Number, sales_order::Model>,
    /// Lines of paid orders that get a newer version.
    lines: HashMap<OrderId, Vec<order_line::Model>>,
    /// Members of items that come after a stored version; `None` for strangers.
    buyers: HashMap<usize, Option<MemberId>>,
}

impl Stored {
    /// Locks the orders and loads what deciding about newer versions needs.
    pub async fn load(tx: &Tx, app: &App, batch: &[Arriving], groups: &Groups<'_>) -> Result<Self> {
        let numbers: Vec<&Number> = groups.keys().copied().collect();
        let orders = store::lock_orders(tx, &numbers).await?;
        let newer = |i: &usize| {
            let order = &batch[*i].order;
            let stored = orders.get(&order.number).filter(|row| row.version > 0);
            stored.is_some_and(|row| order.version > row.version)
        };
        let newer: Vec<usize> = (0..batch.len()).filter(newer).collect();
        let rows = newer.iter().filter_map(|i| orders.get(&batch[*i].order.number));
        let mut paid: Vec<OrderId> =
            rows.filter(|row| row.status == OrderStatus::Paid).map(|row| row.id).collect();
        paid.sort_unstable();
        paid.dedup();
        let lines = store::lines_of(tx, &paid).await?;
        let buyers = buyers(tx, app, batch, &newer).await?;
        Ok(Self { orders, lines, buyers })
    }
}

async fn buyers(
    tx: &Tx,
    app: &App,
    batch: &[Arriving],
    newer: &[usize],
) -> Result<HashMap<usize, Option<MemberId>>> {
    let named = newer.iter().filter(|i| batch[**i].order.customer.is_some());
    let named: Vec<usize> = named.copied().collect();
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    let who: Vec<Who> = named.iter().filter_map(|i| who(&batch[*i])).collect();
    let found = members::find(tx, app, &who).await?;
    Ok(named.into_iter().zip(found).collect())
}

/// Whom an order is about, as members are looked for.
pub(super) fn who(arriving: &Arriving) -> Option<Who> {
    let customer = arriving.order.customer.clone()?;
    let channel: Channel = arriving.order.number.channel;
    let Customer { phone, card, union_id, open_id, buyer_id } = customer;
    Some(Who {
        union_id,
        phone,
        card,
        open_id,
        marketplace: buyer_id.map(|id| (channel, id)),
        source: channel.as_str(),
        store_id: arriving.place.store,
        guide_id: arriving.place.guide,
    })
}

/// Decides item by item in sequence, each against what the ones before it made of its order.
pub(super) fn decide_all(
    partner: PartnerId,
    batch: &[Arriving],
    groups: &Groups<'_>,
    mut stored: Stored,
) -> (Decided, HashMap<Number, sales_order::Model>) {
    let mut outcomes = vec![OrderOutcome::Unchanged; batch.len()];
    let mut plans = Vec::new();
    for (number, items) in groups {
        let mut standing = stored.orders.get(*number).map(|row| stored_version(row, &stored.lines));
        let (mut last, mut named) = (None, None);
        for &i in items {
            let incoming =
                incoming_version(partner, &batch[i], i, standing.as_ref(), &stored.buyers);
            let decision = decide(standing.as_ref(), &incoming);
            outcomes[i] = outcome(decision, standing.as_ref());
            if decision == Decision::Accept {
                let open = standing
                    .as_ref()
                    .is_none_or(|known| known.version == 0 || known.status == OrderStatus::Placed);
                if open && batch[i].order.customer.is_some() {
                    named = Some(i);
                }
                standing = Some(stand(standing, incoming));
                last = Some(i);
            }
        }
        if let Some(item) = last {
            let receipt = standing.and_then(|it| it.receipt.map(str::to_owned));
            let row = stored.orders.get(*number).cloned();
            let change = change(row, batch[item].order.status, &mut stored.lines);
            plans.push(Plan { item, named, receipt, change });
        }
    }
    (Decided { outcomes, plans }, stored.orders)
}

fn stored_version<'a>(
    row: &'a sales_order::Model,
    lines: &HashMap<OrderId, Vec<order_line::Model>>,
) -> Version<'a> {
    let goods = lines.get(&row.id).map(|lines| rows::as_goods(row, lines)).unwrap_or_default();
    Version {
        partner: row.partner_id,
        version: row.version,
        fingerprint: &row.fingerprint,
        status: row.status,
        buyer: Buyer::Member(row.member_id),
        receipt: row.points_receipt.as_deref(),
        sale: Sale {
            goods,
            occurred_at: row.occurred_at,
            store: row.store_id,
            guide: row.guide_id,
        },
    }
}

fn incoming_version<'a>(
    partner: PartnerId,
    arriving: &'a Arriving,
    item: usize,
    standing: Option<&Version<'_>>,
    buyers: &HashMap<usize, Option<MemberId>>,
) -> Version<'a> {
    let order = &arriving.order;
    let stands = standing.map(|standing| standing.buyer);
    let buyer = match (&order.customer, stands) {
        (None, _) => Buyer::Unsaid,
        (Some(_), Some(Buyer::Member(_))) => match buyers.get(&item) {
            Some(Some(member)) => Buyer::Member(Some(*member)),
            _ => Buyer::Stranger,
        },
        (Some(customer), _) => Buyer::Sent(customer),
    };
    Version {
        partner,
        version: order.version,
        fingerprint: &arriving.fingerprint,
        status: order.status,
        buyer,
        receipt: order.points_receipt.as_deref(),
        sale: Sale {
            goods: Goods::of(order),
            occurred_at: order.occurred_at,
            store: arriving.place.store,
            guide: arriving.place.guide,
        },
    }
}

/// An accepted version stands; the buyer of a paid order, and one who is not said again, stays.
fn stand<'a>(before: Option<Version<'a>>, accepted: Version<'a>) -> Version<'a> {
    let Some(before) = before else { return accepted };
    let stays = before.status != OrderStatus::Placed || matches!(accepted.buyer, Buyer::Unsaid);
    let buyer = if stays { before.buyer } else { accepted.buyer };
    Version { buyer, receipt: accepted.receipt.or(before.receipt), ..accepted }
}

fn outcome(decision: Decision, standing: Option<&Version<'_>>) -> OrderOutcome {
    match decision {
        Decision::Accept if standing.is_none_or(|known| known.version == 0) => {
            OrderOutcome::Created
        }
        Decision::Accept => OrderOutcome::Updated,
        Decision::Unchanged => OrderOutcome::Unchanged,
        Decision::IgnoredOlder => OrderOutcome::IgnoredOlder,
        Decision::Refuse(code) => OrderOutcome::Refused(Box::new(plain(code))),
    }
}

fn plain(code: Code) -> Refusal {
    Refusal { code, fields: Vec::new(), retry_after: None }
}

fn change(
    stored: Option<sales_order::Model>,
    status: OrderStatus,
    lines: &mut HashMap<OrderId, Vec<order_line::Model>>,
) -> Change {
    let Some(row) = stored else { return Change::New };
    match (row.status, status) {
        (OrderStatus::Paid, OrderStatus::Cancelled) => {
            let lines = lines.remove(&row.id).unwrap_or_default();
            Change::Cancel(row, lines)
        }
        (OrderStatus::Paid, _) => Change::Touch(row),
        _ => Change::Fill(row),
    }
}
