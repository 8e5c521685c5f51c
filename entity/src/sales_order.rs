//! An order of any channel (OR-1). Named so because ORDER is a word of SQL.

use sea_orm::entity::prelude::*;

use crate::codes::{Channel, OrderStatus};
use crate::ids::{CampaignId, MemberId, OrderId, PartnerId, RuleId, StaffId, StoreId};
use crate::values::{Digest, Fen};

/// An order of any channel (OR-1). Named so because ORDER is a word of SQL.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sales_order")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderId,
    /// Where it was placed.
    pub channel: Channel,
    /// Number there, unique in its channel.
    pub external_no: String,
    /// The sender's version; an older one never overwrites (OR-2).
    pub version: i64,
    /// Digest of the content, tells a resend from a conflict.
    pub fingerprint: Digest,
    /// Where it stands.
    pub status: OrderStatus,
    /// Whose; none when the order names nobody.
    pub member_id: Option<MemberId>,
    /// Who sent it.
    pub partner_id: PartnerId,
    /// Store credited.
    pub store_id: Option<StoreId>,
    /// Guide credited.
    pub guide_id: Option<StaffId>,
    /// Business time: paid, or placed while unpaid.
    pub occurred_at: DateTimeUtc,
    /// Sum of list prices.
    pub list_fen: Fen,
    /// Paid.
    pub paid_fen: Fen,
    /// Refunded so far.
    pub refunded_fen: Fen,
    /// Latest refund.
    pub refunded_at: Option<DateTimeUtc>,
    /// Points it earned when it came in.
    pub points: i64,
    /// Growth it earned when it came in.
    pub growth: i64,
    /// First received.
    pub received_at: DateTimeUtc,
    /// Last changed.
    pub updated_at: DateTimeUtc,
    /// Rule version that granted the points.
    pub points_rule_id: Option<RuleId>,
    /// Rule version that granted the growth.
    pub growth_rule_id: Option<RuleId>,
    /// Campaign version that granted more.
    pub campaign_id: Option<CampaignId>,
    /// How many of the points the campaign granted.
    pub campaign_points: i64,
    /// The partner's number under which points paid for it: of a checkout, or of a spending (PT-4).
    pub points_receipt: Option<String>,
    /// How many those were, once it is known.
    pub deducted_points: i64,
}

impl ActiveModelBehavior for ActiveModel {}
