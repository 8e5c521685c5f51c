//! The guide's list of customers (GD-2).

use actix_web::get;
use actix_web::web::{Json, ThinData};
use chrono::{DateTime, Utc};
use entity::codes::MemberStatus;
use entity::ids::MemberId;
use entity::values::{Fen, PersonName};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::customers::service::{self, CustomerInList, CustomerSearch};
use crate::http::{Cursor, Page, Problem, Query, Result};
use crate::staff::caller::GuideCaller;

/// Which customers a guide looks for; the words narrow each other.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CustomerQuery {
    /// Beginning of the name or nickname.
    #[garde(length(chars, min = 1, max = 64))]
    #[param(example = "王")]
    name: Option<String>,
    /// Last four digits of the phone.
    #[garde(custom(four_digits))]
    #[param(pattern = "^[0-9]{4}$", example = "8000")]
    phone_last4: Option<String>,
    /// Bought before, but not in this many days.
    #[garde(range(min = 1, max = 3650))]
    #[param(minimum = 1, maximum = 3650, example = 90)]
    sleeping_days: Option<u16>,
    /// Where to read on: `next_cursor` of the page before.
    #[garde(length(max = 512))]
    cursor: Option<String>,
    /// Rows a page.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "default_limit")]
    #[param(default = 20, minimum = 1, maximum = 100)]
    limit: u64,
}

const fn default_limit() -> u64 {
    20
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "the form that garde calls"
)]
fn four_digits(text: &Option<String>, (): &()) -> garde::Result {
    match text {
        Some(text) if text.len() != 4 || !text.bytes().all(|b| b.is_ascii_digit()) => {
            Err(garde::Error::new("not four digits"))
        }
        _ => Ok(()),
    }
}

/// A customer in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "mem_0698v9qe00t134m6ou6d8h2lak", "name": "王小衣", "phone": "138****8000", "status": "active", "tier": "gold",
    "points": 1840, "order_count": 4, "paid_fen": 513_000, "last_order_at": "2026-03-14T06:30:00Z"
}))]
pub struct GuideCustomer {
    /// Id.
    pub id: MemberId,
    /// Name, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// Nickname, if she has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<PersonName>,
    /// Phone with its middle hidden, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Whether she has signed in to the mini-program.
    pub status: MemberStatus,
    /// Code of her tier.
    pub tier: String,
    /// Points in her account.
    pub points: i64,
    /// Paid orders.
    pub order_count: i64,
    /// Paid in all, before refunds.
    pub paid_fen: Fen,
    /// Latest paid order, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_order_at: Option<DateTime<Utc>>,
}

impl From<CustomerInList> for GuideCustomer {
    fn from(CustomerInList { member, phone, points, total }: CustomerInList) -> Self {
        Self {
            id: member.id,
            name: member.name,
            nickname: member.nickname,
            phone,
            status: member.status,
            tier: member.tier,
            points,
            order_count: total.as_ref().map_or(0, |total| total.order_count),
            paid_fen: total.as_ref().map_or(Fen(0), |total| total.paid_fen),
            last_order_at: total.and_then(|total| total.last_order_at),
        }
    }
}

/// My customers
///
/// The newest first; a guide's own, a store manager's store, a regional manager's region.
#[utoipa::path(
    tag = "customers",
    security(("guide_token" = [])),
    params(CustomerQuery),
    responses(
        (status = 200, body = Page<GuideCustomer>, description = "A page of customers.", example = json!({
            "items": [{"id": "mem_0698v9qe00t134m6ou6d8h2lak", "name": "王小衣", "phone": "138****8000", "status": "active",
                "tier": "gold", "points": 1840, "order_count": 4, "paid_fen": 513_000,
                "last_order_at": "2026-03-14T06:30:00Z"}],
            "next_cursor": "ZmM4MWQ5MmE", "has_more": true
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/customers")]
pub async fn list_customers(
    app: ThinData<App>,
    who: GuideCaller,
    Query(query): Query<CustomerQuery>,
) -> Result<Json<Page<GuideCustomer>>> {
    let (list, limit) = (query.list(&who), query.limit);
    let search = query.search(&app, &list)?;
    let rows = service::customers(&app, (&who.staff, &who.author), search, limit + 1).await?;
    let page = Page::cut(rows, limit, |row| Cursor::write(&app.vault, &list, &row.member.id));
    Ok(Json(page.map(Into::into)))
}

impl CustomerQuery {
    /// A cursor is good for the same caller and the same words.
    fn list(&self, who: &GuideCaller) -> String {
        let words = (&self.name, &self.phone_last4, self.sleeping_days);
        format!("customers {} {words:?}", who.staff.id)
    }

    fn search(self, app: &App, list: &str) -> Result<CustomerSearch> {
        let cursor = self.cursor.as_deref();
        Ok(CustomerSearch {
            name: self.name,
            phone_last4: self.phone_last4,
            sleeping_days: self.sleeping_days,
            after: cursor.map(|cursor| Cursor::read(&app.vault, list, cursor)).transpose()?,
        })
    }
}
