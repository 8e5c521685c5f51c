//! What happens to lots by themselves: pending ones settle (PT-2b), settled ones run out (PT-3).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::codes::{Bucket, Source, TransferKind};
use entity::ids::LotId;
use entity::points_lot::Model as Lot;

use super::movement::Origin;
use super::{Account, Entries, Line, due_at};
use crate::kernel::actor::Actor;

/// Makes every pending lot of the account available whose time has come, one transfer a lot; debt is paid from it
/// first. Returns how many lots settled.
#[must_use]
pub fn settle(account: &mut Account, now: DateTime<Utc>, entries: &mut Entries) -> usize {
    let since = account.row.updated_at;
    let due: Vec<Lot> = due(account, now).filter(|lot| !lot.settled).cloned().collect();
    let mut count = 0;
    for lot in &due {
        let amount = lot.remaining;
        if amount > account.row.pending {
            // Somebody changed rows by hand: the reconciliation names them, and the others must not wait.
            continue;
        }
        let debt_paid = amount.min(account.debt());
        let earning = lot.transfer_id.to_string();
        let origin = origin(lot.settles_at.max(since));
        let origin = Origin { order: lot.order_id, ..origin };
        let line = Line {
            kind: TransferKind::Settle,
            from: Bucket::Pending,
            to: Bucket::Available,
            amount,
            reverses: None,
            cause: (Source::Transfer, &earning),
            origin,
        };
        let transfer = account.write(line, now);
        account.lots.settle(lot.id);
        if debt_paid > 0 {
            account.lots.give_back(lot.id, -debt_paid);
            entries.record_use(transfer.id, lot.id, -debt_paid, now);
        }
        entries.transfers.push((account.row.member_id, transfer));
        count += 1;
    }
    count
}

/// Takes what is left of settled lots that have run out, one transfer for each instant of expiry. Points that are pending
/// or held are not in those lots. Returns how many lots ran out.
#[must_use]
pub fn expire(account: &mut Account, now: DateTime<Utc>, entries: &mut Entries) -> usize {
    let since = account.row.updated_at;
    let mut instants: BTreeMap<DateTime<Utc>, Vec<(LotId, i64)>> = BTreeMap::new();
    for lot in due(account, now).filter(|lot| lot.settled) {
        if let Some(at) = lot.expires_at {
            instants.entry(at).or_default().push((lot.id, lot.remaining));
        }
    }
    let mut count = 0;
    for (at, parts) in instants {
        let amount = parts.iter().map(|part| part.1).sum();
        if amount > account.row.available {
            continue;
        }
        let number = format!("{}/{}", account.row.id, account.row.version + 1);
        let line = Line {
            kind: TransferKind::Expire,
            from: Bucket::Available,
            to: Bucket::Expired,
            amount,
            reverses: None,
            cause: (Source::Expiry, &number),
            origin: origin(at.max(since)),
        };
        let transfer = account.write(line, now);
        for (lot, amount) in &parts {
            account.lots.give_back(*lot, -amount);
        }
        entries.record_taken(transfer.id, &parts, now);
        entries.transfers.push((account.row.member_id, transfer));
        count += parts.len();
    }
    count
}

fn due(account: &Account, now: DateTime<Utc>) -> impl Iterator<Item = &Lot> {
    let lots = account.lots.iter().map(|lot| &lot.row);
    lots.filter(move |lot| due_at(lot).is_some_and(|at| at <= now))
}

/// By the business time it happened when it was due, but never before what the account did meanwhile: so a history that
/// is read by business time shows balances in the order in which they came about.
const fn origin(at: DateTime<Utc>) -> Origin {
    Origin { order: None, store: None, rule: None, actor: Actor::SYSTEM, occurred_at: at }
}
