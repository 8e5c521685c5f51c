//! What moved in one way on a closed business day, all members together (PT-9).

use sea_orm::entity::prelude::*;

use crate::codes::{Bucket, Ledger, TransferKind};
use crate::ids::PointsDayTotalId;

/// What moved in one way on a closed business day, all members together (PT-9).
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "points_day_total")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PointsDayTotalId,
    /// Business day of booking.
    pub day: Date,
    /// Points or growth.
    pub ledger: Ledger,
    /// What it is.
    pub kind: TransferKind,
    /// Taken from.
    pub from_bucket: Bucket,
    /// Given to.
    pub to_bucket: Bucket,
    /// When the lots that were made, or ran out, run out; none for other movements and for lots that never do.
    pub expires_at: Option<DateTimeUtc>,
    /// How many.
    pub points: i64,
    /// In how many movements.
    pub transfers: i64,
}

impl ActiveModelBehavior for ActiveModel {}
