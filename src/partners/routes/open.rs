//! `/v1/open/me`.

use actix_web::get;
use actix_web::web::{Json, ThinData};
use chrono::{DateTime, Utc};
use entity::codes::Signing;
use entity::ids::{PartnerId, PartnerKeyId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::{Problem, Result};
use crate::kernel::mode::Mode;
use crate::partners::caller::AnyKey;
use crate::partners::service;

/// Whether what a key does is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyMode {
    /// It is.
    Live,
    /// It is for trials: members, orders, points and webhooks of the sandbox.
    Sandbox,
}

impl From<Mode> for KeyMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Live => Self::Live,
            Mode::Sandbox => Self::Sandbox,
        }
    }
}

/// The partner and the key behind a request.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "partner_id": "par_0698v9qe00t134m6ou6d8h2lak", "partner_name": "门店收银系统",
    "key_id": "key_0698v9qe00t134m6ou6d8h2lak", "key_name": "till", "scopes": ["orders:write"], "signing": "off",
    "mode": "live"
}))]
pub struct PartnerSelf {
    /// The partner.
    pub partner_id: PartnerId,
    /// Its name.
    pub partner_name: String,
    /// The key that was sent.
    pub key_id: PartnerKeyId,
    /// What it is for.
    pub key_name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Whether requests are signed.
    pub signing: Signing,
    /// Whether what it does is real.
    pub mode: KeyMode,
    /// When it stops working, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
}

/// Who am I
///
/// For integrators: whether a key works, whose it is and what it may do. Needs no scope.
#[utoipa::path(
    tag = "partners",
    security(("partner_key" = [])),
    responses(
        (status = 200, body = PartnerSelf, description = "The key that was sent."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 429, body = Problem, description = "rate_limited"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/me")]
pub(super) async fn get_open_me(app: ThinData<App>, caller: AnyKey) -> Result<Json<PartnerSelf>> {
    let (key, partner) = service::find_key(&app, caller.0.id()).await?;
    Ok(Json(PartnerSelf {
        partner_id: partner.id,
        partner_name: partner.name,
        key_id: key.id,
        key_name: key.name,
        scopes: key.scopes,
        signing: key.signing,
        mode: app.mode.into(),
        expires_at: key.expires_at,
    }))
}
