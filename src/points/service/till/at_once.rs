//! Granting and spending of many, read without locks and written in one statement.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::codes::Ledger;
use entity::ids::{AccountId, MemberId, PartnerId};
use entity::points_account;

use super::drafts::{Draft, Facts, earns};
use super::{TillDone, TillWish};
use crate::app::App;
use crate::db::Conn;
use crate::http::gathered::AtOnce;
use crate::http::{Code, Error, Result};
use crate::points::rules::{
    self, Account, Act, Books, Cause, Entries, Mark, Movement, Posted, Replayed,
};
use crate::points::service::RuleBooks;
use crate::points::service::posting::{by_key, publish, shelve, write_lots};
use crate::points::store::{self, Glance};

type Answer = std::result::Result<Posted, Code>;

/// As [`super::move_at_tills_in`], as if nothing of it stood yet and nobody else moved the same points. What has to be
/// written is not sent; whatever stands already, or moved since it was read, makes the database refuse it. None when it
/// is seen before, or when there is more to do than granting and spending.
///
/// Nobody's lock is taken: all that changes in an account, its lots included, counts up its version, and a merge closes
/// the account of the member who goes.
pub async fn move_at_tills_at_once(
    writes: &mut AtOnce<'_>,
    app: &App,
    wishes: &[&(PartnerId, TillWish)],
) -> Result<Option<Vec<Result<TillDone>>>> {
    if !wishes.iter().all(|(_, wish)| wish.may_hope()) {
        return Ok(None);
    }
    let (db, now) = (writes.db(), app.clock.now());
    let facts = Facts::of(db, app, wishes).await?;
    let members = facts.everybody();
    let found = store::glance(db, &members, Ledger::Points, now).await?;
    // She is new, was merged into another, or is nobody.
    if found.len() < members.len() {
        return Ok(None);
    }
    let rules = match found.first() {
        Some(first) if earns(wishes) => RuleBooks::as_counted(db, app, first.rules).await?,
        _ => Arc::default(),
    };
    let themselves = members.into_iter().map(|member| (member, member)).collect();
    let drafts = facts.drafts(app, wishes, &themselves, &rules);
    let mut movements = Vec::with_capacity(drafts.len());
    for draft in drafts.iter().flatten() {
        let Draft::Moves { movement, gives_back: false } = draft else { return Ok(None) };
        movements.push(movement.clone());
    }
    let Some(posted) = post(writes, app, &movements, found).await? else { return Ok(None) };
    let mut posted = posted.into_iter();
    let missing = || Err(Error::fault("a movement got no answer"));
    let answer = |draft: Result<Draft>| {
        draft?;
        posted.next().map_or_else(missing, |answer| Ok(TillDone::Moved(answer?)))
    };
    Ok(Some(drafts.into_iter().map(answer).collect()))
}

async fn post(
    writes: &mut AtOnce<'_>,
    app: &App,
    movements: &[Movement],
    found: Vec<Glance>,
) -> Result<Option<Vec<Answer>>> {
    let (db, now) = (writes.db(), app.clock.now());
    let gone = found.iter().map(|it| (it.account.member_id, it.gone.unwrap_or_default()));
    let gone: HashMap<MemberId, i64> = gone.collect();
    let then: Vec<_> = found.into_iter().map(|it| it.account).collect();
    let mut books = open(db, movements, &then).await?;
    let (answers, entries) = rules::decide(&mut books, movements, now);
    if stands(db, movements, &answers).await? {
        return Ok(None);
    }
    write(writes, app, (&then, books.accounts.into_values()), &entries, now).await?;
    let told = |(movement, answer): (&Movement, Answer)| {
        let gone = gone.get(&movement.member).copied().unwrap_or_default();
        answer.map(|posted| Posted { available: posted.available - gone, ..posted })
    };
    Ok(Some(movements.iter().zip(answers).map(told).collect()))
}

/// Everything of theirs that the decision needs; only spending needs lots.
async fn open(
    db: &impl Conn,
    movements: &[Movement],
    accounts: &[points_account::Model],
) -> Result<Books> {
    let spends = |movement: &&Movement| matches!(movement.act, Act::Spend { .. });
    let spenders: HashSet<MemberId> =
        movements.iter().filter(spends).map(|movement| movement.member).collect();
    let taken = accounts.iter().filter(|row| spenders.contains(&row.member_id));
    let taken: Vec<AccountId> = taken.map(|row| row.id).collect();
    let owners = accounts.iter().map(|row| (row.id, row.member_id)).collect();
    let mut accounts = by_key(accounts.to_vec());
    shelve(store::lots_left(db, &taken).await?, accounts.values_mut());
    Ok(Books { accounts, owners, ..Books::default() })
}

/// Whether something of it is seen to stand. What is refused writes nothing that could be a duplicate, so its causes are
/// looked up.
async fn stands(db: &impl Conn, movements: &[Movement], answers: &[Answer]) -> Result<bool> {
    let replayed =
        |answer: &Answer| answer.as_ref().is_ok_and(|posted| posted.replayed == Replayed::Yes);
    if answers.iter().any(replayed) {
        return Ok(true);
    }
    let refused = movements.iter().zip(answers).filter(|(_, answer)| answer.is_err());
    let causes: HashSet<Cause> = refused.map(|(movement, _)| movement.cause()).collect();
    Ok(!causes.is_empty() && !store::with_causes(db, &causes).await?.is_empty())
}

async fn write(
    writes: &mut AtOnce<'_>,
    app: &App,
    (then, accounts): (&[points_account::Model], impl Iterator<Item = Account>),
    entries: &Entries,
    now: DateTime<Utc>,
) -> Result<()> {
    let changed =
        write_lots(writes, app, accounts.filter(|it| it.mark != Mark::Same), entries).await?;
    let then: HashMap<AccountId, &points_account::Model> =
        then.iter().map(|row| (row.id, row)).collect();
    let pairs = changed.iter().filter_map(|row| Some((row, *then.get(&row.id)?)));
    store::save_accounts_as_read(writes, &pairs.collect::<Vec<_>>())?;
    publish(writes, entries, &HashMap::new(), now).await
}
