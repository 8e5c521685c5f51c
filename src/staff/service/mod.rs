//! Use cases of staff.

mod invitations;
mod passwords;
mod sign_in;

use std::collections::HashMap;

use entity::codes::{Audience, AuditAction, StaffRole, StaffStatus};
use entity::ids::{RegionId, StaffId, StoreId};
use entity::staff;
use entity::values::PersonName;

use super::error::NUMBER_TAKEN;
use super::{rules, store};
use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::db::{self, Conn};
use crate::http::{Error, Result, codes};
use crate::sessions::service::{Principal, end_all_in, forget_cached};
use crate::stores::service as stores;

pub use super::rules::DataScope;
pub use invitations::{Invitation, accept_invitation, invite, invite_with_end};
pub use sign_in::{SignIn, forget_old_failures, sign_in, sign_out};

/// Staff as others need them.
#[derive(Clone, Debug)]
pub struct StaffRef {
    /// Id.
    pub id: StaffId,
    /// Number they sign in with.
    pub staff_no: String,
    /// Name shown.
    pub name: PersonName,
    /// Role.
    pub role: StaffRole,
    /// Store of guides and managers.
    pub store_id: Option<StoreId>,
    /// Region of regional managers.
    pub region_id: Option<RegionId>,
}

impl From<staff::Model> for StaffRef {
    fn from(row: staff::Model) -> Self {
        Self {
            id: row.id,
            staff_no: row.staff_no,
            name: row.name,
            role: row.role,
            store_id: row.store_id,
            region_id: row.region_id,
        }
    }
}

/// A new person on the staff.
#[derive(Clone, Debug)]
pub struct NewStaff {
    /// Number, unique.
    pub staff_no: String,
    /// Name shown.
    pub name: PersonName,
    /// Role.
    pub role: StaffRole,
    /// Store of guides and managers.
    pub store_id: Option<StoreId>,
    /// Region of regional managers.
    pub region_id: Option<RegionId>,
}

/// What `staff` may see; a manager without a store or region sees her own customers only.
#[must_use]
pub fn scope_of(staff: &StaffRef) -> DataScope {
    rules::scope_of(staff.id, staff.role, staff.store_id, staff.region_id)
}

/// Adds staff, invited: they cannot sign in yet.
///
/// # Errors
/// `staff_no_taken`; `invalid_fields` unless guides and store managers have a store, regional managers a region.
pub async fn hire(app: &App, author: &Author, new: NewStaff) -> Result<StaffId> {
    check_place(app, &new).await?;
    let now = app.clock.now();
    let row = staff::Model {
        id: StaffId::new(now),
        staff_no: new.staff_no,
        name: new.name,
        role: new.role,
        store_id: new.store_id,
        region_id: new.region_id,
        status: StaffStatus::Invited,
        password: None,
        created_at: now,
    };
    let id = row.id;
    db::in_tx(&app.db, async |tx| {
        if !store::insert(tx, row.clone()).await? {
            return Err(Error::from(NUMBER_TAKEN));
        }
        let line = Line::new(AuditAction::StaffHired).of(id).word("role", new.role.as_str());
        audit::write_in(tx, app, author, &[line]).await
    })
    .await?;
    Ok(id)
}

/// Roles are tied to a place: without it nobody could say what they may see.
async fn check_place(app: &App, new: &NewStaff) -> Result<()> {
    let (store, region) = match new.role {
        StaffRole::Guide | StaffRole::StoreManager => (true, false),
        StaffRole::RegionalManager => (false, true),
        StaffRole::Admin | StaffRole::Auditor => (false, false),
    };
    if new.store_id.is_some() != store {
        let en = "guides and store managers have a store, others none";
        return Err(Error::field(
            "/store_id",
            "role",
            "导购与店长须属于门店，其他角色不可填写",
            en,
        ));
    }
    if new.region_id.is_some() != region {
        let en = "regional managers have a region, others none";
        return Err(Error::field("/region_id", "role", "区域经理须属于区域，其他角色不可填写", en));
    }
    let ids: Vec<StoreId> = new.store_id.into_iter().collect();
    if stores::by_ids(app.db.read(), &ids).await?.len() != ids.len() {
        return Err(Error::field("/store_id", "unknown", "没有这个门店", "there is no such store"));
    }
    let ids: Vec<RegionId> = new.region_id.into_iter().collect();
    if stores::regions_by_ids(app.db.read(), &ids).await?.len() != ids.len() {
        return Err(Error::field(
            "/region_id",
            "unknown",
            "没有这个区域",
            "there is no such region",
        ));
    }
    Ok(())
}

/// The staff with these numbers; unknown and disabled ones are absent.
pub async fn by_numbers(db: &impl Conn, numbers: &[String]) -> Result<HashMap<String, StaffRef>> {
    let rows = store::by_numbers(db, numbers).await?;
    Ok(rows.into_iter().map(|row| (row.staff_no.clone(), row.into())).collect())
}

/// The staff with these ids, whatever their status.
pub async fn by_ids(db: &impl Conn, ids: &[StaffId]) -> Result<HashMap<StaffId, StaffRef>> {
    let rows = store::by_ids(db, ids).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
}

/// The person of a session, as of now, if she may use `audience`.
///
/// # Errors
/// `unauthenticated` for staff who may not sign in (any more), `forbidden` for a role of another surface.
pub async fn on_duty(app: &App, id: StaffId, audience: Audience) -> Result<StaffRef> {
    let row = store::find(app.db.read(), id).await?;
    let row = row.filter(|row| row.status == StaffStatus::Active);
    let staff: StaffRef = row.ok_or(codes::UNAUTHENTICATED)?.into();
    if !rules::may_use(staff.role, audience) {
        return Err(codes::FORBIDDEN.into());
    }
    Ok(staff)
}

/// Staff by number, after `after`, with their status.
///
/// # Errors
/// The database's.
pub async fn list(
    app: &App,
    author: &Author,
    after: Option<String>,
    limit: u64,
) -> Result<Vec<(StaffRef, StaffStatus)>> {
    let rows = store::page(app.db.read(), after, limit).await?;
    let line = Line::new(AuditAction::StaffListed).gave_page(rows.len(), limit);
    audit::write(app, author, line).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.status, row))
        .map(|(status, row)| (row.into(), status))
        .collect())
}

/// A person with her status, or `not_found`.
pub async fn find(app: &App, id: StaffId) -> Result<(StaffRef, StaffStatus)> {
    let row = store::find(app.db.read(), id).await?.ok_or(codes::NOT_FOUND)?;
    Ok((row.clone().into(), row.status))
}

/// Disables staff: every session is dead at once (S10), open invitations too. Again changes nothing.
pub async fn disable(app: &App, author: &Author, staff: StaffId) -> Result<()> {
    db::in_tx(&app.db, async |tx| {
        let now = app.clock.now();
        store::lock(tx, staff).await?.ok_or(codes::NOT_FOUND)?;
        store::set_status(tx, staff, StaffStatus::Disabled).await?;
        store::drop_invitations(tx, staff, now).await?;
        let line = Line::new(AuditAction::StaffDisabled).of(staff);
        audit::write_in(tx, app, author, &[line]).await?;
        end_all_in(tx, Principal::staff(staff), now).await
    })
    .await?;
    forget_cached(app).await
}
