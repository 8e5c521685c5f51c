//! `/v1/open/stock/holds`: pieces that are promised for a while.

use actix_web::web::{Json, ThinData};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, TimeDelta, Utc};
use entity::codes::HoldState;
use entity::ids::StockHoldId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::stock_wire::Pieces;
use crate::app::App;
use crate::catalog::service::{self, HoldWish, StockHeld};
use crate::http::idempotency::IdempotencyKey;
use crate::http::text::{number, plain};
use crate::http::{Body, PathId, Problem, Result};
use crate::partners::caller::{PartnerCaller, StockWrite};

/// Pieces to be promised.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "hold_no": "WX-20261121-0007", "sku_code": "D100-RED-M", "store_code": "SH001", "quantity": 1, "minutes": 30
}))]
pub struct StockHoldRequest {
    /// Your number, such as that of the order; it names one hold for ever.
    #[garde(custom(number))]
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$")]
    pub hold_no: String,
    /// Of what.
    #[garde(custom(plain::<64>))]
    #[schema(min_length = 1, max_length = 64)]
    pub sku_code: String,
    /// Where.
    #[garde(custom(plain::<64>))]
    #[schema(min_length = 1, max_length = 64)]
    pub store_code: String,
    /// Pieces.
    #[garde(range(min = 1, max = 1_000_000))]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: i64,
    /// When it goes back by itself, at most 30 days.
    #[garde(range(min = 1, max = 43_200))]
    #[serde(default = "half_an_hour")]
    #[schema(minimum = 1, maximum = 43_200, default = 30)]
    pub minutes: i64,
}

const fn half_an_hour() -> i64 {
    30
}

/// How much of a hold is handed over.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"quantity": 1}))]
pub struct StockCaptureRequest {
    /// Pieces; all of them when absent.
    #[garde(inner(range(min = 1, max = 1_000_000)))]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: Option<i64>,
}

/// Nothing more to say.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub struct StockReleaseRequest {}

/// Pieces that are promised, or were.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "sth_0698v9qe00t134m6ou6d8h2lak", "hold_no": "WX-20261121-0007", "sku_code": "D100-RED-M", "store_code": "SH001",
    "quantity": 1, "captured": 0, "state": "held", "held_at": "2026-11-21T08:00:00Z", "lapses_at": "2026-11-21T08:30:00Z",
    "stock": {"on_hand": 4, "held": 1, "available": 3, "short": 0}
}))]
pub struct StockHold {
    /// Id.
    pub id: StockHoldId,
    /// Your number of it.
    pub hold_no: String,
    /// Of what.
    pub sku_code: String,
    /// Where.
    pub store_code: String,
    /// Pieces.
    pub quantity: i64,
    /// Of these, pieces that were handed over.
    pub captured: i64,
    /// Where it stands.
    pub state: HoldState,
    /// Since when.
    pub held_at: DateTime<Utc>,
    /// When it goes back by itself.
    pub lapses_at: DateTime<Utc>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<DateTime<Utc>>,
    /// The stock there.
    pub stock: Pieces,
}

impl From<StockHeld> for StockHold {
    fn from(held: StockHeld) -> Self {
        let StockHeld { hold, at } = held;
        let hold_no = hold.source_id.split_once(' ').map(|(_, number)| number.to_owned());
        Self {
            id: hold.id,
            hold_no: hold_no.unwrap_or_default(),
            sku_code: at.sku.code,
            store_code: at.store.code,
            quantity: hold.quantity,
            captured: hold.captured,
            state: hold.state,
            held_at: hold.created_at,
            lapses_at: hold.lapses_at,
            resolved_at: hold.resolved_at,
            stock: at.level.into(),
        }
    }
}

/// Hold pieces
///
/// Needs the scope `stock:write`. Only what is available, and never more: of two who want the last piece one gets it. What is
/// held is taken by no sale; it is handed over by a capture, goes back by a release, and by itself at `lapses_at`. The number
/// is the second line behind the Idempotency-Key: the same one is the same hold, with other content it is refused.
#[utoipa::path(
    tag = "stock",
    security(("partner_key" = ["stock:write"])),
    params(("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days.")),
    responses(
        (status = 200, body = StockHold, description = "Held."),
        (status = 400, body = Problem, description = "bad_json, idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 409, body = Problem, description = "stock_insufficient, stock_cause_conflict, idempotency_in_flight"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, stock_sku_unknown, stock_store_unknown, idempotency_key_reused"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/stock/holds")]
pub(super) async fn hold_stock(
    app: ThinData<App>,
    caller: PartnerCaller<StockWrite>,
    key: IdempotencyKey,
    body: Body<StockHoldRequest>,
) -> Result<HttpResponse> {
    let StockHoldRequest { hold_no, sku_code, store_code, quantity, minutes } = body.value;
    let lasts = TimeDelta::minutes(minutes);
    let wish = HoldWish { hold_no, sku_code, store_code, pieces: quantity, lasts };
    let whose = caller.partner.to_string();
    let hold = async |tx: &_| service::hold_for_in(tx, &app, caller.partner, &wish).await;
    let answer = key.once(&app, &whose, &body.raw, hold, StockHold::from).await?;
    app.bell.ring();
    Ok(answer)
}

/// Hand held pieces over
///
/// Needs the scope `stock:write`. All of them or fewer; the rest can be promised again. Once, and not after `lapses_at`.
#[utoipa::path(
    tag = "stock",
    security(("partner_key" = ["stock:write"])),
    params(
        ("id" = StockHoldId, Path, description = "The hold.", example = "sth_0698v9qe00t134m6ou6d8h2lak"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days."),
    ),
    responses(
        (status = 200, body = StockHold, description = "Handed over."),
        (status = 400, body = Problem, description = "bad_json, idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "stock_hold_not_found, also for one of another partner"),
        (status = 409, body = Problem, description = "stock_hold_lapsed, stock_hold_resolved, stock_hold_exceeded, idempotency_in_flight"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, idempotency_key_reused"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/stock/holds/{id}:capture")]
pub(super) async fn capture_stock(
    app: ThinData<App>,
    caller: PartnerCaller<StockWrite>,
    key: IdempotencyKey,
    PathId(id): PathId<StockHoldId>,
    body: Body<StockCaptureRequest>,
) -> Result<HttpResponse> {
    let (whose, pieces) = (caller.partner.to_string(), body.value.quantity);
    let partner = Some(caller.partner);
    let hand = async |tx: &_| service::capture_hold_in(tx, &app, partner, id, pieces).await;
    let answer = key.once(&app, &whose, &body.raw, hand, StockHold::from).await?;
    app.bell.ring();
    Ok(answer)
}

/// Give held pieces back
///
/// Needs the scope `stock:write`. Pieces that went back by themselves meanwhile are answered as they are.
#[utoipa::path(
    tag = "stock",
    security(("partner_key" = ["stock:write"])),
    params(
        ("id" = StockHoldId, Path, description = "The hold.", example = "sth_0698v9qe00t134m6ou6d8h2lak"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days."),
    ),
    responses(
        (status = 200, body = StockHold, description = "Given back."),
        (status = 400, body = Problem, description = "bad_json, idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "stock_hold_not_found, also for one of another partner"),
        (status = 409, body = Problem, description = "stock_hold_resolved: it was used, idempotency_in_flight"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, idempotency_key_reused"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/stock/holds/{id}:release")]
pub(super) async fn release_stock(
    app: ThinData<App>,
    caller: PartnerCaller<StockWrite>,
    key: IdempotencyKey,
    PathId(id): PathId<StockHoldId>,
    body: Body<StockReleaseRequest>,
) -> Result<HttpResponse> {
    let (whose, partner) = (caller.partner.to_string(), Some(caller.partner));
    let free = async |tx: &_| service::release_hold_in(tx, &app, partner, id).await;
    let answer = key.once(&app, &whose, &body.raw, free, StockHold::from).await?;
    app.bell.ring();
    Ok(answer)
}

/// Read a hold of stock
///
/// Needs the scope `stock:write`. As it stands now; one whose time has passed reads `lapsed` even before its pieces are
/// back.
#[utoipa::path(
    tag = "stock",
    security(("partner_key" = ["stock:write"])),
    params(("id" = StockHoldId, Path, description = "The hold.", example = "sth_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = StockHold, description = "The hold."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "stock_hold_not_found, also for one of another partner"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/stock/holds/{id}")]
pub(super) async fn read_stock_hold(
    app: ThinData<App>,
    caller: PartnerCaller<StockWrite>,
    PathId(id): PathId<StockHoldId>,
) -> Result<Json<StockHold>> {
    Ok(Json(service::hold_of(&app, caller.partner, id).await?.into()))
}
