//! One use of a benefit with a quota (TR-3).

use sea_orm::entity::prelude::*;

use crate::codes::BenefitKind;
use crate::ids::{BenefitUseId, MemberId, PartnerId};

/// One use of a benefit with a quota (TR-3).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "benefit_use")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BenefitUseId,
    /// Whose.
    pub member_id: MemberId,
    /// What was used.
    pub kind: BenefitKind,
    /// The tier that gave it.
    pub tier: String,
    /// Where it was used.
    pub partner_id: PartnerId,
    /// The till's receipt; unique with the partner and the kind.
    pub receipt_no: String,
    /// When.
    pub used_at: DateTimeUtc,
    /// When it was taken back.
    pub undone_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
