//! Tiers that head office fixes (TR-2b).

use chrono::{DateTime, Utc};
use entity::codes::{AuditAction, TierCause};
use entity::ids::{MemberId, StaffId};
use entity::membership_card;

use super::desk::Desk;
use super::standing::{Standing, standing};
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::db;
use crate::http::{Error, Result, codes};
use crate::kernel::actor::Actor;
use crate::members::service as members;
use crate::tiers::rules::Pin;
use crate::tiers::store;

/// A tier to be fixed.
#[derive(Clone, Debug)]
pub struct PinWish {
    /// Code.
    pub tier: String,
    /// End; none lasts until it is lifted.
    pub until: Option<DateTime<Utc>>,
    /// Why, for the history.
    pub reason: String,
}

/// A pin that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    /// Code of the tier.
    pub tier: String,
    /// Start.
    pub since: DateTime<Utc>,
    /// End; none lasts until it is lifted.
    pub until: Option<DateTime<Utc>>,
}

/// Fixes a member's tier, above or below what she has. What she earns goes on underneath, rises, renewals and steps down
/// alike, and is in force again when the pin ends. The same pin again changes nothing.
///
/// # Errors
/// `not_found`; `invalid_fields` for an unknown tier or an end that has passed.
pub async fn pin(
    app: &App,
    (by, author): (StaffId, &Author),
    member: MemberId,
    wish: &PinWish,
) -> Result<()> {
    if wish.until.is_some_and(|end| end <= app.clock.now()) {
        let en = "the end has passed";
        return Err(Error::field("/until", "time", "结束时间必须晚于现在", en));
    }
    db::in_tx(&app.db, async |tx| {
        let id = winner_of(tx, member).await?;
        let mut desk = Desk::open(tx, app, &[id]).await?;
        if !desk.tiers.iter().any(|tier| tier.code == wish.tier) {
            return Err(Error::field("/tier", "unknown", "没有这个等级", "no such tier"));
        }
        desk.settle();
        let now = desk.now;
        let file = desk.file(id)?;
        let stands = file.parts.pin.as_ref();
        if stands.is_none_or(|pin| (&pin.tier, pin.until) != (&wish.tier, wish.until)) {
            let tier = wish.tier.clone();
            file.parts.pin = Some(Pin { tier, since: now, until: wish.until });
            desk.note(id, TierCause::Pin, (Actor::staff(by), Some(&wish.reason)));
            let line = Line::new(AuditAction::TierPinned).about(id);
            audit::write_in(tx, app, author, &[line]).await?;
        }
        desk.write(tx).await
    })
    .await?;
    app.bell.ring();
    Ok(())
}

/// Lifts a pin: the tier is what she earned or paid for. Without one nothing changes.
///
/// # Errors
/// `not_found`.
pub async fn lift_pin(app: &App, (by, author): (StaffId, &Author), member: MemberId) -> Result<()> {
    db::in_tx(&app.db, async |tx| {
        let id = winner_of(tx, member).await?;
        let mut desk = Desk::open(tx, app, &[id]).await?;
        desk.settle();
        if desk.file(id)?.parts.pin.take().is_some() {
            desk.note(id, TierCause::PinLifted, (Actor::staff(by), None));
            let line = Line::new(AuditAction::TierUnpinned).about(id);
            audit::write_in(tx, app, author, &[line]).await?;
        }
        desk.write(tx).await
    })
    .await?;
    app.bell.ring();
    Ok(())
}

async fn winner_of(tx: &db::Tx, member: MemberId) -> Result<MemberId> {
    let winners = members::lock_winners(tx, &[member]).await?;
    winners.get(&member).copied().ok_or_else(|| codes::NOT_FOUND.into())
}

/// Where a member stands, with the parts that her tier follows from.
#[derive(Clone, Debug)]
pub struct Whole {
    /// The tier in force and what she earned.
    pub standing: Standing,
    /// The pin, if there is one.
    pub pin: Option<Pinned>,
    /// Cards that were not given back.
    pub cards: Vec<membership_card::Model>,
}

/// Where a member stands, seen whole; by the id of one that was merged too.
///
/// # Errors
/// `not_found`.
pub async fn whole(app: &App, author: &Author, member: MemberId) -> Result<Whole> {
    let db = app.db.read();
    let id = members::show_any(app, author, member, "tier").await?.id;
    let hold = store::holds_of(db, &[id]).await?.pop();
    let pin = hold.and_then(|hold| {
        let (tier, since) = hold.pin_tier.zip(hold.pin_since)?;
        Some(Pinned { tier, since, until: hold.pin_until })
    });
    let cards = store::cards_of(db, &[id]).await?;
    Ok(Whole { standing: standing(db, app, id).await?, pin, cards })
}
