//! Two members who turn out to be one (ID-3).

use std::collections::BTreeMap;

use entity::codes::TierCause;
use entity::ids::MemberId;
use entity::tier;

use super::desk::{Desk, File, parts_of, spans};
use crate::app::App;
use crate::db::Tx;
use crate::http::{Result, codes};
use crate::kernel::actor::Actor;
use crate::members::service as members;
use crate::tiers::rules::{self, Earned, Parts, better_earned, better_pin};
use crate::tiers::store;

/// Gives the winner of a merge the better of everything: of what both earned and of both pins the higher tier, of equal
/// ones the later end; all cards, one after the other; the benefits and gifts that the loser used count for her; and then
/// whatever both together have reached (ID-3). Call it after points, orders and totals went over. The loser keeps her own
/// history.
///
/// # Errors
/// `not_found` for an id that no member has; the database's.
pub async fn merge_in(tx: &Tx, app: &App, from: MemberId, to: MemberId) -> Result<()> {
    let rows = members::lock_in(tx, &[from, to]).await?;
    let (Some(loser), true) = (rows.get(&from), rows.contains_key(&to)) else {
        return Err(codes::NOT_FOUND.into());
    };
    let hold = store::holds_of(tx, &[from]).await?.pop();
    let theirs = parts_of(loser, hold.as_ref(), &[]);
    store::move_uses(tx, from, to).await?;
    store::move_gifts(tx, from, to).await?;
    let moved = move_cards(tx, app, from, to).await?;
    store::delete(tx, from).await?;
    let mut desk = Desk::open(tx, app, &[to]).await?;
    let tiers = desk.tiers.clone();
    let file = desk.file(to)?;
    file.parts.cards = moved;
    let before = file.parts.clone();
    file.parts.earned = better_earned(&tiers, &before.earned, &theirs.earned);
    file.parts.pin = better_pin(&tiers, before.pin.clone(), theirs.pin);
    file.parts.growth_mark = before.growth_mark.saturating_add(theirs.growth_mark);
    if is_news(file, &before, &tiers, app) {
        desk.note(to, TierCause::Merge, (Actor::SYSTEM, None));
    }
    desk.raise(&BTreeMap::new());
    desk.write(tx).await
}

/// Whether the tier in force, or its end, or what she earned, or the pin is another one than before. Only the growth that
/// counts is no news.
fn is_news(file: &File, before: &Parts, tiers: &[tier::Model], app: &App) -> bool {
    let now = rules::effective(tiers, &file.parts, app.clock.now());
    let row = &file.row;
    let earned = Earned { growth_base: before.earned.growth_base, ..file.parts.earned.clone() };
    (&row.tier, row.tier_since, row.tier_until) != (&now.tier, now.since, now.until)
        || earned != before.earned
        || file.parts.pin != before.pin
}

async fn move_cards(tx: &Tx, app: &App, from: MemberId, to: MemberId) -> Result<Vec<rules::Span>> {
    store::move_cards(tx, from, to).await?;
    super::cards::close_gaps_in(tx, app, to).await?;
    Ok(spans(&store::cards_of(tx, &[to]).await?))
}
