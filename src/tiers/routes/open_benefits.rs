//! Benefits used at a till (TR-3).

use actix_web::web::{Path, ThinData};
use actix_web::{HttpRequest, HttpResponse, post};
use entity::codes::BenefitKind;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::member::MemberBenefit;
use super::open_cards::TillMember;
use crate::app::App;
use crate::http::context::language;
use crate::http::idempotency::IdempotencyKey;
use crate::http::text::number;
use crate::http::{Body, Problem, Result, codes};
use crate::partners::caller::{BenefitsWrite, PartnerCaller};
use crate::tiers::service::{self, BenefitUsed, UseWish};

/// A benefit to be used.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"receipt_no": "SH01-20261121-0042", "member": {"phone": "13800138000"}}))]
pub struct UseBenefitRequest {
    /// The till's own number; uses the benefit once, for ever, whatever the Idempotency-Key is.
    #[garde(custom(number))]
    #[schema(min_length = 1, max_length = 64)]
    pub receipt_no: String,
    /// Whose.
    #[garde(dive)]
    pub member: TillMember,
}

/// A use of a benefit to be taken back.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"receipt_no": "SH01-20261121-0042"}))]
pub struct UndoBenefitRequest {
    /// The receipt that used it.
    #[garde(custom(number))]
    #[schema(min_length = 1, max_length = 64)]
    pub receipt_no: String,
}

/// A benefit that was used.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "benefit": {"kind": "tailoring", "title": "免费修改裤长（每季度 2 次）", "value": 0, "quota": 2, "period": "quarter",
        "used": 1, "left": 1, "renews_at": "2026-03-31T16:00:00Z"},
    "replayed": false
}))]
pub struct UsedBenefit {
    /// What she has of it now.
    pub benefit: MemberBenefit,
    /// Whether the same receipt had used it before; then nothing was used now.
    pub replayed: bool,
}

/// A kind of benefit in a path; any other word is answered like what does not exist.
fn kind(text: &str) -> Result<BenefitKind> {
    let found = BenefitKind::ALL.iter().find(|kind| kind.as_str() == text);
    found.copied().ok_or_else(|| codes::NOT_FOUND.into())
}

/// Use a benefit at a till
///
/// One of the quota that the member's tier gives, once for each receipt, and never more than the quota has, however many
/// tills ask at once. What it is worth is in `value`. A birthday gift is for the month of the birthday.
#[utoipa::path(
    tag = "tiers",
    security(("partner_key" = ["benefits:write"])),
    params(
        ("kind" = String, Path, description = "Kind of the benefit.", example = "tailoring"),
        ("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days.")
    ),
    request_body = UseBenefitRequest,
    responses(
        (status = 200, body = UsedBenefit, description = "Used."),
        (status = 400, body = Problem, description = "bad_json, idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "member_not_found, not_found for a kind that does not exist"),
        (status = 409, body = Problem, description = "benefit_not_offered, benefit_used_up, benefit_not_now, \
            benefit_receipt_conflict, idempotency_in_flight"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, idempotency_key_reused"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/benefits/{kind}:use")]
pub(super) async fn use_benefit(
    app: ThinData<App>,
    caller: PartnerCaller<BenefitsWrite>,
    path: Path<String>,
    request: HttpRequest,
    key: IdempotencyKey,
    body: Body<UseBenefitRequest>,
) -> Result<HttpResponse> {
    let (partner, language) = (caller.partner, language(&request));
    let UseBenefitRequest { receipt_no, member } = &body.value;
    let (kind, customer) = (kind(&path)?, member.read()?);
    let wish = UseWish { kind, receipt_no: receipt_no.clone(), customer };
    let work = async |tx: &_| service::use_benefit_in(tx, &app, partner, &wish).await;
    let answer = |BenefitUsed { entitlement, replayed }| UsedBenefit {
        benefit: MemberBenefit::new(&entitlement, language),
        replayed,
    };
    let answer = key.once(&app, &partner.to_string(), &body.raw, work, answer).await?;
    app.bell.ring();
    Ok(answer)
}

/// Take the use of a benefit back
///
/// The quota has it again. The receipt cannot use it any more.
#[utoipa::path(
    tag = "tiers",
    security(("partner_key" = ["benefits:write"])),
    params(("kind" = String, Path, description = "Kind of the benefit.", example = "tailoring")),
    request_body = UndoBenefitRequest,
    responses(
        (status = 204, description = "Taken back."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "benefit_use_not_found: this partner used none under that receipt, \
            not_found for a kind that does not exist"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/benefits/{kind}:undo")]
pub(super) async fn undo_benefit_use(
    app: ThinData<App>,
    caller: PartnerCaller<BenefitsWrite>,
    path: Path<String>,
    body: Body<UndoBenefitRequest>,
) -> Result<HttpResponse> {
    let kind = kind(&path)?;
    service::undo_use(&app, caller.partner, kind, &body.value.receipt_no).await?;
    Ok(HttpResponse::NoContent().finish())
}
