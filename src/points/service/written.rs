//! What lies beside transfers: what they did to lots, and whether it is where it belongs (L7).

use std::collections::{HashMap, HashSet};

use entity::codes::Bucket;
use entity::ids::{AccountId, MemberId, TransferId};
use entity::{points_lot, points_lot_use, points_transfer};

use crate::db::Conn;
use crate::http::Result;
use crate::members::service::winners;
use crate::points::rules::{Beside, Did, Fault};
use crate::points::store;

/// What lies beside a page of transfers.
#[derive(Default)]
pub(super) struct Written {
    lots: HashMap<TransferId, points_lot::Model>,
    uses: HashMap<TransferId, Vec<points_lot_use::Model>>,
    reversed: HashMap<TransferId, i64>,
    /// Those of the transfers that made their points pending, and whose points have settled.
    settled: HashSet<TransferId>,
    /// Those of the transfers whose lots came to their accounts by a merge.
    merged: HashSet<TransferId>,
}

impl Written {
    /// Reads what they did to lots.
    pub(super) async fn read(db: &impl Conn, transfers: &[points_transfer::Model]) -> Result<Self> {
        let ids: Vec<TransferId> = transfers.iter().map(|transfer| transfer.id).collect();
        let mut uses: HashMap<TransferId, Vec<points_lot_use::Model>> = HashMap::new();
        for one in store::uses_of(db, &ids).await? {
            uses.entry(one.transfer_id).or_default().push(one);
        }
        let lots = store::lots_made_by(db, &ids).await?;
        let lots = lots.into_iter().map(|lot| (lot.transfer_id, lot)).collect();
        let pending = transfers.iter().filter(|transfer| transfer.to_bucket == Bucket::Pending);
        let pending: Vec<TransferId> = pending.map(|transfer| transfer.id).collect();
        Ok(Self {
            merged: merged(db, transfers, &lots).await?,
            lots,
            uses,
            reversed: HashMap::new(),
            settled: store::settled_of(db, &pending).await?.into_iter().collect(),
        })
    }

    /// Reads how much of them was taken back, too.
    pub(super) async fn and_reversed(
        mut self,
        db: &impl Conn,
        transfers: &[points_transfer::Model],
    ) -> Result<Self> {
        let ids: Vec<TransferId> = transfers.iter().map(|transfer| transfer.id).collect();
        self.reversed = store::reversed_sums(db, &ids).await?.into_iter().collect();
        Ok(self)
    }

    /// What a transfer did to lots.
    pub(super) fn did(&self, transfer: TransferId) -> Did<'_> {
        let uses = self.uses.get(&transfer).map(Vec::as_slice).unwrap_or_default();
        Did { made: self.lots.get(&transfer), uses }
    }

    /// The sums of that.
    pub(super) fn beside(&self, transfer: TransferId) -> Beside {
        let Did { made, uses } = self.did(transfer);
        Beside {
            used: uses.iter().fold(0, |sum, one| sum.saturating_add(one.amount)),
            made: made.map(|lot| lot.amount),
            reversed: self.reversed.get(&transfer).copied().unwrap_or_default(),
        }
    }

    /// What is wrong with the lot that a transfer made, and that no sum shows once the lot is empty.
    pub(super) fn misplaced(&self, transfer: &points_transfer::Model) -> Vec<Fault> {
        let Some(lot) = self.lots.get(&transfer.id) else { return Vec::new() };
        let mut found = Vec::new();
        let settled = transfer.to_bucket != Bucket::Pending || self.settled.contains(&transfer.id);
        if lot.settled != settled {
            found.push(Fault::LotSettled(lot.id));
        }
        if lot.account_id != transfer.account_id && !self.merged.contains(&transfer.id) {
            found.push(Fault::LotAccount(lot.id));
        }
        found
    }
}

/// Those of the transfers whose lots are in the account, of the same ledger, of who stays for their member.
async fn merged(
    db: &impl Conn,
    transfers: &[points_transfer::Model],
    lots: &HashMap<TransferId, points_lot::Model>,
) -> Result<HashSet<TransferId>> {
    let moved = transfers.iter().filter_map(|transfer| {
        let lot = lots.get(&transfer.id)?;
        (lot.account_id != transfer.account_id).then_some((
            transfer.id,
            transfer.account_id,
            lot.account_id,
        ))
    });
    let moved: Vec<_> = moved.collect();
    if moved.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: HashSet<AccountId> = moved.iter().flat_map(|(_, from, to)| [*from, *to]).collect();
    let owners = store::owners(db, &ids.into_iter().collect::<Vec<_>>()).await?;
    let owners: HashMap<AccountId, (MemberId, String)> =
        owners.into_iter().map(|(id, member, ledger)| (id, (member, ledger))).collect();
    let members: Vec<MemberId> = owners.values().map(|owner| owner.0).collect();
    let winners = winners(db, &members).await?;
    let belongs = |from: &AccountId, to: &AccountId| {
        let (from, to) = (owners.get(from)?, owners.get(to)?);
        (winners.get(&from.0) == Some(&to.0) && from.1 == to.1).then_some(())
    };
    let right = moved.iter().filter(|(_, from, to)| belongs(from, to).is_some());
    Ok(right.map(|(transfer, ..)| *transfer).collect())
}
