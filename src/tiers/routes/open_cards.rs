//! Paid membership cards at a till (TR-2b).

use actix_web::web::{Json, ThinData};
use actix_web::{HttpResponse, post};
use chrono::{DateTime, Utc};
use entity::ids::{CardId, MemberId};
use entity::values::Fen;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::admin_ladder_wire::{plain_code, threshold};
use crate::app::App;
use crate::http::idempotency::IdempotencyKey;
use crate::http::text::{number, plain};
use crate::http::{Body, Error, Problem, Result};
use crate::kernel::mobile::Mobile;
use crate::members::service::{AtTill, MAX_IDENTIFIER_BYTES};
use crate::partners::caller::{BenefitsWrite, PartnerCaller};
use crate::tiers::service::{self, CardSale, CardSold};

/// The member at the till: exactly one way to name her.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TillMember {
    /// Member id; that of a merged member means the one who stays.
    MemberId(#[garde(skip)] MemberId),
    /// Mainland mobile number, as people write it.
    Phone(#[garde(length(chars, min = 1, max = 32))] String),
    /// Number on her card.
    CardNo(#[garde(custom(plain::<64>), length(bytes, max = MAX_IDENTIFIER_BYTES))] String),
}

impl TillMember {
    /// As the service takes it.
    pub(super) fn read(&self) -> Result<AtTill> {
        Ok(match self {
            Self::MemberId(id) => AtTill::Id(*id),
            Self::CardNo(text) => AtTill::Card(text.clone()),
            Self::Phone(text) => {
                let en = "not a mainland mobile number";
                let wrong = || Error::field("/member/phone", "phone", "手机号不正确", en);
                AtTill::Phone(Mobile::parse(text).map_err(|_| wrong())?)
            }
        })
    }
}

/// A membership card to be sold.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "receipt_no": "SH01-20261121-0042", "member": {"phone": "13800138000"}, "plan": "gold_month", "paid_fen": 2_900
}))]
pub struct SellMembershipCard {
    /// The till's own number; sells one card, for ever, whatever the Idempotency-Key is.
    #[garde(custom(number))]
    #[schema(min_length = 1, max_length = 64)]
    pub receipt_no: String,
    /// To whom.
    #[garde(dive)]
    pub member: TillMember,
    /// Code of the plan.
    #[garde(custom(plain_code))]
    #[schema(min_length = 1, max_length = 32)]
    pub plan: String,
    /// What was paid, in fen; the price of the plan when absent.
    #[garde(inner(custom(threshold)))]
    #[serde(default)]
    pub paid_fen: Option<Fen>,
}

/// The receipt of a card to be given back.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"receipt_no": "SH01-20261121-0042"}))]
pub struct CancelMembershipCard {
    /// The receipt that sold it.
    #[garde(custom(number))]
    #[schema(min_length = 1, max_length = 64)]
    pub receipt_no: String,
}

/// A membership card.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "card_id": "mcd_0698v9qe00t134m6ou6d8h2lak", "plan": "gold_month", "tier": "gold",
    "starts_at": "2026-03-15T04:00:00Z", "ends_at": "2026-04-15T04:00:00Z", "paid_fen": 2_900, "replayed": false
}))]
pub struct MembershipCard {
    /// The card.
    pub card_id: CardId,
    /// Code of the plan.
    pub plan: String,
    /// Code of the tier that it gives at least.
    pub tier: String,
    /// From when: now, or where her last card of that tier ends.
    pub starts_at: DateTime<Utc>,
    /// Until when.
    pub ends_at: DateTime<Utc>,
    /// What was paid, in fen.
    pub paid_fen: Fen,
    /// When it was given back; absent while it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<DateTime<Utc>>,
    /// Whether the same receipt had done so before; then nothing changed now.
    pub replayed: bool,
}

impl From<CardSold> for MembershipCard {
    fn from(CardSold { card, replayed }: CardSold) -> Self {
        Self {
            card_id: card.id,
            plan: card.plan,
            tier: card.tier,
            starts_at: card.starts_at,
            ends_at: card.ends_at,
            paid_fen: card.paid_fen,
            cancelled_at: card.cancelled_at,
            replayed,
        }
    }
}

/// Sell a membership card
///
/// She has the tier of the plan at least, from now on or from the end of her last card of that tier. The receipt number is
/// the second line behind the Idempotency-Key: the same one answers the same card again, for another member or plan it
/// is refused.
#[utoipa::path(
    tag = "tiers",
    security(("partner_key" = ["benefits:write"])),
    params(("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days.")),
    request_body = SellMembershipCard,
    responses(
        (status = 200, body = MembershipCard, description = "Sold."),
        (status = 400, body = Problem, description = "bad_json, idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "member_not_found"),
        (status = 409, body = Problem, description = "membership_plan_stopped, membership_receipt_conflict, idempotency_in_flight"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, idempotency_key_reused"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/membership-cards")]
pub(super) async fn sell_membership_card(
    app: ThinData<App>,
    caller: PartnerCaller<BenefitsWrite>,
    key: IdempotencyKey,
    body: Body<SellMembershipCard>,
) -> Result<HttpResponse> {
    let SellMembershipCard { receipt_no, member, plan, paid_fen } = &body.value;
    let (receipt_no, plan) = (receipt_no.clone(), plan.clone());
    let sale = CardSale { receipt_no, customer: member.read()?, plan, paid: *paid_fen };
    let partner = caller.partner;
    let work = async |tx: &_| service::sell_card_in(tx, &app, partner, &sale).await;
    let answer =
        key.once(&app, &partner.to_string(), &body.raw, work, MembershipCard::from).await?;
    app.bell.ring();
    Ok(answer)
}

/// Give a membership card back
///
/// It ends now; her tier is what she earned, or another card. Cards that were to follow begin earlier and lose no day.
#[utoipa::path(
    tag = "tiers",
    security(("partner_key" = ["benefits:write"])),
    request_body = CancelMembershipCard,
    responses(
        (status = 200, body = MembershipCard, description = "Given back."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "membership_card_not_found: this partner sold none under that receipt"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/membership-cards:cancel")]
pub(super) async fn cancel_membership_card(
    app: ThinData<App>,
    caller: PartnerCaller<BenefitsWrite>,
    body: Body<CancelMembershipCard>,
) -> Result<Json<MembershipCard>> {
    Ok(Json(service::cancel_card(&app, caller.partner, &body.value.receipt_no).await?.into()))
}
