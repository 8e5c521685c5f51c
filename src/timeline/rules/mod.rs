//! Which events a timeline tells, what is kept of them, and the line that is made of it. Pure.

mod line;

pub use entity::codes::TimelineKind;
pub use line::{TierNames, line};

use chrono::{DateTime, Utc};
use entity::codes::{IdentifierKind, Ledger, TransferKind};
use entity::event_log::Model as Logged;
use entity::ids::{MemberId, OrderId, RefundId};
use entity::member_timeline::Model as Row;
use entity::values::Fen;
use serde::{Deserialize, Serialize};

/// What a line is made of; whatever else an event says is left out. Words are ids and codes of ours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Which order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// Which refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<RefundId>,
    /// What was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_fen: Option<Fen>,
    /// What was given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_fen: Option<Fen>,
    /// Points granted, or that run out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<i64>,
    /// Points taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_reversed: Option<i64>,
    /// Points or growth value that moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// In which ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<Ledger>,
    /// How they moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<TransferKind>,
    /// What a reversal took back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<TransferKind>,
    /// Code of the tier before, or the member an identifier came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Code of the tier after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// End of a tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// When points run out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// By which door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Names of the fields that changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Of which kind an identifier is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier_kind: Option<IdentifierKind>,
    /// Who is hers from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loser: Option<MemberId>,
}

/// Kinds of events that no timeline tells, and why not.
pub const LEFT_OUT: &[(&str, &str)] = &[
    ("guide.credited", "about a guide; the order tells it of the member"),
    ("member.identifier_conflict", "nothing that she did, and work for whoever cleans data"),
    ("order.voided", "never paid: nothing came of it"),
    ("product.changed", "about goods"),
    ("stock.changed", "about goods"),
    ("webhook.endpoint_disabled", "about a third party"),
    ("webhook.tested", "about nobody"),
];

/// What an event is in a timeline; none for what no timeline tells.
#[must_use]
pub fn kind_of(event: &str, ledger: Option<Ledger>) -> Option<TimelineKind> {
    Some(match event {
        "member.created" => TimelineKind::Joined,
        "member.registered" => TimelineKind::Registered,
        "member.signed_in" => TimelineKind::SignedIn,
        "member.profile_changed" => TimelineKind::ProfileChanged,
        "member.identifier_moved" => TimelineKind::IdentifierProved,
        "member.merged" => TimelineKind::Merged,
        "order.paid" => TimelineKind::Purchase,
        "order.refunded" => TimelineKind::Refund,
        "order.cancelled" => TimelineKind::Cancellation,
        "points.moved" if ledger == Some(Ledger::Growth) => TimelineKind::Growth,
        "points.moved" => TimelineKind::Points,
        "points.expiring" => TimelineKind::PointsExpiring,
        "tier.upgraded" => TimelineKind::TierUpgraded,
        "tier.lowered" => TimelineKind::TierLowered,
        "tier.renewed" => TimelineKind::TierRenewed,
        "tier.expiring" => TimelineKind::TierExpiring,
        _ => return None,
    })
}

/// The row of an event; none where it is about nobody, or nothing that a timeline tells.
#[must_use]
pub fn row_of(event: &Logged) -> Option<Row> {
    let member_id = event.member_id?;
    // What has another form than it should is told without its numbers rather than not at all.
    let facts = Facts::deserialize(&event.payload).unwrap_or_default();
    let kind = kind_of(&event.kind, facts.ledger)?;
    let facts = serde_json::to_value(&facts).unwrap_or_default();
    Some(Row { event_id: event.id, member_id, kind, occurred_at: event.occurred_at, facts })
}
