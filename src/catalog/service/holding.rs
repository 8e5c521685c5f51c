//! Pieces that are promised for a while: held, then handed over or given back (OR-5; AS-5 stands on it).

use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::{HoldState, StockMoveKind, StockSource};
use entity::ids::{PartnerId, StockHoldId};
use entity::stock_hold::Model as Row;

use super::posting::{Leg, Wish, post_in};
use super::reading::{StockAt, stock_of};
use super::reporting::Known;
use crate::app::App;
use crate::catalog::error;
use crate::catalog::rules::stock::Change;
use crate::catalog::store::{self, Place};
use crate::db::{self, Tx};
use crate::http::{Error, Result};

/// What somebody wants held.
#[derive(Clone, Debug)]
pub struct NewStockHold {
    /// Of what, where.
    pub place: Place,
    /// Pieces, from 1.
    pub pieces: i64,
    /// What for.
    pub source: StockSource,
    /// Which of those; the same one is the same hold.
    pub source_id: String,
    /// The third party that holds; none for our own.
    pub partner: Option<PartnerId>,
    /// When it goes back by itself.
    pub lapses_at: DateTime<Utc>,
}

/// What a third party wants held.
#[derive(Clone, Debug)]
pub struct HoldWish {
    /// Its number.
    pub hold_no: String,
    /// Of what.
    pub sku_code: String,
    /// Where.
    pub store_code: String,
    /// Pieces, from 1.
    pub pieces: i64,
    /// How long.
    pub lasts: TimeDelta,
}

/// A hold, and the level that it is of.
#[derive(Clone, Debug)]
pub struct StockHeld {
    /// The hold.
    pub hold: Row,
    /// Where the level stands.
    pub at: StockAt,
}

/// Holds for a third party in the caller's transaction: only what is available.
///
/// # Errors
/// `stock_insufficient`, `stock_cause_conflict`, `stock_sku_unknown`, `stock_store_unknown`.
pub async fn hold_for_in(
    tx: &Tx,
    app: &App,
    partner: PartnerId,
    wish: &HoldWish,
) -> Result<StockHeld> {
    let (skus, places) = ([wish.sku_code.as_str()], [wish.store_code.as_str()]);
    let known = Known::of(tx, skus.into_iter(), places.into_iter()).await?;
    let place = (known.sku(&wish.sku_code)?, known.store("/store_code", &wish.store_code)?);
    let new = NewStockHold {
        place,
        pieces: wish.pieces,
        source: StockSource::Document,
        source_id: format!("{partner} {}", wish.hold_no),
        partner: Some(partner),
        lapses_at: app.clock.now() + wish.lasts,
    };
    hold_in(tx, app, new).await
}

/// Holds in the caller's transaction: only what is available. The same cause again is the same hold.
///
/// # Errors
/// `stock_insufficient`, `stock_cause_conflict`.
pub async fn hold_in(tx: &Tx, app: &App, new: NewStockHold) -> Result<StockHeld> {
    if let Some(held) = held_before(tx, app, &new).await? {
        return Ok(held);
    }
    let now = app.clock.now();
    let id = StockHoldId::new(now);
    let leg = Leg {
        place: new.place,
        kind: StockMoveKind::Hold,
        quantity: new.pieces,
        change: Change::Hold(new.pieces),
    };
    let posted = match post_one(tx, app, id, new.partner, leg).await {
        // The same wish may have taken the last piece while this one waited for the level.
        Err(refused @ Error::Refused(_)) => {
            return held_before(tx, app, &new).await?.ok_or(refused);
        }
        posted => posted?,
    };
    let hold = Row {
        id,
        level_id: posted,
        quantity: new.pieces,
        captured: 0,
        state: HoldState::Held,
        source: new.source,
        source_id: new.source_id,
        partner_id: new.partner,
        created_at: now,
        lapses_at: new.lapses_at,
        resolved_at: None,
    };
    store::insert_hold(tx, &hold).await?;
    held(tx, hold).await
}

/// The hold of the same cause, if there is one already.
async fn held_before(tx: &Tx, app: &App, new: &NewStockHold) -> Result<Option<StockHeld>> {
    let Some(known) = store::hold_by_cause(tx, new.source, &new.source_id).await? else {
        return Ok(None);
    };
    let standing = held(tx, as_of(known, app.clock.now())).await?;
    let same = standing.hold.quantity == new.pieces && standing.at.place() == new.place;
    if same { Ok(Some(standing)) } else { Err(error::STOCK_CAUSE_CONFLICT.into()) }
}

/// Hands held pieces over, all of them or fewer; the rest can be promised again. Once, and not after its time. `partner` is
/// whose hold it must be; none is our own.
///
/// # Errors
/// `stock_hold_not_found`, `stock_hold_lapsed`, `stock_hold_resolved`, `stock_hold_exceeded`.
pub async fn capture_hold_in(
    tx: &Tx,
    app: &App,
    partner: Option<PartnerId>,
    id: StockHoldId,
    pieces: Option<i64>,
) -> Result<StockHeld> {
    let mut hold = locked(tx, partner, id).await?;
    let taken = pieces.unwrap_or(hold.quantity);
    let now = app.clock.now();
    match hold.state {
        HoldState::Captured if hold.captured == taken => return held(tx, hold).await,
        HoldState::Captured | HoldState::Released => {
            return Err(error::STOCK_HOLD_RESOLVED.into());
        }
        HoldState::Lapsed => return Err(error::STOCK_HOLD_LAPSED.into()),
        HoldState::Held if hold.lapses_at <= now => return Err(error::STOCK_HOLD_LAPSED.into()),
        HoldState::Held => {}
    }
    let change = Change::Capture { taken, of: hold.quantity };
    let place = place_of(tx, &hold).await?;
    let leg = Leg { place, kind: StockMoveKind::Capture, quantity: taken, change };
    post_one(tx, app, id, hold.partner_id, leg).await?;
    (hold.state, hold.captured, hold.resolved_at) = (HoldState::Captured, taken, Some(now));
    store::save_holds(tx, std::slice::from_ref(&hold)).await?;
    held(tx, hold).await
}

/// Ends a promise: its pieces can be promised again. One that went back already is answered as it is.
///
/// # Errors
/// `stock_hold_not_found`, `stock_hold_resolved` when it was used.
pub async fn release_hold_in(
    tx: &Tx,
    app: &App,
    partner: Option<PartnerId>,
    id: StockHoldId,
) -> Result<StockHeld> {
    let mut hold = locked(tx, partner, id).await?;
    match hold.state {
        HoldState::Captured => return Err(error::STOCK_HOLD_RESOLVED.into()),
        HoldState::Released | HoldState::Lapsed => return held(tx, hold).await,
        HoldState::Held => {}
    }
    let place = place_of(tx, &hold).await?;
    post_one(tx, app, id, hold.partner_id, ending(place, &hold)).await?;
    (hold.state, hold.resolved_at) = (HoldState::Released, Some(app.clock.now()));
    store::save_holds(tx, std::slice::from_ref(&hold)).await?;
    held(tx, hold).await
}

/// A hold of a third party, as it stands now: one whose time has passed reads `lapsed` even before its pieces are back.
///
/// # Errors
/// `stock_hold_not_found` also when it is another's.
pub async fn hold_of(app: &App, partner: PartnerId, id: StockHoldId) -> Result<StockHeld> {
    let db = app.db.read();
    let hold = store::hold_by_id(db, id).await?;
    let hold = hold.filter(|hold| hold.partner_id == Some(partner));
    let hold = hold.ok_or(error::STOCK_HOLD_NOT_FOUND)?;
    held(db, as_of(hold, app.clock.now())).await
}

/// A hold as it reads: its time may be over before its pieces are back.
fn as_of(mut hold: Row, now: DateTime<Utc>) -> Row {
    if hold.state == HoldState::Held && hold.lapses_at <= now {
        hold.state = HoldState::Lapsed;
    }
    hold
}

/// Gives back what was neither used nor given back in time, at most `limit` holds. Says how many.
///
/// # Errors
/// The database's.
pub async fn lapse_stock_holds(app: &App, limit: u64) -> Result<usize> {
    let now = app.clock.now();
    let mut due = store::stock_holds_due(app.db.read(), now, limit).await?;
    if due.is_empty() {
        return Ok(0);
    }
    due.sort_unstable();
    let done = db::in_tx(&app.db, async |tx| lapse_in(tx, app, &due, now).await).await?;
    app.bell.ring();
    Ok(done)
}

async fn lapse_in(tx: &Tx, app: &App, due: &[StockHoldId], now: DateTime<Utc>) -> Result<usize> {
    let mut holds = store::lock_stock_holds(tx, due).await?;
    holds.retain(|hold| hold.state == HoldState::Held && hold.lapses_at <= now);
    let mut wishes = Vec::with_capacity(holds.len());
    let mut levels: Vec<_> = holds.iter().map(|hold| hold.level_id).collect();
    levels.sort_unstable();
    levels.dedup();
    let levels = store::levels_by_id(tx, &levels).await?;
    for hold in &holds {
        let level = levels.iter().find(|level| level.id == hold.level_id);
        let level = level.ok_or_else(|| Error::fault("the level of a hold is gone"))?;
        let leg = ending((level.sku_id, level.store_id), hold);
        wishes.push(wish(hold.id, hold.partner_id, now, leg));
    }
    for answer in post_in(tx, app, &wishes).await? {
        answer?;
    }
    for hold in &mut holds {
        (hold.state, hold.resolved_at) = (HoldState::Lapsed, Some(now));
    }
    store::save_holds(tx, &holds).await?;
    Ok(holds.len())
}

const fn ending(place: Place, hold: &Row) -> Leg {
    let quantity = hold.quantity;
    Leg { place, kind: StockMoveKind::Release, quantity, change: Change::Release(quantity) }
}

fn wish(id: StockHoldId, partner: Option<PartnerId>, at: DateTime<Utc>, leg: Leg) -> Wish {
    let (source, source_id) = (StockSource::Hold, id.to_string());
    Wish { source, source_id, partner, at, legs: vec![leg] }
}

async fn post_one(
    tx: &Tx,
    app: &App,
    id: StockHoldId,
    partner: Option<PartnerId>,
    leg: Leg,
) -> Result<entity::ids::StockLevelId> {
    let wish = wish(id, partner, app.clock.now(), leg);
    let posted = post_in(tx, app, &[wish]).await?.pop();
    Ok(posted.ok_or_else(|| Error::fault("a movement has no answer"))??.level)
}

/// Holds are locked before their levels.
async fn locked(tx: &Tx, partner: Option<PartnerId>, id: StockHoldId) -> Result<Row> {
    let hold = store::lock_stock_holds(tx, &[id]).await?.pop();
    let hold = hold.filter(|hold| hold.partner_id == partner);
    Ok(hold.ok_or(error::STOCK_HOLD_NOT_FOUND)?)
}

async fn place_of(tx: &Tx, hold: &Row) -> Result<Place> {
    let level = store::levels_by_id(tx, &[hold.level_id]).await?.pop();
    let level = level.ok_or_else(|| Error::fault("the level of a hold is gone"))?;
    Ok((level.sku_id, level.store_id))
}

async fn held(db: &impl db::Conn, hold: Row) -> Result<StockHeld> {
    let level = store::levels_by_id(db, &[hold.level_id]).await?;
    let at = stock_of(db, level).await?.pop();
    let at = at.ok_or_else(|| Error::fault("the level of a hold is gone"))?;
    Ok(StockHeld { hold, at })
}
