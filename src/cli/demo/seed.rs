//! Makes the retailer through the services, with the clock going through its history.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::StaffRole;
use entity::ids::{MemberId, PartnerId};
use entity::values::PersonName;
use futures_util::future::try_join_all;

use super::chance::Chance;
use super::history::{self, History, Trade};
use super::people::{self, Shopper};
use super::progress::Progress;
use super::state::{self, State};
use super::{catalogue, people::Colleague};
use crate::app::App;
use crate::audit::service::Author;
use crate::catalog::service as catalog;
use crate::cli::Failure;
use crate::http::chunks::MOST_ITEMS;
use crate::http::{Error, Patch};
use crate::kernel::clock::Clock;
use crate::kernel::mobile::Mobile;
use crate::members::service::{self as members, ProfilePatch};
use crate::orders::service::{self as orders, OrderIn, OrderOutcome, RefundIn};
use crate::orders::service::{OrderResult, RefundOutcome};
use crate::partners::service as partners;
use crate::points::service::{self as points, Customer, TillMove};
use crate::staff::service::{self as staff, NewStaff};
use crate::stores::service as stores;

/// What the demo's partner may do.
const SCOPES: [&str; 6] = [
    "orders:write",
    "points:write",
    "members:read",
    "catalog:read",
    "catalog:write",
    "stock:write",
];

/// Styles that stores have in stock: those of the season.
const STOCKED: usize = 30;

/// Lots a batch.
const LOTS: u64 = 1000;

/// Fills an empty database; `clock` is the app's and stands at `now` afterwards.
pub(super) async fn seed(
    app: &App,
    clock: &Clock,
    now: DateTime<Utc>,
    count: usize,
) -> Result<State, Failure> {
    let today = app.calendar.day(now);
    let first_day = history::first_day(today);
    clock.set(app.calendar.start(first_day));

    let progress = Progress::begin("stores, staff and catalogue");
    let password = state::password();
    organise(app, &password).await?;
    let styles = catalogue::styles(first_day, today);
    let products: Vec<_> = styles.iter().map(|style| style.product.clone()).collect();
    let (sku_code, list_fen) = example(&products)?;
    let newest = products.iter().rev().take(STOCKED).flat_map(|one| &one.skus);
    let newest: Vec<String> = newest.map(|sku| sku.code.clone()).collect();
    catalog::put(app, products).await?;
    let author = Author::system("demo");
    let partner = partners::NewPartner::named("演示收银与商城");
    let partner = partners::register(app, &author, &partner).await?;
    let scopes = SCOPES.map(str::to_owned);
    let terms = partners::KeyTerms::new("demo", &scopes);
    let partner_key = partners::issue_key(app, &author, partner, &terms).await?.key;
    progress.end(&format!("{} styles", styles.len()));

    let shoppers = people::shoppers(count, today);
    let trade = Trade { shoppers: &shoppers, styles: &styles, calendar: app.calendar, now };
    let history = trade.history();
    let orders = history.orders.len();
    let past = Past { app, clock, now, partner, shoppers: &shoppers };
    past.live_through(history).await?;
    clock.set(now);
    stock(app, &newest, now).await?;
    Ok(State { partner_key, password, sku_code, list_fen, members: count, orders, is_new: true })
}

/// Counts the newest styles in every store; some sizes are gone here and there.
async fn stock(app: &App, skus: &[String], now: DateTime<Utc>) -> Result<(), Failure> {
    let counts = skus.iter().enumerate().flat_map(|(n, sku)| {
        people::STORES.iter().enumerate().map(move |(m, place)| catalog::StockReport {
            document_no: "OPENING".to_owned(),
            line_no: None,
            sku_code: sku.clone(),
            store_code: place.code.to_owned(),
            act: catalog::StockAct::Count(i64::try_from((n * 5 + m * 3) % 7).unwrap_or_default()),
            at: now,
        })
    });
    let counts: Vec<catalog::StockReport> = counts.collect();
    let who = catalog::Reporter::Import("demo".to_owned());
    for answer in catalog::report_stock(app, &who, &counts).await? {
        answer.map_err(|refusal| Failure::failed(refusal.code.code))?;
    }
    Ok(())
}

/// A SKU for the examples, and what it costs.
fn example(products: &[catalog::ProductIn]) -> Result<(String, i64), Failure> {
    let sku = products.iter().rev().find_map(|one| Some((one.skus.first()?, one.list)));
    let (sku, list) = sku.ok_or_else(|| Failure::failed("the catalogue is empty"))?;
    Ok((sku.code.clone(), list.0))
}

async fn organise(app: &App, password: &str) -> Result<(), Failure> {
    for (code, name) in people::REGIONS {
        stores::put_region(app, code, name).await?;
    }
    let mut ids = Vec::new();
    for place in &people::STORES {
        let id = stores::put_store(app, place.region, place.code, place.name, place.city).await?;
        ids.push(id);
    }
    let mut invited = Vec::new();
    let author = Author::system("huiyi demo");
    for Colleague { staff_no, name, role, store } in people::staff() {
        let signs_in = role != StaffRole::Guide || staff_no.ends_with("-G1");
        let new = NewStaff {
            staff_no,
            name: PersonName(name),
            role,
            store_id: store.map(|at| ids[at]),
            region_id: None,
        };
        let id = staff::hire(app, &author, new).await?;
        if signs_in {
            invited.push(staff::invite(app, &author, id).await?);
        }
    }
    let accept = |token| staff::accept_invitation(app, "huiyi demo", token, password);
    try_join_all(invited.iter().map(|token: &String| accept(token))).await?;
    Ok(())
}

/// What happened, going in.
struct Past<'a> {
    app: &'a App,
    clock: &'a Clock,
    now: DateTime<Utc>,
    partner: PartnerId,
    shoppers: &'a [Shopper],
}

impl Past<'_> {
    async fn live_through(&self, history: History) -> Result<(), Failure> {
        let progress = Progress::begin("18 months of orders, refunds and points");
        let (total, refunded) = (history.orders.len(), history.refunds.len());
        let by_phone: HashMap<String, &Shopper> =
            self.shoppers.iter().map(|one| (format!("+86{}", one.phone), one)).collect();
        let mut chance = Chance::of("spending");
        let mut known = HashSet::new();
        let mut refunds = history.refunds.into_iter().peekable();
        let mut done = 0;
        for batch in batches(self.app, history.orders) {
            let end = batch.last().map_or(self.now, |order| order.occurred_at);
            self.clock.set((end + TimeDelta::minutes(1)).min(self.now));
            done += batch.len();
            let whose: Vec<_> = batch.iter().map(phone_of).collect();
            let results = self.take_in(batch).await?;
            self.pass_time().await?;
            self.introduce(&results, &whose, &by_phone, &mut known).await?;
            self.spend(&mut chance, &whose, done).await?;
            let due = std::iter::from_fn(|| refunds.next_if(|one| one.occurred_at <= end));
            self.take_back(due.collect()).await?;
            progress.at(done, total);
        }
        self.clock.set(self.now);
        self.take_back(refunds.collect()).await?;
        self.pass_time().await?;
        progress.end(&format!("{total} orders, {refunded} refunds, {} members", known.len()));
        Ok(())
    }

    /// What the worker would have done by now: points settle and run out.
    async fn pass_time(&self) -> Result<(), Failure> {
        while points::settle_due(self.app, LOTS).await? > 0 {}
        while points::expire_due(self.app, LOTS).await? > 0 {}
        Ok(())
    }

    async fn take_in(&self, batch: Vec<OrderIn>) -> Result<Vec<OrderResult>, Failure> {
        let results = orders::ingest(self.app, self.partner, batch).await?;
        let wrong = results.iter().find(|result| result.outcome != OrderOutcome::Created);
        match wrong {
            Some(wrong) => {
                Err(Failure::Failed(format!("an order was not taken: {:?}", wrong.outcome)))
            }
            None => Ok(results),
        }
    }

    async fn take_back(&self, refunds: Vec<RefundIn>) -> Result<(), Failure> {
        if refunds.is_empty() {
            return Ok(());
        }
        let results = orders::ingest_refunds(self.app, self.partner, refunds).await?;
        let wrong = results.iter().find(|result| result.outcome != RefundOutcome::Created);
        wrong.map_or(Ok(()), |wrong| {
            Err(Failure::Failed(format!("a refund was not taken: {:?}", wrong.outcome)))
        })
    }

    /// Those who are new tell about themselves.
    async fn introduce(
        &self,
        results: &[OrderResult],
        whose: &[Option<Mobile>],
        by_phone: &HashMap<String, &Shopper>,
        known: &mut HashSet<MemberId>,
    ) -> Result<(), Failure> {
        let mut changes = Vec::new();
        for (result, phone) in results.iter().zip(whose) {
            let shopper = phone.as_ref().and_then(|phone| by_phone.get(phone.as_str()));
            if let (Some(member), Some(shopper)) = (result.member, shopper)
                && known.insert(member)
            {
                changes.push((member, profile(shopper)));
            }
        }
        Ok(members::update_profiles(self.app, &Author::system("huiyi demo"), &changes).await?)
    }

    /// One in some dozens spends points at the till; too few points are no failure.
    async fn spend(
        &self,
        chance: &mut Chance,
        whose: &[Option<Mobile>],
        round: usize,
    ) -> Result<(), Failure> {
        for (number, phone) in whose.iter().flatten().enumerate() {
            if !chance.percent(3) {
                continue;
            }
            let wish = TillMove {
                receipt_no: format!("SPEND-{round}-{number}"),
                customer: Customer::Phone(phone.clone()),
                points: chance.between(1, 8) * 100,
                occurred_at: Some(self.clock.now()),
                store_code: None,
            };
            match points::spend_at_till(self.app, self.partner, &wish).await {
                Ok(_) | Err(Error::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Orders of half a month each, at most as many as one transaction takes.
fn batches(app: &App, orders: Vec<OrderIn>) -> Vec<Vec<OrderIn>> {
    let mut batches: Vec<Vec<OrderIn>> = Vec::new();
    let mut until = None;
    for order in orders {
        let end = history::half_month(app.calendar, order.occurred_at);
        let full = batches.last().is_none_or(|batch| batch.len() == MOST_ITEMS);
        if full || until != Some(end) {
            batches.push(Vec::new());
            until = Some(end);
        }
        if let Some(batch) = batches.last_mut() {
            batch.push(order);
        }
    }
    batches
}

fn phone_of(order: &OrderIn) -> Option<Mobile> {
    order.customer.as_ref()?.phone.clone()
}

fn profile(shopper: &Shopper) -> ProfilePatch {
    let text = |text: Option<&str>| text.map_or(Patch::Keep, |text| Patch::Set(text.to_owned()));
    let nickname = shopper.nickname.clone();
    ProfilePatch {
        name: Patch::Set(PersonName(shopper.name.clone())),
        nickname: nickname.map_or(Patch::Keep, |name| Patch::Set(PersonName(name))),
        gender: Patch::Set(shopper.gender),
        birthday: shopper.birthday.map_or(Patch::Keep, Patch::Set),
        region_code: text(Some(shopper.region_code)),
        occupation: text(shopper.occupation),
        style: text(shopper.style),
        sizes: Patch::Set(shopper.fit.by_garment()),
        ..ProfilePatch::default()
    }
}
