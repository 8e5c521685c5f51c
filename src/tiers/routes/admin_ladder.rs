//! `/v1/admin/tiers`: the ladder as data (TR-1, TR-3).

use actix_web::web::{Json, Path, ThinData};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use serde::Serialize;
use utoipa::ToSchema;

use super::admin_ladder_wire::{AddTierRequest, ChangeTierRequest, TierDetails};
use crate::app::App;
use crate::http::etag::{etag, if_match};
use crate::http::{Body, Problem, Result};
use crate::staff::caller::AdminCaller;
use crate::tiers::service;

/// All tiers as head office sees them.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"items": [
    {"code": "silver", "name": "银卡", "rank": 1, "spend_fen": 0, "growth": 0, "multiplier_bps": 10000, "months": 12,
     "benefits": [{"kind": "birthday_gift", "value": 0, "quota": {"times": 1, "period": "year"}}], "words": [], "version": 1}
]}))]
pub struct TierLadder {
    /// Lowest first.
    pub items: Vec<TierDetails>,
}

/// List tiers
///
/// All of them, lowest first, with their thresholds and benefits.
#[utoipa::path(
    tag = "tiers",
    security(("admin_token" = [])),
    responses(
        (status = 200, body = TierLadder, description = "All tiers."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/tiers")]
pub(super) async fn list_tier_details(
    app: ThinData<App>,
    _caller: AdminCaller,
) -> Result<Json<TierLadder>> {
    let items = service::tiers(app.db.read()).await?.into_iter().map(Into::into).collect();
    Ok(Json(TierLadder { items }))
}

/// Read a tier
///
/// Send the `ETag` as `If-Match` with a change.
#[utoipa::path(
    tag = "tiers",
    security(("admin_token" = [])),
    params(("code" = String, Path, description = "Code of the tier.", example = "gold")),
    responses(
        (status = 200, body = TierDetails, description = "The tier.",
            headers(("ETag" = String, description = "Version of the tier."))),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/tiers/{code}")]
pub(super) async fn read_tier(
    app: ThinData<App>,
    _caller: AdminCaller,
    code: Path<String>,
) -> Result<HttpResponse> {
    let tier = TierDetails::from(service::tier(app.db.read(), &code).await?);
    Ok(HttpResponse::Ok().insert_header(etag(tier.version)).json(tier))
}

/// Add a tier
///
/// Thresholds rise with the rank on both tracks. Nobody gets the tier at once: whoever reaches it rises with her next
/// purchase.
#[utoipa::path(
    tag = "tiers",
    security(("admin_token" = [])),
    request_body = AddTierRequest,
    responses(
        (status = 201, body = TierDetails, description = "Added.",
            headers(("ETag" = String, description = "Version of the tier."))),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 409, body = Problem, description = "tier_taken"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, tier_thresholds_not_rising"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/tiers")]
pub(super) async fn add_tier(
    app: ThinData<App>,
    caller: AdminCaller,
    body: Body<AddTierRequest>,
) -> Result<HttpResponse> {
    let tier =
        TierDetails::from(service::add_tier(&app, &caller.author, &body.value.command()?).await?);
    Ok(HttpResponse::Created().insert_header(etag(tier.version)).json(tier))
}

/// Change a tier
///
/// Nobody rises or falls by it at once: new thresholds count from each member's next evaluation on, which is her next
/// purchase on the way up and the end of what she holds on the way down. New benefits are in force at once. With
/// `If-Match` the change is made only to the version that was read.
#[utoipa::path(
    tag = "tiers",
    security(("admin_token" = [])),
    params(
        ("code" = String, Path, description = "Code of the tier.", example = "gold"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the tier that was read.", example = "\"3\"")
    ),
    request_body = ChangeTierRequest,
    responses(
        (status = 200, body = TierDetails, description = "The tier as it is now.",
            headers(("ETag" = String, description = "Version of the tier."))),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 412, body = Problem, description = "version_conflict"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, tier_thresholds_not_rising"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[patch("/tiers/{code}")]
pub(super) async fn change_tier(
    app: ThinData<App>,
    caller: AdminCaller,
    code: Path<String>,
    request: HttpRequest,
    body: Body<ChangeTierRequest>,
) -> Result<HttpResponse> {
    let (changes, wanted) = (body.value.command()?, if_match(&request).into());
    let tier = service::change_tier(&app, &caller.author, &code, &changes, &wanted).await?;
    let tier = TierDetails::from(tier);
    Ok(HttpResponse::Ok().insert_header(etag(tier.version)).json(tier))
}

/// Delete a tier
///
/// Only one that nobody holds, that no card and no plan gives, and that is not the joining tier. The history keeps its
/// code.
#[utoipa::path(
    tag = "tiers",
    security(("admin_token" = [])),
    params(
        ("code" = String, Path, description = "Code of the tier.", example = "platinum"),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the tier that was read.", example = "\"3\"")
    ),
    responses(
        (status = 204, description = "Deleted."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "tier_in_use"),
        (status = 412, body = Problem, description = "version_conflict"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[delete("/tiers/{code}")]
pub(super) async fn remove_tier(
    app: ThinData<App>,
    caller: AdminCaller,
    code: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    service::remove_tier(&app, &caller.author, &code, &if_match(&request).into()).await?;
    Ok(HttpResponse::NoContent().finish())
}
