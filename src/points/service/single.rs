//! One customer, one movement: for what is not gathered.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::codes::Ledger;
use entity::ids::{AccountId, MemberId};
use entity::points_account;

use super::purchase_rule_at;
use super::till::{Customer, post_round};
use crate::app::App;
use crate::db::{Conn, Tx};
use crate::http::{Error, Result};
use crate::members::service::{self as members, Who};
use crate::points::rules::{Movement, Posted};
use crate::points::{error, store};

/// Posts one movement; its answer names the balance that her phone shows.
pub(super) async fn post_one(tx: &Tx, app: &App, movement: Movement) -> Result<Posted> {
    let answers = post_round(tx, app, &[movement]).await?;
    answers.into_iter().next().unwrap_or_else(|| Err(Error::fault("a movement got no answer")))
}

/// Whom a till names, locked: after a merge the one who stays.
pub(super) async fn find_member(tx: &Tx, app: &App, customer: &Customer) -> Result<MemberId> {
    let who = match customer {
        Customer::Id(id) => return lock_member(tx, *id).await,
        Customer::Phone(phone) => Who { phone: Some(phone.clone()), ..Who::default() },
        Customer::Card(card) => Who { card: Some(card.clone()), ..Who::default() },
    };
    let found = members::named(tx, app, &[who]).await?.pop().flatten();
    lock_member(tx, found.ok_or(error::MEMBER_NOT_FOUND)?).await
}

/// Locks the member who stays: a merge that is just running is waited for, and then followed.
pub(super) async fn lock_member(tx: &Tx, member: MemberId) -> Result<MemberId> {
    let winner = members::lock_winners(tx, &[member]).await?.remove(&member);
    Ok(winner.ok_or(error::MEMBER_NOT_FOUND)?)
}

/// What members can spend at `now`: their balances without lots that have run out.
pub(super) async fn spendable(
    db: &impl Conn,
    members: &[MemberId],
    now: DateTime<Utc>,
) -> Result<HashMap<MemberId, i64>> {
    let mut accounts = store::accounts_of(db, members).await?;
    accounts.retain(|row| row.ledger == Ledger::Points);
    let gone = ran_out(db, accounts.iter().map(|row| row.id), now).await?;
    let left = |row: &points_account::Model| gone.get(&row.id).copied().unwrap_or_default();
    Ok(accounts.iter().map(|row| (row.member_id, row.available - left(row))).collect())
}

/// What stands on accounts and can no longer be spent at `now`: lots that ran out and are not booked as expired yet.
pub(super) async fn ran_out(
    db: &impl Conn,
    accounts: impl Iterator<Item = AccountId>,
    now: DateTime<Utc>,
) -> Result<HashMap<AccountId, i64>> {
    let accounts = Vec::from_iter(accounts.collect::<BTreeSet<_>>());
    Ok(store::ran_out(db, &accounts, now).await?.into_iter().collect())
}

/// When points of a purchase at `at` would run out.
pub(super) async fn lifetime(
    db: &impl Conn,
    app: &App,
    at: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    let rule = purchase_rule_at(db, Ledger::Points, at).await?;
    let months = rule.and_then(|rule| rule.row.months_valid);
    let months = months.and_then(|months| u32::try_from(months).ok());
    Ok(months.map(|months| app.calendar.end_of_month_after(at, months)))
}
