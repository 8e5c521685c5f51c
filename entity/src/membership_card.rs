//! A paid membership card of a member (TR-2b).

use sea_orm::entity::prelude::*;

use crate::ids::{CardId, MemberId, PartnerId};
use crate::values::Fen;

/// A paid membership card of a member (TR-2b).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "membership_card")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CardId,
    /// Whose.
    pub member_id: MemberId,
    /// Code of the plan.
    pub plan: String,
    /// Code of the tier that it gives.
    pub tier: String,
    /// Start.
    pub starts_at: DateTimeUtc,
    /// End.
    pub ends_at: DateTimeUtc,
    /// What was paid.
    pub paid_fen: Fen,
    /// Who sold it.
    pub partner_id: PartnerId,
    /// The seller's receipt; unique with the seller.
    pub receipt_no: String,
    /// When it was sold.
    pub sold_at: DateTimeUtc,
    /// When it was given back.
    pub cancelled_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
