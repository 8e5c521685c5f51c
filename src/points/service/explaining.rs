//! Where the points of one movement came from and where they went (PT-3, PT-8): stored lots, not a guess.

use std::collections::BTreeSet;

use entity::codes::{Ledger, TransferKind};
use entity::ids::{AccountId, CampaignId, MemberId, TransferId};
use entity::{earning_rule, points_lot, points_transfer};

use super::history::HistoryEntry;
use crate::db::Conn;
use crate::http::{Result, codes};
use crate::members::service::losers;
use crate::points::store::{self, LotMove, LotPart};

/// Most lots, movements or reversals that an explanation lists.
pub const MOST_LISTED: usize = 100;

/// A movement that stands.
pub type StoredTransfer = points_transfer::Model;
/// A lot that stands.
pub type StoredLot = points_lot::Model;
/// A version of an earning rule.
pub type StoredRule = earning_rule::Model;

/// At most [`MOST_LISTED`] of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capped<T> {
    /// The first of them.
    pub items: Vec<T>,
    /// Whether there are more.
    pub more: bool,
}

/// Everything that the ledger knows about one movement.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The movement.
    pub transfer: StoredTransfer,
    /// Whose account it stands in; after a merge the member who was merged.
    pub holder: MemberId,
    /// As her history shows it.
    pub entry: HistoryEntry,
    /// The lot that it made.
    pub made: Option<StoredLot>,
    /// The rule version that granted it.
    pub rule: Option<StoredRule>,
    /// What happened to the lot it made.
    pub went: Capped<LotMove>,
    /// The lots it took from or gave back to. Of a capture those of its hold.
    pub parts: Capped<LotPart>,
    /// What it takes back, settles or resolves.
    pub original: Option<StoredTransfer>,
    /// What takes it back or resolves it.
    pub resolved_by: Capped<StoredTransfer>,
}

impl<T> Capped<T> {
    fn cut(mut items: Vec<T>) -> Self {
        let more = items.len() > MOST_LISTED;
        items.truncate(MOST_LISTED);
        Self { items, more }
    }

    const fn nothing() -> Self {
        Self { items: Vec::new(), more: false }
    }
}

const LIMIT: u64 = MOST_LISTED as u64 + 1;

/// The accounts whose movements a member's history shows: her own, those of members merged into her, and those whose
/// lots she holds.
///
/// # Errors
/// The database's.
pub(super) async fn accounts_seen(
    db: &impl Conn,
    member: MemberId,
    ledger: Ledger,
) -> Result<Vec<AccountId>> {
    let mut members = losers(db, member).await?;
    members.push(member);
    let accounts = store::accounts_of(db, &members).await?;
    let of_ledger = accounts.iter().filter(|row| row.ledger == ledger);
    let mut ids: BTreeSet<AccountId> = of_ledger.clone().map(|row| row.id).collect();
    let own = of_ledger.clone().find(|row| row.member_id == member).map(|row| row.id);
    let Some(own) = own else { return Ok(Vec::new()) };
    ids.extend(store::origins(db, own).await?);
    Ok(ids.into_iter().collect())
}

/// Explains one movement of a member's points, or of a member who was merged into her.
///
/// # Errors
/// `not_found` also for somebody else's.
pub async fn explain(db: &impl Conn, member: MemberId, id: TransferId) -> Result<Explanation> {
    let found = store::transfer_with_account(db, id).await?;
    let seen = accounts_seen(db, member, Ledger::Points).await?;
    let (transfer, account) =
        found.filter(|(_, account)| seen.contains(&account.id)).ok_or(codes::NOT_FOUND)?;
    explained(db, transfer, account.member_id).await
}

/// Explains any movement, in either ledger, for support.
///
/// # Errors
/// `not_found`.
pub async fn explain_any(db: &impl Conn, id: TransferId) -> Result<Explanation> {
    let found = store::transfer_with_account(db, id).await?;
    let (transfer, account) = found.ok_or(codes::NOT_FOUND)?;
    explained(db, transfer, account.member_id).await
}

async fn explained(
    db: &impl Conn,
    transfer: StoredTransfer,
    holder: MemberId,
) -> Result<Explanation> {
    let made = store::lots_made_by(db, &[transfer.id]).await?.pop();
    let rule = match transfer.rule_id {
        Some(rule) => store::rules_by_id(db, &[rule]).await?.pop(),
        None => None,
    };
    let went = match &made {
        Some(lot) => Capped::cut(store::moves_of_lot(db, lot.id, LIMIT).await?),
        None => Capped::nothing(),
    };
    let original = match original_of(&transfer) {
        Some(id) => store::transfer_with_account(db, id).await?.map(|(found, _)| found),
        None => None,
    };
    let resolved_by = store::resolved_by(db, transfer.id, LIMIT).await?;
    let parts = store::parts_of(db, &moving_lots(db, &transfer).await?, LIMIT).await?;
    Ok(Explanation {
        entry: HistoryEntry::new(&transfer, made.as_ref()),
        holder,
        made,
        rule,
        went,
        parts: Capped::cut(parts),
        original,
        resolved_by: Capped::cut(resolved_by),
        transfer,
    })
}

/// A settling names the earning it settles as its cause.
fn original_of(transfer: &StoredTransfer) -> Option<TransferId> {
    let settled =
        || transfer.source_id.parse().ok().filter(|_| transfer.kind == TransferKind::Settle);
    transfer.reverses.or_else(settled)
}

/// The transfers whose lots are those of `transfer`. A capture takes from no lot itself: its hold did, and what was not
/// used went back with a release.
async fn moving_lots(db: &impl Conn, transfer: &StoredTransfer) -> Result<Vec<TransferId>> {
    let hold = transfer.reverses.filter(|_| transfer.kind == TransferKind::Capture);
    let Some(freeze) = hold else { return Ok(vec![transfer.id]) };
    let mut moving = vec![freeze];
    let resolved = store::resolved_by(db, freeze, LIMIT).await?;
    moving.extend(resolved.iter().map(|row| row.id));
    Ok(moving)
}

/// What a campaign is called.
///
/// # Errors
/// The database's.
pub async fn campaign_name(db: &impl Conn, id: CampaignId) -> Result<Option<String>> {
    Ok(store::campaigns_by_id(db, &[id]).await?.pop().map(|campaign| campaign.name))
}
