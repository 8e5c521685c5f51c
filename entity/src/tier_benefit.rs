//! One benefit of a tier (TR-3): data, not code.

use sea_orm::entity::prelude::*;

use crate::codes::{BenefitKind, QuotaPeriod};

/// One benefit of a tier (TR-3): data, not code.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_benefit")]
pub struct Model {
    /// Code of the tier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tier: String,
    /// What it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: BenefitKind,
    /// How much: ten-thousandths, fen, points or hours, by kind; 0 where there is nothing to count.
    pub value: i64,
    /// How often in a period; none is without limit.
    pub quota: Option<i32>,
    /// The period of the quota.
    pub period: Option<QuotaPeriod>,
}

impl ActiveModelBehavior for ActiveModel {}
