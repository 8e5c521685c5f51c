//! Two members turn out to be one person (ID-3).

use entity::codes::AuditAction;
use entity::ids::{MemberId, MergeId};
use entity::member_merge as journal;

use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::db::{Conn, Tx};
use crate::events;
use crate::http::{Error, Result, codes};
use crate::identity::{error, events as tell, store};
use crate::members::service::{self as members, Fit, Pair};
use crate::{orders, points, sessions, tiers};

/// What came of a merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merged {
    /// Who stays.
    pub winner: MemberId,
    /// The merge that this call made; none when the two were one already.
    pub merge: Option<MergeId>,
}

/// Makes one member of two: the earlier one stays and gets everything of the other, whose id resolves to her from then on.
/// Both are locked, so concurrent merges of a pair make one; members merged before stand for their winners. Publishes
/// `member.merged`. Call `sessions::service::forget_cached` after the commit.
///
/// # Errors
/// `not_found`; `identity_phone_bound` when both have proved a phone.
pub async fn merge_in(
    tx: &Tx,
    app: &App,
    author: &Author,
    (a, b): (MemberId, MemberId),
    reason: &str,
) -> Result<Merged> {
    let winners = members::lock_winners(tx, &[a, b]).await?;
    let standing = |id: MemberId| winners.get(&id).copied().ok_or(codes::NOT_FOUND);
    let (a, b) = (standing(a)?, standing(b)?);
    if a == b {
        return Ok(Merged { winner: a, merge: None });
    }
    // Before anything goes over: what has ended of either is evaluated on her own numbers.
    tiers::service::settle_in(tx, app, &[a, b]).await?;
    let pair = pair(tx, a, b).await?;
    if members::fit_in(tx, &pair).await? == Fit::TwoPhones {
        return Err(error::PHONE_BOUND.into());
    }
    let now = app.clock.now();
    let merge = MergeId::new(now);
    let (winner, loser) = (pair.winner.id, pair.loser.id);
    // First: points and tiers find the one who stays by the loser's mark.
    let taken = members::absorb_in(tx, app, pair, merge, now).await?;
    orders::service::move_in(tx, loser, winner).await?;
    points::service::merge_in(tx, app, loser, winner, merge).await?;
    tiers::service::merge_in(tx, app, loser, winner).await?;
    sessions::service::move_in(tx, loser, winner, now).await?;
    let row = journal::Model {
        id: merge,
        winner_id: winner,
        loser_id: loser,
        reason: reason.to_owned(),
        journal: taken,
        merged_at: now,
    };
    store::insert(tx, row).await?;
    events::publish(tx, vec![tell::merged(winner, loser, now)], now).await?;
    let line = Line::new(AuditAction::MemberMerged).about(winner).with("from", loser);
    audit::write_in(tx, app, author, &[line]).await?;
    Ok(Merged { winner, merge: Some(merge) })
}

/// The two as winner and loser: whoever was made first stays.
async fn pair(tx: &Tx, a: MemberId, b: MemberId) -> Result<Pair> {
    let mut rows = members::lock_in(tx, &[a, b]).await?;
    let mut row = |id| rows.remove(&id).ok_or_else(|| Error::from(codes::NOT_FOUND));
    let (a, b) = (row(a)?, row(b)?);
    let a_first = (a.created_at, a.id) < (b.created_at, b.id);
    let (winner, loser) = if a_first { (a, b) } else { (b, a) };
    Ok(Pair { winner, loser })
}

/// The merges that a member won or lost, the earliest first.
///
/// # Errors
/// The database's.
pub async fn merges(db: &impl Conn, member: MemberId) -> Result<Vec<journal::Model>> {
    Ok(store::of_member(db, member).await?)
}
