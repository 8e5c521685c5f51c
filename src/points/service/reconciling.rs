//! Proving the ledger (PT-1, PT-9, L7).

use std::collections::{BTreeSet, HashMap};

use entity::codes::TransferKind;
use entity::ids::{AccountId, LotId, TransferId};
use entity::points_account::Model as Row;
use entity::points_transfer;
use futures_util::{TryStreamExt, stream};

use crate::db::{self, Conn, Db};
use crate::http::Result;
use crate::points::rules::{Audit, Beside, Difference, Fault};
use crate::points::store::{self, Span};

/// Accounts a page: one statement of some twenty milliseconds, so that whoever writes beside it waits for nobody.
const ACCOUNTS: u64 = 1000;
/// Suspects that are looked at together, and locked together when something is wrong with them.
const SUSPECTS: usize = 200;
/// Transfers or lots a step: what is held in memory at most.
const ROWS: u64 = 2000;

/// Recomputes every balance and every lot from the transfers and says what differs, by account; nothing is changed.
///
/// It may run beside writers: the database looks for suspects page by page, each page as it stood at one moment, and what still
/// looks wrong is looked at again with the account locked. One statement runs at a time: traffic keeps every other connection.
///
/// # Errors
/// The database's.
pub async fn reconcile(db: &Db) -> Result<Vec<Difference>> {
    reconcile_in_lanes(db, 1).await
}

/// As [`reconcile`], with up to `lanes` statements at a time, each on a connection of its own.
///
/// # Errors
/// The database's.
pub async fn reconcile_in_lanes(db: &Db, lanes: usize) -> Result<Vec<Difference>> {
    let pages = stream::try_unfold(Some(store::ENDS.above), |above| next_page(db, above));
    let checked = pages.map_ok(|page| check(db, page)).try_buffer_unordered(lanes.max(1));
    let mut found: Vec<Difference> = checked.try_concat().await?;
    found.sort_by_key(|difference| difference.account);
    Ok(found)
}

async fn next_page(db: &Db, above: Option<AccountId>) -> Result<Option<(Span, Option<AccountId>)>> {
    let Some(above) = above else { return Ok(None) };
    let end = store::page_end(db.read(), above, ACCOUNTS).await?;
    Ok(Some((Span { above, upto: end.unwrap_or(store::ENDS.upto) }, end)))
}

async fn check(db: &Db, page: Span) -> Result<Vec<Difference>> {
    let suspects = match store::suspects(db.read(), page).await {
        // A number changed by hand may be too large for sums: then each account is looked at by itself.
        Err(error) if db::is_out_of_range(&error) => store::accounts_in(db.read(), page).await?,
        suspects => suspects?,
    };
    let mut found = Vec::new();
    for suspects in suspects.chunks(SUSPECTS) {
        let rows = store::accounts_by_id(db.read(), suspects).await?;
        let known: BTreeSet<AccountId> = rows.iter().map(|row| row.id).collect();
        found.extend(suspects.iter().filter(|id| !known.contains(id)).map(no_account));
        let wrong = audit(db.read(), &rows).await?;
        let wrong: BTreeSet<AccountId> = wrong.iter().map(|one| one.account).collect();
        if !wrong.is_empty() {
            found.extend(confirm(db, &wrong.into_iter().collect::<Vec<_>>()).await?);
        }
    }
    Ok(found)
}

const fn no_account(account: &AccountId) -> Difference {
    Difference {
        account: *account,
        member: None,
        ledger: None,
        what: Fault::NoAccount,
        expected: 1,
        found: 0,
    }
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
