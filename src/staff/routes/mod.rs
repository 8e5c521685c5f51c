//! Routes and wire types of staff.

mod accounts;
mod console;
mod guide;
mod tokens;

use actix_web::web::Json;
use chrono::{DateTime, Utc};
use entity::codes::{Audience, StaffRole};
use entity::ids::{RegionId, SessionId, StaffId, StoreId};
use entity::values::PersonName;
use garde::Validate;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::service::{self, SignIn, StaffRef};
use crate::app::App;
use crate::http::context::RequestId;
use crate::http::{ClientIp, Result};
use crate::sessions::service::Tokens;

/// `/v1/guide`: signing in and out, the invitation, who am I.
pub fn guide(config: &mut ServiceConfig<'_>) {
    config
        .service(guide::sign_in_guide)
        .service(guide::refresh_guide_session)
        .service(guide::end_current_guide_session)
        .service(guide::accept_guide_invitation)
        .service(guide::get_guide_me);
}

/// `/v1/admin`: the same for the console, and the accounts of everybody.
pub fn admin(config: &mut ServiceConfig<'_>) {
    config
        .service(console::sign_in_admin)
        .service(console::refresh_admin_session)
        .service(console::end_current_admin_session)
        .service(console::accept_admin_invitation)
        .service(console::get_admin_me)
        .service(accounts::list_staff)
        .service(accounts::hire_staff)
        .service(accounts::disable_staff)
        .service(accounts::invite_staff);
}

/// Number and password of staff.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "staff_no": "G001", "password": "summer rain in ningbo", "device": "iPad at the till"
}))]
pub struct StaffSignInRequest {
    /// The staff number.
    #[garde(length(chars, min = 1, max = 32))]
    pub staff_no: String,
    /// The password.
    #[garde(skip)]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    /// What to call this device in lists.
    #[garde(length(chars, max = 100))]
    pub device: String,
}

/// Staff who just signed in, with the tokens of the device.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "session_id": "ses_0698v9qe00t134m6ou6d8h2lak", "token_type": "Bearer",
    "access_token": "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJodWl5aSJ9.c2ln",
    "access_expires_at": "2026-11-21T08:10:00Z",
    "refresh_token": "mZ1pXo0yq3uYt9cS4bKfE7wVhJ2nRgLdA6iT8sQxNkU",
    "expires_at": "2026-11-21T20:00:00Z",
    "staff": {
        "id": "stf_0698v9qe00t134m6ou6d8h2lak", "staff_no": "G001", "name": "王芳", "role": "guide",
        "store_id": "sto_0698v9qe00t134m6ou6d8h2lak"
    }
}))]
pub struct StaffSignedIn {
    /// The sign-in.
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
    /// Who signed in.
    pub staff: StaffProfile,
}

impl StaffSignedIn {
    fn new(staff: StaffRef, tokens: Tokens) -> Self {
        Self {
            session_id: tokens.session,
            token_type: "Bearer",
            access_token: tokens.access,
            access_expires_at: tokens.access_expires_at,
            refresh_token: tokens.refresh,
            expires_at: tokens.expires_at,
            staff: staff.into(),
        }
    }
}

/// A person on the staff.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "stf_0698v9qe00t134m6ou6d8h2lak", "staff_no": "G001", "name": "王芳", "role": "guide",
    "store_id": "sto_0698v9qe00t134m6ou6d8h2lak"
}))]
pub struct StaffProfile {
    /// Id.
    pub id: StaffId,
    /// The number that signs in.
    pub staff_no: String,
    /// Name shown.
    pub name: PersonName,
    /// What they do.
    pub role: StaffRole,
    /// Store of guides and store managers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_id: Option<StoreId>,
    /// Region of regional managers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region_id: Option<RegionId>,
}

impl From<StaffRef> for StaffProfile {
    fn from(staff: StaffRef) -> Self {
        Self {
            id: staff.id,
            staff_no: staff.staff_no,
            name: staff.name,
            role: staff.role,
            store_id: staff.store_id,
            region_id: staff.region_id,
        }
    }
}

/// The token of a one-time link, and the password that the invited chose.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "token": "mZ1pXo0yq3uYt9cS4bKfE7wVhJ2nRgLdA6iT8sQxNkU", "password": "summer rain in ningbo"
}))]
pub struct AcceptInvitationRequest {
    /// From the link.
    #[garde(skip)]
    #[schema(value_type = String)]
    pub token: SecretString,
    /// 8 to 128 characters of any kind, not a common one.
    #[garde(skip)]
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    pub password: SecretString,
}

async fn sign_in(
    app: &App,
    request: &StaffSignInRequest,
    audience: Audience,
    (from, id): (ClientIp, RequestId),
) -> Result<Json<StaffSignedIn>> {
    let attempt = SignIn {
        staff_no: &request.staff_no,
        password: request.password.expose_secret(),
        device: &request.device,
        audience,
        from,
        request: &id.0,
    };
    let (staff, tokens) = service::sign_in(app, attempt).await?;
    Ok(Json(StaffSignedIn::new(staff, tokens)))
}

async fn accept(app: &App, id: &RequestId, request: &AcceptInvitationRequest) -> Result<()> {
    let (token, password) = (request.token.expose_secret(), request.password.expose_secret());
    service::accept_invitation(app, &id.0, token, password).await
}
