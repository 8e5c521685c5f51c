//! Two-phase checkout at tills and shops of partners (PT-4).

use chrono::{DateTime, Utc};
use entity::codes::HoldState;
use entity::ids::{HoldId, MemberId, PartnerId};
use entity::points_hold;

use super::single::{find_member, spendable};
use super::till::Customer;
use crate::app::App;
use crate::db::{self, Tx};
use crate::http::{Error, Result};
use crate::points::rules::quoting::{self, Line, Quote, Terms};
use crate::points::{error, store};

/// What an order comes to, for the rules of deduction.
#[derive(Clone, Debug)]
pub struct OrderAmount {
    /// Its lines; a single one when the till does not tell them apart.
    pub lines: Vec<Line>,
}

/// A wish to take points aside.
#[derive(Clone, Debug)]
pub struct Freezing {
    /// The partner's own number of the checkout, unique among his.
    pub checkout_no: String,
    /// Whose points.
    pub customer: Customer,
    /// How many.
    pub points: i64,
    /// The order they are to pay, if the partner wants the rules of deduction checked.
    pub order: Option<OrderAmount>,
    /// The store.
    pub store_code: Option<String>,
}

/// Points taken aside, as their partner sees them.
#[derive(Clone, Debug)]
pub struct Held {
    /// The hold.
    pub row: points_hold::Model,
    /// What its member can spend now.
    pub balance: i64,
    /// What the held, or used, points pay, in fen.
    pub fen: i64,
}

/// How many points a customer may use for an order right now; nothing is reserved.
///
/// # Errors
/// `member_not_found`.
pub async fn quote(
    app: &App,
    customer: &Customer,
    order: &OrderAmount,
) -> Result<(MemberId, i64, Quote)> {
    db::in_tx(&app.db, async |tx| quote_in(tx, app, customer, order).await).await
}

async fn quote_in(
    tx: &Tx,
    app: &App,
    customer: &Customer,
    order: &OrderAmount,
) -> Result<(MemberId, i64, Quote)> {
    let member = find_member(tx, app, customer).await?;
    let balance = spendable(tx, &[member], app.clock.now()).await?;
    let balance = balance.get(&member).copied().unwrap_or_default();
    Ok((member, balance, quoting::quote(&order.lines, &terms(app), balance)))
}

/// Whether so many points may be held for the order that they are to pay, if it is told.
///
/// What she has is not asked here: the ledger knows, under its lock.
pub(super) fn within_limit(app: &App, wish: &Freezing) -> Result<()> {
    let Some(order) = &wish.order else { return Ok(()) };
    let terms = terms(app);
    let most = quoting::quote(&order.lines, &terms, i64::MAX).points;
    if wish.points > most || wish.points % terms.step != 0 {
        return Err(error::OVER_LIMIT.into());
    }
    Ok(())
}

/// A hold of a partner as it stands.
///
/// # Errors
/// `points_hold_not_found`, also for another partner's.
pub async fn hold_of(app: &App, partner: PartnerId, id: HoldId) -> Result<Held> {
    let own = |hold: &points_hold::Model| hold.partner_id == Some(partner);
    let found = store::holds_by_id(app.db.read(), &[id]).await?.pop().filter(own);
    let row = found.ok_or_else(|| Error::from(error::HOLD_NOT_FOUND))?;
    let balance = spendable(app.db.read(), &[row.member_id], app.clock.now()).await?;
    let balance = balance.get(&row.member_id).copied().unwrap_or_default();
    Ok(held(app, row, balance))
}

/// What a partner sees of a hold whose member can spend `balance`.
pub(super) fn held(app: &App, mut row: points_hold::Model, balance: i64) -> Held {
    if row.state == HoldState::Held && row.lapses_at <= app.clock.now() {
        // The job is late; nothing can be done with it any more.
        row.state = HoldState::Lapsed;
    }
    let points = if row.state == HoldState::Captured { row.captured } else { row.amount };
    Held { balance, fen: quoting::fen(points, &terms(app)), row }
}

fn terms(app: &App) -> Terms<'_> {
    let config = &app.config.points;
    Terms {
        points_per_yuan: i64::from(config.points_per_yuan.get()),
        most_percent: i64::from(config.most_percent),
        step: i64::from(config.step.get()),
        excluded: &config.undeductible_categories,
    }
}

/// Where a list of holds was left.
pub type HoldPosition = (DateTime<Utc>, HoldId);

/// What is held of a member's points at the moment, latest first (PT-8).
///
/// # Errors
/// The database's.
pub async fn held_points(
    app: &App,
    member: MemberId,
    after: Option<HoldPosition>,
    limit: u64,
) -> Result<Vec<points_hold::Model>> {
    let accounts = store::accounts_of(app.db.read(), &[member]).await?;
    let ids: Vec<_> = accounts.iter().map(|row| row.id).collect();
    Ok(store::holds_of(app.db.read(), &ids, after, limit).await?)
}
