//! Changes of a member's tier, for herself, her guide and head office (TR-4).

use std::cmp::Ordering;

use actix_web::web::{Json, ThinData};
use actix_web::{HttpRequest, get};
use chrono::{DateTime, Utc};
use entity::codes::{ActorKind, TierCause};
use entity::ids::{MemberId, OrderId, PartnerId, StaffId, TierChangeId};
use entity::values::Fen;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::http::context::language;
use crate::http::pages::PageQuery;
use crate::http::problem::Language;
use crate::http::{Cursor, Page, PathId, Problem, Query, Result};
use crate::identity::caller::Shopper;
use crate::staff::caller::{AdminCaller, GuideCaller};
use crate::tiers::service::{self, HistoryEntry, HistoryPosition};

/// Where a tier went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TierDirection {
    /// To a higher one.
    Up,
    /// To a lower one.
    Down,
    /// Renewed, or what she earned changed below a card or a pin.
    Same,
}

/// One change of tier.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "tch_0698v9qe00t134m6ou6d8h2lak", "at": "2026-03-15T04:00:00Z", "from": "silver", "from_name": "银卡",
    "to": "gold", "to_name": "金卡", "direction": "up", "cause": "spend", "title": "近 12 个月消费达标",
    "spent_fen": 513_000, "growth": 5130, "until": "2027-03-15T04:00:00Z", "order_id": "ord_0698v9qe00t134m6ou6d8h2lak"
}))]
pub struct MemberTierChange {
    /// The change.
    pub id: TierChangeId,
    /// When it took effect.
    pub at: DateTime<Utc>,
    /// Code of the tier before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Name of the tier before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_name: Option<String>,
    /// Code of the tier after.
    pub to: String,
    /// Name of the tier after.
    pub to_name: String,
    /// Where it went.
    pub direction: TierDirection,
    /// Why.
    pub cause: TierCause,
    /// The same for people, in the language asked for.
    pub title: String,
    /// Spent in the 12 months before, in fen.
    pub spent_fen: Fen,
    /// Growth value then.
    pub growth: i64,
    /// End of the tier; absent when it never ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// The order that did it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
}

impl MemberTierChange {
    fn new(entry: &HistoryEntry, language: Language) -> Self {
        let (zh, en) = entry.title();
        let change = &entry.change;
        Self {
            id: change.id,
            at: change.changed_at,
            from: change.from_tier.clone(),
            from_name: entry.from_name.clone(),
            to: change.to_tier.clone(),
            to_name: entry.to_name.clone(),
            direction: match entry.direction {
                Ordering::Greater => TierDirection::Up,
                Ordering::Less => TierDirection::Down,
                Ordering::Equal => TierDirection::Same,
            },
            cause: change.cause,
            title: language.pick(zh, en).to_owned(),
            spent_fen: change.spend_fen,
            growth: change.growth,
            until: change.holds_until,
            order_id: change.order_id,
        }
    }
}

/// One change of tier with everything that is known of it.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "change": {"id": "tch_0698v9qe00t134m6ou6d8h2lak", "at": "2026-03-15T04:00:00Z", "from": "silver", "from_name": "银卡",
        "to": "diamond", "to_name": "钻石", "direction": "up", "cause": "pin", "title": "人工设定等级",
        "spent_fen": 0, "growth": 0},
    "earned": "silver", "actor_kind": "staff", "actor_id": "stf_0698v9qe00t134m6ou6d8h2lak", "reason": "明星会员",
    "recorded_at": "2026-03-15T04:00:00Z"
}))]
pub struct TierChangeDetails {
    /// The change as the member reads it.
    pub change: MemberTierChange,
    /// Code of what she had earned by herself afterwards; absent for old changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earned: Option<String>,
    /// Who did it; absent for old changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_kind: Option<ActorKind>,
    /// Id of the person or the partner; absent for rules and jobs of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<String>,
    /// Why, in the words of whoever did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was written: later than `at` where a job was late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<DateTime<Utc>>,
}

impl TierChangeDetails {
    fn new(entry: &HistoryEntry, language: Language) -> Self {
        Self {
            change: MemberTierChange::new(entry, language),
            earned: entry.change.earned_tier.clone(),
            actor_kind: entry.change.actor_kind,
            actor_id: actor_id(entry),
            reason: entry.change.reason.clone(),
            recorded_at: entry.change.recorded_at,
        }
    }
}

fn actor_id(entry: &HistoryEntry) -> Option<String> {
    let (kind, id) = (entry.change.actor_kind?, entry.change.actor_id?);
    Some(match kind {
        ActorKind::Member => MemberId(id).to_string(),
        ActorKind::Staff => StaffId(id).to_string(),
        ActorKind::Partner => PartnerId(id).to_string(),
        ActorKind::System => return None,
    })
}

/// Where a list of this name is read on.
fn position(app: &App, list: &str, query: &PageQuery) -> Result<Option<HistoryPosition>> {
    query.cursor.as_deref().map(|cursor| Cursor::read(&app.vault, list, cursor)).transpose()
}

fn page<T>(
    app: &App,
    list: &str,
    (rows, limit): (Vec<HistoryEntry>, u64),
    line: impl Fn(&HistoryEntry) -> T,
) -> Json<Page<T>> {
    let cursor = |row: &HistoryEntry| Cursor::write(&app.vault, list, &row.position());
    Json(Page::cut(rows, limit, cursor).map(|row| line(&row)))
}

/// My tier history
///
/// Every change with its cause and the numbers of that moment, latest first, with those of members merged into hers (TR-4).
#[utoipa::path(
    tag = "tiers",
    security(("member_token" = [])),
    params(PageQuery),
    responses(
        (status = 200, body = Page<MemberTierChange>, description = "A page of changes.", example = json!({
            "items": [{"id": "tch_0698v9qe00t134m6ou6d8h2lak", "at": "2026-03-15T04:00:00Z", "from": "silver",
                "from_name": "银卡", "to": "gold", "to_name": "金卡", "direction": "up", "cause": "spend",
                "title": "近 12 个月消费达标", "spent_fen": 513_000, "growth": 5130, "until": "2027-03-15T04:00:00Z",
                "order_id": "ord_0698v9qe00t134m6ou6d8h2lak"}],
            "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/tier/history")]
pub(super) async fn list_member_tier_history(
    app: ThinData<App>,
    who: Shopper,
    Query(query): Query<PageQuery>,
    request: HttpRequest,
) -> Result<Json<Page<MemberTierChange>>> {
    let list = format!("tier changes {}", who.member);
    let after = position(&app, &list, &query)?;
    let rows = service::history(app.db.read(), who.member, after, query.limit + 1).await?;
    let language = language(&request);
    Ok(page(&app, &list, (rows, query.limit), |row| MemberTierChange::new(row, language)))
}

/// A customer's tier history
///
/// Every change with its cause and the numbers of that moment, latest first (TR-4).
#[utoipa::path(
    tag = "tiers",
    security(("guide_token" = [])),
    params(("id" = MemberId, Path, description = "The customer.", example = "mem_0698v9qe00t134m6ou6d8h2lak"), PageQuery),
    responses(
        (status = 200, body = Page<MemberTierChange>, description = "A page of changes.", example = json!({
            "items": [{"id": "tch_0698v9qe00t134m6ou6d8h2lak", "at": "2026-03-15T04:00:00Z", "from": "silver",
                "from_name": "银卡", "to": "gold", "to_name": "金卡", "direction": "up", "cause": "spend",
                "title": "近 12 个月消费达标", "spent_fen": 513_000, "growth": 5130, "until": "2027-03-15T04:00:00Z"}],
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
#[get("/customers/{id}/tier/history")]
pub(super) async fn list_customer_tier_history(
    app: ThinData<App>,
    who: GuideCaller,
    PathId(id): PathId<MemberId>,
    Query(query): Query<PageQuery>,
    request: HttpRequest,
) -> Result<Json<Page<MemberTierChange>>> {
    let list = format!("customer tier changes {id}");
    let after = position(&app, &list, &query)?;
    let rows =
        service::history_in_scope(&app, (&who.staff, &who.author), id, after, query.limit + 1)
            .await?;
    let language = language(&request);
    Ok(page(&app, &list, (rows, query.limit), |row| MemberTierChange::new(row, language)))
}

/// A member's tier history
///
/// Every change with its cause, numbers, who did it and why, latest first (TR-4).
#[utoipa::path(
    tag = "tiers",
    security(("admin_token" = [])),
    params(("id" = MemberId, Path, description = "The member.", example = "mem_0698v9qe00t134m6ou6d8h2lak"), PageQuery),
    responses(
        (status = 200, body = Page<TierChangeDetails>, description = "A page of changes.", example = json!({
            "items": [{
                "change": {"id": "tch_0698v9qe00t134m6ou6d8h2lak", "at": "2026-03-15T04:00:00Z", "from": "silver",
                    "from_name": "银卡", "to": "diamond", "to_name": "钻石", "direction": "up", "cause": "pin",
                    "title": "人工设定等级", "spent_fen": 0, "growth": 0},
                "earned": "silver", "actor_kind": "staff", "actor_id": "stf_0698v9qe00t134m6ou6d8h2lak",
                "reason": "明星会员", "recorded_at": "2026-03-15T04:00:00Z"}],
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
#[get("/members/{id}/tier/history")]
pub(super) async fn list_member_tier_changes(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<MemberId>,
    Query(query): Query<PageQuery>,
    request: HttpRequest,
) -> Result<Json<Page<TierChangeDetails>>> {
    let list = format!("all tier changes {id}");
    let after = position(&app, &list, &query)?;
    let rows = service::history_of(&app, &caller.author, id, after, query.limit + 1).await?;
    let language = language(&request);
    Ok(page(&app, &list, (rows, query.limit), |row| TierChangeDetails::new(row, language)))
}
