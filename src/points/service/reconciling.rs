//! Proving the ledger (PT-1, PT-9, L7).

use std::collections::{BTreeSet, HashMap};

use entity::codes::TransferKind;
use entity::ids::{AccountId, LotId, TransferId};
use entity::points_account::Model as Row;

use super::written::Written;
use crate::app::App;
use crate::db::{self, Conn};
use crate::http::Result;
use crate::kernel::vault::Vault;
use crate::points::rules::{Audit, Chain, Difference, Fault};
use crate::points::store::{self, Readable};

/// Accounts a page.
const ACCOUNTS: u64 = 200;
/// Transfers or lots a step: what is held in memory at most.
const ROWS: u64 = 2000;

/// Recomputes every balance and every lot from the transfers, checks that each transfer is as it was written, and says
/// what differs; nothing is changed.
///
/// It may run beside writers: what looks wrong is looked at again with the account locked.
///
/// # Errors
/// The database's.
pub async fn reconcile(app: &App) -> Result<Vec<Difference>> {
    let (db, vault) = (&app.db, &app.vault);
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let (page, broken) = apart(store::accounts_after(db.read(), after, ACCOUNTS).await?);
        let last = page.iter().map(|row| row.id).chain(broken.iter().map(|key| key.id)).max();
        let Some(last) = last else { break };
        after = Some(last);
        found.extend(broken.iter().map(|key| nobodys(key.id, Fault::UnreadableAccount)));
        let suspects: BTreeSet<AccountId> = audit(db.read(), vault, &page)
            .await?
            .iter()
            .map(|difference| difference.account)
            .collect();
        if !suspects.is_empty() {
            found.extend(confirm(app, &suspects.into_iter().collect::<Vec<_>>()).await?);
        }
    }
    let orphans = store::orphans(db.read(), ACCOUNTS).await?;
    found.extend(orphans.into_iter().map(|account| nobodys(account, Fault::NoAccount)));
    Ok(found)
}

const fn nobodys(account: AccountId, what: Fault) -> Difference {
    Difference { account, member: None, ledger: None, what, expected: 1, found: 0 }
}

/// What can be read, and what cannot.
fn apart<M, K>(rows: Vec<Readable<M, K>>) -> (Vec<M>, Vec<K>) {
    let (mut read, mut broken) = (Vec::new(), Vec::new());
    for row in rows {
        match row.0 {
            Ok(row) => read.push(row),
            Err(key) => broken.push(key),
        }
    }
    (read, broken)
}

async fn confirm(app: &App, suspects: &[AccountId]) -> Result<Vec<Difference>> {
    db::in_tx(&app.db, async |tx| {
        let rows = store::lock_accounts(tx, suspects).await?;
        audit(tx, &app.vault, &rows).await
    })
    .await
}

async fn audit(db: &impl Conn, vault: &Vault, rows: &[Row]) -> Result<Vec<Difference>> {
    let ids: Vec<AccountId> = rows.iter().map(|row| row.id).collect();
    let mut audit = Audit::new(rows);
    let mut chains: HashMap<AccountId, Chain> = HashMap::new();
    let mut after = None;
    loop {
        let page = store::transfers_after(db, &ids, after, ROWS).await?;
        let Some(last) = page.last() else { break };
        after = Some(match &last.0 {
            Ok(row) => (row.account_id, row.seq),
            Err(key) => (key.account_id, key.seq),
        });
        let (transfers, broken) = apart(page);
        for key in broken {
            audit.forged(key.account_id, Fault::Unreadable(key.id));
        }
        let written = Written::read(db, &transfers).await?;
        for transfer in &transfers {
            audit.transfer(transfer, written.beside(transfer.id));
            let chain = chains.entry(transfer.account_id).or_default();
            let chained = chain.transfer(vault, transfer, written.did(transfer.id));
            for fault in chained.into_iter().chain(written.misplaced(transfer)) {
                audit.forged(transfer.account_id, fault);
            }
        }
    }
    for row in rows {
        if let Some(fault) = chains.entry(row.id).or_default().account(vault, row) {
            audit.forged(row.id, fault);
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
        for (freeze, kind, amount) in store::ends_of(db, &freezes).await? {
            let sums = ends.entry(freeze).or_default();
            sums.0 += amount;
            if kind == TransferKind::Capture.as_str() {
                sums.1 += amount;
            }
        }
        for hold in &holds {
            let (resolved, captured) = ends.get(&hold.freeze_transfer).copied().unwrap_or_default();
            audit.hold(hold, resolved, captured);
        }
    }
}
