//! `/v1/admin/earning-rules`.

use actix_web::web::{Json, Path, ThinData};
use actix_web::{HttpResponse, get, post};
use entity::codes::Ledger;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::earning_wire::{AddEarningRuleRequest, ChangeEarningRuleRequest, EarningRuleVersion};
use super::version_wire::{VersionPhase, default_limit, listed};
use crate::app::App;
use crate::http::{Body, Cursor, Page, Problem, Query, Result};
use crate::points::service::{self, Rule};
use crate::staff::caller::AdminCaller;

/// Which rules a list shows.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EarningRuleQuery {
    /// Only those that grant this.
    #[garde(skip)]
    #[param(inline)]
    pub ledger: Option<Ledger>,
    /// Only those in this phase; the newest version of each rule without it.
    #[garde(skip)]
    #[param(inline)]
    pub phase: Option<VersionPhase>,
    /// Where to read on: `next_cursor` of the page before.
    #[garde(length(max = 512))]
    pub cursor: Option<String>,
    /// Rows a page.
    #[garde(range(min = 1, max = 100))]
    #[serde(default = "default_limit")]
    #[param(default = 20, minimum = 1, maximum = 100)]
    pub limit: u64,
}

/// All versions of a rule.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"versions": [{
    "id": "rul_0698v9qe00t134m6ou6d8h2lak", "code": "purchase_points", "version": 1, "ledger": "points",
    "phase": "running", "terms": {"fen_per_unit": 100, "tier_multiplied": true, "excluded_categories": [],
        "months_valid": 12, "settles_after_days": 7, "budget": {}},
    "issued": 0, "starts_at": "1970-01-01T00:00:00Z", "authors": {}
}]}))]
pub struct EarningRuleVersions {
    /// The newest first.
    pub versions: Vec<EarningRuleVersion>,
}

/// List earning rules
///
/// One version of each rule, by code: the newest, or with `phase` the newest in that phase.
#[utoipa::path(
    tag = "earning rules",
    security(("admin_token" = [])),
    params(EarningRuleQuery),
    responses(
        (status = 200, body = Page<EarningRuleVersion>, description = "A page of rules.", example = json!({
            "items": [{"id": "rul_0698v9qe00t134m6ou6d8h2lak", "code": "purchase_points", "version": 1,
                "ledger": "points", "phase": "running", "terms": {"fen_per_unit": 100, "tier_multiplied": true,
                "excluded_categories": [], "months_valid": 12, "settles_after_days": 7, "budget": {}},
                "issued": 0, "starts_at": "1970-01-01T00:00:00Z", "authors": {}}],
            "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/earning-rules")]
pub(super) async fn list_earning_rules(
    app: ThinData<App>,
    _caller: AdminCaller,
    query: Query<EarningRuleQuery>,
) -> Result<Json<Page<EarningRuleVersion>>> {
    let EarningRuleQuery { ledger, phase, cursor, limit } = query.0;
    let after = cursor.map(|text| Cursor::read(&app.vault, "rules", &text)).transpose()?;
    let rows = service::rules(&app, ledger, &listed(phase, after, limit)).await?;
    let write = |rule: &Rule| Cursor::write(&app.vault, "rules", &rule.row.code);
    Ok(Json(Page::cut(rows, limit, write).map(Into::into)))
}

/// List the versions of an earning rule
///
/// The newest first. An order finds the version that was in force at its business time, however late it comes in.
#[utoipa::path(
    tag = "earning rules",
    security(("admin_token" = [])),
    params(("code" = String, Path, description = "Which rule.")),
    responses(
        (status = 200, body = EarningRuleVersions, description = "Its versions."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/earning-rules/{code}/versions")]
pub(super) async fn list_earning_rule_versions(
    app: ThinData<App>,
    _caller: AdminCaller,
    code: Path<String>,
) -> Result<Json<EarningRuleVersions>> {
    let versions = service::rule_versions(&app, &code).await?;
    Ok(Json(EarningRuleVersions { versions: versions.into_iter().map(Into::into).collect() }))
}

/// Add an earning rule
///
/// Of several rules of one ledger the one that began last applies. Try it with `:dry-run` first.
#[utoipa::path(
    tag = "earning rules",
    security(("admin_token" = [])),
    request_body = AddEarningRuleRequest,
    responses(
        (status = 201, body = EarningRuleVersion, description = "Its first version."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 409, body = Problem, description = "earning_rule_code_taken"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/earning-rules")]
pub(super) async fn add_earning_rule(
    app: ThinData<App>,
    caller: AdminCaller,
    body: Body<AddEarningRuleRequest>,
) -> Result<HttpResponse> {
    let span = body.value.span();
    let AddEarningRuleRequest { code, ledger, terms, .. } = body.value;
    let of = (code.as_str(), ledger);
    let rule =
        service::add_rule(&app, (caller.staff.id, &caller.author), of, &terms.into(), span).await?;
    Ok(HttpResponse::Created().json(EarningRuleVersion::from(rule)))
}

/// Change an earning rule
///
/// Adds a version. Versions never change: an order of yesterday that comes in tomorrow is granted as yesterday.
#[utoipa::path(
    tag = "earning rules",
    security(("admin_token" = [])),
    params(("code" = String, Path, description = "Which rule.")),
    request_body = ChangeEarningRuleRequest,
    responses(
        (status = 201, body = EarningRuleVersion, description = "The new version."),
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
#[post("/earning-rules/{code}/versions")]
pub(super) async fn change_earning_rule(
    app: ThinData<App>,
    caller: AdminCaller,
    code: Path<String>,
    body: Body<ChangeEarningRuleRequest>,
) -> Result<HttpResponse> {
    let (span, after) = (body.value.span(), body.value.after_version);
    let (by, terms) = ((caller.staff.id, &caller.author), body.value.terms.into());
    let rule = service::change_rule(&app, by, (&code, after), &terms, span).await?;
    Ok(HttpResponse::Created().json(EarningRuleVersion::from(rule)))
}

/// Stop an earning rule
///
/// Now, with whatever was planned. Again changes nothing. Answers its newest version.
#[utoipa::path(
    tag = "earning rules",
    security(("admin_token" = [])),
    params(("code" = String, Path, description = "Which rule.")),
    responses(
        (status = 200, body = EarningRuleVersion, description = "Stopped."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/earning-rules/{code}:stop")]
pub(super) async fn stop_earning_rule(
    app: ThinData<App>,
    caller: AdminCaller,
    code: Path<String>,
) -> Result<Json<EarningRuleVersion>> {
    Ok(Json(service::stop_rule(&app, (caller.staff.id, &caller.author), &code).await?.into()))
}
