//! What guides tell the world.

use chrono::{DateTime, Utc};
use entity::ids::{StaffId, StoreId};
use entity::sales_credit::Model;
use serde::Serialize;
use utoipa::ToSchema;

use crate::events::{About, Event, Kind};

/// A guide's sales changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "guide_id": "stf_0698v9qe00t134m6ou6d8h2lak", "store_id": "sto_0698v9qe00t134m6ou6d8h2lak",
    "occurred_at": "2026-11-21T06:30:00Z"
}))]
pub struct GuideCredited {
    /// Whose.
    pub guide_id: StaffId,
    /// Where.
    pub store_id: Option<StoreId>,
    /// In which day, week and month.
    pub occurred_at: DateTime<Utc>,
}

/// A guide's sales changed.
pub const CREDITED: Kind<GuideCredited> = Kind::offered(
    "guide.credited",
    About::Nobody,
    "导购业绩变化",
    "the sales credited to a guide changed",
);

pub(super) fn credited(credit: &Model) -> Event {
    let payload = GuideCredited {
        guide_id: credit.guide_id,
        store_id: credit.store_id,
        occurred_at: credit.occurred_at,
    };
    CREDITED.event(&payload, None, credit.occurred_at)
}
