//! `/v1/admin/membership-plans`: kinds of paid membership cards (TR-2b).

use actix_web::web::{Json, Path, ThinData};
use actix_web::{HttpRequest, HttpResponse, get, patch, post};
use chrono::{DateTime, Utc};
use entity::values::Fen;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::admin_ladder_wire::{plain_code, threshold};
use crate::app::App;
use crate::http::etag::{etag, if_match};
use crate::http::text::{maybe_plain, plain};
use crate::http::{Body, Problem, Result};
use crate::staff::caller::AdminCaller;
use crate::tiers::service::{self, NewPlan, Plan, PlanChanges};

/// How long one card lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CardTerm {
    /// 月卡
    Month,
    /// 季卡
    Quarter,
    /// 年卡
    Year,
}

impl CardTerm {
    const fn months(self) -> i32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }

    const fn of(months: i32) -> Self {
        match months {
            1 => Self::Month,
            3 => Self::Quarter,
            _ => Self::Year,
        }
    }
}

/// A kind of paid membership card.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "code": "gold_month", "name": "金卡月卡", "tier": "gold", "term": "month", "price_fen": 2_900, "version": 1
}))]
pub struct MembershipPlan {
    /// Code.
    pub code: String,
    /// Name shown.
    pub name: String,
    /// Code of the tier that it gives.
    pub tier: String,
    /// How long one card lasts.
    pub term: CardTerm,
    /// What it costs, in fen.
    pub price_fen: Fen,
    /// Since when it is not sold any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<DateTime<Utc>>,
    /// Counts changes; the same as its `ETag`.
    pub version: i64,
}

impl From<Plan> for MembershipPlan {
    fn from(row: Plan) -> Self {
        Self {
            code: row.code,
            name: row.name,
            tier: row.tier,
            term: CardTerm::of(row.months),
            price_fen: row.price_fen,
            stopped_at: row.stopped_at,
            version: row.version,
        }
    }
}

/// All kinds of paid membership cards.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"items": [
    {"code": "gold_month", "name": "金卡月卡", "tier": "gold", "term": "month", "price_fen": 2_900, "version": 1}
]}))]
pub struct MembershipPlans {
    /// By code.
    pub items: Vec<MembershipPlan>,
}

/// A new kind of paid membership card.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "code": "gold_month", "name": "金卡月卡", "tier": "gold", "term": "month", "price_fen": 2_900
}))]
pub struct AddMembershipPlanRequest {
    /// Code, unique for ever: 1 to 32 of a-z, 0-9 and _.
    #[garde(custom(plain_code))]
    #[schema(min_length = 1, max_length = 32, pattern = "^[a-z0-9_]{1,32}$")]
    pub code: String,
    /// Name shown.
    #[garde(custom(plain::<50>))]
    #[schema(min_length = 1, max_length = 50)]
    pub name: String,
    /// Code of the tier that it gives.
    #[garde(custom(plain_code))]
    #[schema(min_length = 1, max_length = 32)]
    pub tier: String,
    /// How long one card lasts.
    #[garde(skip)]
    pub term: CardTerm,
    /// What it costs, in fen.
    #[garde(custom(threshold))]
    pub price_fen: Fen,
}

/// Changes to a kind of card: a field that is absent stays. Cards that were sold keep what they gave.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"on_sale": false}))]
pub struct ChangeMembershipPlanRequest {
    /// Name shown.
    #[garde(custom(maybe_plain::<50>))]
    #[serde(default)]
    #[schema(min_length = 1, max_length = 50)]
    pub name: Option<String>,
    /// What it costs, in fen.
    #[garde(inner(custom(threshold)))]
    #[serde(default)]
    pub price_fen: Option<Fen>,
    /// Code of the tier that it gives.
    #[garde(inner(custom(plain_code)))]
    #[serde(default)]
    #[schema(min_length = 1, max_length = 32)]
    pub tier: Option<String>,
    /// Whether it is sold; `false` stops it.
    #[garde(skip)]
    #[serde(default)]
    pub on_sale: Option<bool>,
}

/// List membership plans
///
/// All of them, by code, also those that are not sold any more.
#[utoipa::path(
    tag = "tiers",
    security(("admin_token" = [])),
    responses(
        (status = 200, body = MembershipPlans, description = "All plans."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/membership-plans")]
pub(super) async fn list_membership_plans(
    app: ThinData<App>,
    _caller: AdminCaller,
) -> Result<Json<MembershipPlans>> {
    let items = service::plans(app.db.read()).await?.into_iter().map(Into::into).collect();
    Ok(Json(MembershipPlans { items }))
}

/// Add a membership plan
///
/// A month, quarter or year card that gives a tier at least while it lasts.
#[utoipa::path(
    tag = "tiers",
    security(("admin_token" = [])),
    request_body = AddMembershipPlanRequest,
    responses(
        (status = 201, body = MembershipPlan, description = "Added.",
            headers(("ETag" = String, description = "Version of the plan."))),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 409, body = Problem, description = "membership_plan_taken"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, also for a tier that does not exist"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/membership-plans")]
pub(super) async fn add_membership_plan(
    app: ThinData<App>,
    caller: AdminCaller,
    body: Body<AddMembershipPlanRequest>,
) -> Result<HttpResponse> {
    let AddMembershipPlanRequest { code, name, tier, term, price_fen } = body.value;
    let new = NewPlan { code, name, tier, months: term.months(), price: price_fen };
    let plan = MembershipPlan::from(service::add_plan(&app, &caller.author, &new).await?);
    Ok(HttpResponse::Created().insert_header(etag(plan.version)).json(plan))
}

/// Change a membership plan
///
/// Or stop it. Cards that were sold keep what they gave. With `If-Match` the change is made only to the version that was
/// read.
#[utoipa::path(
    tag = "tiers",
    security(("admin_token" = [])),
    params(
        ("code" = String, Path, description = "Code of the plan.", example = "gold_month"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the plan that was read.", example = "\"1\"")
    ),
    request_body = ChangeMembershipPlanRequest,
    responses(
        (status = 200, body = MembershipPlan, description = "The plan as it is now.",
            headers(("ETag" = String, description = "Version of the plan."))),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 412, body = Problem, description = "version_conflict"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, also for a tier that does not exist"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[patch("/membership-plans/{code}")]
pub(super) async fn change_membership_plan(
    app: ThinData<App>,
    caller: AdminCaller,
    code: Path<String>,
    request: HttpRequest,
    body: Body<ChangeMembershipPlanRequest>,
) -> Result<HttpResponse> {
    let ChangeMembershipPlanRequest { name, price_fen, tier, on_sale } = body.value;
    let changes = PlanChanges { name, price: price_fen, tier, on_sale };
    let plan =
        service::change_plan(&app, &caller.author, &code, &changes, &if_match(&request).into())
            .await?;
    let plan = MembershipPlan::from(plan);
    Ok(HttpResponse::Ok().insert_header(etag(plan.version)).json(plan))
}
