//! Orders as they come in: checked, their codes looked up, handed on in chunks.

use std::collections::{BTreeSet, HashMap};

use entity::ids::{MemberId, OrderId, PartnerId, RegionId, StaffId, StoreId};
use entity::values::Digest;

use super::booking;
use crate::app::App;
use crate::catalog::service::{self as catalog, SkuInfo};
use crate::db::{self, Conn};
use crate::http::Result;
use crate::http::chunks::each_by_itself;
use crate::http::problem::Refusal;
use crate::orders::rules::content::{OrderIn, check_order};
use crate::orders::rules::spelling::canonical_order;
use crate::staff::service as staff;
use crate::stores::service as stores;

/// What became of an order that was sent.
#[derive(Clone, Debug)]
pub struct OrderResult {
    /// In one word.
    pub outcome: OrderOutcome,
    /// The order.
    pub order: Option<OrderId>,
    /// Whose it is.
    pub member: Option<MemberId>,
    /// Points it earned.
    pub points: i64,
    /// Of these, the points that a campaign added.
    pub campaign_points: i64,
    /// What was accepted all the same.
    pub warnings: Vec<Warning>,
}

/// What became of an order, in one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderOutcome {
    /// It is new.
    Created,
    /// It replaced an older version.
    Updated,
    /// It stood already.
    Unchanged,
    /// A newer version stands.
    IgnoredOlder,
    /// It cannot stand.
    Refused(Box<Refusal>),
}

/// Something unknown that an order was accepted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// No store has that code: the order has none.
    StoreUnknown,
    /// No active guide has that number: nobody is credited.
    GuideUnknown,
    /// The catalogue lacks a SKU: its line is marked.
    SkuUnknown,
}

/// An order that may be booked.
#[derive(Clone, Debug)]
pub(super) struct Arriving {
    pub order: OrderIn,
    pub fingerprint: Digest,
    pub place: Place,
    pub warnings: Vec<Warning>,
}

/// Whom its sale is credited to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub store: Option<StoreId>,
    pub guide: Option<StaffId>,
}

/// What the codes of a request stand for.
pub(super) struct Known {
    pub skus: HashMap<String, SkuInfo>,
    /// Regions of all stores named, also of those that guides bring.
    pub regions: HashMap<StoreId, RegionId>,
    stores: HashMap<String, stores::StoreRef>,
    staff: HashMap<String, staff::StaffRef>,
}

/// Takes in orders of a partner (OR-2): each gets its own result, in the sequence given. A resend changes nothing; an
/// older version is ignored; of one number the versions are taken in sequence. Everything an order does is in one
/// transaction with it.
///
/// # Errors
/// Only when the database is away; what was booked before stays, and a resend finds it.
pub async fn ingest(
    app: &App,
    partner: PartnerId,
    orders: Vec<OrderIn>,
) -> Result<Vec<OrderResult>> {
    let now = app.clock.now();
    let known = Known::load(app.db.read(), &orders).await?;
    let mut answers: Vec<Option<OrderResult>> = Vec::with_capacity(orders.len());
    let mut arriving = Vec::with_capacity(orders.len());
    for order in orders {
        match check_order(&order, now) {
            Ok(()) => {
                arriving.push(known.arriving(app, order));
                answers.push(None);
            }
            Err(error) => answers.push(Some(OrderResult::refused(error.refusal()))),
        }
    }
    let settle = async |part: &[Arriving]| {
        db::in_tx(&app.db, async |tx| booking::book(tx, app, partner, part, &known).await).await
    };
    let refuse = |_: &Arriving, refusal| OrderResult::refused(refusal);
    let mut settled = each_by_itself(&arriving, settle, refuse).await?.into_iter();
    app.bell.ring();
    Ok(answers.into_iter().filter_map(|answer| answer.or_else(|| settled.next())).collect())
}

impl OrderResult {
    pub(super) fn refused(refusal: Refusal) -> Self {
        Self {
            outcome: OrderOutcome::Refused(Box::new(refusal)),
            order: None,
            member: None,
            points: 0,
            campaign_points: 0,
            warnings: Vec::new(),
        }
    }
}

impl Known {
    async fn load(db: &impl Conn, orders: &[OrderIn]) -> Result<Self> {
        let distinct = |codes: BTreeSet<&String>| codes.into_iter().cloned().collect::<Vec<_>>();
        let store_codes = distinct(orders.iter().filter_map(|o| o.store_code.as_ref()).collect());
        let guide_numbers = distinct(orders.iter().filter_map(|o| o.guide_no.as_ref()).collect());
        let lines = orders.iter().flat_map(|order| &order.lines);
        let sku_codes = distinct(lines.map(|line| &line.sku_code).collect());
        let stores = match store_codes.as_slice() {
            [] => HashMap::new(),
            codes => stores::by_codes(db, codes).await?,
        };
        let staff = match guide_numbers.as_slice() {
            [] => HashMap::new(),
            numbers => staff::by_numbers(db, numbers).await?,
        };
        let mut regions: HashMap<StoreId, RegionId> =
            stores.values().map(|store| (store.id, store.region_id)).collect();
        let brought = staff.values().filter_map(|guide| guide.store_id);
        let brought: BTreeSet<StoreId> =
            brought.filter(|store| !regions.contains_key(store)).collect();
        if !brought.is_empty() {
            let brought: Vec<StoreId> = brought.into_iter().collect();
            let found = stores::by_ids(db, &brought).await?;
            regions.extend(found.into_values().map(|store| (store.id, store.region_id)));
        }
        Ok(Self { skus: catalog::by_codes(db, &sku_codes).await?, regions, stores, staff })
    }

    fn arriving(&self, app: &App, order: OrderIn) -> Arriving {
        let mut warnings = Vec::new();
        let store = order.store_code.as_ref().map(|code| self.stores.get(code));
        let guide = order.guide_no.as_ref().map(|number| self.staff.get(number));
        if matches!(store, Some(None)) {
            warnings.push(Warning::StoreUnknown);
        }
        if matches!(guide, Some(None)) {
            warnings.push(Warning::GuideUnknown);
        }
        if order.lines.iter().any(|line| !self.skus.contains_key(&line.sku_code)) {
            warnings.push(Warning::SkuUnknown);
        }
        let guide = guide.flatten();
        // A till that names its guide need not name the store.
        let store = match store {
            None => guide.and_then(|guide| guide.store_id),
            Some(store) => store.map(|store| store.id),
        };
        let place = Place { store, guide: guide.map(|guide| guide.id) };
        let fingerprint = app.vault.index("order", &canonical_order(&order));
        Arriving { order, fingerprint, place, warnings }
    }
}

/// The regions of the stores of stored orders, besides those that `known` has.
pub(super) async fn regions_of(
    db: &impl Conn,
    known: &HashMap<StoreId, RegionId>,
    wanted: impl Iterator<Item = StoreId>,
) -> Result<HashMap<StoreId, RegionId>> {
    let mut regions = known.clone();
    let missing: BTreeSet<StoreId> = wanted.filter(|id| !regions.contains_key(id)).collect();
    if !missing.is_empty() {
        let missing: Vec<StoreId> = missing.into_iter().collect();
        let found = stores::by_ids(db, &missing).await?;
        regions.extend(found.into_values().map(|store| (store.id, store.region_id)));
    }
    Ok(regions)
}
