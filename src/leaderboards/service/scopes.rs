//! Which part of the company a caller may see ranked.

use entity::codes::{Board, StaffRole};
use entity::ids::{MemberId, RegionId, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::rules::Scope;
use super::facts;
use crate::app::App;
use crate::http::{Error, Result, codes};
use crate::staff::service::StaffRef;
use crate::stores;

/// How wide a board ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The whole company.
    Company,
    /// One region.
    Region,
    /// One store.
    Store,
}

/// The member's own store or region, or the company.
///
/// # Errors
/// `invalid_fields` when she has no store.
pub async fn scope_of_member(app: &App, member: MemberId, reach: Reach) -> Result<Scope> {
    if reach == Reach::Company {
        return Ok(Scope::Company);
    }
    let homes = facts::homes(app, [member].into()).await?;
    let (store, region) = homes.get(&member).copied().unwrap_or_default();
    narrow(reach, store, region).ok_or_else(|| no_place("?scope"))
}

/// The guide's own store or region, or the company; her own store when she names none. Members are ranked only for the
/// store that she works in, or the region that she manages (GD-1).
///
/// # Errors
/// `forbidden` for a member board wider than her own; `invalid_fields` when she has no store.
pub async fn scope_of_staff(
    app: &App,
    staff: &StaffRef,
    board: Board,
    reach: Option<Reach>,
) -> Result<Scope> {
    let own = match staff.role {
        StaffRole::Guide | StaffRole::StoreManager | StaffRole::Auditor => Reach::Store,
        StaffRole::RegionalManager => Reach::Region,
        StaffRole::Admin => Reach::Company,
    };
    let reach = reach.unwrap_or(own);
    if board == Board::MemberPoints && own != reach && own != Reach::Company {
        return Err(codes::FORBIDDEN.into());
    }
    if reach == Reach::Company {
        return Ok(Scope::Company);
    }
    let ids: Vec<StoreId> = staff.store_id.into_iter().collect();
    let stores = stores::service::by_ids(app.db.read(), &ids).await?;
    let region = stores.values().next().map(|store| store.region_id).or(staff.region_id);
    narrow(reach, staff.store_id, region).ok_or_else(|| no_place("?scope"))
}

/// Whatever head office names.
///
/// # Errors
/// `invalid_fields` when the store or region is missing or unknown.
pub async fn scope_of_office(
    app: &App,
    reach: Reach,
    region: Option<RegionId>,
    store: Option<StoreId>,
) -> Result<Scope> {
    if reach == Reach::Company {
        return Ok(Scope::Company);
    }
    let stores = stores::service::all(app.db.read()).await?;
    let store = store.filter(|id| stores.iter().any(|store| store.id == *id));
    let region = region.filter(|id| stores.iter().any(|store| store.region_id == *id));
    let missing = if reach == Reach::Store { "?store_id" } else { "?region_id" };
    narrow(reach, store, region).ok_or_else(|| no_place(missing))
}

fn narrow(reach: Reach, store: Option<StoreId>, region: Option<RegionId>) -> Option<Scope> {
    match reach {
        Reach::Company => Some(Scope::Company),
        Reach::Region => region.map(Scope::Region),
        Reach::Store => store.map(Scope::Store),
    }
}

fn no_place(pointer: &str) -> Error {
    Error::field(
        pointer,
        "no_place",
        "没有对应的门店或区域",
        "there is no such store or region for you",
    )
}
