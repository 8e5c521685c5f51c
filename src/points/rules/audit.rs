//! What the transfers say against what stands beside them (PT-1, L7).

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use entity::codes::{Bucket, HoldState, Ledger, TransferKind};
use entity::ids::{AccountId, HoldId, LotId, MemberId, PointsDayTotalId, TransferId};
use entity::{points_account, points_hold, points_lot, points_transfer};

use super::due_at;

/// Something that is not as the transfers say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which account; none for what is about all of them.
    pub account: Option<AccountId>,
    /// Whose; none when the account itself is gone.
    pub member: Option<MemberId>,
    /// Points or growth; none when the account itself is gone, and for what is about both.
    pub ledger: Option<Ledger>,
    /// What differs.
    pub what: Fault,
    /// What follows from the transfers.
    pub expected: i64,
    /// What is stored.
    pub found: i64,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Number of a transfer in its account: one is missing or was added.
    Sequence(TransferId),
    /// A balance that a transfer says it left.
    BalanceAfter(TransferId, Bucket),
    /// A transfer of the other ledger.
    Ledger(TransferId),
    /// A transfer took from lots, or gave back, another amount than its own.
    LotUse(TransferId),
    /// The lot of an earning is missing or has another amount.
    LotMade(TransferId),
    /// More was taken back than the transfer moved.
    Reversed(TransferId),
    /// What is left of a lot.
    LotLeft(LotId),
    /// When something happens to a lot by itself, in Unix milliseconds; 0 is never.
    LotDue(LotId),
    /// How much of a hold was used or went back: nothing while it is held, all of it afterwards.
    Hold(HoldId),
    /// How much of a hold was used.
    HoldCaptured(HoldId),
    /// A balance of the account.
    Balance(Bucket),
    /// The number of transfers in the account's row.
    Version,
    /// The sum of the lots that can be spent.
    LotSum,
    /// The sum of the lots that are pending.
    PendingLotSum,
    /// A transfer, or what it did to lots, is not as the app wrote it, or the one before it is not.
    Mac(TransferId),
    /// A transfer, or what it did to lots, cannot even be read.
    Unreadable(TransferId),
    /// The account's row cannot even be read.
    UnreadableAccount,
    /// A lot can be spent and should not, or the other way round.
    LotSettled(LotId),
    /// A lot is in an account that neither earned it nor came to it by a merge.
    LotAccount(LotId),
    /// The account's row is not as the app wrote it, or its last transfers are gone.
    AccountMac,
    /// The account has no code, or its first transfers are under none: they are from before the codes and nobody has
    /// sealed them yet, or the codes were taken away.
    Unsealed,
    /// The record that accounts were sealed is gone or not as the app wrote it.
    SealRecord,
    /// What a counter of a budget stands at, against the orders that were granted.
    Counter(String),
    /// A total of a closed day.
    DayTotal(PointsDayTotalId),
    /// Closed days have no total of what moved in this way on that day.
    NoDayTotal(NaiveDate, TransferKind),
    /// A day between the first movement and the last closed day is not closed.
    DayOpen(NaiveDate),
    /// The movements of a closed day cannot be added up.
    DayUnreadable(NaiveDate),
    /// The sum of what is held.
    HoldSum,
    /// Transfers or lots name an account that does not exist.
    NoAccount,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, what, expected, found, .. } = self;
        if let Some(account) = account {
            write!(f, "{account}: ")?;
        }
        write!(f, "{what:?}: expected {expected}, found {found}")
    }
}

impl Difference {
    /// Of what is about all accounts.
    #[must_use]
    pub const fn of_all(ledger: Option<Ledger>, what: Fault, expected: i64, found: i64) -> Self {
        Self { account: None, member: None, ledger, what, expected, found }
    }
}

/// What lies beside one transfer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside {
    /// Sum of its lot uses.
    pub used: i64,
    /// Amount of the lot it made.
    pub made: Option<i64>,
    /// Sum of what took it back.
    pub reversed: i64,
}

/// Recomputes accounts; feed it every transfer by number and every lot.
#[derive(Debug)]
pub struct Audit {
    accounts: BTreeMap<AccountId, Running>,
    found: Vec<Difference>,
}

#[derive(Debug)]
struct Running {
    row: points_account::Model,
    seq: i64,
    balances: [i64; 3],
    settled: i64,
    unsettled: i64,
    held: i64,
}

const BUCKETS: [Bucket; 3] = [Bucket::Pending, Bucket::Available, Bucket::Frozen];

const fn place(bucket: Bucket) -> Option<usize> {
    match bucket {
        Bucket::Pending => Some(0),
        Bucket::Available => Some(1),
        Bucket::Frozen => Some(2),
        _ => None,
    }
}

impl Audit {
    /// Of these accounts.
    #[must_use]
    pub fn new(accounts: &[points_account::Model]) -> Self {
        let running = accounts.iter().map(|row| {
            let row = row.clone();
            (row.id, Running { row, seq: 0, balances: [0; 3], settled: 0, unsettled: 0, held: 0 })
        });
        Self { accounts: running.collect(), found: Vec::new() }
    }

    /// The next transfer of its account.
    pub fn transfer(&mut self, transfer: &points_transfer::Model, beside: Beside) {
        let Some(account) = self.accounts.get_mut(&transfer.account_id) else { return };
        let mut report = Report { row: &account.row, found: &mut self.found };
        let id = transfer.id;
        report.compare(Fault::Sequence(id), account.seq + 1, transfer.seq);
        account.seq = transfer.seq;
        if transfer.ledger != account.row.ledger {
            report.add(Fault::Ledger(id), 0, 1);
        }
        let in_lots_before = in_lots(account.balances);
        if let Some(i) = place(transfer.from_bucket) {
            account.balances[i] = account.balances[i].saturating_sub(transfer.amount);
        }
        if let Some(i) = place(transfer.to_bucket) {
            account.balances[i] = account.balances[i].saturating_add(transfer.amount);
        }
        let after = [transfer.pending_after, transfer.available_after, transfer.frozen_after];
        for (i, bucket) in BUCKETS.into_iter().enumerate() {
            report.compare(Fault::BalanceAfter(id, bucket), account.balances[i], after[i]);
        }
        // One changed row is one difference, not one in every row after it.
        account.balances = after;
        report.lots(transfer, in_lots(after) - in_lots_before, beside);
    }

    /// A lot and by how much its uses changed it.
    pub fn lot(&mut self, lot: &points_lot::Model, used: i64) {
        let Some(account) = self.accounts.get_mut(&lot.account_id) else { return };
        let sum = if lot.settled { &mut account.settled } else { &mut account.unsettled };
        *sum = sum.saturating_add(lot.remaining);
        let mut report = Report { row: &account.row, found: &mut self.found };
        report.compare(Fault::LotLeft(lot.id), lot.amount.saturating_add(used), lot.remaining);
        report.compare(Fault::LotDue(lot.id), millis(due_at(lot)), millis(lot.due_at));
    }

    /// A hold, and what its freeze came to: how much of it was used or went back in all, and how much was used.
    pub fn hold(&mut self, hold: &points_hold::Model, resolved: i64, captured: i64) {
        let Some(account) = self.accounts.get_mut(&hold.account_id) else { return };
        let open = hold.state == HoldState::Held;
        if open {
            account.held = account.held.saturating_add(hold.amount);
        }
        let mut report = Report { row: &account.row, found: &mut self.found };
        report.compare(Fault::Hold(hold.id), if open { 0 } else { hold.amount }, resolved);
        report.compare(Fault::HoldCaptured(hold.id), captured, hold.captured);
    }

    /// Something else about an account: not as it was written (L7).
    pub fn forged(&mut self, account: AccountId, what: Fault) {
        if let Some(account) = self.accounts.get(&account) {
            Report { row: &account.row, found: &mut self.found }.add(what, 1, 0);
        }
    }

    /// What was found.
    #[must_use]
    pub fn finish(self) -> Vec<Difference> {
        let mut found = self.found;
        for account in self.accounts.into_values() {
            let row = &account.row;
            let mut report = Report { row, found: &mut found };
            let stored = [row.pending, row.available, row.frozen];
            for (i, bucket) in BUCKETS.into_iter().enumerate() {
                report.compare(Fault::Balance(bucket), account.balances[i], stored[i]);
            }
            report.compare(Fault::Version, account.seq, row.version);
            report.compare(Fault::LotSum, account.balances[1].max(0), account.settled);
            report.compare(Fault::PendingLotSum, account.balances[0], account.unsettled);
            report.compare(Fault::HoldSum, account.balances[2], account.held);
        }
        found
    }
}

/// What must stand in lots: below zero there are none, and frozen points have left theirs.
fn in_lots([pending, available, _]: [i64; 3]) -> i64 {
    pending.saturating_add(available.max(0))
}

fn millis(at: Option<DateTime<Utc>>) -> i64 {
    at.map_or(0, |at| at.timestamp_millis())
}

struct Report<'a> {
    row: &'a points_account::Model,
    found: &'a mut Vec<Difference>,
}

impl Report<'_> {
    fn add(&mut self, what: Fault, expected: i64, found: i64) {
        self.found.push(Difference {
            account: Some(self.row.id),
            member: Some(self.row.member_id),
            ledger: Some(self.row.ledger),
            what,
            expected,
            found,
        });
    }

    fn compare(&mut self, what: Fault, expected: i64, found: i64) {
        if expected != found {
            self.add(what, expected, found);
        }
    }

    /// Whatever changes what stands in lots changes the lots by as much.
    fn lots(&mut self, transfer: &points_transfer::Model, change: i64, beside: Beside) {
        let grants = match transfer.kind {
            TransferKind::Earn => true,
            TransferKind::Adjust => transfer.to_bucket == Bucket::Available,
            _ => false,
        };
        let made = if grants { transfer.amount } else { 0 };
        self.compare(Fault::LotMade(transfer.id), made, beside.made.unwrap_or_default());
        if beside.reversed > transfer.amount {
            self.add(Fault::Reversed(transfer.id), transfer.amount, beside.reversed);
        }
        // A merge moves whole lots; what it changes in them shows in the sum of the account.
        if transfer.kind != TransferKind::Merge {
            self.compare(Fault::LotUse(transfer.id), change.saturating_sub(made), beside.used);
        }
    }
}
