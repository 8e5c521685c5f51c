//! Points added or taken by hand (PT-7, S25).

use actix_web::web::{Json, ThinData};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use entity::codes::{AdjustmentReason, AdjustmentState};
use entity::ids::{AdjustmentId, MemberId, StaffId, TransferId};
use entity::points_adjustment::Model;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::http::idempotency::IdempotencyKey;
use crate::http::text::{maybe_plain, plain};
use crate::http::{Body, Cursor, Page, PathId, Problem, Query, Result};
use crate::points::rules::MOST;
use crate::points::service::{self, Adjusting, AdjustmentFilter};
use crate::staff::caller::AdminCaller;

/// Points to be added or taken.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "member_id": "mem_0698v9qe00t134m6ou6d8h2lak", "points": 300, "reason": "compensation",
    "note": "换货等了两周，向顾客致歉"
}))]
pub struct PointsAdjustmentRequest {
    /// Whose; the id of a merged member means the one who stays.
    #[garde(skip)]
    pub member_id: MemberId,
    /// How many: above zero added, below zero taken; not 0.
    #[garde(range(min = -MOST, max = MOST), custom(not_zero))]
    #[schema(minimum = -1_000_000_000_000_i64, maximum = 1_000_000_000_000_i64)]
    pub points: i64,
    /// Why.
    #[garde(skip)]
    pub reason: AdjustmentReason,
    /// Why, in words, for whoever reads it in a year.
    #[garde(custom(plain::<500>))]
    #[schema(min_length = 1, max_length = 500)]
    pub note: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde's signature")]
fn not_zero(points: &i64, (): &()) -> garde::Result {
    if *points == 0 { Err(garde::Error::new("must not be 0")) } else { Ok(()) }
}

/// What the second person says.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"note": "已核对原订单"}))]
pub struct AdjustmentDecisionRequest {
    /// In words.
    #[garde(custom(maybe_plain::<500>))]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

/// Points added or taken by hand.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "adj_0698v9qe00t134m6ou6d8h2lak", "member_id": "mem_0698v9qe00t134m6ou6d8h2lak", "points": 300,
    "reason": "compensation", "note": "换货等了两周，向顾客致歉", "state": "posted",
    "requested_by": "stf_0698v9qe00t134m6ou6d8h2lak", "transfer_id": "trf_0698v9qe00t134m6ou6d8h2lak",
    "created_at": "2026-11-21T08:00:00Z"
}))]
pub struct PointsAdjustment {
    /// Id.
    pub id: AdjustmentId,
    /// Whose.
    pub member_id: MemberId,
    /// How many: above zero added, below zero taken.
    pub points: i64,
    /// Why.
    pub reason: AdjustmentReason,
    /// Why, in words.
    pub note: String,
    /// Where it stands.
    pub state: AdjustmentState,
    /// Who asked for it.
    pub requested_by: StaffId,
    /// The second person, where one was needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<StaffId>,
    /// What the second person said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_note: Option<String>,
    /// The movement in the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_id: Option<TransferId>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When the second person decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<DateTime<Utc>>,
}

impl From<Model> for PointsAdjustment {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            member_id: row.member_id,
            points: row.points,
            reason: row.reason,
            note: row.note,
            state: row.state,
            requested_by: row.requested_by,
            decided_by: row.decided_by,
            decision_note: row.decision_note,
            transfer_id: row.transfer_id,
            created_at: row.created_at,
            decided_at: row.decided_at,
        }
    }
}

/// Which adjustments are wanted.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AdjustmentQuery {
    /// Of this state only.
    #[garde(skip)]
    #[param(inline)]
    pub state: Option<AdjustmentState>,
    /// Of this member only.
    #[garde(skip)]
    pub member_id: Option<MemberId>,
    /// Where to read on: `next_cursor` of the page before.
    #[garde(length(max = 512))]
    pub cursor: Option<String>,
    /// Rows a page.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "twenty")]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub limit: u64,
}

const fn twenty() -> u64 {
    20
}

/// Adjust points
///
/// With a reason. More points than `points.approval_over` (1,000), all small ones of one person for one member within 24
/// hours counted together, wait for a second administrator. Never takes more than there is.
#[utoipa::path(
    tag = "points",
    security(("admin_token" = [])),
    params(("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days.")),
    responses(
        (status = 200, body = PointsAdjustment, description = "Posted, or waiting for a second person."),
        (status = 400, body = Problem, description = "bad_json, idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "member_not_found"),
        (status = 409, body = Problem, description = "points_insufficient, idempotency_in_flight"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, points_out_of_range, idempotency_key_reused"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/points/adjustments")]
pub async fn adjust_points(
    app: ThinData<App>,
    caller: AdminCaller,
    key: IdempotencyKey,
    body: Body<PointsAdjustmentRequest>,
) -> Result<HttpResponse> {
    let PointsAdjustmentRequest { member_id: member, points, reason, note } = &body.value;
    let wish = Adjusting { member: *member, points: *points, reason: *reason, note: note.clone() };
    let (staff, author) = (caller.staff.id, &caller.author);
    let work = async |tx: &_| service::adjust_in(tx, &app, (staff, author), &wish).await;
    let principal = staff.to_string();
    let answer = key.once(&app, &principal, &body.raw, work, PointsAdjustment::from).await?;
    app.bell.ring();
    Ok(answer)
}

/// List adjustments
///
/// Latest first; what waits for a second person with `state=pending_approval`.
#[utoipa::path(
    tag = "points",
    security(("admin_token" = [])),
    params(AdjustmentQuery),
    responses(
        (status = 200, body = Page<PointsAdjustment>, description = "A page of adjustments.", example = json!({
            "items": [{"id": "adj_0698v9qe00t134m6ou6d8h2lak", "member_id": "mem_0698v9qe00t134m6ou6d8h2lak",
                "points": 3000, "reason": "compensation", "note": "换货等了两周，向顾客致歉",
                "state": "pending_approval", "requested_by": "stf_0698v9qe00t134m6ou6d8h2lak",
                "created_at": "2026-11-21T08:00:00Z"}],
            "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/points/adjustments")]
pub async fn list_points_adjustments(
    app: ThinData<App>,
    caller: AdminCaller,
    query: Query<AdjustmentQuery>,
) -> Result<Json<Page<PointsAdjustment>>> {
    let AdjustmentQuery { state, member_id: member, cursor, limit } = query.0;
    let filter = AdjustmentFilter { state, member };
    let list = format!("adjustments {filter:?}");
    let after = cursor.map(|cursor| Cursor::read(&app.vault, &list, &cursor)).transpose()?;
    let rows = service::adjustments(&app, &caller.author, filter, after, limit + 1).await?;
    let position = |row: &Model| (row.created_at, row.id);
    let page = Page::cut(rows, limit, |row| Cursor::write(&app.vault, &list, &position(row)));
    Ok(Json(page.map(Into::into)))
}

/// Read an adjustment
///
/// With who asked for it, who decided, and the movement.
#[utoipa::path(
    tag = "points",
    security(("admin_token" = [])),
    params(("id" = AdjustmentId, Path, description = "The adjustment.", example = "adj_0698v9qe00t134m6ou6d8h2lak")),
    responses(
        (status = 200, body = PointsAdjustment, description = "The adjustment."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/points/adjustments/{id}")]
pub async fn read_points_adjustment(
    app: ThinData<App>,
    caller: AdminCaller,
    PathId(id): PathId<AdjustmentId>,
) -> Result<Json<PointsAdjustment>> {
    Ok(Json(service::adjustment(&app, &caller.author, id).await?.into()))
}

/// Approve an adjustment
///
/// By another administrator than the one who asked for it: the points move now.
#[utoipa::path(
    tag = "points",
    security(("admin_token" = [])),
    params(
        ("id" = AdjustmentId, Path, description = "The adjustment.", example = "adj_0698v9qe00t134m6ou6d8h2lak"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days."),
    ),
    responses(
        (status = 200, body = PointsAdjustment, description = "Posted."),
        (status = 400, body = Problem, description = "bad_json, idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "adjustment_same_person, adjustment_decided, points_insufficient, idempotency_in_flight"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, points_out_of_range, idempotency_key_reused"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/points/adjustments/{id}:approve")]
pub async fn approve_points_adjustment(
    app: ThinData<App>,
    caller: AdminCaller,
    key: IdempotencyKey,
    PathId(id): PathId<AdjustmentId>,
    body: Body<AdjustmentDecisionRequest>,
) -> Result<HttpResponse> {
    let (staff, note) = (caller.staff.id, body.value.note.as_deref());
    let who = (staff, &caller.author);
    let work = async |tx: &_| service::approve_in(tx, &app, who, id, note).await;
    let principal = staff.to_string();
    let answer = key.once(&app, &principal, &body.raw, work, PointsAdjustment::from).await?;
    app.bell.ring();
    Ok(answer)
}

/// Reject an adjustment
///
/// By another administrator than the one who asked for it: nothing moves.
#[utoipa::path(
    tag = "points",
    security(("admin_token" = [])),
    params(
        ("id" = AdjustmentId, Path, description = "The adjustment.", example = "adj_0698v9qe00t134m6ou6d8h2lak"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days."),
    ),
    responses(
        (status = 200, body = PointsAdjustment, description = "Rejected."),
        (status = 400, body = Problem, description = "bad_json, idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "adjustment_same_person, adjustment_decided, idempotency_in_flight"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, idempotency_key_reused"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/points/adjustments/{id}:reject")]
pub async fn reject_points_adjustment(
    app: ThinData<App>,
    caller: AdminCaller,
    key: IdempotencyKey,
    PathId(id): PathId<AdjustmentId>,
    body: Body<AdjustmentDecisionRequest>,
) -> Result<HttpResponse> {
    let (staff, note) = (caller.staff.id, body.value.note.as_deref());
    let who = (staff, &caller.author);
    let work = async |tx: &_| service::reject_in(tx, &app, who, id, note).await;
    let principal = staff.to_string();
    key.once(&app, &principal, &body.raw, work, PointsAdjustment::from).await
}
