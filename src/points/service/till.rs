//! What partners do with points at their tills (PT-4, PT-5).

use std::collections::HashSet;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entity::codes::{Ledger, Source, TransferKind};
use entity::ids::{MemberId, PartnerId, StoreId};

use super::reading::spendable;
use super::{post_in, purchase_rule_at};
use crate::app::App;
use crate::db::{self, Tx};
use crate::http::{Error, Result};
use crate::kernel::actor::Actor;
use crate::kernel::mobile::Mobile;
use crate::members::service::{self as members, Who};
use crate::points::rules::{Act, Cause, Movement, Posted, Short};
use crate::points::{error, store};
use crate::stores::service as stores;

/// How far a till's clock may be ahead.
const CLOCK_AHEAD: TimeDelta = TimeDelta::minutes(5);
/// Nobody backdates further: 2000-01-01 in Unix seconds.
const EARLIEST: i64 = 946_684_800;

/// The customer at the till.
#[derive(Clone, Debug)]
pub enum Customer {
    /// By member id, of a merged member too.
    Id(MemberId),
    /// By phone.
    Phone(Mobile),
    /// By card number.
    Card(String),
}

/// Points to be spent or granted.
#[derive(Clone, Debug)]
pub struct TillMove {
    /// The partner's own number, unique among his.
    pub receipt_no: String,
    /// Whose.
    pub customer: Customer,
    /// How many.
    pub points: i64,
    /// Business time; now when absent.
    pub occurred_at: Option<DateTime<Utc>>,
    /// The store.
    pub store_code: Option<String>,
}

/// Spent points to be given back.
#[derive(Clone, Debug)]
pub struct TillReversal {
    /// The receipt that spent them.
    pub receipt_no: String,
    /// The partner's own number of the reversal.
    pub reversal_no: String,
    /// How many.
    pub points: i64,
}

/// Spends points at a till.
///
/// # Errors
/// `member_not_found`, `points_insufficient`, `points_cause_conflict`, `invalid_fields` for a time or a store that
/// cannot be.
pub async fn spend_at_till_in(
    tx: &Tx,
    app: &App,
    partner: PartnerId,
    wish: &TillMove,
) -> Result<Posted> {
    let spend = Act::Spend { amount: wish.points };
    move_in(tx, app, partner, wish, spend).await
}

/// As [`spend_at_till_in`], in a transaction of its own: for callers whose receipt number is key enough.
///
/// # Errors
/// As [`spend_at_till_in`].
pub async fn spend_at_till(app: &App, partner: PartnerId, wish: &TillMove) -> Result<Posted> {
    let posted =
        db::in_tx(&app.db, async |tx| spend_at_till_in(tx, app, partner, wish).await).await?;
    app.bell.ring();
    Ok(posted)
}

/// Grants points at a till; they last as long as those of a purchase at that time.
///
/// # Errors
/// `member_not_found`, `points_cause_conflict`, `points_out_of_range`, `invalid_fields` for a time or a store that
/// cannot be.
pub async fn earn_at_till_in(
    tx: &Tx,
    app: &App,
    partner: PartnerId,
    wish: &TillMove,
) -> Result<Posted> {
    let at = business_time(app, wish.occurred_at)?;
    let rule = purchase_rule_at(tx, Ledger::Points, at).await?;
    let months = rule.and_then(|rule| rule.row.months_valid);
    let months = months.and_then(|months| u32::try_from(months).ok());
    let expires_at = months.map(|months| app.calendar.end_of_month_after(at, months));
    let earn = Act::Earn { amount: wish.points, expires_at, rule: None, settles_at: None };
    move_in(tx, app, partner, wish, earn).await
}

/// Gives back what a receipt of the same partner spent, whole or in part, to whoever has those points today.
///
/// # Errors
/// `points_original_not_found`, `points_reversal_exceeds`, `points_cause_conflict`.
pub async fn give_back_at_till_in(
    tx: &Tx,
    app: &App,
    partner: PartnerId,
    wish: &TillReversal,
) -> Result<Posted> {
    let original = Cause {
        ledger: Ledger::Points,
        source: Source::Till,
        source_id: source_id(partner, &wish.receipt_no),
        kind: TransferKind::Spend,
    };
    let owner = owner_of(tx, &original).await?;
    let member = lock_member(tx, owner.ok_or(error::ORIGINAL_NOT_FOUND)?).await?;
    let act = Act::Reverse {
        source: original.source,
        source_id: original.source_id,
        kind: original.kind,
        amount: wish.points,
        short: Short::Debt,
    };
    let at = app.clock.now();
    post_one(tx, app, movement(partner, &wish.reversal_no, member, act, at)).await
}

async fn move_in(
    tx: &Tx,
    app: &App,
    partner: PartnerId,
    wish: &TillMove,
    act: Act,
) -> Result<Posted> {
    let at = business_time(app, wish.occurred_at)?;
    let store = store_of(tx, wish.store_code.as_deref()).await?;
    let member = find_member(tx, app, &wish.customer).await?;
    let movement = movement(partner, &wish.receipt_no, member, act, at);
    post_one(tx, app, Movement { store, ..movement }).await
}

/// Posts one movement. The till shows the balance it answers, so points that have run out and are not booked as expired
/// yet do not count: her phone shows the same.
async fn post_one(tx: &Tx, app: &App, movement: Movement) -> Result<Posted> {
    let member = movement.member;
    let mut answers = post_in(tx, app, &[movement]).await?;
    let answer = answers.pop().ok_or_else(|| Error::fault("a movement got no answer"))?;
    let posted = answer?;
    Ok(Posted { available: spendable(tx, member, app.clock.now()).await?, ..posted })
}

fn movement(
    partner: PartnerId,
    number: &str,
    member: MemberId,
    act: Act,
    occurred_at: DateTime<Utc>,
) -> Movement {
    Movement {
        member,
        ledger: Ledger::Points,
        act,
        source: Source::Till,
        source_id: source_id(partner, number),
        occurred_at,
        order: None,
        store: None,
        actor: Actor::partner(partner),
    }
}

/// Partners number by themselves: the same number of two partners is two movements.
fn source_id(partner: PartnerId, number: &str) -> String {
    format!("{partner}:{number}")
}

fn business_time(app: &App, sent: Option<DateTime<Utc>>) -> Result<DateTime<Utc>> {
    let now = app.clock.now();
    let at = sent.unwrap_or(now).trunc_subsecs(3);
    if at > now + CLOCK_AHEAD || at.timestamp() < EARLIEST {
        let en = "in the future, or before the year 2000";
        return Err(Error::field("/occurred_at", "time", "时间不能在未来或早于 2000 年", en));
    }
    Ok(at)
}

async fn store_of(tx: &Tx, code: Option<&str>) -> Result<Option<StoreId>> {
    let Some(code) = code else { return Ok(None) };
    let stores = stores::by_codes(tx, &[code.to_owned()]).await?;
    let unknown = || Error::field("/store_code", "unknown", "门店不存在", "no such store");
    Ok(Some(stores.get(code).ok_or_else(unknown)?.id))
}

async fn find_member(tx: &Tx, app: &App, customer: &Customer) -> Result<MemberId> {
    let who = match customer {
        Customer::Id(id) => return lock_member(tx, *id).await,
        Customer::Phone(phone) => Who { phone: Some(phone.clone()), ..Who::default() },
        Customer::Card(card) => Who { card: Some(card.clone()), ..Who::default() },
    };
    let found = members::find(tx, app, &[who]).await?.pop().flatten();
    lock_member(tx, found.ok_or(error::MEMBER_NOT_FOUND)?).await
}

/// Locks the member who stays: a merge that is just running is waited for, and then followed.
async fn lock_member(tx: &Tx, member: MemberId) -> Result<MemberId> {
    let mut id = member;
    loop {
        let row = members::lock_in(tx, &[id]).await?.remove(&id);
        match row.ok_or(error::MEMBER_NOT_FOUND)?.merged_into {
            Some(next) => id = next,
            None => return Ok(id),
        }
    }
}

async fn owner_of(tx: &Tx, cause: &Cause) -> Result<Option<MemberId>> {
    let found = store::with_causes(tx, &HashSet::from([cause.clone()])).await?;
    let Some(transfer) = found.first() else { return Ok(None) };
    let accounts = store::accounts_by_id(tx, &[transfer.account_id]).await?;
    Ok(accounts.first().map(|row| row.member_id))
}
