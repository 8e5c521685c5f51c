//! `/v1/admin`: signing in to the console.

use actix_web::web::{Json, ThinData};
use actix_web::{HttpResponse, delete, get, post};
use entity::codes::Audience;

use super::tokens::{StaffRefreshRequest, StaffTokens, refresh};
use super::{
    AcceptInvitationRequest, StaffProfile, StaffSignInRequest, StaffSignedIn, accept, sign_in,
};
use crate::app::App;
use crate::http::context::RequestId;
use crate::http::{Body, ClientIp, Problem, Result};
use crate::staff::caller::AuditCaller;
use crate::staff::service::sign_out;

/// Sign in to the console
///
/// For head-office administrators. The password is the only factor so far; a second one (TOTP) is planned and will be
/// asked for here.
///
/// Whatever is wrong, the answer is the same. Five wrong passwords from one network make that network wait, longer
/// each time up to 15 minutes, for this account only; the account itself is never locked.
#[utoipa::path(
    tag = "staff",
    request_body = StaffSignInRequest,
    responses(
        (status = 200, body = StaffSignedIn, description = "Signed in."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "wrong_password"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 429, body = Problem, description = "sign_in_blocked, rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/sessions")]
pub(super) async fn sign_in_admin(
    app: ThinData<App>,
    from: ClientIp,
    id: RequestId,
    body: Body<StaffSignInRequest>,
) -> Result<Json<StaffSignedIn>> {
    sign_in(&app, &body.value, Audience::Admin, (from, id)).await
}

/// Exchange a refresh token
///
/// Each refresh token is good once. Sent again within 20 seconds, it gets the same successor; sent again later,
/// somebody else may have it: the sign-in ends.
#[utoipa::path(
    tag = "staff",
    request_body = StaffRefreshRequest,
    responses(
        (status = 200, body = StaffTokens, description = "The next pair."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "sign_in_ended"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/sessions/refresh")]
pub(super) async fn refresh_admin_session(
    app: ThinData<App>,
    body: Body<StaffRefreshRequest>,
) -> Result<Json<StaffTokens>> {
    refresh(&app, &body.value, Audience::Admin).await
}

/// Sign out
///
/// Ends the sign-in of this device: both tokens are dead at once.
#[utoipa::path(
    tag = "staff",
    security(("admin_token" = [])),
    responses(
        (status = 204, description = "Signed out."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[delete("/sessions/current")]
pub(super) async fn end_current_admin_session(
    app: ThinData<App>,
    caller: AuditCaller,
) -> Result<HttpResponse> {
    sign_out(&app, &caller.author, caller.staff.id, caller.session).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Accept an invitation
///
/// Sets the password of the invited; the link works once, for 72 hours. Sign in afterwards.
#[utoipa::path(
    tag = "staff",
    request_body = AcceptInvitationRequest,
    responses(
        (status = 204, description = "The password is set."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 404, body = Problem, description = "invitation_not_valid"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/invitations:accept")]
pub(super) async fn accept_admin_invitation(
    app: ThinData<App>,
    id: RequestId,
    body: Body<AcceptInvitationRequest>,
) -> Result<HttpResponse> {
    accept(&app, &id, &body.value).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who am I
///
/// Name and role of the administrator who is signed in.
#[utoipa::path(
    tag = "staff",
    security(("admin_token" = [])),
    responses(
        (status = 200, body = StaffProfile, description = "Who is signed in."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/me")]
pub(super) async fn get_admin_me(caller: AuditCaller) -> Json<StaffProfile> {
    Json(caller.staff.into())
}
