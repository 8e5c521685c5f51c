//! Whom staff may see: the one place that turns a data scope into a filter of members (S1).

use entity::codes::AuditAction;
use entity::ids::{MemberId, StoreId};
use entity::member;

use crate::app::App;
use crate::audit::service::{self as audit, Author, Line};
use crate::db::Conn;
use crate::http::{Result, codes};
use crate::members::rules::MemberFilter;
use crate::members::store;
use crate::members::store::scoped::Reach;
use crate::staff::service::{DataScope, StaffRef, scope_of};
use crate::stores::service as stores;

/// Members within `scope`, the newest first, at most `limit`; merged ones are not listed.
///
/// # Errors
/// The database's.
pub async fn list_in_scope(
    db: &impl Conn,
    scope: DataScope,
    filter: &MemberFilter,
    limit: u64,
) -> Result<Vec<member::Model>> {
    let reach = reach(db, scope).await?;
    Ok(store::scoped::list(db, &reach, filter, limit).await?)
}

/// One member within `scope`; a merged id finds the winner. One outside answers like one that does not exist.
///
/// # Errors
/// `not_found`.
pub async fn find_in_scope(
    db: &impl Conn,
    scope: DataScope,
    id: MemberId,
) -> Result<member::Model> {
    let reach = reach(db, scope).await?;
    let winners = super::winners(db, &[id]).await?;
    // An id that nobody has is looked for as well, so that a missing one takes as long as a foreign one.
    let id = winners.get(&id).copied().unwrap_or(id);
    store::scoped::find(db, &reach, id).await?.ok_or_else(|| codes::NOT_FOUND.into())
}

async fn reach(db: &impl Conn, scope: DataScope) -> Result<Reach> {
    Ok(match scope {
        DataScope::Own(guide) => Reach::Guide(guide),
        DataScope::Store(store) => Reach::Stores(vec![store]),
        DataScope::Region(region) => {
            let stores = stores::all(db).await?;
            let ids: Vec<StoreId> = stores
                .into_iter()
                .filter(|store| store.region_id == region)
                .map(|store| store.id)
                .collect();
            Reach::Stores(ids)
        }
        DataScope::All => Reach::Everybody,
    })
}

/// One member whom staff may see, with the line in the audit log that `part` of her was read; so is the wish to see one
/// who is not there or not for them (PV-6).
///
/// # Errors
/// `not_found` also for members outside the scope.
pub async fn show_in_scope(
    app: &App,
    (staff, author): (&StaffRef, &Author),
    id: MemberId,
    part: &'static str,
) -> Result<member::Model> {
    let found = find_in_scope(app.db.read(), scope_of(staff), id).await;
    told(app, author, found, (id, part)).await
}

/// The same for those who may see everybody; by the id of one that was merged too.
///
/// # Errors
/// `not_found`.
pub async fn show_any(
    app: &App,
    author: &Author,
    id: MemberId,
    part: &'static str,
) -> Result<member::Model> {
    let found = super::profile(app.db.read(), id).await;
    told(app, author, found, (id, part)).await
}

async fn told(
    app: &App,
    author: &Author,
    found: Result<member::Model>,
    (id, part): (MemberId, &'static str),
) -> Result<member::Model> {
    let line = Line::new(AuditAction::MemberRead).word("part", part);
    match found {
        Ok(row) => {
            audit::write(app, author, line.about(row.id)).await?;
            Ok(row)
        }
        Err(error) if error.refusal().code.code == codes::NOT_FOUND.code => {
            audit::write(app, author, line.about(id).refused()).await?;
            Err(error)
        }
        Err(error) => Err(error),
    }
}
