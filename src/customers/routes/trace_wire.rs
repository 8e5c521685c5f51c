//! Everything the ledger knows about a movement, for support (PT-1, PT-3).

use chrono::{DateTime, Utc};
use entity::codes::{ActorKind, Bucket, Ledger, Source, TransferKind};
use entity::ids::{AccountId, LotId, MemberId, OrderId, RuleId, StoreId, TransferId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::explain_wire::{PointsGrant, PointsLotPart, PointsPurchase, RelatedPointsMovement};
use crate::customers::service::Explained;
use crate::http::problem::Language;
use crate::points::service::StoredLot;

/// A lot that a movement made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "lot_0698v9qe00t134m6ou6d8h2lak", "account_id": "acc_0698v9qe00t134m6ou6d8h2lak",
    "amount": 599, "left": 599, "settled": true, "settles_at": "2026-03-21T06:30:00Z",
    "expires_at": "2027-03-31T16:00:00Z", "earned_at": "2026-03-14T06:30:00Z"}))]
pub struct PointsLotTrace {
    /// The lot.
    pub id: LotId,
    /// Whose account holds it today: after a merge that of the member who stayed.
    pub account_id: AccountId,
    /// How many at first.
    pub amount: i64,
    /// How many are left.
    pub left: i64,
    /// Whether they can be spent.
    pub settled: bool,
    /// From when they can be spent.
    pub settles_at: DateTime<Utc>,
    /// The first instant they cannot be spent any more; absent when never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Business time of earning.
    pub earned_at: DateTime<Utc>,
}

impl From<&StoredLot> for PointsLotTrace {
    fn from(lot: &StoredLot) -> Self {
        Self {
            id: lot.id,
            account_id: lot.account_id,
            amount: lot.amount,
            left: lot.remaining,
            settled: lot.settled,
            settles_at: lot.settles_at,
            expires_at: lot.expires_at,
            earned_at: lot.earned_at,
        }
    }
}

/// A movement with everything that belongs to it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "trf_0698v9qe00t134m6ou6d8h2lak", "ledger": "points", "account_id": "acc_0698v9qe00t134m6ou6d8h2lak",
    "member_id": "mem_0698v9qe00t134m6ou6d8h2lak", "seq": 3, "kind": "earn", "from": "issued", "to": "available",
    "amount": 599, "pending_after": 0, "available_after": 1840, "frozen_after": 0, "source": "order",
    "source_id": "ord_0698v9qe00t134m6ou6d8h2lak", "actor_kind": "partner",
    "actor_id": "01983f2a-5c00-7a11-8b22-c333d444e555", "order_id": "ord_0698v9qe00t134m6ou6d8h2lak",
    "rule_id": "rul_0698v9qe00t134m6ou6d8h2lak", "occurred_at": "2026-03-14T06:30:00Z",
    "recorded_at": "2026-03-14T06:30:02Z", "title": "消费得积分", "text": "2026-03-14 的消费 SH01-1 获得 599 积分。…",
    "lots": [], "lots_more": false, "later": [], "later_more": false
}))]
pub struct PointsTransferTrace {
    /// The movement.
    pub id: TransferId,
    /// Points or growth.
    pub ledger: Ledger,
    /// The account it stands in.
    pub account_id: AccountId,
    /// Whose account that is; a member who was merged keeps hers.
    pub member_id: MemberId,
    /// Number in the account, from 1, without gaps.
    pub seq: i64,
    /// What it is.
    pub kind: TransferKind,
    /// Taken from.
    pub from: Bucket,
    /// Given to.
    pub to: Bucket,
    /// How many, above zero.
    pub amount: i64,
    /// Pending after it.
    pub pending_after: i64,
    /// Available after it.
    pub available_after: i64,
    /// Frozen after it.
    pub frozen_after: i64,
    /// What caused it.
    pub source: Source,
    /// Which one; with ledger, source and kind unique for ever.
    pub source_id: String,
    /// Who did it.
    pub actor_kind: ActorKind,
    /// Which one; absent for the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub actor_id: Option<Uuid>,
    /// The order behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The purchase behind it, as people know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase: Option<PointsPurchase>,
    /// The store behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_id: Option<StoreId>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// The rule version that granted it; `grant` says its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_id: Option<RuleId>,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
    /// When it was booked.
    pub recorded_at: DateTime<Utc>,
    /// What it was, for people, in the language asked for.
    pub title: String,
    /// The whole story in sentences, as the member reads it.
    pub text: String,
    /// The lot it made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<PointsLotTrace>,
    /// What it brought, and where that went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<PointsGrant>,
    /// The lots it took from or gave back to, the oldest first, at most 100.
    pub lots: Vec<PointsLotPart>,
    /// Whether there are more than `lots` lists.
    pub lots_more: bool,
    /// What it takes back, settles or resolves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original: Option<RelatedPointsMovement>,
    /// What takes it back or resolves it, the earliest first, at most 100.
    pub later: Vec<RelatedPointsMovement>,
    /// Whether there are more than `later` lists.
    pub later_more: bool,
}

impl PointsTransferTrace {
    pub(super) fn new(explained: Explained, language: Language) -> Self {
        let (ledger, story) = (explained.ledger, explained.story);
        let (transfer, text) = (ledger.transfer, story.text(language));
        Self {
            id: transfer.id,
            ledger: transfer.ledger,
            account_id: transfer.account_id,
            member_id: ledger.holder,
            seq: transfer.seq,
            kind: transfer.kind,
            from: transfer.from_bucket,
            to: transfer.to_bucket,
            amount: transfer.amount,
            pending_after: transfer.pending_after,
            available_after: transfer.available_after,
            frozen_after: transfer.frozen_after,
            source: transfer.source,
            source_id: transfer.source_id,
            actor_kind: transfer.actor_kind,
            actor_id: transfer.actor_id,
            order_id: transfer.order_id,
            purchase: story.purchase.map(Into::into),
            store_id: transfer.store_id,
            store: explained.store,
            rule_id: transfer.rule_id,
            occurred_at: transfer.occurred_at,
            recorded_at: transfer.recorded_at,
            title: language.pick(story.title.0, story.title.1).to_owned(),
            text,
            made: ledger.made.as_ref().map(Into::into),
            grant: story.grant.map(|grant| PointsGrant::new(grant, language)),
            lots: story.parts.into_iter().map(Into::into).collect(),
            lots_more: story.more,
            original: story.original.map(|other| RelatedPointsMovement::new(other, language)),
            later: RelatedPointsMovement::all(story.resolved_by, language),
            later_more: ledger.resolved_by.more,
        }
    }
}
