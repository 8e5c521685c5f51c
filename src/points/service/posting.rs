//! The batch engine of the ledger.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::codes::{Ledger, TransferKind};
use entity::ids::{AccountId, HoldId, LotId, MemberId, TransferId};
use entity::{points_account, points_hold, points_lot, points_transfer};

use crate::app::App;
use crate::db::rows::Writes;
use crate::db::{Conn, Tx};
use crate::events;
use crate::http::{Code, Error, Result};
use crate::kernel::abort_at;
use crate::members::service::winners;
use crate::points::events as told;
use crate::points::rules::{
    self, Account, Act, Books, Cause, Entries, Hold, Mark, Movement, Posted, Share,
};
use crate::points::store;

/// The longest source id that the table holds.
const LONGEST_SOURCE_ID: usize = 128;

/// The only way callers move points: each movement gets its own answer, a bad one spoils no other (PT-1). Movements of
/// one member are applied in the order given; holds are locked in id order, then accounts in id order. Members are those who stay after
/// merges; a caller that cannot be sure locks the member's row first.
///
/// Publishes `points.moved` for each new transfer: ring the bell after the commit.
pub async fn post_in(
    tx: &Tx,
    app: &App,
    movements: &[Movement],
) -> Result<Vec<std::result::Result<Posted, Code>>> {
    if movements.is_empty() {
        return Ok(Vec::new());
    }
    if movements.iter().any(|movement| movement.source_id.chars().count() > LONGEST_SOURCE_ID) {
        return Err(Error::fault("a source id of the ledger is longer than its column"));
    }
    let now = app.clock.now();
    let holds: BTreeSet<HoldId> = movements.iter().filter_map(Movement::resolves).collect();
    let holds = store::lock_holds(tx, &holds.into_iter().collect::<Vec<_>>()).await?;
    let keys: BTreeSet<_> = movements.iter().map(|m| (m.member, m.ledger)).collect();
    let accounts = locked(tx, app, &keys, now).await?;
    let mut books = open(tx, movements, accounts, holds).await?;
    let (answers, entries) = rules::decide(&mut books, movements, now);
    let reversed = reversed_kinds(&books);
    let mut writes = Writes::new(tx);
    write(&mut writes, app, books.accounts.into_values(), &entries).await?;
    write_holds(&mut writes, books.holds.into_values()).await?;
    publish(&mut writes, &entries, &reversed, now).await?;
    writes.send().await?;
    abort_at("posted");
    Ok(answers)
}

/// Opens the accounts that are missing and locks all of them.
pub(super) async fn locked(
    tx: &Tx,
    app: &App,
    keys: &BTreeSet<(MemberId, Ledger)>,
    now: DateTime<Utc>,
) -> Result<Vec<points_account::Model>> {
    let members: BTreeSet<MemberId> = keys.iter().map(|key| key.0).collect();
    let members: Vec<MemberId> = members.into_iter().collect();
    let ledgers: BTreeSet<Ledger> = keys.iter().map(|key| key.1).collect();
    let ledgers: Vec<Ledger> = ledgers.into_iter().collect();
    let mut found = store::lock_accounts_of(tx, &members, &ledgers).await?;
    let known: HashSet<_> = found.iter().map(|row| (row.member_id, row.ledger)).collect();
    let missing = keys.iter().filter(|key| !known.contains(key));
    let mut missing: Vec<_> = missing.map(|key| fresh(*key, now)).collect();
    if !missing.is_empty() {
        rules::seal(&app.vault, &mut missing, &mut [], &[], &[]);
        store::insert_accounts(tx, &missing).await?;
        found = store::lock_accounts_of(tx, &members, &ledgers).await?;
    }
    found.retain(|row| keys.contains(&(row.member_id, row.ledger)));
    Ok(found)
}

pub(super) fn fresh(
    (member_id, ledger): (MemberId, Ledger),
    now: DateTime<Utc>,
) -> points_account::Model {
    points_account::Model {
        id: AccountId::new(now),
        member_id,
        ledger,
        pending: 0,
        available: 0,
        frozen: 0,
        version: 0,
        closed: false,
        updated_at: now,
        last_mac: None,
        sealed_mac: None,
        mac: None,
    }
}

/// Loads what the decision needs, all of it after the accounts were locked.
pub(super) async fn open(
    tx: &impl Conn,
    movements: &[Movement],
    accounts: Vec<points_account::Model>,
    holds: Vec<points_hold::Model>,
) -> Result<Books> {
    let causes = movements.iter().map(Movement::cause);
    let causes: HashSet<Cause> =
        causes.chain(movements.iter().filter_map(Movement::original)).collect();
    let posted = store::with_causes(tx, &causes).await?;
    let mut books = Books {
        owners: owners(tx, &accounts, &posted).await?,
        accounts: by_key(accounts),
        posted: posted.into_iter().map(|row| (Cause::of(&row), row)).collect(),
        holds: holds.into_iter().map(|row| (row.id, Hold { row, mark: Mark::Same })).collect(),
        ..Books::default()
    };
    load_originals(tx, movements, &mut books).await?;
    load_lots(tx, movements, &mut books).await?;
    Ok(books)
}

pub(super) fn by_key(accounts: Vec<points_account::Model>) -> HashMap<(MemberId, Ledger), Account> {
    accounts.into_iter().map(|row| ((row.member_id, row.ledger), Account::new(row))).collect()
}

/// Whose accounts are today. An earlier transfer may stand in the account of a member who was merged since: her lots
/// have gone over to the one who stays, so they tell who that is.
async fn owners(
    tx: &impl Conn,
    accounts: &[points_account::Model],
    posted: &[points_transfer::Model],
) -> Result<HashMap<AccountId, MemberId>> {
    let mut owners: HashMap<_, _> = accounts.iter().map(|row| (row.id, row.member_id)).collect();
    let foreign: BTreeSet<AccountId> = posted.iter().map(|row| row.account_id).collect();
    let foreign: Vec<AccountId> =
        foreign.into_iter().filter(|id| !owners.contains_key(id)).collect();
    if !foreign.is_empty() {
        let holders = store::holders(tx, &foreign).await?;
        let foreign = store::accounts_by_id(tx, &foreign).await?;
        let members: Vec<MemberId> = foreign.iter().map(|row| row.member_id).collect();
        let winners = winners(tx, &members).await?;
        let owner = |row: &points_account::Model| Some((row.id, *winners.get(&row.member_id)?));
        // An account that earned nothing itself made no lots: only the merge of its member tells whose it is.
        owners.extend(foreign.iter().filter_map(owner));
        owners.extend(holders);
    }
    Ok(owners)
}

/// How much of the originals was taken back, and which lots they used; which lots the holds took from.
async fn load_originals(tx: &impl Conn, movements: &[Movement], books: &mut Books) -> Result<()> {
    let originals = movements.iter().filter_map(Movement::original);
    let originals: Vec<&points_transfer::Model> =
        originals.filter_map(|cause| books.posted.get(&cause)).collect();
    let mut uses = Uses::default();
    uses.takings.extend(books.holds.values().map(|hold| hold.row.freeze_transfer));
    for original in &originals {
        match (original.kind, original.reverses) {
            (TransferKind::Spend, _) => uses.of(original.id, original.id),
            (TransferKind::Capture, Some(freeze)) => uses.of(original.id, freeze),
            _ => {}
        }
    }
    let ids: HashSet<TransferId> = originals.iter().map(|original| original.id).collect();
    let ids: Vec<TransferId> = ids.union(&uses.takings).copied().collect();
    for reversal in store::reversals_of(tx, &ids).await? {
        let Some(original) = reversal.reverses else { continue };
        if reversal.kind == TransferKind::Reverse {
            *books.undone.entry(original).or_default() += reversal.amount;
        }
        uses.back(reversal.id, original);
    }
    load_shares(tx, &uses, books).await
}

/// Which transfers took from lots, and which ones brought that back.
#[derive(Default)]
struct Uses {
    /// Spendings and freezes.
    takings: HashSet<TransferId>,
    /// From a spending or a capture to what took from the lots.
    taken_by: HashMap<TransferId, TransferId>,
    /// From a reversal or a release to what took from the lots.
    returns: HashMap<TransferId, TransferId>,
}

impl Uses {
    fn of(&mut self, original: TransferId, taking: TransferId) {
        self.takings.insert(taking);
        self.taken_by.insert(original, taking);
    }

    fn back(&mut self, reversal: TransferId, original: TransferId) {
        let taking = self.taken_by.get(&original).or_else(|| self.takings.get(&original));
        if let Some(taking) = taking {
            self.returns.insert(reversal, *taking);
        }
    }
}

async fn load_shares(tx: &impl Conn, uses: &Uses, books: &mut Books) -> Result<()> {
    let ids: Vec<TransferId> = uses.takings.iter().chain(uses.returns.keys()).copied().collect();
    for used in store::uses_of(tx, &ids).await? {
        let back = uses.returns.get(&used.transfer_id);
        let taking = back.copied().unwrap_or(used.transfer_id);
        let shares = books.shares.entry(taking).or_default();
        let place = shares.iter().position(|share| share.lot == used.lot_id);
        let place = place.unwrap_or_else(|| {
            shares.push(Share { lot: used.lot_id, used: 0, returned: 0 });
            shares.len() - 1
        });
        if back.is_none() {
            shares[place].used -= used.amount;
        } else if used.amount > 0 {
            // What is below zero on a reversal paid a debt out of what it gave back.
            shares[place].returned += used.amount;
        }
    }
    Ok(())
}

/// Lots of accounts that are taken from or given back to; earning needs none.
async fn load_lots(tx: &impl Conn, movements: &[Movement], books: &mut Books) -> Result<()> {
    let takes = |m: &&Movement| !matches!(m.act, Act::Earn { .. });
    let keys: HashSet<_> = movements.iter().filter(takes).map(|m| (m.member, m.ledger)).collect();
    let accounts: Vec<AccountId> = keys
        .iter()
        .filter_map(|key| books.accounts.get(key).map(|account| account.row.id))
        .collect();
    let used: BTreeSet<LotId> = books.shares.values().flatten().map(|share| share.lot).collect();
    let mut lots = store::lots_left(tx, &accounts).await?;
    lots.extend(store::lots_by_id(tx, &used.into_iter().collect::<Vec<_>>()).await?);
    shelve(lots, books.accounts.values_mut());
    Ok(())
}

/// Puts lots into their accounts.
pub(super) fn shelve<'a>(
    lots: Vec<points_lot::Model>,
    accounts: impl Iterator<Item = &'a mut Account>,
) {
    let mut accounts: HashMap<_, _> = accounts.map(|account| (account.row.id, account)).collect();
    for lot in lots {
        if let Some(account) = accounts.get_mut(&lot.account_id) {
            account.lots.load(lot);
        }
    }
}

/// Writes what was decided about locked accounts.
pub(super) async fn write(
    writes: &mut Writes<'_, Tx>,
    app: &App,
    accounts: impl Iterator<Item = Account>,
    entries: &Entries,
) -> Result<()> {
    let changed = write_lots(writes, app, accounts, entries).await?;
    abort_at("transfers_written");
    store::save_accounts(writes, &changed).await?;
    abort_at("accounts_written");
    Ok(())
}

/// Writes transfers, lots and their use; answers the accounts that have to be written, sealed and sorted by id.
pub(super) async fn write_lots(
    writes: &mut Writes<'_, impl Conn>,
    app: &App,
    accounts: impl Iterator<Item = Account>,
    entries: &Entries,
) -> Result<Vec<points_account::Model>> {
    let (mut changed, mut fresh_lots, mut changed_lots) = (Vec::new(), Vec::new(), Vec::new());
    for account in accounts.filter(|account| account.mark != Mark::Same) {
        for lot in account.lots.into_rows() {
            match lot.mark {
                Mark::Same => {}
                Mark::Changed => changed_lots.push(lot.row),
                Mark::Fresh => fresh_lots.push(lot.row),
            }
        }
        changed.push(account.row);
    }
    // Rows are written in one order everywhere, so that two batches never wait for each other in a circle.
    changed.sort_unstable_by_key(|row| row.id);
    changed_lots.sort_unstable_by_key(|row| row.id);
    let mut transfers: Vec<_> = entries.transfers.iter().map(|(_, row)| row.clone()).collect();
    rules::seal(&app.vault, &mut changed, &mut transfers, &fresh_lots, &entries.uses);
    let transfers: Vec<_> = transfers.iter().collect();
    store::insert_transfers(writes, &transfers).await?;
    store::insert_lots(writes, &fresh_lots).await?;
    store::save_lots(writes, &changed_lots).await?;
    store::insert_uses(writes, &entries.uses).await?;
    Ok(changed)
}

/// Writes the holds that were made or resolved.
async fn write_holds(writes: &mut Writes<'_, Tx>, holds: impl Iterator<Item = Hold>) -> Result<()> {
    let (mut fresh, mut changed) = (Vec::new(), Vec::new());
    for hold in holds {
        match hold.mark {
            Mark::Same => {}
            Mark::Changed => changed.push(hold.row),
            Mark::Fresh => fresh.push(hold.row),
        }
    }
    changed.sort_unstable_by_key(|row| row.id);
    store::insert_holds(writes, &fresh).await?;
    store::save_holds(writes, &changed).await?;
    Ok(())
}

/// The kind of each transfer that may have been taken back by this batch.
fn reversed_kinds(books: &Books) -> HashMap<TransferId, TransferKind> {
    books.posted.values().map(|row| (row.id, row.kind)).collect()
}

/// Says what moved. `reverses` names the kind that was taken back, so that a board can follow without a query.
pub(super) async fn publish(
    writes: &mut Writes<'_, impl Conn>,
    entries: &Entries,
    kinds: &HashMap<TransferId, TransferKind>,
    now: DateTime<Utc>,
) -> Result<()> {
    let moved = entries.transfers.iter().map(|(member, transfer)| {
        let reverses = transfer.reverses.and_then(|original| kinds.get(&original));
        told::moved(*member, transfer, reverses.copied())
    });
    Ok(events::publish_with(writes, moved.collect(), now).await?)
}
