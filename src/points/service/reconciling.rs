//! Proving the ledger (PT-1, PT-9, L7).

use std::collections::{BTreeSet, HashMap};

use entity::codes::TransferKind;
use entity::ids::{AccountId, LotId, TransferId};
use entity::points_account::Model as Row;
use entity::points_transfer;
use futures_util::{TryStreamExt, stream};

use super::written::Written;
use crate::app::App;
use crate::db::{self, Conn};
use crate::http::Result;
use crate::kernel::vault::Vault;
use crate::points::rules::{Audit, Chain, Difference, Fault};
use crate::points::store::{self, Page, Readable, TransferKey};

/// Accounts a page: one statement of some tens of milliseconds, so that whoever writes beside it waits for nobody.
const ACCOUNTS: u64 = 1000;
/// Suspects that are looked at together, and locked together when something is wrong with them.
const SUSPECTS: usize = 200;
/// Transfers or lots a step: what is held in memory at most.
const ROWS: u64 = 2000;

/// Recomputes every balance and every lot from the transfers, checks that each transfer is as it was written, adds up
/// every closed day once more, and says what differs, by account; nothing is changed.
///
/// It may run beside writers: page by page suspects are looked for, sums inside the database, codes here; what still looks
/// wrong is looked at again with the account locked. One statement runs at a time: traffic keeps every other connection.
///
/// # Errors
/// The database's.
pub async fn reconcile(app: &App) -> Result<Vec<Difference>> {
    reconcile_in_lanes(app, 1).await
}

/// As [`reconcile`], with up to `lanes` statements at a time, each on a connection of its own.
///
/// # Errors
/// The database's.
pub async fn reconcile_in_lanes(app: &App, lanes: usize) -> Result<Vec<Difference>> {
    let pages = stream::try_unfold(Some(store::ENDS.above), |above| next_page(app, above));
    let checked = pages.map_ok(|page| check(app, page)).try_buffer_unordered(lanes.max(1));
    let mut found: Vec<Difference> = checked.try_concat().await?;
    found.sort_by_key(|difference| difference.account);
    found.extend(super::sealing::doubt(app).await?);
    found.extend(super::closing::prove_days(app).await?);
    Ok(found)
}

async fn next_page(
    app: &App,
    above: Option<AccountId>,
) -> Result<Option<(Page, Option<AccountId>)>> {
    let Some(above) = above else { return Ok(None) };
    let end = store::page_end(app.db.read(), above, ACCOUNTS).await?;
    Ok(Some((Page { above, upto: end.unwrap_or(store::ENDS.upto) }, end)))
}

async fn check(app: &App, page: Page) -> Result<Vec<Difference>> {
    let suspects = match store::suspects(app.db.read(), page).await {
        // A number changed by hand may be too large for sums: then each account is looked at by itself.
        Err(error) if db::is_out_of_range(&error) => {
            store::accounts_in(app.db.read(), page).await?
        }
        suspects => suspects?,
    };
    let mut suspects: BTreeSet<AccountId> = suspects.into_iter().collect();
    suspects.extend(rewritten(app, page).await?);
    let suspects: Vec<AccountId> = suspects.into_iter().collect();
    let mut found = Vec::new();
    for suspects in suspects.chunks(SUSPECTS) {
        found.extend(look_at(app, suspects).await?);
    }
    Ok(found)
}

/// Accounts of a page of which a row is not as it was written (L7).
async fn rewritten(app: &App, page: Page) -> Result<BTreeSet<AccountId>> {
    let (db, vault) = (app.db.read(), &app.vault);
    let mut suspects = BTreeSet::new();
    let mut chains: HashMap<AccountId, Chain> = HashMap::new();
    let mut after = (page.above, i64::MAX);
    loop {
        let rows = store::transfers_in(db, page, after, ROWS).await?;
        let Some(last) = rows.last() else { break };
        after = place(last);
        let (transfers, broken) = apart(rows);
        suspects.extend(broken.iter().map(|key| key.account_id));
        let written = Written::read(db, &transfers).await?;
        for transfer in &transfers {
            let chain = chains.entry(transfer.account_id).or_default();
            let chained = chain.transfer(vault, transfer, written.did(transfer.id));
            if chained.is_some() || !written.misplaced(transfer).is_empty() {
                suspects.insert(transfer.account_id);
            }
        }
    }
    let (accounts, broken) = apart(store::account_rows_in(db, page).await?);
    suspects.extend(broken.iter().map(|key| key.id));
    let forged = accounts.iter().filter(|row| {
        let chain = chains.entry(row.id).or_default();
        chain.account(vault, row).is_some()
    });
    suspects.extend(forged.map(|row| row.id));
    Ok(suspects)
}

fn place(row: &Readable<points_transfer::Model, TransferKey>) -> (AccountId, i64) {
    match &row.0 {
        Ok(row) => (row.account_id, row.seq),
        Err(key) => (key.account_id, key.seq),
    }
}

async fn look_at(app: &App, suspects: &[AccountId]) -> Result<Vec<Difference>> {
    let (rows, broken) = apart(store::accounts_named(app.db.read(), suspects).await?);
    let known: BTreeSet<AccountId> =
        rows.iter().map(|row| row.id).chain(broken.iter().map(|key| key.id)).collect();
    let unknown = suspects.iter().filter(|id| !known.contains(id));
    let mut found: Vec<Difference> = unknown.map(|id| nobodys(*id, Fault::NoAccount)).collect();
    found.extend(broken.iter().map(|key| nobodys(key.id, Fault::UnreadableAccount)));
    let (wrong, _) = audit(app.db.read(), &app.vault, &rows).await?;
    let wrong: BTreeSet<AccountId> = wrong.iter().filter_map(|one| one.account).collect();
    if !wrong.is_empty() {
        found.extend(confirm(app, &wrong.into_iter().collect::<Vec<_>>()).await?);
    }
    Ok(found)
}

const fn nobodys(account: AccountId, what: Fault) -> Difference {
    Difference { account: Some(account), member: None, ledger: None, what, expected: 1, found: 0 }
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
        Ok(audit(tx, &app.vault, &rows).await?.0)
    })
    .await
}

/// What is wrong with accounts, and where the codes of each have led.
pub(super) async fn audit(
    db: &impl Conn,
    vault: &Vault,
    rows: &[Row],
) -> Result<(Vec<Difference>, HashMap<AccountId, Chain>)> {
    let ids: Vec<AccountId> = rows.iter().map(|row| row.id).collect();
    let mut audit = Audit::new(rows);
    let mut chains: HashMap<AccountId, Chain> = HashMap::new();
    let mut after = None;
    loop {
        let page = store::transfers_after(db, &ids, after, ROWS).await?;
        let Some(last) = page.last() else { break };
        after = Some(place(last));
        let (transfers, broken) = apart(page);
        for key in broken {
            audit.forged(key.account_id, Fault::Unreadable(key.id));
        }
        let written = Written::read(db, &transfers).await?.and_reversed(db, &transfers).await?;
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
    Ok((audit.finish(), chains))
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
