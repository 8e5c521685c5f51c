//! Whom staff may see: the one place that turns a data scope into a filter of members (S1).

use entity::ids::{MemberId, StoreId};
use entity::member;

use crate::db::Conn;
use crate::http::{Result, codes};
use crate::members::rules::MemberFilter;
use crate::members::store;
use crate::members::store::scoped::Reach;
use crate::staff::service::DataScope;
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
