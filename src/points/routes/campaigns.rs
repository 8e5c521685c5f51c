//! `/v1/admin/points-campaigns`.

use actix_web::web::{Json, Path, ThinData};
use actix_web::{HttpResponse, get, post};
use serde::Serialize;
use utoipa::ToSchema;

use super::campaign_wire::{
    AddPointsCampaignRequest, ChangePointsCampaignRequest, PointsCampaignVersion,
};
use super::version_wire::{VersionQuery, listed};
use crate::app::App;
use crate::http::{Body, Cursor, Page, Problem, Query, Result};
use crate::points::service::{self, Campaign};
use crate::staff::caller::AdminCaller;

/// All versions of a campaign.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"versions": [{
    "id": "cmp_0698v9qe00t134m6ou6d8h2lak", "code": "double_11", "version": 1, "phase": "planned",
    "plan": {"name": "双十一双倍积分", "multiplier_bps": 20_000,
        "conditions": {"weekdays": [], "days_of_month": [], "birthday_month": false, "categories": [], "stores": [],
            "tiers": [], "channels": [], "first_order": false},
        "budget": {}},
    "issued": 0, "starts_at": "2026-11-10T16:00:00Z", "ends_at": "2026-11-11T16:00:00Z", "authors": {}
}]}))]
pub struct PointsCampaignVersions {
    /// The newest first.
    pub versions: Vec<PointsCampaignVersion>,
}

/// List points campaigns
///
/// One version of each campaign, by code: the newest, or with `phase` the newest in that phase.
#[utoipa::path(
    tag = "points campaigns",
    security(("admin_token" = [])),
    params(VersionQuery),
    responses(
        (status = 200, body = Page<PointsCampaignVersion>, description = "A page of campaigns.", example = json!({
            "items": [{"id": "cmp_0698v9qe00t134m6ou6d8h2lak", "code": "double_11", "version": 1, "phase": "planned",
                "plan": {"name": "双十一双倍积分", "multiplier_bps": 20_000, "conditions": {"weekdays": [],
                "days_of_month": [], "birthday_month": false, "categories": [], "stores": [], "tiers": [],
                "channels": [], "first_order": false}, "budget": {}}, "issued": 0,
                "starts_at": "2026-11-10T16:00:00Z", "ends_at": "2026-11-11T16:00:00Z", "authors": {}}],
            "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/points-campaigns")]
pub(super) async fn list_points_campaigns(
    app: ThinData<App>,
    _caller: AdminCaller,
    query: Query<VersionQuery>,
) -> Result<Json<Page<PointsCampaignVersion>>> {
    let VersionQuery { phase, cursor, limit } = query.0;
    let after = cursor.map(|text| Cursor::read(&app.vault, "campaigns", &text)).transpose()?;
    let rows = service::campaigns(&app, &listed(phase, after, limit)).await?;
    let write = |campaign: &Campaign| Cursor::write(&app.vault, "campaigns", &campaign.row.code);
    Ok(Json(Page::cut(rows, limit, write).map(Into::into)))
}

/// List the versions of a campaign
///
/// The newest first. An order finds the version that was in force at its business time, however late it comes in.
#[utoipa::path(
    tag = "points campaigns",
    security(("admin_token" = [])),
    params(("code" = String, Path, description = "Which campaign.")),
    responses(
        (status = 200, body = PointsCampaignVersions, description = "Its versions."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/points-campaigns/{code}/versions")]
pub(super) async fn list_points_campaign_versions(
    app: ThinData<App>,
    _caller: AdminCaller,
    code: Path<String>,
) -> Result<Json<PointsCampaignVersions>> {
    let versions = service::campaign_versions(&app, &code).await?;
    Ok(Json(PointsCampaignVersions { versions: versions.into_iter().map(Into::into).collect() }))
}

/// Add a campaign
///
/// An order gets at most one campaign: the one that gives her the most. Try it with `:dry-run` first.
#[utoipa::path(
    tag = "points campaigns",
    security(("admin_token" = [])),
    request_body = AddPointsCampaignRequest,
    responses(
        (status = 201, body = PointsCampaignVersion, description = "Its first version."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 409, body = Problem, description = "points_campaign_code_taken"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/points-campaigns")]
pub(super) async fn add_points_campaign(
    app: ThinData<App>,
    caller: AdminCaller,
    body: Body<AddPointsCampaignRequest>,
) -> Result<HttpResponse> {
    let span = body.value.span();
    let AddPointsCampaignRequest { code, plan, .. } = body.value;
    let campaign =
        service::add_campaign(&app, (caller.staff.id, &caller.author), &code, &plan.into(), span)
            .await?;
    Ok(HttpResponse::Created().json(PointsCampaignVersion::from(campaign)))
}

/// Change a campaign
///
/// Adds a version. Versions never change: an order of yesterday that comes in tomorrow is granted as yesterday.
#[utoipa::path(
    tag = "points campaigns",
    security(("admin_token" = [])),
    params(("code" = String, Path, description = "Which campaign.")),
    request_body = ChangePointsCampaignRequest,
    responses(
        (status = 201, body = PointsCampaignVersion, description = "The new version."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 412, body = Problem, description = "version_conflict"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/points-campaigns/{code}/versions")]
pub(super) async fn change_points_campaign(
    app: ThinData<App>,
    caller: AdminCaller,
    code: Path<String>,
    body: Body<ChangePointsCampaignRequest>,
) -> Result<HttpResponse> {
    let (span, after) = (body.value.span(), body.value.after_version);
    let (by, plan) = ((caller.staff.id, &caller.author), body.value.plan.into());
    let campaign = service::change_campaign(&app, by, (&code, after), &plan, span).await?;
    Ok(HttpResponse::Created().json(PointsCampaignVersion::from(campaign)))
}

/// Stop a campaign
///
/// Now, with whatever was planned. Again changes nothing. Answers its newest version.
#[utoipa::path(
    tag = "points campaigns",
    security(("admin_token" = [])),
    params(("code" = String, Path, description = "Which campaign.")),
    responses(
        (status = 200, body = PointsCampaignVersion, description = "Stopped."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/points-campaigns/{code}:stop")]
pub(super) async fn stop_points_campaign(
    app: ThinData<App>,
    caller: AdminCaller,
    code: Path<String>,
) -> Result<Json<PointsCampaignVersion>> {
    Ok(Json(service::stop_campaign(&app, (caller.staff.id, &caller.author), &code).await?.into()))
}
