//! `/v1/admin/staff`: the accounts of everybody.

use actix_web::web::{Json, ThinData};
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use entity::codes::{StaffRole, StaffStatus};
use entity::ids::{RegionId, StaffId, StoreId};
use entity::values::PersonName;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::http::pages::PageQuery;
use crate::http::{Body, Cursor, Page, PathId, Problem, Query, Result};
use crate::staff::caller::AdminCaller;
use crate::staff::error::NOT_YOURSELF;
use crate::staff::service::{self, NewStaff, StaffRef};

/// A person on the staff, as administrators see them.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "stf_0698v9qe00t134m6ou6d8h2lak", "staff_no": "G001", "name": "王芳", "role": "guide",
    "status": "invited", "store_id": "sto_0698v9qe00t134m6ou6d8h2lak"
}))]
pub struct StaffMember {
    /// Id.
    pub id: StaffId,
    /// The number that signs in.
    pub staff_no: String,
    /// Name shown.
    pub name: PersonName,
    /// What they do.
    pub role: StaffRole,
    /// Whether they may sign in.
    pub status: StaffStatus,
    /// Store of guides and store managers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_id: Option<StoreId>,
    /// Region of regional managers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region_id: Option<RegionId>,
}

impl From<(StaffRef, StaffStatus)> for StaffMember {
    fn from((staff, status): (StaffRef, StaffStatus)) -> Self {
        Self {
            id: staff.id,
            staff_no: staff.staff_no,
            name: staff.name,
            role: staff.role,
            status,
            store_id: staff.store_id,
            region_id: staff.region_id,
        }
    }
}

/// A new person on the staff.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "staff_no": "G001", "name": "王芳", "role": "guide", "store_id": "sto_0698v9qe00t134m6ou6d8h2lak"
}))]
pub struct HireStaffRequest {
    /// The number that signs in: 1 to 32 ASCII characters without spaces, unique for ever.
    #[garde(length(min = 1, max = 32), custom(no_spaces))]
    #[schema(min_length = 1, max_length = 32)]
    pub staff_no: String,
    /// Name shown.
    #[garde(custom(some_name))]
    #[schema(min_length = 1, max_length = 50)]
    pub name: PersonName,
    /// What they do; also says what they may see.
    #[garde(skip)]
    pub role: StaffRole,
    /// Required for guides and store managers, refused for others.
    #[garde(skip)]
    pub store_id: Option<StoreId>,
    /// Required for regional managers, refused for others.
    #[garde(skip)]
    pub region_id: Option<RegionId>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde's signature")]
fn no_spaces(text: &str, (): &()) -> garde::Result {
    let good = text.bytes().all(|b| b.is_ascii_graphic());
    if good { Ok(()) } else { Err(garde::Error::new("only visible ASCII characters, no spaces")) }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde's signature")]
fn some_name(name: &PersonName, (): &()) -> garde::Result {
    let length = name.0.chars().count();
    let plain = !name.0.chars().any(char::is_control) && !name.0.trim().is_empty();
    if plain && length <= 50 { Ok(()) } else { Err(garde::Error::new("1 to 50 characters")) }
}

/// A fresh one-time link's token.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "token": "mZ1pXo0yq3uYt9cS4bKfE7wVhJ2nRgLdA6iT8sQxNkU", "expires_at": "2026-11-24T08:00:00Z"
}))]
pub struct StaffInvitation {
    /// Goes into the link; shown once.
    pub token: String,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}

/// List staff
///
/// By staff number.
#[utoipa::path(
    tag = "staff",
    security(("admin_token" = [])),
    params(PageQuery),
    responses(
        (status = 200, body = Page<StaffMember>, description = "A page of staff.", example = json!({
            "items": [{"id": "stf_0698v9qe00t134m6ou6d8h2lak", "staff_no": "G001", "name": "王芳", "role": "guide",
                "status": "invited", "store_id": "sto_0698v9qe00t134m6ou6d8h2lak"}],
            "has_more": false
        })),
        (status = 400, body = Problem, description = "bad_cursor"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[get("/staff")]
pub(super) async fn list_staff(
    app: ThinData<App>,
    caller: AdminCaller,
    query: Query<PageQuery>,
) -> Result<Json<Page<StaffMember>>> {
    let cursor = query.0.cursor.as_deref();
    let after = cursor.map(|text| Cursor::read(&app.vault, "staff", text)).transpose()?;
    let rows = service::list(&app, &caller.author, after, query.0.limit + 1).await?;
    let write = |row: &(StaffRef, StaffStatus)| Cursor::write(&app.vault, "staff", &row.0.staff_no);
    Ok(Json(Page::cut(rows, query.0.limit, write).map(Into::into)))
}

/// Add staff
///
/// They cannot sign in before they have accepted an invitation.
#[utoipa::path(
    tag = "staff",
    security(("admin_token" = [])),
    request_body = HireStaffRequest,
    responses(
        (status = 201, body = StaffMember, description = "Added, invited."),
        (status = 400, body = Problem, description = "bad_json"),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 409, body = Problem, description = "staff_no_taken"),
        (status = 413, body = Problem, description = "body_too_large"),
        (status = 415, body = Problem, description = "unsupported_media_type"),
        (status = 422, body = Problem, description = "invalid_fields"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/staff")]
pub(super) async fn hire_staff(
    app: ThinData<App>,
    caller: AdminCaller,
    body: Body<HireStaffRequest>,
) -> Result<HttpResponse> {
    let HireStaffRequest { staff_no, name, role, store_id, region_id } = body.value;
    let new = NewStaff { staff_no, name, role, store_id, region_id };
    let id = service::hire(&app, &caller.author, new).await?;
    Ok(HttpResponse::Created().json(StaffMember::from(service::find(&app, id).await?)))
}

/// Invite staff
///
/// A one-time link's token, for the newly added and for those who forgot their password; earlier ones stop working.
#[utoipa::path(
    tag = "staff",
    security(("admin_token" = [])),
    params(("id" = StaffId, Path, description = "Whom.")),
    responses(
        (status = 201, body = StaffInvitation, description = "The token, shown once."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "staff_disabled"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/staff/{id}/invitations")]
pub(super) async fn invite_staff(
    app: ThinData<App>,
    caller: AdminCaller,
    id: PathId<StaffId>,
) -> Result<HttpResponse> {
    let invitation = service::invite_with_end(&app, &caller.author, id.0).await?;
    let answer = StaffInvitation { token: invitation.token, expires_at: invitation.expires_at };
    Ok(HttpResponse::Created().json(answer))
}

/// Disable staff
///
/// Every sign-in of theirs is dead within a second, everywhere. Again changes nothing.
#[utoipa::path(
    tag = "staff",
    security(("admin_token" = [])),
    params(("id" = StaffId, Path, description = "Whom.")),
    responses(
        (status = 204, description = "Disabled."),
        (status = 401, body = Problem, description = "unauthenticated"),
        (status = 403, body = Problem, description = "forbidden"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "not_yourself"),
        (status = 503, body = Problem, description = "unavailable"),
    )
)]
#[post("/staff/{id}:disable")]
pub(super) async fn disable_staff(
    app: ThinData<App>,
    caller: AdminCaller,
    id: PathId<StaffId>,
) -> Result<HttpResponse> {
    if id.0 == caller.staff.id {
        return Err(NOT_YOURSELF.into());
    }
    service::disable(&app, &caller.author, id.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
