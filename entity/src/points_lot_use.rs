//! Which lots a transfer took from (negative) or gave back to (positive) (PT-3).

use sea_orm::entity::prelude::*;

use crate::ids::{LotId, LotUseId, TransferId};

/// Which lots a transfer took from (negative) or gave back to (positive) (PT-3).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "points_lot_use")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LotUseId,
    /// Which lot.
    pub lot_id: LotId,
    /// Which transfer.
    pub transfer_id: TransferId,
    /// Change of what is left.
    pub amount: i64,
}

impl ActiveModelBehavior for ActiveModel {}
