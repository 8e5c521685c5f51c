//! What guides tell the world.

use entity::sales_credit::Model;
use serde_json::json;

use crate::events::Event;

/// `guide.credited` 1: a guide's sales changed; `occurred_at` says in which day, week and month.
pub(super) fn credited(credit: &Model) -> Event {
    Event {
        kind: "guide.credited",
        version: 1,
        member_id: None,
        payload: json!({
            "guide_id": credit.guide_id,
            "store_id": credit.store_id,
            "occurred_at": credit.occurred_at,
        }),
        occurred_at: credit.occurred_at,
    }
}
