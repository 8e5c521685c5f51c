//! What tills do with points (PT-4, PT-5).

use actix_web::web::ThinData;
use actix_web::{HttpResponse, post};
use chrono::{DateTime, Utc};
use entity::ids::{MemberId, PartnerId, TransferId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::checkout_wire::PointsHold;
use crate::app::App;
use crate::db::Tx;
use crate::http::gathered::{AtOnce, Work};
use crate::http::idempotency::IdempotencyKey;
use crate::http::text::{maybe_plain, number, plain};
use crate::http::{Body, Error, Problem, Result};
use crate::kernel::mobile::Mobile;
use crate::members::service::MAX_IDENTIFIER_BYTES;
use crate::partners::caller::{PartnerCaller, PointsWrite};
use crate::points::rules::MOST;
use crate::points::service::{
    self, Customer, Posted, Replayed, TillDone, TillMove, TillReversal, TillWish,
};

/// The customer at the till: exactly one way to name her.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TillCustomer {
    /// Member id; that of a merged member means the one who stays.
    MemberId(#[garde(skip)] MemberId),
    /// Mainland mobile number, as people write it.
    Phone(#[garde(length(chars, min = 1, max = 32))] String),
    /// Number on her card.
    CardNo(#[garde(custom(plain::<64>), length(bytes, max = MAX_IDENTIFIER_BYTES))] String),
}

/// Points spent or granted at a till.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "receipt_no": "SH01-20261121-0042", "member": {"phone": "13800138000"}, "points": 500,
    "occurred_at": "2026-11-21T08:00:00Z", "store_code": "SH01"
}))]
pub struct TillPoints {
    /// The till's own number; moves points once, for ever, whatever the Idempotency-Key is.
    #[garde(custom(number))]
    #[schema(min_length = 1, max_length = 64)]
    pub receipt_no: String,
    /// Whose points.
    #[garde(dive)]
    pub member: TillCustomer,
    /// How many.
    #[garde(range(min = 1, max = MOST))]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    pub points: i64,
    /// Business time; now when absent.
    #[garde(skip)]
    pub occurred_at: Option<DateTime<Utc>>,
    /// The store.
    #[garde(custom(maybe_plain::<64>))]
    #[schema(max_length = 64)]
    pub store_code: Option<String>,
}

/// Spent points that go back to the customer.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "receipt_no": "SH01-20261121-0042", "reversal_no": "SH01-20261122-0007", "points": 200
}))]
pub struct TillPointsReversal {
    /// The receipt that spent them, or the `checkout_no` of captured points.
    #[garde(custom(number))]
    #[schema(min_length = 1, max_length = 64)]
    pub receipt_no: String,
    /// The till's own number of this reversal; gives back once, for ever.
    #[garde(custom(number))]
    #[schema(min_length = 1, max_length = 64)]
    pub reversal_no: String,
    /// How many; all reversals of a receipt together never more than it spent.
    #[garde(range(min = 1, max = MOST))]
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    pub points: i64,
}

/// Points that moved.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "transfer_id": "trf_0698v9qe00t134m6ou6d8h2lak", "points": 500, "balance": 1240, "replayed": false
}))]
pub struct TillPointsMoved {
    /// The movement in the ledger.
    pub transfer_id: TransferId,
    /// How many moved.
    pub points: i64,
    /// What the customer had right after it.
    pub balance: i64,
    /// Whether the same receipt had moved them before; then nothing moved now.
    pub replayed: bool,
}

impl From<Posted> for TillPointsMoved {
    fn from(posted: Posted) -> Self {
        Self {
            transfer_id: posted.transfer,
            points: posted.amount,
            balance: posted.available,
            replayed: posted.replayed == Replayed::Yes,
        }
    }
}

impl TillCustomer {
    pub(super) fn customer(&self) -> Result<Customer> {
        Ok(match self {
            Self::MemberId(id) => Customer::Id(*id),
            Self::Phone(text) => Customer::Phone(phone(text)?),
            Self::CardNo(text) => Customer::Card(text.clone()),
        })
    }
}

impl TillPoints {
    fn command(&self) -> Result<TillMove> {
        let customer = self.member.customer()?;
        Ok(TillMove {
            receipt_no: self.receipt_no.clone(),
            customer,
            points: self.points,
            occurred_at: self.occurred_at,
            store_code: self.store_code.clone(),
        })
    }
}

fn phone(text: &str) -> Result<Mobile> {
    let en = "not a mainland mobile number";
    Mobile::parse(text).map_err(|_| Error::field("/member/phone", "phone", "手机号不正确", en))
}

/// What a till is answered, whatever it wished: who share a transaction share the way their answers are written.
#[derive(Serialize)]
#[serde(untagged)]
enum TillAnswer {
    Moved(TillPointsMoved),
    Held(Box<PointsHold>),
}

impl From<TillDone> for TillAnswer {
    fn from(done: TillDone) -> Self {
        match done {
            TillDone::Moved(posted) => Self::Moved(posted.into()),
            TillDone::Held(held) => Self::Held(Box::new((*held).into())),
        }
    }
}

/// What is done with what tills wish at the same time.
#[derive(Clone, Copy)]
struct Tills;

impl Work<(PartnerId, TillWish)> for Tills {
    type Done = TillDone;

    fn may_hope(&self, (_, wish): &(PartnerId, TillWish)) -> bool {
        wish.may_hope()
    }

    async fn in_tx(
        &self,
        tx: &Tx,
        app: &App,
        wishes: &[&(PartnerId, TillWish)],
    ) -> Result<Vec<Result<TillDone>>> {
        service::move_at_tills_in(tx, app, wishes).await
    }

    async fn at_once(
        &self,
        writes: &mut AtOnce<'_>,
        app: &App,
        wishes: &[&(PartnerId, TillWish)],
    ) -> Result<Option<Vec<Result<TillDone>>>> {
        service::move_at_tills_at_once(writes, app, wishes).await
    }
}

/// Moves points with whatever other tills wish at the same time.
pub(super) async fn gathered(
    app: &App,
    partner: PartnerId,
    key: &IdempotencyKey,
    body: &[u8],
    wish: TillWish,
) -> Result<HttpResponse> {
    let lane = wish.lane();
    let request = (partner.to_string(), body);
    let request = (request.0.as_str(), request.1);
    let answer =
        key.gathered(app, request, (lane, (partner, wish)), Tills, TillAnswer::from).await?;
    app.bell.ring();
    Ok(answer)
}

/// Spend points at a till
///
/// Takes the points that run out first, as many as `points` or none. The receipt number is the second line behind the
/// Idempotency-Key: the same one answers the first movement again, with another member or amount it is refused.
#[utoipa::path(
    tag = "points",
    security(("partner_key" = ["points:write"])),
    params(("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days.")),
    responses(
        (status = 200, body = TillPointsMoved, description = "Spent."),
        (status = 400, body = Problem, description = "bad_json, idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "member_not_found"),
        (status = 409, body = Problem, description = "points_insufficient, points_cause_conflict, idempotency_in_flight"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, idempotency_key_reused"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/points/spend")]
pub async fn spend_points(
    app: ThinData<App>,
    caller: PartnerCaller<PointsWrite>,
    key: IdempotencyKey,
    body: Body<TillPoints>,
) -> Result<HttpResponse> {
    let wish = TillWish::Spend(body.value.command()?);
    gathered(&app, caller.partner, &key, &body.raw, wish).await
}

/// Grant points at a till
///
/// For a partner's own promotions; purchases earn by themselves when their order comes in. The points last as long as
/// those of a purchase.
#[utoipa::path(
    tag = "points",
    security(("partner_key" = ["points:write"])),
    params(("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days.")),
    responses(
        (status = 200, body = TillPointsMoved, description = "Granted."),
        (status = 400, body = Problem, description = "bad_json, idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "member_not_found"),
        (status = 409, body = Problem, description = "points_cause_conflict, idempotency_in_flight"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, points_out_of_range, idempotency_key_reused"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/points/earn")]
pub async fn grant_points(
    app: ThinData<App>,
    caller: PartnerCaller<PointsWrite>,
    key: IdempotencyKey,
    body: Body<TillPoints>,
) -> Result<HttpResponse> {
    let wish = TillWish::Earn(body.value.command()?);
    gathered(&app, caller.partner, &key, &body.raw, wish).await
}

/// Give spent points back
///
/// Whole or in parts, of a spending or of a checkout whose points were captured; where both have the same number the
/// spending is meant. The very points that it used come back, with the expiry they had: those that ran out
/// meanwhile come back run out.
#[utoipa::path(
    tag = "points",
    security(("partner_key" = ["points:write"])),
    params(("Idempotency-Key" = String, Header, description = "1 to 255 printable ASCII characters; kept for 7 days.")),
    responses(
        (status = 200, body = TillPointsMoved, description = "Given back."),
        (status = 400, body = Problem, description = "bad_json, idempotency_key_missing"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "points_original_not_found: this partner spent nothing under that receipt"),
        (status = 409, body = Problem, description = "points_reversal_exceeds, points_cause_conflict, idempotency_in_flight"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, idempotency_key_reused"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/points/reversals")]
pub async fn give_points_back(
    app: ThinData<App>,
    caller: PartnerCaller<PointsWrite>,
    key: IdempotencyKey,
    body: Body<TillPointsReversal>,
) -> Result<HttpResponse> {
    let TillPointsReversal { receipt_no, reversal_no, points } = &body.value;
    let (receipt_no, reversal_no) = (receipt_no.clone(), reversal_no.clone());
    let wish = TillWish::GiveBack(TillReversal { receipt_no, reversal_no, points: *points });
    gathered(&app, caller.partner, &key, &body.raw, wish).await
}
