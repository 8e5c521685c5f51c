//! Routes and wire types of identity.

use actix_web::post;
use actix_web::web::{Json, ThinData};
use chrono::{DateTime, Utc};
use entity::ids::{MemberId, SessionId};
use entity::values::PersonName;
use garde::Validate;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::caller::Shopper;
use super::service::{self, Bound, Brief, MadeOne, SignedIn};
use crate::app::App;
use crate::audit::service::Author;
use crate::http::context::RequestId;
use crate::http::{Body, ClientIp, Problem, Result};
use crate::members::service::Visit;

/// `/v1/member`: signing in and binding a phone.
pub fn member(config: &mut ServiceConfig<'_>) {
    config.service(sign_in_member).service(bind_member_phone);
}

/// What the mini-program has from `wx.login`.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "0a3Xkq000YzR1P1xYf200kZ8yl3Xkq0W", "device": "iPhone 17"}))]
pub struct MemberSignInRequest {
    /// The code of `wx.login`: good once, for five minutes.
    #[garde(skip)]
    #[schema(value_type = String, min_length = 1, max_length = 256)]
    pub code: SecretString,
    /// How the list of devices shall call this one.
    #[garde(length(chars, max = 100))]
    #[serde(default)]
    pub device: Option<String>,
}

/// What the phone button gives.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "e31968a7f94cc5ee25fafc2aef2773f0bb8c3937b22520eb8ee345274d00c144"}))]
pub struct PhoneBindingRequest {
    /// `e.detail.code` of `bindgetphonenumber`: good once, for five minutes; not the code of `wx.login`.
    #[garde(skip)]
    #[schema(value_type = String, min_length = 1, max_length = 256)]
    pub code: SecretString,
}

/// The shopper, in short; `GET /v1/member/me` says more.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberBrief {
    /// Id.
    pub id: MemberId,
    /// How she wants to be called; absent when she did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<PersonName>,
    /// Code of her tier.
    #[schema(example = "silver")]
    pub tier: String,
    /// Her phone with its middle hidden; absent until she binds one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "138****8000")]
    pub phone: Option<String>,
}

impl From<Brief> for MemberBrief {
    fn from(brief: Brief) -> Self {
        Self { id: brief.id, nickname: brief.nickname, tier: brief.tier, phone: brief.phone }
    }
}

/// A shopper who signed in, with what her device holds from now on.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "session_id": "ses_0698v9qe00t134m6ou6d8h2lak", "token_type": "Bearer",
    "access_token": "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJodWl5aSJ9.c2ln",
    "access_expires_at": "2026-11-21T08:10:00Z",
    "refresh_token": "mZ1pXo0yq3uYt9cS4bKfE7wVhJ2nRgLdA6iT8sQxNkU",
    "expires_at": "2026-12-21T08:00:00Z", "first_visit": true,
    "member": {"id": "mem_0698v9qe00t134m6ou6d8h2lak", "tier": "silver"}
}))]
pub struct MemberSignIn {
    /// The sign-in, as the list of devices names it.
    pub session_id: SessionId,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Send it as `Authorization: Bearer …`; good for minutes.
    pub access_token: String,
    /// When the access token runs out.
    pub access_expires_at: DateTime<Utc>,
    /// Good for one exchange at the refresh route; keep it, and keep it secret.
    pub refresh_token: String,
    /// When the sign-in runs out, however often it is refreshed.
    pub expires_at: DateTime<Utc>,
    /// Whether she was no member before, or one that only a store knew.
    pub first_visit: bool,
    /// Who she is.
    pub member: MemberBrief,
}

impl From<SignedIn> for MemberSignIn {
    fn from(signed_in: SignedIn) -> Self {
        let tokens = signed_in.tokens;
        Self {
            session_id: tokens.session,
            token_type: "Bearer",
            access_token: tokens.access,
            access_expires_at: tokens.access_expires_at,
            refresh_token: tokens.refresh,
            expires_at: tokens.expires_at,
            first_visit: signed_in.visit == Visit::First,
            member: signed_in.member.into(),
        }
    }
}

/// A member with her phone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "merged": true,
    "member": {"id": "mem_0698v9qe00t134m6ou6d8h2lak", "nickname": "娜娜", "tier": "gold", "phone": "138****8000"}
}))]
pub struct PhoneBinding {
    /// Whether this call merged her with the member who had the phone: points, orders and tier are there, her id may be
    /// another one, her tokens stay good.
    pub merged: bool,
    /// Who she is.
    pub member: MemberBrief,
}

impl From<Bound> for PhoneBinding {
    fn from(bound: Bound) -> Self {
        Self { merged: bound.made_one == MadeOne::Yes, member: bound.member.into() }
    }
}

/// Sign in with WeChat
///
/// The first sign-in makes a member. Each one opens a session of its own; nothing but the code is needed.
#[utoipa::path(
    tag = "identity",
    request_body = MemberSignInRequest,
    responses(
        (status = 200, body = MemberSignIn, description = "Signed in."),
        (status = 400, body = Problem, description = "bad_json, identity_code_invalid"),
        (status = 403, body = Problem, description = "identity_user_blocked"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 429, body = Problem, description = "rate_limited, identity_wechat_limited"),
        (status = 500, body = Problem, description = "internal_error"),
        (status = 503, body = Problem,
            description = "unavailable, identity_wechat_unavailable, identity_wechat_misconfigured"),
    )
)]
#[post("/sessions")]
async fn sign_in_member(
    app: ThinData<App>,
    from: ClientIp,
    body: Body<MemberSignInRequest>,
) -> Result<Json<MemberSignIn>> {
    let request = body.value;
    let device = request.device.unwrap_or_default();
    let code = request.code.expose_secret();
    Ok(Json(service::sign_in(&app, code, &device, from).await?.into()))
}

/// Bind my phone
///
/// The number comes from WeChat, never from the client. A member whom a store, a till or a marketplace made under the
/// same number becomes one with her, in one step. Sent again, it changes nothing.
#[utoipa::path(
    tag = "identity",
    security(("member_token" = [])),
    request_body = PhoneBindingRequest,
    responses(
        (status = 200, body = PhoneBinding, description = "The phone is hers."),
        (status = 400, body = Problem, description = "bad_json, identity_phone_code_invalid"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "identity_user_blocked"),
        (status = 409, body = Problem, description = "identity_phone_bound"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields, identity_phone_unsupported"),
        (status = 429, body = Problem, description = "rate_limited, identity_wechat_limited"),
        (status = 500, body = Problem, description = "internal_error"),
        (status = 503, body = Problem,
            description = "unavailable, identity_wechat_unavailable, identity_wechat_misconfigured"),
    )
)]
#[post("/phone")]
async fn bind_member_phone(
    app: ThinData<App>,
    who: Shopper,
    id: RequestId,
    body: Body<PhoneBindingRequest>,
) -> Result<Json<PhoneBinding>> {
    let (code, author) = (body.value.code.expose_secret(), Author::member(who.member, &id.0));
    Ok(Json(service::bind_phone(&app, &author, who.member, code).await?.into()))
}
