//! What the shopper reads about her points (PT-8).

use actix_web::web::{Json, ThinData};
use actix_web::{HttpRequest, get};
use chrono::{DateTime, Utc};
use entity::codes::TransferKind;
use entity::ids::{OrderId, StoreId, TransferId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::context::language;
use crate::http::pages::PageQuery;
use crate::http::problem::Language;
use crate::http::{Cursor, Page, Problem, Query, Result};
use crate::identity::caller::Shopper;
use crate::points::service::{self, HistoryEntry};

/// One line of a points history.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "trf_0698v9qe00t134m6ou6d8h2lak", "kind": "earn", "title": "消费得积分", "points": 599,
    "balance_after": 1840, "occurred_at": "2026-11-21T08:00:00Z",
    "expires_at": "2027-11-30T16:00:00Z", "left": 599, "order_id": "ord_0698v9qe00t134m6ou6d8h2lak"
}))]
pub struct PointsHistoryEntry {
    /// The movement.
    pub id: TransferId,
    /// What it was.
    pub kind: TransferKind,
    /// The same for people, in the language asked for.
    pub title: String,
    /// How many came (above zero) or went (below zero).
    pub points: i64,
    /// What she had when it was booked.
    pub balance_after: i64,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
    /// For points that came in: when what is left of them runs out; absent when never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// For points that came in: how many of them are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<i64>,
    /// For an earning that is still pending: when it can be spent, unless the goods come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settles_at: Option<DateTime<Utc>>,
    /// The order behind it, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The store behind it, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_id: Option<StoreId>,
}

impl PointsHistoryEntry {
    fn new(entry: &HistoryEntry, language: Language) -> Self {
        let (zh, en) = entry.title();
        Self {
            id: entry.transfer,
            kind: entry.kind,
            title: language.pick(zh, en).to_owned(),
            points: entry.points,
            balance_after: entry.balance_after,
            occurred_at: entry.occurred_at,
            expires_at: entry.expires_at,
            left: entry.left,
            settles_at: entry.settles_at,
            order_id: entry.order,
            store_id: entry.store,
        }
    }
}

/// Points history
///
/// Latest business time first, with the history of accounts that were merged into hers.
#[utoipa::path(
    tag = "points",
    security(("member_token" = [])),
    params(PageQuery),
    responses(
        (status = 200, body = Page<PointsHistoryEntry>, description = "A page of movements.", example = json!({
            "items": [{"id": "trf_0698v9qe00t134m6ou6d8h2lak", "kind": "earn", "title": "消费得积分", "points": 599,
                "balance_after": 1840, "occurred_at": "2026-03-14T06:30:00Z", "expires_at": "2027-03-31T16:00:00Z",
                "left": 599, "order_id": "ord_0698v9qe00t134m6ou6d8h2lak"}],
            "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/points/history")]
pub async fn list_points_history(
    app: ThinData<App>,
    shopper: Shopper,
    query: Query<PageQuery>,
    request: HttpRequest,
) -> Result<Json<Page<PointsHistoryEntry>>> {
    let (list, limit) = (format!("points {}", shopper.member), query.0.limit);
    let cursor = query.0.cursor.as_deref();
    let after = cursor.map(|cursor| Cursor::read(&app.vault, &list, cursor)).transpose()?;
    let rows = service::history(app.db.read(), shopper.member, after, limit + 1).await?;
    let page = Page::cut(rows, limit, |row| Cursor::write(&app.vault, &list, &row.position()));
    let language = language(&request);
    Ok(Json(page.map(|entry| PointsHistoryEntry::new(&entry, language))))
}
