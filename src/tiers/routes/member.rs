//! Routes and wire types.

use actix_web::web::{Json, ThinData};
use actix_web::{HttpRequest, get};
use chrono::{DateTime, Utc};
use entity::codes::{BenefitKind, QuotaPeriod};
use entity::values::Fen;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::context::language;
use crate::http::problem::Language;
use crate::http::{Problem, Result};
use crate::identity::caller::Shopper;
use crate::tiers::service::{self, Entitlement, Offer};

/// A tier as members read it.
#[derive(Serialize, ToSchema)]
pub struct TierOffer {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Order, from 1; a higher one is better.
    pub rank: i32,
    /// Spending of 12 months that reaches it, in fen; 0 for the joining tier.
    pub spend_fen: Fen,
    /// Growth value that reaches it just as well.
    pub growth: i64,
    /// Points for each point that a purchase earns, in ten-thousandths: 12000 is 1.2 times.
    pub multiplier_bps: i64,
    /// Months it holds.
    pub months: i32,
    /// What it offers.
    pub benefits: Vec<String>,
}

/// All tiers.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"items": [
    {"code": "silver", "name": "银卡", "rank": 1, "spend_fen": 0, "growth": 0, "multiplier_bps": 10000,
     "months": 12, "benefits": ["生日礼"]},
    {"code": "gold", "name": "金卡", "rank": 2, "spend_fen": 500_000, "growth": 5000, "multiplier_bps": 12000,
     "months": 12, "benefits": ["生日礼", "1.2 倍积分", "免费修改裤长"]}
]}))]
pub struct TierOffers {
    /// Lowest first.
    pub items: Vec<TierOffer>,
}

impl From<Offer> for TierOffer {
    fn from(offer: Offer) -> Self {
        Self {
            code: offer.code,
            name: offer.name,
            rank: offer.rank,
            spend_fen: offer.spend,
            growth: offer.growth,
            multiplier_bps: offer.multiplier_bps,
            months: offer.months,
            benefits: offer.benefits,
        }
    }
}

/// The tiers and what they offer
///
/// Lowest first, the same for every member (TR-3).
#[utoipa::path(
    tag = "tiers",
    security(("member_token" = [])),
    responses(
        (status = 200, body = TierOffers, description = "All tiers."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/tiers")]
pub(super) async fn list_tiers(app: ThinData<App>, _shopper: Shopper) -> Result<Json<TierOffers>> {
    let offers = service::offers(app.db.read()).await?;
    Ok(Json(TierOffers { items: offers.into_iter().map(Into::into).collect() }))
}

/// A benefit that a member has now.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "kind": "tailoring", "title": "免费修改裤长（每季度 2 次）", "value": 0, "quota": 2, "period": "quarter", "used": 1, "left": 1,
    "renews_at": "2026-03-31T16:00:00Z"
}))]
pub struct MemberBenefit {
    /// What.
    pub kind: BenefitKind,
    /// The same for people, in the language asked for.
    pub title: String,
    /// How much: ten-thousandths of the price, fen, points or hours, by kind; 0 where there is nothing to count.
    pub value: i64,
    /// How often in a period; absent without limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<u32>,
    /// The period of the quota.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<QuotaPeriod>,
    /// Used in the period; 0 without a quota.
    pub used: u64,
    /// Left in the period; absent without limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<u32>,
    /// When the quota begins anew; absent without one, and when it lasts as long as the tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renews_at: Option<DateTime<Utc>>,
}

impl MemberBenefit {
    pub(super) fn new(entitlement: &Entitlement, language: Language) -> Self {
        let (zh, en) = entitlement.title();
        let Entitlement { benefit, used, left, renews_at } = *entitlement;
        Self {
            kind: benefit.kind,
            title: language.pick(&zh, &en).to_owned(),
            value: benefit.value,
            quota: benefit.quota.map(|(times, _)| times),
            period: benefit.quota.map(|(_, period)| period),
            used,
            left,
            renews_at,
        }
    }
}

/// What a member has by her tier.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"tier": "gold", "tier_name": "金卡", "items": [
    {"kind": "birthday_gift", "title": "生日礼", "value": 0, "quota": 1, "period": "year", "used": 0, "left": 1,
     "renews_at": "2026-12-31T16:00:00Z"},
    {"kind": "tailoring", "title": "免费修改裤长", "value": 0, "used": 0},
    {"kind": "point_multiplier", "title": "1.2 倍积分", "value": 12000, "used": 0}
]}))]
pub struct MemberBenefits {
    /// Code of the tier in force.
    pub tier: String,
    /// Name of it.
    pub tier_name: String,
    /// What it gives.
    pub items: Vec<MemberBenefit>,
}

/// My benefits
///
/// What the tier in force gives, how much of it was used, what is left and when it begins anew (TR-3).
#[utoipa::path(
    tag = "tiers",
    security(("member_token" = [])),
    responses(
        (status = 200, body = MemberBenefits, description = "What she has."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/benefits")]
pub(super) async fn list_member_benefits(
    app: ThinData<App>,
    who: Shopper,
    request: HttpRequest,
) -> Result<Json<MemberBenefits>> {
    let (tier, found) = service::entitlements(app.db.read(), &app, who.member).await?;
    let language = language(&request);
    let items = found.iter().map(|it| MemberBenefit::new(it, language)).collect();
    Ok(Json(MemberBenefits { tier: tier.code, tier_name: tier.name, items }))
}
