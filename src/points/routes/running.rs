//! `/v1/member/points/campaigns`.

use actix_web::web::{Json, ThinData};
use actix_web::{HttpRequest, get};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::context::language;
use crate::http::{Problem, Result};
use crate::identity::caller::Shopper;
use crate::points::service;

/// A campaign that runs now.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "name": "会员日双倍积分", "words": "2 倍积分，每月 8、18、28 日", "multiplier_bps": 20_000,
    "ends_at": "2026-12-31T16:00:00Z"
}))]
pub struct RunningPointsCampaign {
    /// Name.
    pub name: String,
    /// What it gives and when, in the language asked for.
    pub words: String,
    /// How many times as many points, in 1/10000.
    pub multiplier_bps: i64,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
}

/// The campaigns that run now.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"campaigns": [{
    "name": "会员日双倍积分", "words": "2 倍积分，每月 8、18、28 日", "multiplier_bps": 20_000,
    "ends_at": "2026-12-31T16:00:00Z"
}]}))]
pub struct RunningPointsCampaigns {
    /// The best first. An order gets one of them.
    pub campaigns: Vec<RunningPointsCampaign>,
}

/// Campaigns for me
///
/// What runs now and is for her: her tier and birthday fit, and the budget is not used up.
#[utoipa::path(
    tag = "points",
    security(("member_token" = [])),
    responses(
        (status = 200, body = RunningPointsCampaigns, description = "The campaigns."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/points/campaigns")]
pub(super) async fn list_my_points_campaigns(
    app: ThinData<App>,
    shopper: Shopper,
    request: HttpRequest,
) -> Result<Json<RunningPointsCampaigns>> {
    let language = language(&request);
    let running = service::running_campaigns(&app, shopper.member).await?;
    let campaign = |it: service::RunningCampaign| RunningPointsCampaign {
        words: language.pick(&it.words.0, &it.words.1).to_owned(),
        name: it.name,
        multiplier_bps: it.multiplier_bps,
        ends_at: it.ends_at,
    };
    Ok(Json(RunningPointsCampaigns { campaigns: running.into_iter().map(campaign).collect() }))
}
