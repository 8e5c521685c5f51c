//! A keyed code over every transfer and the one before it, so that a change by hand is seen and its row named (L7).
//!
//! What is covered: all columns of a transfer, the lot it made as it was made, what it took from lots and gave back, and
//! the code of the transfer before it in the account; all columns of the account. What lots and accounts come to later
//! follows from that and is recomputed by [`super::Audit`].
//!
//! Transfers from before there were codes cannot be changed, so they have none; one code over all of them stands in the
//! account once they were sealed. From then on every account has its code, and one without is told.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::ids::{AccountId, TransferId};
use entity::points_account::Model as Account;
use entity::points_lot::Model as Lot;
use entity::points_lot_use::Model as LotUse;
use entity::points_seal::Model as Record;
use entity::points_transfer::Model as Transfer;
use entity::values::Mac;
use uuid::Uuid;

use super::Fault;
use crate::kernel::vault::Vault;

/// What a transfer did to lots.
#[derive(Clone, Copy, Debug, Default)]
pub struct Did<'a> {
    /// The lot that it made.
    pub made: Option<&'a Lot>,
    /// What it took and gave back, in any order.
    pub uses: &'a [LotUse],
}

/// Writes the codes of `transfers` and of the accounts they stand in; every account is in `accounts` as it is after them.
pub fn seal(
    vault: &Vault,
    accounts: &mut [Account],
    transfers: &mut [Transfer],
    lots: &[Lot],
    uses: &[LotUse],
) {
    let lots: HashMap<TransferId, _> = lots.iter().map(|lot| (lot.transfer_id, lot)).collect();
    let mut by_transfer: HashMap<TransferId, Vec<LotUse>> = HashMap::new();
    for one in uses {
        by_transfer.entry(one.transfer_id).or_default().push(one.clone());
    }
    let places = accounts.iter().enumerate().map(|(place, row)| (row.id, place));
    let places: HashMap<AccountId, usize> = places.collect();
    transfers.sort_by_key(|transfer| transfer.seq);
    let mut bytes = Bytes::default();
    for transfer in transfers {
        let Some(account) = places.get(&transfer.account_id).map(|&i| &mut accounts[i]) else {
            continue;
        };
        let made = lots.get(&transfer.id).copied();
        let uses = by_transfer.get(&transfer.id).map(Vec::as_slice).unwrap_or_default();
        bytes.written(transfer, Did { made, uses }, account.last_mac.as_ref());
        transfer.mac = Some(vault.mac(&bytes.0));
        account.last_mac.clone_from(&transfer.mac);
    }
    for account in accounts {
        bytes.account(account);
        account.mac = Some(vault.mac(&bytes.0));
    }
}

/// Seals an account from before the codes: `chain` has followed its transfers and found nothing else wrong.
pub fn seal_account(vault: &Vault, account: &mut Account, chain: &mut Chain) {
    account.sealed_mac.clone_from(&chain.before);
    chain.bytes.account(account);
    account.mac = Some(vault.mac(&chain.bytes.0));
}

/// Writes the code of the record that accounts were sealed.
pub fn seal_record(vault: &Vault, record: &mut Record) {
    let mut bytes = Bytes::default();
    bytes.record(record);
    record.mac = vault.mac(&bytes.0);
}

/// Whether the record that accounts were sealed is ours.
#[must_use]
pub fn is_ours(vault: &Vault, record: &Record) -> bool {
    let mut bytes = Bytes::default();
    bytes.record(record);
    vault.has_mac(&bytes.0, &record.mac)
}

/// Follows the codes of one account; give it every transfer by number.
#[derive(Debug, Default)]
pub struct Chain {
    /// Over all transfers from before the codes.
    before: Option<Mac>,
    last: Option<Mac>,
    bytes: Bytes,
}

impl Chain {
    /// The next transfer. A code that is missing is right only as long as there was none before.
    pub fn transfer(&mut self, vault: &Vault, transfer: &Transfer, did: Did<'_>) -> Option<Fault> {
        let Some(mac) = &transfer.mac else {
            self.bytes.written(transfer, did, self.before.as_ref());
            self.bytes.field(50, b"before");
            self.before = Some(vault.mac(&self.bytes.0));
            return self.last.is_some().then_some(Fault::Mac(transfer.id));
        };
        self.bytes.written(transfer, did, self.last.as_ref());
        // A change is found in its row and at most the one after it, not in all that follow.
        self.last = Some(mac.clone());
        (!vault.has_mac(&self.bytes.0, mac)).then_some(Fault::Mac(transfer.id))
    }

    /// The account after its last transfer.
    pub fn account(&mut self, vault: &Vault, account: &Account) -> Option<Fault> {
        self.bytes.account(account);
        let forged = match &account.mac {
            Some(mac) => !vault.has_mac(&self.bytes.0, mac),
            None => self.last.is_some() || account.sealed_mac.is_some(),
        };
        let sealed = account.sealed_mac.is_some();
        if forged || account.last_mac != self.last || (sealed && account.sealed_mac != self.before)
        {
            return Some(Fault::AccountMac);
        }
        (account.mac.is_none() || account.sealed_mac != self.before).then_some(Fault::Unsealed)
    }
}

/// One row in one way only: each field by its number and length, absent ones left out, times in microseconds, the most
/// that every database keeps. A column that is added later takes a new number, and old codes stay right while it is
/// absent.
#[derive(Debug, Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn begin(&mut self, what: &[u8]) {
        self.0.clear();
        self.field(0, what);
    }

    fn field(&mut self, number: u8, value: &[u8]) {
        self.0.push(number);
        self.0.extend_from_slice(&(value.len() as u64).to_be_bytes());
        self.0.extend_from_slice(value);
    }

    fn ids(&mut self, ids: &[(u8, Option<Uuid>)]) {
        for (number, id) in ids {
            if let Some(id) = id {
                self.field(*number, id.as_bytes());
            }
        }
    }

    fn words(&mut self, words: &[(u8, &str)]) {
        for (number, word) in words {
            self.field(*number, word.as_bytes());
        }
    }

    fn ints(&mut self, ints: &[(u8, i64)]) {
        for (number, int) in ints {
            self.field(*number, &int.to_be_bytes());
        }
    }

    fn written(&mut self, row: &Transfer, did: Did<'_>, before: Option<&Mac>) {
        self.transfer(row);
        if let Some(before) = before {
            self.field(22, before.0.as_bytes());
        }
        if let Some(lot) = did.made {
            self.lot(lot);
        }
        self.uses(did.uses);
    }

    // Here and below all columns are named: a new one does not compile until somebody has said whether it is covered.
    fn transfer(&mut self, row: &Transfer) {
        #[rustfmt::skip]
        let Transfer {
            id, account_id, ledger, seq, kind, from_bucket, to_bucket, amount, pending_after, available_after,
            frozen_after, source, source_id, reverses, order_id, store_id, rule_id, actor_kind, actor_id, occurred_at,
            recorded_at, mac: _,
        } = row;
        self.begin(b"huiyi transfer v1");
        self.ids(&[(1, Some(id.0)), (2, Some(account_id.0)), (3, reverses.map(|id| id.0))]);
        self.ids(&[(4, order_id.map(|id| id.0)), (5, store_id.map(|id| id.0))]);
        self.ids(&[(6, rule_id.map(|id| id.0)), (7, *actor_id)]);
        self.words(&[(8, ledger.as_str()), (9, kind.as_str()), (10, actor_kind.as_str())]);
        self.words(&[(11, from_bucket.as_str()), (12, to_bucket.as_str())]);
        self.words(&[(13, source.as_str()), (14, source_id)]);
        self.ints(&[(15, *seq), (16, *amount), (17, *pending_after), (18, *available_after)]);
        self.ints(&[(19, *frozen_after), (20, time(*occurred_at)), (21, time(*recorded_at))]);
    }

    /// As it was made: a merge gives it to another account, uses and jobs change what is left and when it is due.
    fn lot(&mut self, row: &Lot) {
        #[rustfmt::skip]
        let Lot {
            id, account_id: _, transfer_id: _, order_id, amount, remaining: _, settled: _, settles_at, expires_at,
            due_at: _, earned_at,
        } = row;
        self.ids(&[(30, Some(id.0)), (31, order_id.map(|id| id.0))]);
        self.ints(&[(32, *amount), (33, time(*settles_at)), (34, time(*earned_at))]);
        if let Some(at) = expires_at {
            self.ints(&[(35, time(*at))]);
        }
    }

    fn uses(&mut self, rows: &[LotUse]) {
        let mut rows: Vec<_> = rows.iter().collect();
        rows.sort_unstable_by_key(|row| row.id);
        for row in rows {
            let LotUse { id, lot_id, transfer_id: _, amount } = row;
            self.ids(&[(40, Some(id.0)), (41, Some(lot_id.0))]);
            self.ints(&[(42, *amount)]);
        }
    }

    fn account(&mut self, row: &Account) {
        #[rustfmt::skip]
        let Account {
            id, member_id, ledger, pending, available, frozen, version, closed, updated_at, last_mac, sealed_mac,
            mac: _,
        } = row;
        self.begin(b"huiyi account v1");
        self.ids(&[(1, Some(id.0)), (2, Some(member_id.0))]);
        self.words(&[(3, ledger.as_str())]);
        self.ints(&[(4, *pending), (5, *available), (6, *frozen), (7, *version)]);
        self.ints(&[(8, time(*updated_at))]);
        for (number, mac) in [(9, last_mac), (10, sealed_mac)] {
            if let Some(mac) = mac {
                self.field(number, mac.0.as_bytes());
            }
        }
        // Only once it is: open accounts have the code that they had before accounts were closed.
        if *closed {
            self.field(11, b"closed");
        }
    }

    fn record(&mut self, row: &Record) {
        let Record { name, upto, accounts, finished_at, mac: _ } = row;
        self.begin(b"huiyi seal v1");
        self.words(&[(1, name)]);
        self.ids(&[(2, upto.map(|id| id.0))]);
        self.ints(&[(3, *accounts)]);
        if let Some(at) = finished_at {
            self.ints(&[(4, time(*at))]);
        }
    }
}

const fn time(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}
