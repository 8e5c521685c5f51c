//! Use cases of members.

mod at_till;
mod exporting;
mod identifiers;
mod importing;
mod merge;
mod profile;
mod resolve;
mod scope;
mod sign_in;
mod totals;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::ids::{IdentifierId, MemberId};

use super::store;
use crate::db::{Conn, Tx};
use crate::http::Result;

pub use super::error::IDENTIFIERS_DIFFER;
pub use super::rules::{MAX_IDENTIFIER_BYTES, MemberFilter, ProfilePatch};
pub use at_till::{AtTill, lock_at_till_in};
pub use exporting::{MembersWanted, count_members, members_after};
pub use identifiers::{MaskedIdentifier, identifiers, identifiers_of, open_id};
pub use importing::{Known, Took, import_in};
pub use merge::{Fit, Pair, absorb_in, fit_in};
pub use profile::{IfVersion, Profile, profile, update_profile, update_profiles};
pub use resolve::{Who, find, named, resolve_in};
pub use scope::{find_in_scope, list_in_scope, show_any, show_in_scope};
pub use sign_in::{Admitted, Binding, Visit, admit_in, bind_phone_in};
pub use totals::{
    OrderDates, Purchase, book_purchases_in, set_order_dates_in, spend_by_day, spent_since, total,
    totals_of,
};

/// The winner behind an id: itself when it was never merged. Unknown ids are absent.
///
/// # Errors
/// The database's.
pub async fn winners(db: &impl Conn, ids: &[MemberId]) -> Result<HashMap<MemberId, MemberId>> {
    let mut successors = HashMap::new();
    let mut wanted = distinct(ids);
    while !wanted.is_empty() {
        let found = store::rows::successors(db, &wanted).await?;
        wanted = unseen(&successors, &found);
        successors.extend(found);
    }
    Ok(ends(&successors, ids))
}

/// Everybody who was merged into `winner`, also by way of others.
///
/// # Errors
/// The database's.
pub async fn losers(db: &impl Conn, winner: MemberId) -> Result<Vec<MemberId>> {
    let (mut found, mut frontier) = (Vec::new(), vec![winner]);
    while !frontier.is_empty() {
        frontier = store::rows::merged_into(db, &frontier).await?;
        found.extend(&frontier);
    }
    Ok(found)
}

/// Somebody who was merged into another, directly or by way of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loser {
    /// Who went.
    pub id: MemberId,
    /// Who stays in the end.
    pub winner: MemberId,
    /// When she went; from then on she is nobody of her own.
    pub merged_at: DateTime<Utc>,
}

/// Everybody who was merged into one of `winners`; for most of them nobody.
///
/// # Errors
/// The database's.
pub async fn losers_of(db: &impl Conn, winners: &[MemberId]) -> Result<Vec<Loser>> {
    let mut ends: HashMap<MemberId, MemberId> = winners.iter().map(|id| (*id, *id)).collect();
    let (mut found, mut frontier) = (Vec::new(), distinct(winners));
    while !frontier.is_empty() {
        let gone = store::rows::gone_into(db, &frontier).await?;
        frontier = gone.iter().map(|(id, ..)| *id).collect();
        for (id, into, merged_at) in gone {
            if let Some(winner) = ends.get(&into).copied() {
                ends.insert(id, winner);
                found.push(Loser { id, winner, merged_at });
            }
        }
    }
    let ids: Vec<MemberId> = found.iter().map(|loser| loser.id).collect();
    let journal: HashMap<_, _> = store::rows::merge_times(db, &ids).await?.into_iter().collect();
    for loser in &mut found {
        loser.merged_at = journal.get(&loser.id).copied().unwrap_or(loser.merged_at);
    }
    Ok(found)
}

/// Like [`winners`], with everybody on the way locked until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn lock_winners(tx: &Tx, ids: &[MemberId]) -> Result<HashMap<MemberId, MemberId>> {
    let mut successors = HashMap::new();
    let mut wanted = distinct(ids);
    while !wanted.is_empty() {
        let found = store::rows::lock_successors(tx, &wanted).await?;
        wanted = unseen(&successors, &found);
        successors.extend(found);
    }
    Ok(ends(&successors, ids))
}

type Successors = HashMap<MemberId, Option<MemberId>>;

/// Successors that were found just now and not looked up before, in id order.
fn unseen(before: &Successors, found: &[(MemberId, Option<MemberId>)]) -> Vec<MemberId> {
    let next: Vec<MemberId> = found.iter().filter_map(|(_, next)| *next).collect();
    let known = |id: &MemberId| before.contains_key(id) || found.iter().any(|(seen, _)| seen == id);
    distinct(&next).into_iter().filter(|id| !known(id)).collect()
}

/// Where the chain of each id ends. A merge locks both members first, so chains have no circles.
fn ends(successors: &Successors, ids: &[MemberId]) -> HashMap<MemberId, MemberId> {
    let end = |id: MemberId| {
        let mut at = id;
        while let Some(next) = *successors.get(&at)? {
            at = next;
        }
        Some((id, at))
    };
    ids.iter().copied().filter_map(end).collect()
}

/// Rows of members by id (winners or losers as stored).
///
/// # Errors
/// The database's.
pub async fn by_ids(
    db: &impl Conn,
    ids: &[MemberId],
) -> Result<HashMap<MemberId, entity::member::Model>> {
    let rows = store::rows::by_ids(db, &distinct(ids)).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Locks member rows in id order until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn lock_in(
    tx: &Tx,
    ids: &[MemberId],
) -> Result<HashMap<MemberId, entity::member::Model>> {
    let rows = store::rows::lock(tx, &distinct(ids)).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

fn distinct(ids: &[MemberId]) -> Vec<MemberId> {
    let ids: BTreeSet<MemberId> = ids.iter().copied().collect();
    ids.into_iter().collect()
}

/// A member, her new tier, its start and its end.
pub type TierChange = (MemberId, String, DateTime<Utc>, Option<DateTime<Utc>>);

/// Sets the tier columns of members; only `tiers` calls it.
///
/// # Errors
/// The database's.
pub async fn set_tier_in(tx: &Tx, changes: &[TierChange], now: DateTime<Utc>) -> Result<()> {
    let mut groups: HashMap<store::rows::TierColumns, Vec<MemberId>> = HashMap::new();
    for (member, tier, since, until) in changes {
        groups.entry((tier.clone(), *since, *until)).or_default().push(*member);
    }
    for (columns, members) in groups {
        store::rows::set_tier(tx, &members, &columns, now).await?;
    }
    Ok(())
}

/// Where the text of an identifier is sealed for.
fn sealed_place(id: IdentifierId) -> String {
    format!("member_identifier.sealed.{id}")
}
