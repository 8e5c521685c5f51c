//! Paid membership cards (TR-2b).

use entity::codes::TierCause;
use entity::ids::{CardId, MemberId, PartnerId};
pub use entity::membership_card::Model as Card;
use entity::membership_plan::Model as PlanRow;
use entity::values::Fen;

use super::desk::{Desk, spans};
use crate::app::App;
use crate::db::{self, Tx};
use crate::http::{Error, Result};
use crate::kernel::actor::Actor;
use crate::members::service::{AtTill, lock_at_till_in};
use crate::points::service::MEMBER_NOT_FOUND;
use crate::tiers::{error, rules, store};

/// A card to be sold.
#[derive(Clone, Debug)]
pub struct CardSale {
    /// The seller's own number, unique among his.
    pub receipt_no: String,
    /// To whom.
    pub customer: AtTill,
    /// Code of the plan.
    pub plan: String,
    /// What was paid; the price of the plan when absent.
    pub paid: Option<Fen>,
}

/// A card that was sold, or given back.
#[derive(Clone, Debug)]
pub struct CardSold {
    /// The card.
    pub card: Card,
    /// Whether it stood so before this call.
    pub replayed: bool,
}

/// Sells a card: its tier at least is hers from now on, or from the end of her last card of that tier. A receipt sells
/// one card, for ever.
///
/// # Errors
/// `member_not_found`, `membership_plan_stopped`, `membership_receipt_conflict`, `invalid_fields` for an unknown plan.
pub async fn sell_card_in(
    tx: &Tx,
    app: &App,
    partner: PartnerId,
    sale: &CardSale,
) -> Result<CardSold> {
    let member = lock_at_till_in(tx, app, &sale.customer).await?.ok_or(MEMBER_NOT_FOUND)?;
    if let Some(card) = store::find_card(tx, partner, &sale.receipt_no).await? {
        let as_paid = sale.paid.is_none_or(|paid| paid == card.paid_fen);
        return if card.member_id == member && card.plan == sale.plan && as_paid {
            Ok(CardSold { card, replayed: true })
        } else {
            Err(error::RECEIPT_CONFLICT.into())
        };
    }
    let plan = store::find_plan(tx, &sale.plan).await?;
    let unknown = || Error::field("/plan", "unknown", "没有这种会员卡", "no such plan");
    let plan = plan.ok_or_else(unknown)?;
    if plan.stopped_at.is_some() {
        return Err(error::PLAN_STOPPED.into());
    }
    let mut desk = Desk::open(tx, app, &[member]).await?;
    desk.settle();
    let cards = store::cards_of(tx, &[member]).await?;
    let card = new_card(app, &cards, &plan, (partner, member), sale);
    store::insert_card(tx, card.clone()).await?;
    follow(tx, &mut desk, member, (TierCause::Card, partner)).await?;
    desk.write(tx).await?;
    Ok(CardSold { card, replayed: false })
}

fn new_card(
    app: &App,
    cards: &[Card],
    plan: &PlanRow,
    (partner, member): (PartnerId, MemberId),
    sale: &CardSale,
) -> Card {
    let now = app.clock.now();
    let starts_at = rules::next_start(cards, &plan.tier, now);
    let months = u32::try_from(plan.months).unwrap_or_default();
    Card {
        id: CardId::new(now),
        member_id: member,
        plan: plan.code.clone(),
        tier: plan.tier.clone(),
        starts_at,
        ends_at: app.calendar.months_later(starts_at, months),
        paid_fen: sale.paid.unwrap_or(plan.price_fen),
        partner_id: partner,
        receipt_no: sale.receipt_no.clone(),
        sold_at: now,
        cancelled_at: None,
    }
}

/// Gives a card of the same partner back: it ends now, cards that were to follow begin earlier, none of them loses a
/// day. Again changes nothing.
///
/// # Errors
/// `membership_card_not_found`.
pub async fn cancel_card(app: &App, partner: PartnerId, receipt_no: &str) -> Result<CardSold> {
    let cancelled =
        db::in_tx(&app.db, async |tx| cancel_in(tx, app, partner, receipt_no).await).await?;
    app.bell.ring();
    Ok(cancelled)
}

async fn cancel_in(tx: &Tx, app: &App, partner: PartnerId, receipt_no: &str) -> Result<CardSold> {
    let found = store::find_card(tx, partner, receipt_no).await?.ok_or(error::CARD_NOT_FOUND)?;
    let holder = AtTill::Id(found.member_id);
    let member = lock_at_till_in(tx, app, &holder).await?.ok_or(error::CARD_NOT_FOUND)?;
    // Once more, now that nobody can change it.
    let card = store::find_card(tx, partner, receipt_no).await?.ok_or(error::CARD_NOT_FOUND)?;
    if card.cancelled_at.is_some() {
        return Ok(CardSold { card, replayed: true });
    }
    let mut desk = Desk::open(tx, app, &[member]).await?;
    desk.settle();
    store::cancel(tx, card.id, desk.now).await?;
    close_gaps_in(tx, app, member).await?;
    follow(tx, &mut desk, member, (TierCause::CardCancelled, partner)).await?;
    let cancelled_at = Some(desk.now);
    desk.write(tx).await?;
    Ok(CardSold { card: Card { cancelled_at, ..card }, replayed: false })
}

/// Puts the cards of a member whose row is locked in a row again.
pub(super) async fn close_gaps_in(tx: &Tx, app: &App, member: MemberId) -> Result<()> {
    let cards = store::cards_of(tx, &[member]).await?;
    for shift in rules::close_gaps(&cards, app.clock.now()) {
        store::move_to(tx, shift.card, shift.starts_at, shift.ends_at).await?;
    }
    Ok(())
}

/// Lets the desk see the cards as they are now.
async fn follow(
    tx: &Tx,
    desk: &mut Desk<'_>,
    member: MemberId,
    (cause, partner): (TierCause, PartnerId),
) -> Result<()> {
    desk.file(member)?.parts.cards = spans(&store::cards_of(tx, &[member]).await?);
    desk.note(member, cause, (Actor::partner(partner), None));
    Ok(())
}
