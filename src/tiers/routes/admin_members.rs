//! `/v1/admin/members/{id}/tier`: where a member stands, and fixing it (TR-2b).

use actix_web::web::{Json, ThinData};
use actix_web::{HttpResponse, delete, get, put};
use chrono::{DateTime, Utc};
use entity::codes::TierPart;
use entity::ids::{CardId, MemberId};
use entity::values::Fen;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::admin_ladder_wire::plain_code;
use crate::app::App;
use crate::http::text::plain;
use crate::http::{Body, PathId, Problem, Result};
use crate::staff::caller::AdminCaller;
use crate::tiers::service::{self, CardRow, PinWish, Pinned, Whole};

/// A tier that head office fixed.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"tier": "diamond", "since": "2026-03-15T04:00:00Z", "until": "2026-12-31T16:00:00Z"}))]
pub struct TierPin {
    /// Code of the tier.
    pub tier: String,
    /// Start.
    pub since: DateTime<Utc>,
    /// End; absent until it is lifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

impl From<Pinned> for TierPin {
    fn from(Pinned { tier, since, until }: Pinned) -> Self {
        Self { tier, since, until }
    }
}

/// A paid card that was not given back.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "mcd_0698v9qe00t134m6ou6d8h2lak", "plan": "gold_month", "tier": "gold", "starts_at": "2026-03-15T04:00:00Z",
    "ends_at": "2026-04-15T04:00:00Z", "paid_fen": 2_900
}))]
pub struct CardHeld {
    /// The card.
    pub id: CardId,
    /// Code of the plan.
    pub plan: String,
    /// Code of the tier that it gives.
    pub tier: String,
    /// Start.
    pub starts_at: DateTime<Utc>,
    /// End.
    pub ends_at: DateTime<Utc>,
    /// What was paid, in fen.
    pub paid_fen: Fen,
}

impl From<CardRow> for CardHeld {
    fn from(row: CardRow) -> Self {
        Self {
            id: row.id,
            plan: row.plan,
            tier: row.tier,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            paid_fen: row.paid_fen,
        }
    }
}

/// Where a member stands, with the parts that her tier follows from.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "tier": "diamond", "by": "pin", "since": "2026-03-15T04:00:00Z", "until": "2026-12-31T16:00:00Z", "earned": "gold",
    "earned_until": "2027-03-15T04:00:00Z", "spent_fen": 513_000, "growth": 5130, "keep_missing_spend_fen": 0,
    "keep_missing_growth": 5000,
    "pin": {"tier": "diamond", "since": "2026-03-15T04:00:00Z", "until": "2026-12-31T16:00:00Z"}, "cards": []
}))]
pub struct MemberTierDetails {
    /// Code of the tier in force.
    pub tier: String,
    /// What gives it.
    pub by: TierPart,
    /// Start of it.
    pub since: DateTime<Utc>,
    /// End of it; absent when it never ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// Code of the tier that she has earned by herself.
    pub earned: String,
    /// When that is evaluated, with the grace; absent for the joining tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earned_until: Option<DateTime<Utc>>,
    /// Paid less refunded in the last 12 months, in fen.
    pub spent_fen: Fen,
    /// Growth value.
    pub growth: i64,
    /// Spending that is missing to keep what she earned, in fen; absent for the joining tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_missing_spend_fen: Option<Fen>,
    /// Growth value that is missing to keep what she earned; absent for the joining tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_missing_growth: Option<i64>,
    /// The pin, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<TierPin>,
    /// Paid cards that were not given back, in the order in which they begin.
    pub cards: Vec<CardHeld>,
}

impl From<Whole> for MemberTierDetails {
    fn from(Whole { standing, pin, cards }: Whole) -> Self {
        let keep = standing.keep;
        Self {
            tier: standing.tier.code,
            by: standing.part,
            since: standing.since,
            until: standing.until,
            earned: standing.earned,
            earned_until: keep.as_ref().map(|keep| keep.until),
            spent_fen: standing.spent,
            growth: standing.growth,
            keep_missing_spend_fen: keep.as_ref().map(|keep| keep.missing_spend),
            keep_missing_growth: keep.as_ref().map(|keep| keep.missing_growth),
            pin: pin.map(Into::into),
            cards: cards.into_iter().map(Into::into).collect(),
        }
    }
}

/// A tier to be fixed.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"tier": "diamond", "until": "2099-12-31T16:00:00Z", "reason": "明星会员"}))]
pub struct PinTierRequest {
    /// Code of the tier, above or below what she has.
    #[garde(custom(plain_code))]
    #[schema(min_length = 1, max_length = 32)]
    pub tier: String,
    /// End; lasts until it is lifted when absent.
    #[garde(skip)]
    #[serde(default)]
    pub until: Option<DateTime<Utc>>,
    /// Why; stands in her history, for staff.
    #[garde(custom(plain::<200>))]
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Read a member's tier
///
/// The tier in force and the parts that it follows from: what she earned, paid cards, a pin.
#[utoipa::path(
    tag = "tiers",
    security(("admin_token" = [])),
    params(("id" = MemberId, Path, description = "The member.", example = "mem_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = MemberTierDetails, description = "Where she stands."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/members/{id}/tier")]
pub(super) async fn read_member_tier(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<MemberId>,
) -> Result<Json<MemberTierDetails>> {
    Ok(Json(service::whole(&app, &caller.author, id).await?.into()))
}

/// Fix a member's tier
///
/// Whatever she spends and whatever ends, the tier stays until the pin ends or is lifted. What she earns goes on
/// underneath: rises, renewals and steps down are in her history, and in force when the pin ends (TR-2b).
#[utoipa::path(
    tag = "tiers",
    security(("admin_token" = [])),
    params(("id" = MemberId, Path, description = "The member.", example = "mem_0698v9qe00t134m6ou6d8h2lak")),
    request_body = PinTierRequest,
    responses(
        (status = 200, body = MemberTierDetails, description = "Where she stands now."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, also for a tier that does not exist and an end that has passed"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[put("/members/{id}/tier-pin")]
pub(super) async fn pin_member_tier(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<MemberId>,
    body: Body<PinTierRequest>,
) -> Result<Json<MemberTierDetails>> {
    let PinTierRequest { tier, until, reason } = body.value;
    service::pin(&app, (caller.staff.id, &caller.author), id, &PinWish { tier, until, reason })
        .await?;
    Ok(Json(service::whole(&app, &caller.author, id).await?.into()))
}

/// Lift the pin of a member's tier
///
/// Her tier is what she earned or paid for. Without a pin nothing changes.
#[utoipa::path(
    tag = "tiers",
    security(("admin_token" = [])),
    params(("id" = MemberId, Path, description = "The member.", example = "mem_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 204, description = "Lifted."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[delete("/members/{id}/tier-pin")]
pub(super) async fn lift_member_tier_pin(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<MemberId>,
) -> Result<HttpResponse> {
    service::lift_pin(&app, (caller.staff.id, &caller.author), id).await?;
    Ok(HttpResponse::NoContent().finish())
}
