//! Benefits used at a till (TR-3).

use chrono::Datelike;
use entity::codes::BenefitKind;
use entity::ids::{BenefitUseId, MemberId, PartnerId};
use entity::{benefit_use, member};

use super::benefits::{Entitlement, entitlement, offered};
use super::moving::settle_in;
use crate::app::App;
use crate::db::{self, Tx};
use crate::http::{Error, Result};
use crate::members::service::{self as members, AtTill, lock_at_till_in};
use crate::points::service::MEMBER_NOT_FOUND;
use crate::tiers::rules::limits_of;
use crate::tiers::{error, store};

/// A benefit to be used.
#[derive(Clone, Debug)]
pub struct UseWish {
    /// What.
    pub kind: BenefitKind,
    /// The till's own number, unique among his for this kind.
    pub receipt_no: String,
    /// Whose.
    pub customer: AtTill,
}

/// A benefit that was used.
#[derive(Clone, Debug)]
pub struct BenefitUsed {
    /// What she has of it now.
    pub entitlement: Entitlement,
    /// Whether the same receipt had used it before; then nothing was used now.
    pub replayed: bool,
}

/// Uses a benefit of a member's tier: one of its quota, once for each receipt, and never more than the quota has, however
/// many tills ask at once.
///
/// # Errors
/// `member_not_found`, `benefit_not_offered`, `benefit_used_up`, `benefit_not_now`, `benefit_receipt_conflict`.
pub async fn use_benefit_in(
    tx: &Tx,
    app: &App,
    partner: PartnerId,
    wish: &UseWish,
) -> Result<BenefitUsed> {
    let member = lock_at_till_in(tx, app, &wish.customer).await?.ok_or(MEMBER_NOT_FOUND)?;
    settle_in(tx, app, &[member]).await?;
    let row = row_of(tx, member).await?;
    let before = store::find_use(tx, partner, wish.kind, &wish.receipt_no).await?;
    if before.as_ref().is_some_and(|it| it.member_id != member || it.undone_at.is_some()) {
        return Err(error::BENEFIT_RECEIPT_CONFLICT.into());
    }
    let Some(has) = has(tx, app, &row, wish.kind).await? else {
        return Err(error::BENEFIT_NOT_OFFERED.into());
    };
    if before.is_some() {
        return Ok(BenefitUsed { entitlement: has, replayed: true });
    }
    if wish.kind == BenefitKind::BirthdayGift && !is_birthday_month(app, &row) {
        return Err(error::BENEFIT_NOT_NOW.into());
    }
    if has.left == Some(0) {
        return Err(error::BENEFIT_USED_UP.into());
    }
    let now = app.clock.now();
    let used = benefit_use::Model {
        id: BenefitUseId::new(now),
        member_id: member,
        kind: wish.kind,
        tier: row.tier.clone(),
        partner_id: partner,
        receipt_no: wish.receipt_no.clone(),
        used_at: now,
        undone_at: None,
    };
    store::insert_use(tx, used).await?;
    let entitlement = entitlement(tx, app, &row, has.benefit).await?;
    Ok(BenefitUsed { entitlement, replayed: false })
}

/// Takes the use of a receipt back: the quota has it again. Again changes nothing; the receipt cannot use it any more.
///
/// # Errors
/// `benefit_use_not_found`.
pub async fn undo_use(
    app: &App,
    partner: PartnerId,
    kind: BenefitKind,
    receipt_no: &str,
) -> Result<()> {
    db::in_tx(&app.db, async |tx| {
        let found = store::find_use(tx, partner, kind, receipt_no).await?;
        let used = found.ok_or(error::BENEFIT_USE_NOT_FOUND)?;
        // Whoever uses it at the same time counts after us, or before.
        lock_at_till_in(tx, app, &AtTill::Id(used.member_id)).await?;
        Ok(store::undo_use(tx, used.id, app.clock.now()).await?)
    })
    .await
}

async fn row_of(tx: &Tx, member: MemberId) -> Result<member::Model> {
    let row = members::by_ids(tx, &[member]).await?.remove(&member);
    row.ok_or_else(|| Error::fault("a member who was just locked is gone"))
}

/// What her tier gives of a kind that a till can use.
async fn has(
    tx: &Tx,
    app: &App,
    row: &member::Model,
    kind: BenefitKind,
) -> Result<Option<Entitlement>> {
    if limits_of(kind).is_none_or(|limits| !limits.usable) {
        return Ok(None);
    }
    let mut tiers = store::tiers(tx).await?;
    tiers.retain(|tier| tier.code == row.tier);
    let benefits = offered(tx, &tiers).await?.remove(&row.tier).unwrap_or_default();
    match benefits.into_iter().find(|benefit| benefit.kind == kind) {
        Some(benefit) => Ok(Some(entitlement(tx, app, row, benefit).await?)),
        None => Ok(None),
    }
}

fn is_birthday_month(app: &App, row: &member::Model) -> bool {
    let month = app.calendar.day(app.clock.now()).month();
    row.birthday.is_some_and(|birthday| birthday.month() == month)
}
