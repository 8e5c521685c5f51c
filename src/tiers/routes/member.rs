//! Routes and wire types.

use actix_web::get;
use actix_web::web::{Json, ThinData};
use entity::values::Fen;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::{Problem, Result};
use crate::identity::caller::Shopper;
use crate::tiers::service::{self, Offer};

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
