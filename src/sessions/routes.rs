//! Routes of the shopper's own sign-ins.

use actix_web::dev::Payload;
use actix_web::web::{Json, ThinData};
use actix_web::{FromRequest, HttpRequest, HttpResponse, delete, get, post};
use chrono::{DateTime, Utc};
use entity::codes::Audience;
use entity::ids::SessionId;
use futures_util::future::LocalBoxFuture;
use garde::Validate;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::service::{self, Device, Session, Tokens};
use crate::app::App;
use crate::http::{Body, Error, PathId, Problem, Result, credential};

/// `/v1/member`: refreshing, signing out, devices. Signing in is `identity`'s.
pub fn member(config: &mut ServiceConfig<'_>) {
    config
        .service(refresh_member_session)
        .service(end_current_member_session)
        .service(end_member_session)
        .service(list_member_sessions);
}

/// What a signed-in device holds.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "session_id": "ses_0698v9qe00t134m6ou6d8h2lak", "token_type": "Bearer",
    "access_token": "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJodWl5aSJ9.c2ln",
    "access_expires_at": "2026-11-21T08:10:00Z",
    "refresh_token": "mZ1pXo0yq3uYt9cS4bKfE7wVhJ2nRgLdA6iT8sQxNkU",
    "expires_at": "2026-12-21T08:00:00Z"
}))]
pub struct TokenPair {
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
}

impl From<Tokens> for TokenPair {
    fn from(tokens: Tokens) -> Self {
        Self {
            session_id: tokens.session,
            token_type: "Bearer",
            access_token: tokens.access,
            access_expires_at: tokens.access_expires_at,
            refresh_token: tokens.refresh,
            expires_at: tokens.expires_at,
        }
    }
}

/// A refresh token to be exchanged.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh_token": "mZ1pXo0yq3uYt9cS4bKfE7wVhJ2nRgLdA6iT8sQxNkU"}))]
pub struct RefreshRequest {
    /// The refresh token of the pair in hand.
    #[garde(skip)]
    #[schema(value_type = String, max_length = 128)]
    pub refresh_token: SecretString,
}

/// A device that is signed in.
#[derive(Serialize, ToSchema)]
pub struct SignedInDevice {
    /// Its sign-in.
    pub session_id: SessionId,
    /// What the client called it.
    pub device: String,
    /// When it signed in.
    pub signed_in_at: DateTime<Utc>,
    /// When it last refreshed its tokens.
    pub last_seen_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The devices that are signed in.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"items": [{
    "session_id": "ses_0698v9qe00t134m6ou6d8h2lak", "device": "iPhone 17", "current": true,
    "signed_in_at": "2026-11-20T08:00:00Z", "last_seen_at": "2026-11-21T08:00:00Z"
}]}))]
pub struct SignedInDevices {
    /// Latest seen first, at most 100.
    pub items: Vec<SignedInDevice>,
}

impl SignedInDevices {
    fn new(devices: Vec<Device>, current: SessionId) -> Self {
        let item = |device: Device| SignedInDevice {
            current: device.session == current,
            session_id: device.session,
            device: device.name,
            signed_in_at: device.signed_in_at,
            last_seen_at: device.last_seen_at,
        };
        Self { items: devices.into_iter().map(item).collect() }
    }
}

/// The shopper's session; other capabilities take `identity`'s `Shopper`, which is built on this one.
struct MemberSession(Session);

impl FromRequest for MemberSession {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let credential = credential(request);
        Box::pin(async move {
            let (app, token) = credential?;
            service::authenticate(&app, &token, Audience::Member).await.map(Self)
        })
    }
}

/// Exchange a refresh token
///
/// Each refresh token is good once. Sent again within 20 seconds, it gets the same successor, so that a lost answer
/// or two racing requests sign nobody out. Sent again later, somebody else may have it: the sign-in ends.
#[utoipa::path(
    tag = "sessions",
    request_body = RefreshRequest,
    responses(
        (status = 200, body = TokenPair, description = "The next pair."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "sign_in_ended"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/sessions/refresh")]
async fn refresh_member_session(
    app: ThinData<App>,
    body: Body<RefreshRequest>,
) -> Result<Json<TokenPair>> {
    let token = body.value.refresh_token.expose_secret();
    let tokens = service::refresh(&app, token, Audience::Member).await?;
    Ok(Json(tokens.into()))
}

/// Sign out
///
/// Ends the sign-in of this device: both tokens are dead at once.
#[utoipa::path(
    tag = "sessions",
    security(("member_token" = [])),
    responses(
        (status = 204, description = "Signed out."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[delete("/sessions/current")]
async fn end_current_member_session(
    app: ThinData<App>,
    caller: MemberSession,
) -> Result<HttpResponse> {
    service::end(&app, caller.0.principal, caller.0.id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sign another device out
///
/// Ends one of the shopper's own sign-ins; within a second its tokens are refused everywhere.
#[utoipa::path(
    tag = "sessions",
    security(("member_token" = [])),
    params(("id" = SessionId, Path, description = "As the list of devices names it.")),
    responses(
        (status = 204, description = "Signed out."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[delete("/sessions/{id}")]
async fn end_member_session(
    app: ThinData<App>,
    caller: MemberSession,
    id: PathId<SessionId>,
) -> Result<HttpResponse> {
    service::end(&app, caller.0.principal, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List signed-in devices
///
/// Latest seen first, the asking one marked; sign out those that are not hers any more.
#[utoipa::path(
    tag = "sessions",
    security(("member_token" = [])),
    responses(
        (status = 200, body = SignedInDevices, description = "The shopper's devices."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/sessions")]
async fn list_member_sessions(
    app: ThinData<App>,
    caller: MemberSession,
) -> Result<Json<SignedInDevices>> {
    let devices = service::devices(app.db.read(), caller.0.principal, app.clock.now()).await?;
    Ok(Json(SignedInDevices::new(devices, caller.0.id)))
}
