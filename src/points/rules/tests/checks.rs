//! What must hold after each step, and at the end.

use super::*;

impl Play {
    pub(super) fn check(&self) {
        for (who, purse) in self.purses.iter().enumerate() {
            let account = &self.books.accounts[&(self.members[who], Ledger::Points)];
            let row = &account.row;
            let model = (purse.pending(), purse.available(), purse.frozen());
            assert_eq!((row.pending, row.available, row.frozen), model);
            let ours: Vec<_> =
                account.lots.iter().map(|lot| (lot.row.remaining, lot.row.due_at)).collect();
            let model: Vec<_> =
                purse.heaps.iter().map(|heap| (heap.left(), heap.due_at())).collect();
            assert_eq!(ours, model, "the lots of member {who}, in the order of use");
            assert!(
                account.lots.iter().all(|lot| (0..=lot.row.amount).contains(&lot.row.remaining))
            );
            self.check_transfers(account);
        }
    }

    /// Below zero only where something was taken back.
    fn check_transfers(&self, account: &Account) {
        let transfers = self.entries.transfers.iter().map(|(_, row)| row);
        for row in transfers.filter(|row| row.account_id == account.row.id) {
            let claws = matches!(row.kind, TransferKind::Reverse | TransferKind::Merge);
            assert!(
                row.available_after >= 0
                    || claws
                    || row.to_bucket == Bucket::Available
                    || row.to_bucket == Bucket::Pending
                    || row.from_bucket == Bucket::Frozen
            );
            assert!(row.pending_after >= 0 && row.frozen_after >= 0);
        }
    }

    /// The audit finds nothing in what was written.
    pub(super) fn check_audit(&self) {
        let rows: Vec<_> =
            self.books.accounts.values().map(|account| account.row.clone()).collect();
        let mut audit = Audit::new(&rows);
        let records = &self.entries.uses;
        let used = sums(records.iter().map(|used| (used.transfer_id, used.amount)));
        let of_lot = sums(records.iter().map(|used| (used.lot_id, used.amount)));
        let transfers: Vec<_> = self.entries.transfers.iter().map(|(_, row)| row).collect();
        let ends = transfers.iter().filter_map(|row| Some((row.reverses?, row.amount)));
        let reversed = sums(ends);
        let of_holds = transfers.iter().filter(|row| row.kind == TransferKind::Capture);
        let captured = sums(of_holds.filter_map(|row| Some((row.reverses?, row.amount))));
        let lots = || self.books.accounts.values().flat_map(|account| account.lots.iter());
        let made: HashMap<_, _> = lots().map(|lot| (lot.row.transfer_id, lot.row.amount)).collect();
        let of = |sums: &HashMap<TransferId, i64>, id| sums.get(&id).copied().unwrap_or_default();
        for row in transfers {
            let made = made.get(&row.id).copied();
            let beside = Beside { used: of(&used, row.id), made, reversed: of(&reversed, row.id) };
            audit.transfer(row, beside);
        }
        for lot in lots() {
            audit.lot(&lot.row, of_lot.get(&lot.row.id).copied().unwrap_or_default());
        }
        for hold in self.books.holds.values() {
            let freeze = hold.row.freeze_transfer;
            audit.hold(&hold.row, of(&reversed, freeze), of(&captured, freeze));
        }
        assert_eq!(audit.finish(), []);
    }
}

fn sums<Id: std::hash::Hash + Eq>(parts: impl Iterator<Item = (Id, i64)>) -> HashMap<Id, i64> {
    let mut sums = HashMap::new();
    for (lot, amount) in parts {
        *sums.entry(lot).or_default() += amount;
    }
    sums
}
