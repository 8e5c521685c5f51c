//! Movements of points for a file, in the sequence of their ids (OP-4).

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::codes::Ledger;
use entity::ids::{AccountId, MemberId, TransferId};

use super::explaining::{StoredTransfer, accounts_seen};
use super::history::HistoryEntry;
use crate::db::Conn;
use crate::http::Result;
use crate::points::store;

/// Which movements are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MovementsWanted {
    /// Booked at or after this.
    pub from: Option<DateTime<Utc>>,
    /// Booked before this.
    pub until: Option<DateTime<Utc>>,
    /// Of this member and those merged into her.
    pub member: Option<MemberId>,
}

/// A movement, whose it is, and how people call it.
#[derive(Clone, Debug)]
pub struct MovementLine {
    /// The movement.
    pub transfer: StoredTransfer,
    /// Whose account it is in; of a merged member her own id.
    pub member: Option<MemberId>,
    /// How her history calls it, Chinese.
    pub title: &'static str,
}

async fn accounts(db: &impl Conn, wanted: &MovementsWanted) -> Result<Option<Vec<AccountId>>> {
    Ok(match wanted.member {
        None => None,
        Some(member) => Some(accounts_seen(db, member, Ledger::Points).await?),
    })
}

/// How many there are.
///
/// # Errors
/// The database's.
pub async fn count_movements(db: &impl Conn, wanted: &MovementsWanted) -> Result<u64> {
    let accounts = accounts(db, wanted).await?;
    Ok(store::count_wanted(db, (wanted.from, wanted.until), accounts.as_deref()).await?)
}

/// The next of them.
///
/// # Errors
/// The database's.
pub async fn movements_after(
    db: &impl Conn,
    wanted: &MovementsWanted,
    after: Option<TransferId>,
    limit: u64,
) -> Result<Vec<MovementLine>> {
    let of = accounts(db, wanted).await?;
    let span = (wanted.from, wanted.until);
    let rows = store::wanted_after(db, span, of.as_deref(), after, limit).await?;
    let ids: BTreeSet<AccountId> = rows.iter().map(|row| row.account_id).collect();
    let ids: Vec<AccountId> = ids.into_iter().collect();
    let owners: HashMap<AccountId, MemberId> = store::accounts_by_id(db, &ids)
        .await?
        .into_iter()
        .map(|row| (row.id, row.member_id))
        .collect();
    let line = |transfer: StoredTransfer| MovementLine {
        member: owners.get(&transfer.account_id).copied(),
        title: HistoryEntry::new(&transfer, None).title().0,
        transfer,
    };
    Ok(rows.into_iter().map(line).collect())
}
