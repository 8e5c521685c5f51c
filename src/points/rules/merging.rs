//! Carrying an account over to the member who stays (ID-3).

use chrono::{DateTime, Utc};
use entity::codes::{Bucket, Source, TransferKind};
use entity::ids::{MergeId, TransferId};
use entity::points_transfer;

use super::movement::Origin;
use super::{Account, Entries, Line};
use crate::kernel::actor::Actor;

/// Empties `from` into `to`, both of one ledger with all their lots that have something left: two transfers for each
/// balance that is not zero. Debt is carried too and paid from whatever the other one had.
///
/// The lots themselves go over, with their expiry, their order and the record of who used them: a refund long after
/// the merge still finds the lot that its order made.
#[must_use]
pub fn merge(from: &mut Account, to: &mut Account, cause: MergeId, now: DateTime<Utc>) -> Entries {
    let mut entries = Entries::default();
    let mut last = None;
    for bucket in [Bucket::Pending, Bucket::Frozen, Bucket::Available] {
        let carried = from.bucket_mut(bucket).copied().unwrap_or_default();
        if carried != 0 {
            last = Some(carry(&mut entries, (from, to), bucket, carried, cause, now));
        }
    }
    for lot in std::mem::take(&mut from.lots).into_rows() {
        let mut row = lot.row;
        row.account_id = to.row.id;
        to.lots.load(row);
    }
    if let Some(transfer) = last {
        pay_debt(&mut entries, to, transfer, now);
    }
    entries
}

fn carry(
    entries: &mut Entries,
    (from, to): (&mut Account, &mut Account),
    bucket: Bucket,
    carried: i64,
    cause: MergeId,
    now: DateTime<Utc>,
) -> TransferId {
    let (out, into) = (format!("{cause}/{bucket}/from"), format!("{cause}/{bucket}/to"));
    let ways = [(bucket, Bucket::Merged), (Bucket::Merged, bucket)];
    let [give, get] = if carried > 0 { ways } else { [ways[1], ways[0]] };
    let amount = carried.saturating_abs();
    let given = write(from, give, amount, &out, now);
    let got = write(to, get, amount, &into, now);
    let id = got.id;
    entries.transfers.push((from.row.member_id, given));
    entries.transfers.push((to.row.member_id, got));
    id
}

fn write(
    account: &mut Account,
    (from, to): (Bucket, Bucket),
    amount: i64,
    source_id: &str,
    now: DateTime<Utc>,
) -> points_transfer::Model {
    let origin =
        Origin { order: None, store: None, rule: None, actor: Actor::SYSTEM, occurred_at: now };
    let cause = (Source::Merge, source_id);
    let kind = TransferKind::Merge;
    account.write(Line { kind, from, to, amount, reverses: None, cause, origin }, now)
}

/// One of both may have owed what the other had: the lots pay, so that debt and lots never stand together.
fn pay_debt(entries: &mut Entries, to: &mut Account, transfer: TransferId, now: DateTime<Utc>) {
    let paid = to.lots.left() - to.row.available.max(0);
    if paid > 0 {
        let parts = to.lots.take(paid, None, now);
        entries.record_taken(transfer, &parts, now);
    }
}
