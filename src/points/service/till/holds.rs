//! Two-phase checkout at tills (PT-4): wishes about holds as movements, and what they are answered.

use std::collections::{BTreeSet, HashMap};

use chrono::TimeDelta;
use entity::codes::{HoldState, Source};
use entity::ids::{HoldId, MemberId, PartnerId};
use entity::points_hold;

use super::drafts::{Draft, Facts, Winners, movement, source_id, winner};
use super::{Step, TillDone, TillWish};
use crate::app::App;
use crate::db::{Conn, Tx};
use crate::http::Result;
use crate::points::rules::{Act, Movement};
use crate::points::service::checkout::{Freezing, held, within_limit};
use crate::points::service::single::spendable;
use crate::points::{error, store};

impl Facts {
    pub(super) fn freeze(
        &self,
        app: &App,
        partner: PartnerId,
        wish: &Freezing,
        member: impl FnOnce() -> Result<MemberId>,
    ) -> Result<Draft> {
        let store = self.store(wish.store_code.as_deref())?;
        let member = member()?;
        within_limit(app, wish)?;
        let now = app.clock.now();
        let act = Act::Freeze {
            amount: wish.points,
            hold: HoldId::new(now),
            lapses_at: now + TimeDelta::minutes(i64::from(app.config.points.hold_minutes)),
            order_ref: Some(wish.checkout_no.clone()),
        };
        let movement = movement(partner, &wish.checkout_no, member, act, now);
        Ok(Draft::Moves { movement: Movement { store, ..movement }, gives_back: false })
    }

    /// Uses a hold, all of it or as much as said; the rest goes back.
    pub(super) fn capture(
        &self,
        app: &App,
        partner: PartnerId,
        (id, points): (HoldId, Option<i64>),
        winners: &Winners,
    ) -> Result<Draft> {
        let hold = self.own_hold(partner, id)?;
        let amount = points.unwrap_or(hold.amount);
        let act = Act::Capture { hold: id, amount };
        let movement = end(app, (partner, hold), act, winners)?;
        Ok(Draft::Moves { movement, gives_back: amount < hold.amount })
    }

    /// Gives a hold back. One that went back by itself is simply answered.
    pub(super) fn release(
        &self,
        app: &App,
        partner: PartnerId,
        id: HoldId,
        winners: &Winners,
    ) -> Result<Draft> {
        let hold = self.own_hold(partner, id)?;
        if matches!(hold.state, HoldState::Released | HoldState::Lapsed) {
            return Ok(Draft::Stands);
        }
        let movement = end(app, (partner, hold), Act::Release { hold: id }, winners)?;
        Ok(Draft::Moves { movement, gives_back: true })
    }

    fn own_hold(&self, partner: PartnerId, id: HoldId) -> Result<&points_hold::Model> {
        let own = |hold: &&points_hold::Model| hold.partner_id == Some(partner);
        Ok(self.holds.get(&id).filter(own).ok_or(error::HOLD_NOT_FOUND)?)
    }
}

fn end(
    app: &App,
    (partner, hold): (PartnerId, &points_hold::Model),
    act: Act,
    winners: &Winners,
) -> Result<Movement> {
    let member = winner(winners, Some(hold.member_id), error::HOLD_NOT_FOUND)?;
    let number = hold.order_ref.as_deref().unwrap_or_default();
    let movement = movement(partner, number, member, act, app.clock.now());
    Ok(Movement { store: hold.store_id, ..movement })
}

/// The holds that wishes are about, not locked: how they stand now is decided under the lock, once all accounts are
/// there.
pub(super) async fn named_holds(
    tx: &impl Conn,
    wishes: &[&(PartnerId, TillWish)],
) -> Result<HashMap<HoldId, points_hold::Model>> {
    let asked: BTreeSet<(HoldId, PartnerId)> =
        wishes.iter().filter_map(|(partner, wish)| Some((hold_of(wish)?, *partner))).collect();
    let mut ids: Vec<HoldId> = asked.iter().map(|(id, _)| *id).collect();
    ids.dedup();
    let mut found = store::holds_by_id(tx, &ids).await?;
    // What is another partner's is not there, and nobody waits for its member.
    found.retain(|row| row.partner_id.is_some_and(|partner| asked.contains(&(row.id, partner))));
    Ok(found.into_iter().map(|row| (row.id, row)).collect())
}

const fn hold_of(wish: &TillWish) -> Option<HoldId> {
    match wish {
        TillWish::Capture { hold, .. } | TillWish::Release { hold } => Some(*hold),
        TillWish::Spend(_) | TillWish::Earn(_) | TillWish::GiveBack(_) | TillWish::Freeze(_) => {
            None
        }
    }
}

/// Locks the holds that movements end, in id order.
pub(super) async fn lock(tx: &Tx, movements: impl Iterator<Item = &Movement>) -> Result<()> {
    let ids: BTreeSet<HoldId> = movements.filter_map(Movement::resolves).collect();
    store::lock_holds(tx, &Vec::from_iter(ids)).await?;
    Ok(())
}

/// A release that met a hold which had gone back by itself is told how it stands.
pub(super) fn forgiven(wish: &TillWish, step: Result<Step>) -> Result<Step> {
    match step {
        Err(refused)
            if matches!(wish, TillWish::Release { .. })
                && refused.refusal().code == error::HOLD_LAPSED =>
        {
            Ok(Step::Stands)
        }
        step => step,
    }
}

/// What each wish is answered: holds as they stand after all of them.
pub(super) async fn tell(
    tx: &Tx,
    app: &App,
    wishes: &[&(PartnerId, TillWish)],
    steps: Vec<Result<Step>>,
) -> Result<Vec<Result<TillDone>>> {
    let told = Told::of(tx, app, wishes, &steps).await?;
    let each = |((partner, wish), step): (&&(PartnerId, TillWish), Result<Step>)| {
        let step = step?;
        let Some(row) = told.hold_of(*partner, wish)? else { return step.moved() };
        let balance = match step {
            Step::Posted(posted) => posted.available,
            Step::Stands => told.spendable.get(&row.member_id).copied().unwrap_or_default(),
        };
        Ok(TillDone::Held(Box::new(held(app, row.clone(), balance))))
    };
    Ok(wishes.iter().zip(steps).map(each).collect())
}

/// What has to be known to tell.
struct Told {
    by_id: HashMap<HoldId, points_hold::Model>,
    by_number: HashMap<String, points_hold::Model>,
    /// What members can spend whose holds are answered as they stand.
    spendable: HashMap<MemberId, i64>,
}

impl Told {
    async fn of(
        tx: &Tx,
        app: &App,
        wishes: &[&(PartnerId, TillWish)],
        steps: &[Result<Step>],
    ) -> Result<Self> {
        let (mut ids, mut numbers, mut stand) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for ((partner, wish), step) in wishes.iter().zip(steps) {
            match (step, wish) {
                (Ok(_), TillWish::Freeze(wish)) => {
                    numbers.insert(source_id(*partner, &wish.checkout_no));
                }
                (Ok(step), wish) => {
                    ids.extend(hold_of(wish));
                    stand.extend(hold_of(wish).filter(|_| matches!(step, Step::Stands)));
                }
                (Err(_), _) => {}
            }
        }
        let (ids, numbers): (Vec<_>, Vec<_>) = (Vec::from_iter(ids), Vec::from_iter(numbers));
        let by_id = store::holds_by_id(tx, &ids).await?;
        let by_number = store::holds_by_source(tx, Source::Till, &numbers).await?;
        let stand = by_id.iter().filter(|row| stand.contains(&row.id)).map(|row| row.member_id);
        let stand: BTreeSet<MemberId> = stand.collect();
        let spendable = spendable(tx, &Vec::from_iter(stand), app.clock.now()).await?;
        let by_id = by_id.into_iter().map(|row| (row.id, row)).collect();
        let by_number = by_number.into_iter().map(|row| (row.source_id.clone(), row)).collect();
        Ok(Self { by_id, by_number, spendable })
    }

    /// The hold that a wish is about; none where it is about something else.
    fn hold_of(&self, partner: PartnerId, wish: &TillWish) -> Result<Option<&points_hold::Model>> {
        let row = match (hold_of(wish), wish) {
            (Some(id), _) => self.by_id.get(&id),
            (None, TillWish::Freeze(wish)) => {
                self.by_number.get(&source_id(partner, &wish.checkout_no))
            }
            (None, _) => return Ok(None),
        };
        Ok(Some(row.ok_or(error::HOLD_NOT_FOUND)?))
    }
}
