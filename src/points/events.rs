//! What the ledgers tell the world: ids and numbers.

use chrono::{DateTime, Utc};
use entity::codes::{Ledger, Source, TransferKind};
use entity::ids::MemberId;
use entity::{points_notice, points_transfer};
use serde::Serialize;
use utoipa::ToSchema;

use crate::events::{About, Event, Kind};

/// Points or growth value moved.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"ledger": "points", "kind": "earn", "amount": 539, "reverses": null}))]
pub struct PointsMoved {
    /// In which ledger.
    pub ledger: Ledger,
    /// What it was.
    pub kind: TransferKind,
    /// How many.
    pub amount: i64,
    /// What a reversal took back, so that a board can follow without a query.
    pub reverses: Option<TransferKind>,
    /// The till's number of what was used: the order that names it finds it by this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

/// Points run out soon.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"expires_at": "2026-12-31T16:00:00Z", "points": 539, "days": 30}))]
pub struct PointsExpiring {
    /// When.
    pub expires_at: DateTime<Utc>,
    /// How many.
    pub points: i64,
    /// How many days before she is told.
    pub days: i32,
}

/// Points or growth value moved.
pub const MOVED: Kind<PointsMoved> = Kind::offered(
    "points.moved",
    About::Member,
    "积分或成长值变动",
    "points or growth value of a member moved",
);

/// Points run out soon.
pub const EXPIRING: Kind<PointsExpiring> = Kind::offered(
    "points.expiring",
    About::Member,
    "会员积分即将到期",
    "points of a member run out soon",
);

pub(super) fn moved(
    member: MemberId,
    transfer: &points_transfer::Model,
    reverses: Option<TransferKind>,
) -> Event {
    let used = matches!(transfer.kind, TransferKind::Spend | TransferKind::Capture)
        && transfer.source == Source::Till;
    let payload = PointsMoved {
        ledger: transfer.ledger,
        kind: transfer.kind,
        amount: transfer.amount,
        reverses,
        receipt: used.then(|| transfer.source_id.clone()),
    };
    MOVED.event(&payload, member, transfer.occurred_at)
}

pub(super) fn expiring(
    member: Option<MemberId>,
    notice: &points_notice::Model,
    at: DateTime<Utc>,
) -> Event {
    let points_notice::Model { expires_at, points, days, .. } = *notice;
    EXPIRING.event(&PointsExpiring { expires_at, points, days }, member, at)
}
