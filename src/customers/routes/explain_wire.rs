//! Movements of points explained, on the wire (PT-3, PT-8).

use chrono::{DateTime, NaiveDate, Utc};
use entity::codes::TransferKind;
use entity::ids::{OrderId, TransferId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::customers::service::{Explained, Grant, Other, Part, Purchase};
use crate::http::problem::Language;

/// A purchase behind points.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"order_id": "ord_0698v9qe00t134m6ou6d8h2lak", "external_no": "SH01-20260314-0007",
    "day": "2026-03-14", "store": "静安店"}))]
pub struct PointsPurchase {
    /// The order.
    pub order_id: OrderId,
    /// Its number in its channel.
    pub external_no: String,
    /// Its business day.
    pub day: NaiveDate,
    /// Name of the store credited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
}

impl From<Purchase> for PointsPurchase {
    fn from(it: Purchase) -> Self {
        Self { order_id: it.order, external_no: it.external_no, day: it.day, store: it.store }
    }
}

/// The points of one lot that moved.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"earned_by": "trf_0698v9qe00t134m6ou6d8h2lak", "points": -80, "earned_on": "2026-03-14",
    "last_day": "2027-03-31", "purchase": {"order_id": "ord_0698v9qe00t134m6ou6d8h2lak",
    "external_no": "SH01-20260314-0007", "day": "2026-03-14", "store": "静安店"}}))]
pub struct PointsLotPart {
    /// The movement that brought these points.
    pub earned_by: TransferId,
    /// Taken from the lot (below zero) or given back to it.
    pub points: i64,
    /// Business day of earning.
    pub earned_on: NaiveDate,
    /// The last day they can be spent; absent when they never run out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
    /// The purchase that paid for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase: Option<PointsPurchase>,
}

impl From<Part> for PointsLotPart {
    fn from(part: Part) -> Self {
        Self {
            earned_by: part.transfer,
            points: part.points,
            earned_on: part.earned,
            last_day: part.last_day,
            purchase: part.purchase.map(Into::into),
        }
    }
}

/// Another movement that has to do with one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "trf_0698v9qe00t134m6ou6d8h2lak", "kind": "spend", "title": "使用积分", "points": 50,
    "day": "2026-05-01"}))]
pub struct RelatedPointsMovement {
    /// The movement.
    pub id: TransferId,
    /// What it was.
    pub kind: TransferKind,
    /// The same for people, in the language asked for.
    pub title: String,
    /// How many points of the one that is explained.
    pub points: i64,
    /// Its business day.
    pub day: NaiveDate,
    /// The purchase behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase: Option<PointsPurchase>,
}

impl RelatedPointsMovement {
    pub(super) fn new(other: Other, language: Language) -> Self {
        Self {
            id: other.transfer,
            kind: other.kind,
            title: language.pick(other.title.0, other.title.1).to_owned(),
            points: other.points,
            day: other.day,
            purchase: other.purchase.map(Into::into),
        }
    }

    pub(super) fn all(others: Vec<Other>, language: Language) -> Vec<Self> {
        others.into_iter().map(|other| Self::new(other, language)).collect()
    }
}

/// What a movement that brought points says of them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"rule": "purchase_points", "rule_version": 1, "tier_multiplier_bps": 15_000,
    "last_day": "2027-03-31", "left": 70, "went": [{"id": "trf_0698v9qe00t134m6ou6d8h2lak", "kind": "spend",
    "title": "使用积分", "points": 50, "day": "2026-05-01"}], "went_more": false}))]
pub struct PointsGrant {
    /// The rule that granted them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_version: Option<i32>,
    /// How many times as many points the tier gave, in ten-thousandths; absent where it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier_multiplier_bps: Option<i64>,
    /// The campaign that added points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// How many it added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_points: Option<i64>,
    /// Pending until this day; absent when they can be spent already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_until: Option<NaiveDate>,
    /// The last day they can be spent; absent when they never run out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
    /// How many are left.
    pub left: i64,
    /// Where the rest went, the earliest first, at most 100.
    pub went: Vec<RelatedPointsMovement>,
    /// Whether there is more than `went` lists.
    pub went_more: bool,
}

impl PointsGrant {
    pub(super) fn new(grant: Grant, language: Language) -> Self {
        let (rule, rule_version) = grant.rule.unzip();
        let (campaign, campaign_points) = grant.campaign.unzip();
        Self {
            rule,
            rule_version,
            tier_multiplier_bps: grant.tier_bps,
            campaign,
            campaign_points,
            pending_until: grant.settles,
            last_day: grant.last_day,
            left: grant.left,
            went: RelatedPointsMovement::all(grant.went, language),
            went_more: grant.more,
        }
    }
}

/// One movement explained: where its points came from and where they went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "trf_0698v9qe00t134m6ou6d8h2lak", "kind": "spend", "title": "使用积分", "points": -120, "balance_after": 480,
    "occurred_at": "2026-05-01T04:00:00Z",
    "text": "2026-05-01 使用积分 120。这 120 积分来自 2026-03-14 在静安店的消费 SH01-20260314-0007（用了 120，有效期至 2027-03-31）。",
    "lots": [{"earned_by": "trf_0698v9qe00t134m6ou6d8h2lak", "points": -120, "earned_on": "2026-03-14",
        "last_day": "2027-03-31", "purchase": {"order_id": "ord_0698v9qe00t134m6ou6d8h2lak",
        "external_no": "SH01-20260314-0007", "day": "2026-03-14", "store": "静安店"}}],
    "lots_more": false, "later": []
}))]
pub struct PointsMovementExplained {
    /// The movement.
    pub id: TransferId,
    /// What it was.
    pub kind: TransferKind,
    /// The same for people, in the language asked for.
    pub title: String,
    /// How many came (above zero) or went (below zero).
    pub points: i64,
    /// What she had when it was booked.
    pub balance_after: i64,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
    /// The whole story in sentences, in the language asked for.
    pub text: String,
    /// The purchase behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase: Option<PointsPurchase>,
    /// What it brought, where it brought points.
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
}

impl PointsMovementExplained {
    pub(super) fn new(explained: Explained, language: Language) -> Self {
        let (entry, story) = (&explained.ledger.entry, explained.story);
        let text = story.text(language);
        Self {
            id: entry.transfer,
            kind: entry.kind,
            title: language.pick(story.title.0, story.title.1).to_owned(),
            points: entry.points,
            balance_after: entry.balance_after,
            occurred_at: entry.occurred_at,
            text,
            purchase: story.purchase.map(Into::into),
            grant: story.grant.map(|grant| PointsGrant::new(grant, language)),
            lots: story.parts.into_iter().map(Into::into).collect(),
            lots_more: story.more,
            original: story.original.map(|other| RelatedPointsMovement::new(other, language)),
            later: RelatedPointsMovement::all(story.resolved_by, language),
        }
    }
}
