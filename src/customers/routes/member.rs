//! What a shopper reads about herself.

use std::collections::BTreeMap;

use actix_web::http::header::ETAG;
use actix_web::web::{Json, ThinData};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, NaiveDate, Utc};
use entity::codes::{Gender, IdentifierKind};
use entity::ids::{MemberId, OrderId};
use entity::values::PersonName;
use serde::Serialize;
use utoipa::ToSchema;

use super::orders::{self, MemberOrder};
use super::points::MemberPoints;
use crate::app::App;
use crate::customers::service::{self, Me};
use crate::http::pages::PageQuery;
use crate::http::{Page, PathId, Problem, Query, Result};
use crate::identity::caller::Shopper;
use crate::members::service::MaskedIdentifier;

/// Something that a member can be found by, with its middle hidden.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"kind": "phone", "masked": "138****8000", "verified_at": "2026-03-15T04:00:00Z"}))]
pub struct MaskedMemberIdentifier {
    /// Kind.
    pub kind: IdentifierKind,
    /// `138****8000` of a phone, `****1234` of a card, `****` of an id that people never see.
    pub masked: String,
    /// When she proved it; absent when only others said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<DateTime<Utc>>,
}

impl From<MaskedIdentifier> for MaskedMemberIdentifier {
    fn from(found: MaskedIdentifier) -> Self {
        Self { kind: found.kind, masked: found.masked, verified_at: found.verified_at }
    }
}

/// The shopper: profile, what she can be found by, tier and points. Fields that she did not fill in are absent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "mem_0698v9qe00t134m6ou6d8h2lak", "nickname": "娜娜", "gender": "female", "birthday": "1992-06-18",
    "sizes": {"上装": "165/88A"}, "member_since": "2026-03-15T04:00:00Z",
    "identifiers": [{"kind": "phone", "masked": "138****8000", "verified_at": "2026-03-15T04:00:00Z"}],
    "tier": {"code": "silver", "name": "银卡", "since": "2026-03-15T04:00:00Z", "by": "earned", "earned": "silver"},
    "points": {"available": 599, "pending": 0, "frozen": 0, "debt": 0, "expiring": [], "growth": 599, "spent_fen": 59_900,
        "tier": {"code": "silver", "name": "银卡", "since": "2026-03-15T04:00:00Z", "by": "earned", "earned": "silver"},
        "next_tier": {"code": "gold", "name": "金卡", "missing_spend_fen": 440_100, "missing_growth": 4401}}
}))]
pub struct MemberMe {
    /// Id.
    pub id: MemberId,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// How she wants to be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<PersonName>,
    /// Gender.
    pub gender: Gender,
    /// Birthday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<NaiveDate>,
    /// GB/T 2260 code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region_code: Option<String>,
    /// Occupation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupation: Option<String>,
    /// Body shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_shape: Option<String>,
    /// Preferred style.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
    /// Sizes by kind of garment.
    pub sizes: BTreeMap<String, String>,
    /// First known to the retailer.
    pub member_since: DateTime<Utc>,
    /// What she can be found by, masked.
    pub identifiers: Vec<MaskedMemberIdentifier>,
    /// Her tier.
    pub tier: super::points::MemberTier,
    /// Her points.
    pub points: MemberPoints,
}

impl From<Me> for MemberMe {
    fn from(Me { member, identifiers, points }: Me) -> Self {
        let points = MemberPoints::from(points);
        Self {
            id: member.id,
            name: member.name,
            nickname: member.nickname,
            gender: member.gender,
            birthday: member.birthday,
            region_code: member.region_code,
            occupation: member.occupation,
            body_shape: member.body_shape,
            style: member.style,
            sizes: member.sizes.0,
            member_since: member.created_at,
            identifiers: identifiers.into_iter().map(Into::into).collect(),
            tier: points.tier.clone(),
            points,
        }
    }
}

/// Who I am
///
/// Profile, masked identifiers, tier and points in one call. Send the `ETag` as `If-Match` with a change of the profile.
#[utoipa::path(
    tag = "customers",
    security(("member_token" = [])),
    responses(
        (status = 200, body = MemberMe, description = "The shopper.",
            headers(("ETag" = String, description = "Version of the profile."))),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/me")]
pub async fn read_member(app: ThinData<App>, who: Shopper) -> Result<HttpResponse> {
    let me = service::me(&app, who.member).await?;
    let tag = format!("\"{}\"", me.member.version);
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(MemberMe::from(me)))
}

/// My points
///
/// Balance, what runs out when, growth, tier and what the next one needs.
#[utoipa::path(
    tag = "customers",
    security(("member_token" = [])),
    responses(
        (status = 200, body = MemberPoints, description = "Points and tier."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/points")]
pub async fn read_member_points(app: ThinData<App>, who: Shopper) -> Result<Json<MemberPoints>> {
    Ok(Json(service::points(&app, who.member).await?.into()))
}

/// My orders
///
/// Latest business time first, of every channel, with those of members merged into hers.
#[utoipa::path(
    tag = "customers",
    security(("member_token" = [])),
    params(PageQuery),
    responses(
        (status = 200, body = Page<MemberOrder>, description = "A page of orders.", example = json!({
            "items": [{"id": "ord_0698v9qe00t134m6ou6d8h2lak", "channel": "pos", "external_no": "SH01-20260314-0007",
                "status": "paid", "occurred_at": "2026-03-14T06:30:00Z", "store": "静安店", "guide": "周敏",
                "list_fen": 59_900, "paid_fen": 59_900, "refunded_fen": 0, "points_earned": 599, "points_taken_back": 0,
                "growth_earned": 599, "lines": [{"line_no": 1, "sku_code": "D100-RED-M", "name": "真丝连衣裙",
                    "colour": "红", "size": "M", "category": "连衣裙", "quantity": 1, "list_fen": 59_900,
                    "paid_fen": 59_900, "refunded_quantity": 0, "refunded_fen": 0, "points": 599}]}],
            "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/orders")]
pub async fn list_member_orders(
    app: ThinData<App>,
    who: Shopper,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<MemberOrder>>> {
    let list = format!("orders {}", who.member);
    let after = orders::position(&app, &list, query.cursor.as_deref())?;
    let rows = service::orders(&app, who.member, after, query.limit + 1).await?;
    Ok(Json(orders::page(&app, &list, rows, query.limit)))
}

/// One of my orders
///
/// With its lines, the names of store and guide, what it earned and what refunds took back.
#[utoipa::path(
    tag = "customers",
    security(("member_token" = [])),
    params(("id" = OrderId, Path, description = "The order.", example = "ord_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = MemberOrder, description = "The order."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 404, body = Problem, description = "not_found, also for another's order"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/orders/{id}")]
pub async fn read_member_order(
    app: ThinData<App>,
    who: Shopper,
    PathId(id): PathId<OrderId>,
) -> Result<Json<MemberOrder>> {
    Ok(Json(service::order(&app, who.member, id).await?.into()))
}
