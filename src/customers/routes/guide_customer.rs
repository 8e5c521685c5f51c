//! One customer as her guide sees her (ID-6, PT-8). Outside the data scope all of it is `not_found` (S1).

use std::collections::BTreeMap;

use actix_web::web::{Json, ThinData};
use actix_web::{HttpRequest, get};
use chrono::{DateTime, NaiveDate, Utc};
use entity::codes::{Gender, MemberStatus, TransferKind};
use entity::ids::{MemberId, OrderId, StoreId, TransferId};
use entity::values::{Fen, PersonName};
use serde::Serialize;
use utoipa::ToSchema;

use super::member::MaskedMemberIdentifier;
use super::orders::{self, MemberOrder};
use super::points::MemberPoints;
use crate::app::App;
use crate::customers::service::{self, Customer};
use crate::http::context::language;
use crate::http::pages::PageQuery;
use crate::http::problem::Language;
use crate::http::{Cursor, Page, PathId, Problem, Query, Result};
use crate::orders::service::SizeKept;
use crate::points::service::HistoryEntry;
use crate::staff::caller::GuideCaller;

/// All paid orders of a customer, added up.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerTotals {
    /// Paid orders not cancelled.
    pub order_count: i64,
    /// Paid, before refunds.
    pub paid_fen: Fen,
    /// Refunded.
    pub refunded_fen: Fen,
    /// First paid order, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_order_at: Option<DateTime<Utc>>,
    /// Latest paid order, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_order_at: Option<DateTime<Utc>>,
    /// Paid an order on average, in fen; absent without orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_order_fen: Option<Fen>,
    /// Whole days between orders on average; absent before the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_between_orders: Option<i64>,
}

/// A size that a customer kept in one category.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerSize {
    /// Category.
    pub category: String,
    /// Size.
    pub size: String,
    /// Pieces bought and not brought back.
    pub pieces: i64,
    /// Latest purchase of them.
    pub last_at: DateTime<Utc>,
}

impl From<SizeKept> for CustomerSize {
    fn from(SizeKept { category, size, pieces, last_at }: SizeKept) -> Self {
        Self { category, size, pieces, last_at }
    }
}

/// A customer seen whole. What is not known is absent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "mem_0698v9qe00t134m6ou6d8h2lak", "name": "王小衣", "status": "active", "gender": "female", "tier": "gold",
    "sizes": {"上装": "165/88A"}, "store": "静安店", "guide": "周敏", "member_since": "2026-03-15T04:00:00Z",
    "identifiers": [{"kind": "phone", "masked": "138****8000", "verified_at": "2026-03-15T04:00:00Z"}],
    "points": {"available": 599, "pending": 0, "frozen": 0, "debt": 0, "expiring": [], "growth": 599, "spent_fen": 59_900,
        "tier": {"code": "silver", "name": "银卡", "since": "2026-03-15T04:00:00Z", "by": "earned", "earned": "silver"}},
    "totals": {"order_count": 1, "paid_fen": 59_900, "refunded_fen": 0, "first_order_at": "2026-03-14T06:30:00Z",
        "last_order_at": "2026-03-14T06:30:00Z", "average_order_fen": 59_900},
    "last_orders": [],
    "sizes_kept": [{"category": "连衣裙", "size": "M", "pieces": 1, "last_at": "2026-03-14T06:30:00Z"}]
}))]
pub struct GuideCustomerWhole {
    /// Id; after a merge the one that stays.
    pub id: MemberId,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// Nickname.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<PersonName>,
    /// Whether she has signed in to the mini-program.
    pub status: MemberStatus,
    /// Gender.
    pub gender: Gender,
    /// Birthday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<NaiveDate>,
    /// Occupation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupation: Option<String>,
    /// Body shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_shape: Option<String>,
    /// Preferred style.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
    /// Sizes by kind of garment, as she said.
    pub sizes: BTreeMap<String, String>,
    /// Code of her tier.
    pub tier: String,
    /// Name of her home store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Name of the guide who follows her.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guide: Option<PersonName>,
    /// First known to the retailer.
    pub member_since: DateTime<Utc>,
    /// What she can be found by, masked.
    pub identifiers: Vec<MaskedMemberIdentifier>,
    /// Points and tier.
    pub points: MemberPoints,
    /// All paid orders, added up.
    pub totals: CustomerTotals,
    /// What she bought last: up to five orders.
    pub last_orders: Vec<MemberOrder>,
    /// Sizes bought and not brought back, the latest first.
    pub sizes_kept: Vec<CustomerSize>,
}

impl From<Customer> for GuideCustomerWhole {
    fn from(customer: Customer) -> Self {
        let totals = totals(&customer);
        let Customer { member, identifiers, store, guide, points, last_orders, sizes, .. } =
            customer;
        Self {
            id: member.id,
            name: member.name,
            nickname: member.nickname,
            status: member.status,
            gender: member.gender,
            birthday: member.birthday,
            occupation: member.occupation,
            body_shape: member.body_shape,
            style: member.style,
            sizes: member.sizes.0,
            tier: member.tier,
            store,
            guide,
            member_since: member.created_at,
            identifiers: identifiers.into_iter().map(Into::into).collect(),
            points: points.into(),
            totals,
            last_orders: last_orders.into_iter().map(Into::into).collect(),
            sizes_kept: sizes.into_iter().map(Into::into).collect(),
        }
    }
}

fn totals(Customer { total, rhythm, .. }: &Customer) -> CustomerTotals {
    CustomerTotals {
        order_count: total.order_count,
        paid_fen: total.paid_fen,
        refunded_fen: total.refunded_fen,
        first_order_at: total.first_order_at,
        last_order_at: total.last_order_at,
        average_order_fen: rhythm.average_order,
        days_between_orders: rhythm.days_between,
    }
}

/// One line of a customer's points history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "trf_0698v9qe00t134m6ou6d8h2lak", "kind": "earn", "title": "消费得积分", "points": 599, "balance_after": 1840,
    "occurred_at": "2026-03-14T06:30:00Z", "expires_at": "2027-03-31T16:00:00Z", "left": 599,
    "order_id": "ord_0698v9qe00t134m6ou6d8h2lak"
}))]
pub struct CustomerPointsEntry {
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
    /// For an earning that is still pending: when she can spend it, unless the goods come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settles_at: Option<DateTime<Utc>>,
    /// The order behind it, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The store behind it, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_id: Option<StoreId>,
}

impl CustomerPointsEntry {
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

/// A customer seen whole
///
/// Profile, masked identifiers, tier, points with what runs out next, totals, what she bought last and the sizes she kept.
#[utoipa::path(
    tag = "customers",
    security(("guide_token" = [])),
    params(("id" = MemberId, Path, description = "The customer.", example = "mem_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = GuideCustomerWhole, description = "The customer."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 404, body = Problem, description = "not_found, also for a customer who is not the caller's to see"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/customers/{id}")]
pub async fn read_customer(
    app: ThinData<App>,
    who: GuideCaller,
    PathId(id): PathId<MemberId>,
) -> Result<Json<GuideCustomerWhole>> {
    Ok(Json(service::customer(&app, (&who.staff, &who.author), id).await?.into()))
}

/// A customer's points
///
/// The same as she reads in the portal, at the same time.
#[utoipa::path(
    tag = "customers",
    security(("guide_token" = [])),
    params(("id" = MemberId, Path, description = "The customer.", example = "mem_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = MemberPoints, description = "Points and tier."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 404, body = Problem, description = "not_found, also for a customer who is not the caller's to see"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/customers/{id}/points")]
pub async fn read_customer_points(
    app: ThinData<App>,
    who: GuideCaller,
    PathId(id): PathId<MemberId>,
) -> Result<Json<MemberPoints>> {
    Ok(Json(service::points_of(&app, (&who.staff, &who.author), id).await?.into()))
}

/// A customer's points history
///
/// Latest business time first, with that of members merged into her.
#[utoipa::path(
    tag = "customers",
    security(("guide_token" = [])),
    params(("id" = MemberId, Path, description = "The customer.", example = "mem_0698v9qe00t134m6ou6d8h2lak"), PageQuery),
    responses(
        (status = 200, body = Page<CustomerPointsEntry>, description = "A page of movements.", example = json!({
            "items": [{"id": "trf_0698v9qe00t134m6ou6d8h2lak", "kind": "earn", "title": "消费得积分", "points": 599,
                "balance_after": 1840, "occurred_at": "2026-03-14T06:30:00Z", "expires_at": "2027-03-31T16:00:00Z",
                "left": 599, "order_id": "ord_0698v9qe00t134m6ou6d8h2lak"}],
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
#[get("/customers/{id}/points/history")]
pub async fn list_customer_points_history(
    app: ThinData<App>,
    who: GuideCaller,
    PathId(id): PathId<MemberId>,
    Query(query): Query<PageQuery>,
    request: HttpRequest,
) -> Result<Json<Page<CustomerPointsEntry>>> {
    let list = format!("customer points {id}");
    let cursor = query.cursor.as_deref();
    let after = cursor.map(|cursor| Cursor::read(&app.vault, &list, cursor)).transpose()?;
    let rows =
        service::history_of(&app, (&who.staff, &who.author), id, after, query.limit + 1).await?;
    let page =
        Page::cut(rows, query.limit, |row| Cursor::write(&app.vault, &list, &row.position()));
    let language = language(&request);
    Ok(Json(page.map(|entry| CustomerPointsEntry::new(&entry, language))))
}

/// A customer's orders
///
/// Latest business time first, of every channel and store.
#[utoipa::path(
    tag = "customers",
    security(("guide_token" = [])),
    params(("id" = MemberId, Path, description = "The customer.", example = "mem_0698v9qe00t134m6ou6d8h2lak"), PageQuery),
    responses(
        (status = 200, body = Page<MemberOrder>, description = "A page of orders.", example = json!({
            "items": [{"id": "ord_0698v9qe00t134m6ou6d8h2lak", "channel": "pos", "external_no": "SH01-20260314-0007",
                "status": "paid", "occurred_at": "2026-03-14T06:30:00Z", "store": "静安店", "guide": "周敏",
                "list_fen": 59_900, "paid_fen": 59_900, "refunded_fen": 0, "points_earned": 599,
                "campaign_points": 0, "points_taken_back": 0,
                "growth_earned": 599, "lines": [{"line_no": 1, "sku_code": "D100-RED-M", "name": "真丝连衣裙",
                    "colour": "红", "size": "M", "category": "连衣裙", "quantity": 1, "list_fen": 59_900,
                    "paid_fen": 59_900, "refunded_quantity": 0, "refunded_fen": 0, "points": 599}]}],
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
#[get("/customers/{id}/orders")]
pub async fn list_customer_orders(
    app: ThinData<App>,
    who: GuideCaller,
    PathId(id): PathId<MemberId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<MemberOrder>>> {
    let list = format!("customer orders {id}");
    let after = orders::position(&app, &list, query.cursor.as_deref())?;
    let rows =
        service::orders_of(&app, (&who.staff, &who.author), id, after, query.limit + 1).await?;
    Ok(Json(orders::page(&app, &list, rows, query.limit)))
}
