//! Sales credited to a guide: append-only, what boards are made of (GD-8).

use sea_orm::entity::prelude::*;

use crate::codes::CreditKind;
use crate::ids::{CreditId, RegionId, StaffId, StoreId};
use crate::values::Fen;

/// Sales credited to a guide: append-only, what boards are made of (GD-8).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sales_credit")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CreditId,
    /// Sale or refund.
    pub kind: CreditKind,
    /// The order or refund; unique with the kind.
    pub cause: Uuid,
    /// Whom.
    pub guide_id: StaffId,
    /// Where.
    pub store_id: Option<StoreId>,
    /// Region of the store.
    pub region_id: Option<RegionId>,
    /// Amount, negative for refunds.
    pub amount_fen: Fen,
    /// Business time.
    pub occurred_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
