//! Proving the ledger (PT-1, PT-9, L7).

use std::collections::{BTreeSet, HashMap};

use entity::codes::TransferKind;
use entity::ids::{AccountId, LotId, TransferId};
use entity::points_account::Model as Row;
use entity::points_transfer;

use crate::db::{self, Conn, Db};
use crate::http::Result;
use crate::points::rules::{Audit, Beside, Difference, Fault};
use crate::points::store;

/// Accounts a page.
const ACCOUNTS: u64 = 200;
/// Transfers or lots a step: what is held in memory at most.
const ROWS: u64 = 2000;

/// Recomputes every balance and every lot from the transfers and says what differs; nothing is changed.
///
/// It may run beside writers: what looks wrong is looked at again with the account locked.
///
/// # Errors
/// The database's.
pub async fn reconcile(db: &Db) -> Result<Vec<Difference>> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store::accounts_after(db.read(), after, ACCOUNTS).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        let suspects: BTreeSet<AccountId> =
            audit(db.read(), &page).await?.iter().map(|difference| difference.account).collect();
        if !suspects.is_empty() {
            found.extend(confirm(db, &suspects.into_iter().collect::<Vec<_>>()).await?);
        }
    }
    let orphans = store::orphans(db.read(), ACCOUNTS).await?;
    found.extend(orphans.into_iter().map(|account| Difference {
        account,
        member: None,
        ledger: None,
        what: Fault::NoAccount,
        expected: 1,
        found: 0,
    }));
    Ok(found)
}

async fn confirm(db: &Db, suspects: &[AccountId]) -> Result<Vec<Difference>> {
    db::in_tx(db, async |tx| {
        let rows = store::lock_accounts(tx, suspects).await?;
        audit(tx, &rows).await
    })
    .await
}

async fn audit(db: &impl Conn, rows: &[Row]) -> Result<Vec<Difference>> {
    let ids: Vec<AccountId> = rows.iter().map(|row| row.id).collect();
    let mut audit = Audit::new(rows);
    let mut after = None;
    loop {
        let transfers = store::transfers_after(db, &ids, after, ROWS).await?;
        let Some(last) = transfers.last() else { break };
        after = Some((last.account_id, last.seq));
        let beside = beside(db, &transfers).await?;
        for transfer in &transfers {
            audit.transfer(transfer, beside.get(&transfer.id).copied().unwrap_or_default());
        }
    }
    audit_lots(db, &ids, &mut audit).await?;
    audit_holds(db, &ids, &mut audit).await?;
    Ok(audit.finish())
}

async fn audit_lots(db: &impl Conn, accounts: &[AccountId], audit: &mut Audit) -> Result<()> {
    let mut after = None;
    loop {
        let lots = store::lots_after(db, accounts, after, ROWS).await?;
        let Some(last) = lots.last() else { return Ok(()) };
        after = Some(last.id);
        let ids: Vec<LotId> = lots.iter().map(|lot| lot.id).collect();
        let used: HashMap<LotId, i64> = store::used_of_lots(db, &ids).await?.into_iter().collect();
        for lot in &lots {
            audit.lot(lot, used.get(&lot.id).copied().unwrap_or_default());
        }
    }
}

async fn audit_holds(db: &impl Conn, accounts: &[AccountId], audit: &mut Audit) -> Result<()> {
    let mut after = None;
    loop {
        let holds = store::holds_after(db, accounts, after, ROWS).await?;
        let Some(last) = holds.last() else { return Ok(()) };
        after = Some(last.id);
        let freezes: Vec<TransferId> = holds.iter().map(|hold| hold.freeze_transfer).collect();
        let mut ends: HashMap<TransferId, (i64, i64)> = HashMap::new();
        for end in store::reversals_of(db, &freezes).await? {
            let Some(freeze) = end.reverses else { continue };
            let sums = ends.entry(freeze).or_default();
            sums.0 += end.amount;
            if end.kind == TransferKind::Capture {
                sums.1 += end.amount;
            }
        }
        for hold in &holds {
            let (resolved, captured) = ends.get(&hold.freeze_transfer).copied().unwrap_or_default();
            audit.hold(hold, resolved, captured);
        }
    }
}

async fn beside(
    db: &impl Conn,
    transfers: &[points_transfer::Model],
) -> Result<HashMap<TransferId, Beside>> {
    let ids: Vec<TransferId> = transfers.iter().map(|transfer| transfer.id).collect();
    let mut beside: HashMap<TransferId, Beside> = HashMap::new();
    for (id, used) in store::used_of_transfers(db, &ids).await? {
        beside.entry(id).or_default().used = used;
    }
    for (id, reversed) in store::reversed_sums(db, &ids).await? {
        beside.entry(id).or_default().reversed = reversed;
    }
    for lot in store::lots_made_by(db, &ids).await? {
        beside.entry(lot.transfer_id).or_default().made = Some(lot.amount);
    }
    Ok(beside)
}
