//! Two-phase checkout at tills and shops of partners (PT-4).

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::HoldState;
use entity::ids::{HoldId, MemberId, PartnerId};
use entity::points_hold;

use super::single::{find_member, lock_member, post_one, spendable, store_of};
use super::till::{self, Customer};
use crate::app::App;
use crate::db::{self, Conn, Tx};
use crate::http::{Error, Result};
use crate::points::rules::quoting::{self, Line, Quote, Terms};
use crate::points::rules::{Act, Movement};
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
    let balance = spendable(tx, member, app.clock.now()).await?;
    Ok((member, balance, quoting::quote(&order.lines, &terms(app), balance)))
}

/// Takes points aside until they are used, given back, or half an hour has passed.
///
/// # Errors
/// `member_not_found`, `points_insufficient`, `points_over_limit`, `points_cause_conflict`.
pub async fn freeze_in(tx: &Tx, app: &App, partner: PartnerId, wish: &Freezing) -> Result<Held> {
    let now = app.clock.now();
    let store = store_of(tx, wish.store_code.as_deref()).await?;
    let member = find_member(tx, app, &wish.customer).await?;
    if let Some(order) = &wish.order {
        let terms = terms(app);
        // What she has is not asked here: the ledger knows, under its lock.
        let most = quoting::quote(&order.lines, &terms, i64::MAX).points;
        if wish.points > most || wish.points % terms.step != 0 {
            return Err(error::OVER_LIMIT.into());
        }
    }
    let act = Act::Freeze {
        amount: wish.points,
        hold: HoldId::new(now),
        lapses_at: now + TimeDelta::minutes(i64::from(app.config.points.hold_minutes)),
        order_ref: Some(wish.checkout_no.clone()),
    };
    let movement = till::movement(partner, &wish.checkout_no, member, act, now);
    let (source, source_id) = (movement.source, movement.source_id.clone());
    post_one(tx, app, Movement { store, ..movement }).await?;
    let row = store::hold_by_source(tx, source, &source_id).await?;
    seen(tx, app, row.ok_or(error::HOLD_NOT_FOUND)?).await
}

/// Uses a hold, all of it or as much as said; the rest goes back.
///
/// # Errors
/// `points_hold_not_found`, also for another partner's, `points_hold_lapsed`, `points_hold_resolved`,
/// `points_hold_exceeded`, `points_cause_conflict` when it was used for another number of points.
pub async fn capture_in(
    tx: &Tx,
    app: &App,
    partner: PartnerId,
    id: HoldId,
    points: Option<i64>,
) -> Result<Held> {
    let (hold, member) = own_hold(tx, partner, id).await?;
    let act = Act::Capture { hold: id, amount: points.unwrap_or(hold.amount) };
    end(tx, app, &hold, member, act).await
}

/// Gives a hold back. One that went back by itself is simply answered.
///
/// # Errors
/// `points_hold_not_found`, also for another partner's, `points_hold_resolved` when it was used.
pub async fn release_in(tx: &Tx, app: &App, partner: PartnerId, id: HoldId) -> Result<Held> {
    let (hold, member) = own_hold(tx, partner, id).await?;
    if matches!(hold.state, HoldState::Released | HoldState::Lapsed) {
        return seen(tx, app, hold).await;
    }
    end(tx, app, &hold, member, Act::Release { hold: id }).await
}

async fn end(
    tx: &Tx,
    app: &App,
    hold: &points_hold::Model,
    member: MemberId,
    act: Act,
) -> Result<Held> {
    let partner = hold.partner_id.ok_or(error::HOLD_NOT_FOUND)?;
    let number = hold.order_ref.as_deref().unwrap_or_default();
    let movement = till::movement(partner, number, member, act, app.clock.now());
    post_one(tx, app, Movement { store: hold.store_id, ..movement }).await?;
    let row = store::hold_by_id(tx, hold.id).await?;
    seen(tx, app, row.ok_or(error::HOLD_NOT_FOUND)?).await
}

/// A hold of the partner, with its member locked: the one who stays, when a merge was just running.
async fn own_hold(
    tx: &Tx,
    partner: PartnerId,
    id: HoldId,
) -> Result<(points_hold::Model, MemberId)> {
    let own = |hold: &points_hold::Model| hold.partner_id == Some(partner);
    let hold = store::hold_by_id(tx, id).await?.filter(own).ok_or(error::HOLD_NOT_FOUND)?;
    let member = lock_member(tx, hold.member_id).await?;
    // Somebody may have ended it while we waited.
    let hold = store::lock_holds(tx, &[id]).await?.pop().ok_or(error::HOLD_NOT_FOUND)?;
    Ok((hold, member))
}

/// A hold of a partner as it stands.
///
/// # Errors
/// `points_hold_not_found`, also for another partner's.
pub async fn hold_of(app: &App, partner: PartnerId, id: HoldId) -> Result<Held> {
    let own = |hold: &points_hold::Model| hold.partner_id == Some(partner);
    let found = store::hold_by_id(app.db.read(), id).await?.filter(own);
    let row = found.ok_or_else(|| Error::from(error::HOLD_NOT_FOUND))?;
    seen(app.db.read(), app, row).await
}

async fn seen(db: &impl Conn, app: &App, mut row: points_hold::Model) -> Result<Held> {
    let now = app.clock.now();
    let balance = spendable(db, row.member_id, now).await?;
    if row.state == HoldState::Held && row.lapses_at <= now {
        // The job is late; nothing can be done with it any more.
        row.state = HoldState::Lapsed;
    }
    let points = if row.state == HoldState::Captured { row.captured } else { row.amount };
    Ok(Held { balance, fen: quoting::fen(points, &terms(app)), row })
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
