//! A member's orders with the names that people know.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::ids::{MemberId, OrderId, StaffId, StoreId};
use entity::values::PersonName;

use crate::app::App;
use crate::http::Result;
use crate::orders::service::{self as orders_service, OrderView};
use crate::{staff, stores};

/// An order with the names of its store and guide.
#[derive(Clone, Debug)]
pub struct OrderSeen {
    /// The order and its lines.
    pub view: OrderView,
    /// Name of the store.
    pub store: Option<String>,
    /// Name of the guide.
    pub guide: Option<PersonName>,
}

impl OrderSeen {
    /// Where to read on after this order.
    #[must_use]
    pub const fn position(&self) -> (DateTime<Utc>, OrderId) {
        (self.view.order.occurred_at, self.view.order.id)
    }

    /// Points that refunds have taken back.
    #[must_use]
    pub fn points_reversed(&self) -> i64 {
        self.view.lines.iter().map(|line| line.points_reversed).sum()
    }
}

/// Orders of a member, latest business time first, after a position.
///
/// # Errors
/// The database's.
pub async fn orders(
    app: &App,
    member: MemberId,
    after: Option<(DateTime<Utc>, OrderId)>,
    limit: u64,
) -> Result<Vec<OrderSeen>> {
    let views = orders_service::of_member(app.db.read(), member, after, limit).await?;
    with_names(app, views).await
}

/// One order of a member.
///
/// # Errors
/// `not_found` also when it is another's (S1).
pub async fn order(app: &App, member: MemberId, id: OrderId) -> Result<OrderSeen> {
    let view = orders_service::one_of_member(app.db.read(), member, id).await?;
    let mut seen = with_names(app, vec![view]).await?;
    seen.pop().ok_or_else(|| crate::http::codes::NOT_FOUND.into())
}

async fn with_names(app: &App, views: Vec<OrderView>) -> Result<Vec<OrderSeen>> {
    let at: BTreeSet<StoreId> = views.iter().filter_map(|view| view.order.store_id).collect();
    let by: BTreeSet<StaffId> = views.iter().filter_map(|view| view.order.guide_id).collect();
    let stores = store_names(app, at).await?;
    let guides = guide_names(app, by).await?;
    let seen = |view: OrderView| OrderSeen {
        store: view.order.store_id.and_then(|id| stores.get(&id).cloned()),
        guide: view.order.guide_id.and_then(|id| guides.get(&id).cloned()),
        view,
    };
    Ok(views.into_iter().map(seen).collect())
}

pub(super) async fn store_names(
    app: &App,
    ids: BTreeSet<StoreId>,
) -> Result<HashMap<StoreId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<StoreId> = ids.into_iter().collect();
    let stores = stores::service::by_ids(app.db.read(), &ids).await?;
    Ok(stores.into_iter().map(|(id, store)| (id, store.name)).collect())
}

pub(super) async fn guide_names(
    app: &App,
    ids: BTreeSet<StaffId>,
) -> Result<HashMap<StaffId, PersonName>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<StaffId> = ids.into_iter().collect();
    let staff = staff::service::by_ids(app.db.read(), &ids).await?;
    Ok(staff.into_iter().map(|(id, staff)| (id, staff.name)).collect())
}
