//! A customer's timeline for her guide, a member's for head office (ID-7).

use actix_web::web::{Json, ThinData};
use actix_web::{HttpRequest, get};
use chrono::{DateTime, Utc};
use entity::codes::TimelineKind;
use entity::ids::{EventId, MemberId, OrderId, RefundId};
use entity::values::Fen;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::service::{self, Happened, Search};
use crate::app::App;
use crate::http::context::language;
use crate::http::problem::Language;
use crate::http::{Cursor, Page, PathId, Problem, Query, Result};
use crate::staff::caller::{AdminCaller, GuideCaller};

/// `/v1/guide`: of her own customers.
pub fn guide(config: &mut ServiceConfig<'_>) {
    config.service(list_customer_timeline);
}

/// `/v1/admin`: of any member.
pub fn admin(config: &mut ServiceConfig<'_>) {
    config.service(list_member_timeline);
}

/// Which part of a timeline; the words narrow each other.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TimelineQuery {
    /// Of this kind.
    #[garde(skip)]
    #[param(inline)]
    pub kind: Option<TimelineKind>,
    /// At or after this instant.
    #[garde(skip)]
    #[param(example = "2026-11-01T00:00:00Z")]
    pub from: Option<DateTime<Utc>>,
    /// Before this instant.
    #[garde(skip)]
    #[param(example = "2026-12-01T00:00:00Z")]
    pub until: Option<DateTime<Utc>>,
    /// Where to read on: `next_cursor` of the page before.
    #[garde(length(max = 512))]
    pub cursor: Option<String>,
    /// Rows a page.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "default_limit")]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub limit: u64,
}

const fn default_limit() -> u64 {
    20
}

/// Something that happened to a member.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "evt_0698v9qe00t134m6ou6d8h2lak", "at": "2026-11-21T06:30:00Z", "kind": "purchase",
    "title": "消费 ¥539.00，获得 539 积分", "order_id": "ord_0698v9qe00t134m6ou6d8h2lak", "amount_fen": 53_900,
    "points": 539
}))]
pub struct TimelineEntry {
    /// The event that tells of it.
    pub id: EventId,
    /// When, in business time.
    pub at: DateTime<Utc>,
    /// What it was.
    pub kind: TimelineKind,
    /// The same for people, in the language asked for.
    pub title: String,
    /// The order it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The refund it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<RefundId>,
    /// Paid or given back, in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_fen: Option<Fen>,
    /// Points or growth value that were granted or moved, or run out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<i64>,
    /// Code of the tier afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
}

impl TimelineEntry {
    fn new(row: Happened, language: Language) -> Self {
        let facts = row.facts;
        Self {
            id: row.id,
            at: row.at,
            kind: row.kind,
            title: language.pick(&row.zh, &row.en).to_owned(),
            order_id: facts.order_id,
            refund_id: facts.refund_id,
            amount_fen: facts.paid_fen.or(facts.amount_fen),
            points: facts.points.or(facts.amount),
            tier: facts.to,
        }
    }
}

impl TimelineQuery {
    /// A cursor is good for the same timeline and the same words.
    fn list(&self, whose: MemberId) -> String {
        format!("timeline {whose} {:?}", (self.kind, self.from, self.until))
    }

    fn search(&self, app: &App, list: &str) -> Result<Search> {
        let cursor = self.cursor.as_deref();
        Ok(Search {
            kind: self.kind,
            from: self.from,
            until: self.until,
            after: cursor.map(|cursor| Cursor::read(&app.vault, list, cursor)).transpose()?,
        })
    }

    fn page(
        &self,
        app: &App,
        list: &str,
        rows: Vec<Happened>,
        language: Language,
    ) -> Json<Page<TimelineEntry>> {
        let write = |row: &Happened| Cursor::write(&app.vault, list, &row.position());
        Json(Page::cut(rows, self.limit, write).map(|row| TimelineEntry::new(row, language)))
    }
}

/// A customer's timeline
///
/// Everything that she did, newest first, also as members who were merged into her (ID-7).
#[utoipa::path(
    tag = "timeline",
    security(("guide_token" = [])),
    params(("id" = MemberId, Path, description = "The customer.", example = "mem_0698v9qe00t134m6ou6d8h2lak"), TimelineQuery),
    responses(
        (status = 200, body = Page<TimelineEntry>, description = "A page of the timeline.", example = json!({
            "items": [{"id": "evt_0698v9qe00t134m6ou6d8h2lak", "at": "2026-11-21T06:30:00Z", "kind": "purchase",
                "title": "消费 ¥539.00，获得 539 积分", "order_id": "ord_0698v9qe00t134m6ou6d8h2lak",
                "amount_fen": 53_900, "points": 539}],
            "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 404, body = Problem, description = "not_found, also for a customer who is not the caller's to see"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/customers/{id}/timeline")]
async fn list_customer_timeline(
    app: ThinData<App>,
    who: GuideCaller,
    PathId(id): PathId<MemberId>,
    Query(query): Query<TimelineQuery>,
    request: HttpRequest,
) -> Result<Json<Page<TimelineEntry>>> {
    let list = query.list(id);
    let search = query.search(&app, &list)?;
    let who = (&who.staff, &who.author);
    let rows = service::of_customer(&app, who, id, search, query.limit + 1).await?;
    Ok(query.page(&app, &list, rows, language(&request)))
}

/// A member's timeline
///
/// Everything that she did, newest first, also as members who were merged into her (ID-7).
#[utoipa::path(
    tag = "timeline",
    security(("admin_token" = [])),
    params(("id" = MemberId, Path, description = "The member.", example = "mem_0698v9qe00t134m6ou6d8h2lak"), TimelineQuery),
    responses(
        (status = 200, body = Page<TimelineEntry>, description = "A page of the timeline.", example = json!({
            "items": [{"id": "evt_0698v9qe00t134m6ou6d8h2lak", "at": "2026-11-21T06:30:00Z", "kind": "tier_upgraded",
                "title": "升级：银卡 → 金卡", "tier": "gold"}],
            "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/members/{id}/timeline")]
async fn list_member_timeline(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<MemberId>,
    Query(query): Query<TimelineQuery>,
    request: HttpRequest,
) -> Result<Json<Page<TimelineEntry>>> {
    let list = query.list(id);
    let search = query.search(&app, &list)?;
    let rows = service::of_member(&app, &caller.author, id, search, query.limit + 1).await?;
    Ok(query.page(&app, &list, rows, language(&request)))
}
