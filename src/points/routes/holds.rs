//! What the shopper sees of her frozen points (PT-8).

use actix_web::get;
use actix_web::web::{Json, ThinData};
use chrono::{DateTime, Utc};
use entity::ids::{HoldId, StoreId};
use entity::points_hold;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::pages::PageQuery;
use crate::http::{Cursor, Page, Problem, Query, Result};
use crate::identity::caller::Shopper;
use crate::points::service;

/// Points of hers that are held for a checkout.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "hld_0698v9qe00t134m6ou6d8h2lak", "checkout_no": "SH01-20261121-C-0042", "points": 1200,
    "held_at": "2026-11-21T08:00:00Z", "held_until": "2026-11-21T08:30:00Z"
}))]
pub struct HeldPoints {
    /// Id.
    pub id: HoldId,
    /// What the checkout is called where it takes place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkout_no: Option<String>,
    /// How many.
    pub points: i64,
    /// Since when.
    pub held_at: DateTime<Utc>,
    /// When they go back by themselves, unless they are used before.
    pub held_until: DateTime<Utc>,
    /// The store, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_id: Option<StoreId>,
}

impl From<points_hold::Model> for HeldPoints {
    fn from(row: points_hold::Model) -> Self {
        Self {
            id: row.id,
            checkout_no: row.order_ref,
            points: row.amount,
            held_at: row.created_at,
            held_until: row.lapses_at,
            store_id: row.store_id,
        }
    }
}

/// Frozen points
///
/// What is held of hers for checkouts right now and until when, latest first; together the `frozen` of her balance.
#[utoipa::path(
    tag = "points",
    security(("member_token" = [])),
    params(PageQuery),
    responses(
        (status = 200, body = Page<HeldPoints>, description = "A page of holds.", example = json!({
            "items": [{"id": "hld_0698v9qe00t134m6ou6d8h2lak", "checkout_no": "SH01-20261121-C-0042", "points": 1200,
                "held_at": "2026-11-21T08:00:00Z", "held_until": "2026-11-21T08:30:00Z"}],
            "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/points/holds")]
pub async fn list_points_holds(
    app: ThinData<App>,
    shopper: Shopper,
    query: Query<PageQuery>,
) -> Result<Json<Page<HeldPoints>>> {
    let (list, limit) = (format!("holds {}", shopper.member), query.0.limit);
    let cursor = query.0.cursor.as_deref();
    let after = cursor.map(|cursor| Cursor::read(&app.vault, &list, cursor)).transpose()?;
    let rows = service::held_points(&app, shopper.member, after, limit + 1).await?;
    let position = |row: &points_hold::Model| (row.created_at, row.id);
    let page = Page::cut(rows, limit, |row| Cursor::write(&app.vault, &list, &position(row)));
    Ok(Json(page.map(Into::into)))
}
