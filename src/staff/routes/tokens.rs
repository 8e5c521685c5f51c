//! Exchanging refresh tokens of staff, for either surface.

use actix_web::web::Json;
use chrono::{DateTime, Utc};
use entity::codes::Audience;
use entity::ids::SessionId;
use garde::Validate;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::http::Result;
use crate::sessions::service;

/// A refresh token of staff to be exchanged.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh_token": "mZ1pXo0yq3uYt9cS4bKfE7wVhJ2nRgLdA6iT8sQxNkU"}))]
pub struct StaffRefreshRequest {
    /// The refresh token in hand.
    #[garde(skip)]
    #[schema(value_type = String, max_length = 128)]
    pub refresh_token: SecretString,
}

/// The next tokens of a device of staff.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "session_id": "ses_0698v9qe00t134m6ou6d8h2lak", "token_type": "Bearer",
    "access_token": "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJodWl5aSJ9.c2ln",
    "access_expires_at": "2026-11-21T08:10:00Z",
    "refresh_token": "mZ1pXo0yq3uYt9cS4bKfE7wVhJ2nRgLdA6iT8sQxNkU",
    "expires_at": "2026-11-21T20:00:00Z"
}))]
pub struct StaffTokens {
    /// The sign-in.
    pub session_id: SessionId,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Send it as `Authorization: Bearer …`; good for minutes.
    pub access_token: String,
    /// When the access token runs out.
    pub access_expires_at: DateTime<Utc>,
    /// Good for one exchange; keep it, and keep it secret.
    pub refresh_token: String,
    /// When the sign-in runs out, however often it is refreshed.
    pub expires_at: DateTime<Utc>,
}

pub(super) async fn refresh(
    app: &App,
    request: &StaffRefreshRequest,
    audience: Audience,
) -> Result<Json<StaffTokens>> {
    let tokens = service::refresh(app, request.refresh_token.expose_secret(), audience).await?;
    Ok(Json(StaffTokens {
        session_id: tokens.session,
        token_type: "Bearer",
        access_token: tokens.access,
        access_expires_at: tokens.access_expires_at,
        refresh_token: tokens.refresh,
        expires_at: tokens.expires_at,
    }))
}
