//! What movements would do, decided by the very function that books them, on books that nobody locks or writes (PT-6).

use std::collections::{BTreeSet, HashMap};

use entity::codes::{Bucket, Ledger};
use entity::ids::MemberId;
use entity::points_transfer;

use super::posting;
use crate::app::App;
use crate::db::Conn;
use crate::http::{Code, Result};
use crate::points::rules::{self, Movement, Posted};
use crate::points::store;

/// What a movement would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Foreseen {
    /// How many would move.
    pub points: i64,
    /// Of these, out of what is pending.
    pub pending: i64,
    /// Of these, out of what can be spent.
    pub available: i64,
    /// Of these, points that are used already: the balance would go below zero by as many more.
    pub debt: i64,
    /// What could not be taken back, beside the above.
    pub shortfall: i64,
    /// What could be spent afterwards.
    pub available_after: i64,
}

/// What movements would do, one after the other, if they were booked now. Members are those who stay after merges.
///
/// # Errors
/// The database's.
pub async fn foresee(
    db: &impl Conn,
    app: &App,
    movements: &[Movement],
) -> Result<Vec<std::result::Result<Foreseen, Code>>> {
    if movements.is_empty() {
        return Ok(Vec::new());
    }
    let now = app.clock.now();
    let keys: BTreeSet<(MemberId, Ledger)> =
        movements.iter().map(|it| (it.member, it.ledger)).collect();
    let members: BTreeSet<MemberId> = keys.iter().map(|key| key.0).collect();
    let mut accounts = store::accounts_of(db, &members.into_iter().collect::<Vec<_>>()).await?;
    accounts.retain(|row| keys.contains(&(row.member_id, row.ledger)));
    let known: BTreeSet<_> = accounts.iter().map(|row| (row.member_id, row.ledger)).collect();
    accounts.extend(keys.difference(&known).map(|key| posting::fresh(*key, now)));
    let mut books = posting::open(db, movements, accounts, Vec::new()).await?;
    let (answers, entries) = rules::decide(&mut books, movements, now);
    let written: HashMap<_, _> = entries.transfers.iter().map(|(_, row)| (row.id, row)).collect();
    let foreseen = |posted: Posted| {
        written.get(&posted.transfer).map_or_else(
            || Foreseen {
                shortfall: posted.shortfall,
                available_after: posted.available,
                ..Foreseen::default()
            },
            |row| of(&posted, row),
        )
    };
    Ok(answers.into_iter().map(|answer| answer.map(foreseen)).collect())
}

fn of(posted: &Posted, row: &points_transfer::Model) -> Foreseen {
    let owed = row.available_after.min(0).saturating_neg();
    let debt = if row.from_bucket == Bucket::Available { row.amount.min(owed) } else { 0 };
    let out_of = |bucket| if row.from_bucket == bucket { row.amount - debt } else { 0 };
    Foreseen {
        points: row.amount,
        pending: out_of(Bucket::Pending),
        available: out_of(Bucket::Available),
        debt,
        shortfall: posted.shortfall,
        available_after: posted.available,
    }
}
