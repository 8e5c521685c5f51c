//! Two-phase checkout: quote, hold, then capture or release (PT-4).

use actix_web::web::{Json, ThinData};
use actix_web::{HttpResponse, get, post};
use entity::ids::HoldId;

use super::checkout_wire::{
    PointsCaptureRequest, PointsHold, PointsHoldRequest, PointsQuote, PointsQuoteRequest,
    PointsReleaseRequest,
};
use super::till::gathered;
use crate::app::App;
use crate::http::idempotency::IdempotencyKey;
use crate::http::{Body, PathId, Problem, Result};
use crate::partners::caller::{PartnerCaller, PointsWrite};
use crate::points::service::{self, TillWish};

/// Ask how many points may pay
///
/// The most that the customer may use for an order right now, what it pays, and what keeps it from being more. Nothing is
/// reserved: hold the points next.
#[utoipa::path(
    tag = "points",
    security(("partner_key" = ["points:write"])),
    responses(
        (status = 200, body = PointsQuote, description = "The quote."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "member_not_found"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/points/quotes")]
pub async fn quote_points(
    app: ThinData<App>,
    _caller: PartnerCaller<PointsWrite>,
    body: Body<PointsQuoteRequest>,
) -> Result<Json<PointsQuote>> {
    let (customer, order) = (body.value.member.customer()?, body.value.order.amount()?);
    let quote = service::quote(&app, &customer, &order).await?;
    Ok(Json(PointsQuote::new(&app, quote)))
}

/// Hold points for a checkout
///
/// Takes the points aside that run out first. They are used by a capture, go back by a release, and go back by themselves
/// at `lapses_at`. The checkout number is the second line behind the Idempotency-Key: the same one answers the same hold,
/// with another member or number of points it is refused.
#[utoipa::path(
    tag = "points",
    security(("partner_key" = ["points:write"])),
    params(("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days.")),
    responses(
        (status = 200, body = PointsHold, description = "Held."),
        (status = 400, body = Problem, description = "bad_json, idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "member_not_found"),
        (status = 409, body = Problem, description = "points_insufficient, points_over_limit, points_cause_conflict, idempotency_in_flight"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, idempotency_key_reused"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/points/holds")]
pub async fn hold_points(
    app: ThinData<App>,
    caller: PartnerCaller<PointsWrite>,
    key: IdempotencyKey,
    body: Body<PointsHoldRequest>,
) -> Result<HttpResponse> {
    let wish = TillWish::Freeze(body.value.wish()?);
    gathered(&app, caller.partner, &key, &body.raw, wish).await
}

/// Use held points
///
/// All of them or fewer; the rest goes back to where it came from. Once, and not after `lapses_at`. Used points are given
/// back with `/v1/open/points/reversals` under the checkout number.
#[utoipa::path(
    tag = "points",
    security(("partner_key" = ["points:write"])),
    params(
        ("id" = HoldId, Path, description = "The hold.", example = "hld_0698v9qe00t134m6ou6d8h2lak"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days."),
    ),
    responses(
        (status = 200, body = PointsHold, description = "Used."),
        (status = 400, body = Problem, description = "bad_json, idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "points_hold_not_found, also for one of another partner"),
        (status = 409, body = Problem, description = "points_hold_lapsed, points_hold_resolved, points_hold_exceeded, points_cause_conflict: used for another number of points, idempotency_in_flight"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, idempotency_key_reused"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/points/holds/{id}:capture")]
pub async fn capture_points(
    app: ThinData<App>,
    caller: PartnerCaller<PointsWrite>,
    key: IdempotencyKey,
    PathId(id): PathId<HoldId>,
    body: Body<PointsCaptureRequest>,
) -> Result<HttpResponse> {
    let wish = TillWish::Capture { hold: id, points: body.value.points };
    gathered(&app, caller.partner, &key, &body.raw, wish).await
}

/// Give held points back
///
/// When the checkout is given up. Points that went back by themselves meanwhile are answered as they are.
#[utoipa::path(
    tag = "points",
    security(("partner_key" = ["points:write"])),
    params(
        ("id" = HoldId, Path, description = "The hold.", example = "hld_0698v9qe00t134m6ou6d8h2lak"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days."),
    ),
    responses(
        (status = 200, body = PointsHold, description = "Given back."),
        (status = 400, body = Problem, description = "bad_json, idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "points_hold_not_found, also for one of another partner"),
        (status = 409, body = Problem, description = "points_hold_resolved: they were used, idempotency_in_flight"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, idempotency_key_reused"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/points/holds/{id}:release")]
pub async fn release_points(
    app: ThinData<App>,
    caller: PartnerCaller<PointsWrite>,
    key: IdempotencyKey,
    PathId(id): PathId<HoldId>,
    body: Body<PointsReleaseRequest>,
) -> Result<HttpResponse> {
    let wish = TillWish::Release { hold: id };
    gathered(&app, caller.partner, &key, &body.raw, wish).await
}

/// Read a hold
///
/// As it stands now; one whose time has passed reads `lapsed` even before its points are back.
#[utoipa::path(
    tag = "points",
    security(("partner_key" = ["points:write"])),
    params(("id" = HoldId, Path, description = "The hold.", example = "hld_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = PointsHold, description = "The hold."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "points_hold_not_found, also for one of another partner"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/points/holds/{id}")]
pub async fn read_points_hold(
    app: ThinData<App>,
    caller: PartnerCaller<PointsWrite>,
    PathId(id): PathId<HoldId>,
) -> Result<Json<PointsHold>> {
    Ok(Json(service::hold_of(&app, caller.partner, id).await?.into()))
}
