//! What a member reads about her points (PT-8).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::codes::{Bucket, Ledger, Source, TransferKind};
use entity::ids::{MemberId, OrderId, StoreId, TransferId};
use entity::{points_lot as lot, points_transfer as transfer};

use super::explaining::accounts_seen;
use crate::db::Conn;
use crate::http::Result;
use crate::points::store;

pub use crate::points::store::HistoryPosition;

/// One line of a member's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The movement.
    pub transfer: TransferId,
    /// What it was.
    pub kind: TransferKind,
    /// What caused it.
    pub source: Source,
    /// How many came (above zero) or went (below zero).
    pub points: i64,
    /// What she had when it was booked.
    pub balance_after: i64,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
    /// When what is left of an earning runs out.
    pub expires_at: Option<DateTime<Utc>>,
    /// How much of an earning is left.
    pub left: Option<i64>,
    /// When an earning that is still pending can be spent.
    pub settles_at: Option<DateTime<Utc>>,
    /// The order behind it.
    pub order: Option<OrderId>,
    /// The store behind it.
    pub store: Option<StoreId>,
    seq: i64,
}

impl HistoryEntry {
    /// A movement without the lot it made.
    #[must_use]
    pub fn of(transfer: &transfer::Model) -> Self {
        Self::new(transfer, None)
    }

    pub(super) fn new(transfer: &transfer::Model, made: Option<&lot::Model>) -> Self {
        Self {
            points: if comes_in(transfer) { transfer.amount } else { -transfer.amount },
            transfer: transfer.id,
            kind: transfer.kind,
            source: transfer.source,
            balance_after: transfer.available_after,
            occurred_at: transfer.occurred_at,
            expires_at: made.and_then(|lot| lot.expires_at),
            left: made.map(|lot| lot.remaining),
            settles_at: made.filter(|lot| !lot.settled).map(|lot| lot.settles_at),
            order: transfer.order_id,
            store: transfer.store_id,
            seq: transfer.seq,
        }
    }

    /// What it was, for people: Chinese and English.
    #[must_use]
    pub const fn title(&self) -> (&'static str, &'static str) {
        title(self.kind, self.source, self.points)
    }

    /// Where to read on after this line.
    #[must_use]
    pub const fn position(&self) -> HistoryPosition {
        (self.occurred_at, self.seq, self.transfer)
    }
}

/// What a movement was, for people: Chinese and English. `points` are above zero where points came in.
#[must_use]
pub const fn title(
    kind: TransferKind,
    source: Source,
    points: i64,
) -> (&'static str, &'static str) {
    let comes_in = points > 0;
    match (kind, source) {
        (TransferKind::Earn, Source::Order) => ("消费得积分", "Points for a purchase"),
        (TransferKind::Earn, Source::Tier) => ("升级礼积分", "Points on reaching a tier"),
        (TransferKind::Earn, _) => ("门店赠送积分", "Points granted in a store"),
        (TransferKind::Settle, _) => ("积分到账", "Points became available"),
        (TransferKind::Spend, _) => ("使用积分", "Points used"),
        (TransferKind::Freeze, _) => ("结算中冻结积分", "Points held for a checkout"),
        (TransferKind::Capture, _) => ("结算使用积分", "Held points used"),
        (TransferKind::Release, _) => ("积分解冻", "Held points released"),
        (TransferKind::Expire, _) => ("积分过期", "Points ran out"),
        (TransferKind::Reverse, _) if comes_in => ("退还已用积分", "Used points given back"),
        (TransferKind::Reverse, _) => ("退货扣回积分", "Points taken back after a return"),
        (TransferKind::Adjust, Source::Import) => {
            ("从原系统迁入积分", "Brought along from another system")
        }
        (TransferKind::Adjust, _) => ("人工调整积分", "Adjusted by staff"),
        (TransferKind::Merge, _) if comes_in => {
            ("合并账户转入积分", "Came in with a merged account")
        }
        (TransferKind::Merge, _) => ("合并账户转出积分", "Went over to the merged account"),
    }
}

const fn comes_in(transfer: &transfer::Model) -> bool {
    match transfer.to_bucket {
        Bucket::Available => true,
        Bucket::Pending => !matches!(transfer.from_bucket, Bucket::Available),
        _ => false,
    }
}

/// A member's points history, latest business time first, with that of the members merged into her (PT-8).
///
/// # Errors
/// The database's.
pub async fn history(
    db: &impl Conn,
    member: MemberId,
    after: Option<HistoryPosition>,
    limit: u64,
) -> Result<Vec<HistoryEntry>> {
    let ids = accounts_seen(db, member, Ledger::Points).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let transfers = store::history(db, &ids, after, limit).await?;
    let made: Vec<TransferId> = transfers.iter().map(|transfer| transfer.id).collect();
    let lots = store::lots_made_by(db, &made).await?;
    let lots: HashMap<TransferId, _> = lots.into_iter().map(|lot| (lot.transfer_id, lot)).collect();
    let entry = |row: &transfer::Model| HistoryEntry::new(row, lots.get(&row.id));
    Ok(transfers.iter().map(entry).collect())
}
