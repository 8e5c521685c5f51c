//! Deliveries and their attempts. Whoever writes holds the endpoint's row.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::codes::DeliveryState;
use entity::ids::{EventId, MemberId, WebhookDeliveryId, WebhookEndpointId};
use entity::webhook_attempt::{self as attempt, Model as Attempt};
use entity::webhook_delivery::{self as delivery, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::db::Conn;
use crate::db::rows;

/// Not at an end yet.
const OPEN: [DeliveryState; 2] = [DeliveryState::Waiting, DeliveryState::Queued];
/// At an end without success.
const LOST: [DeliveryState; 2] = [DeliveryState::Failed, DeliveryState::Missed];

pub async fn insert_deliveries(tx: &impl Conn, new: &[Model]) -> Result<(), DbErr> {
    let new: Vec<&Model> = new.iter().collect();
    rows::insert::<delivery::Entity>(tx, &new, &[]).await?;
    Ok(())
}

/// Which of these events are on their way to which endpoints.
pub async fn known(
    tx: &impl Conn,
    endpoints: &[WebhookEndpointId],
    events: &[EventId],
) -> Result<HashSet<(WebhookEndpointId, EventId)>, DbErr> {
    let found: Vec<(WebhookEndpointId, EventId)> = delivery::Entity::find()
        .select_only()
        .column(delivery::Column::EndpointId)
        .column(delivery::Column::EventId)
        .filter(rows::among(tx, delivery::Column::EndpointId, endpoints.iter().copied()))
        .filter(rows::among(tx, delivery::Column::EventId, events.iter().copied()))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(found.into_iter().collect())
}

/// Members of whom something is still on its way, by endpoint.
pub async fn open_members(
    tx: &impl Conn,
    endpoints: &[WebhookEndpointId],
    members: &[MemberId],
) -> Result<HashSet<(WebhookEndpointId, MemberId)>, DbErr> {
    if members.is_empty() {
        return Ok(HashSet::new());
    }
    let found: Vec<(WebhookEndpointId, MemberId)> = delivery::Entity::find()
        .select_only()
        .column(delivery::Column::EndpointId)
        .column(delivery::Column::MemberId)
        .distinct()
        .filter(rows::among(tx, delivery::Column::EndpointId, endpoints.iter().copied()))
        .filter(rows::among(tx, delivery::Column::MemberId, members.iter().copied()))
        .filter(delivery::Column::State.is_in(OPEN))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(found.into_iter().collect())
}

fn of(endpoint: WebhookEndpointId, state: DeliveryState) -> Select<delivery::Entity> {
    delivery::Entity::find()
        .filter(delivery::Column::EndpointId.eq(endpoint))
        .filter(delivery::Column::State.eq(state))
}

/// Deliveries whose time has come, but not those `under_way`; the longest due first.
pub async fn due_deliveries(
    tx: &impl Conn,
    endpoint: WebhookEndpointId,
    now: DateTime<Utc>,
    under_way: &[WebhookDeliveryId],
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    of(endpoint, DeliveryState::Waiting)
        .filter(delivery::Column::NextAt.lte(now))
        .filter(delivery::Column::Id.is_not_in(under_way.iter().copied()))
        .order_by_asc(delivery::Column::NextAt)
        .order_by_asc(delivery::Column::EventId)
        .limit(limit)
        .all(tx)
        .await
}

/// When the next delivery to an endpoint is due.
pub async fn next_due(
    tx: &impl Conn,
    endpoint: WebhookEndpointId,
) -> Result<Option<DateTime<Utc>>, DbErr> {
    of(endpoint, DeliveryState::Waiting)
        .select_only()
        .column(delivery::Column::NextAt)
        .order_by_asc(delivery::Column::NextAt)
        .limit(1)
        .into_tuple()
        .one(tx)
        .await
}

pub async fn of_ids(tx: &impl Conn, ids: &[WebhookDeliveryId]) -> Result<Vec<Model>, DbErr> {
    delivery::Entity::find()
        .filter(rows::among(tx, delivery::Column::Id, ids.iter().copied()))
        .order_by_asc(delivery::Column::Id)
        .all(tx)
        .await
}

pub async fn find_delivery(db: &impl Conn, id: WebhookDeliveryId) -> Result<Option<Model>, DbErr> {
    delivery::Entity::find_by_id(id).one(db).await
}

pub async fn save_deliveries(tx: &impl Conn, changed: &[Model]) -> Result<(), DbErr> {
    use delivery::Column::{Attempts, FinishedAt, LastStatus, NextAt, State};
    let columns = [State, Attempts, NextAt, LastStatus, FinishedAt];
    let changed: Vec<&Model> = changed.iter().collect();
    rows::update::<delivery::Entity>(tx, &changed, delivery::Column::Id, &columns).await
}

/// The next event of a member, if nothing of hers waits.
pub async fn next_in_line(
    tx: &impl Conn,
    endpoint: WebhookEndpointId,
    member: MemberId,
) -> Result<Option<Model>, DbErr> {
    let hers = delivery::Column::MemberId.eq(member);
    let waiting = of(endpoint, DeliveryState::Waiting).filter(hers.clone()).count(tx).await?;
    if waiting > 0 {
        return Ok(None);
    }
    of(endpoint, DeliveryState::Queued)
        .filter(hers)
        .order_by_asc(delivery::Column::EventId)
        .limit(1)
        .one(tx)
        .await
}

/// Up to `limit` of what is on its way to an endpoint is missed; says how many.
pub async fn miss(
    tx: &impl Conn,
    endpoint: WebhookEndpointId,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<u64, DbErr> {
    let some: Vec<WebhookDeliveryId> = delivery::Entity::find()
        .select_only()
        .column(delivery::Column::Id)
        .filter(delivery::Column::EndpointId.eq(endpoint))
        .filter(delivery::Column::State.is_in(OPEN))
        .limit(limit)
        .into_tuple()
        .all(tx)
        .await?;
    if some.is_empty() {
        return Ok(0);
    }
    delivery::Entity::update_many()
        .col_expr(delivery::Column::State, Expr::value(DeliveryState::Missed))
        .col_expr(delivery::Column::FinishedAt, Expr::value(Some(now)))
        .filter(rows::among(tx, delivery::Column::Id, some.iter().copied()))
        .exec(tx)
        .await?;
    Ok(some.len() as u64)
}

/// Some deliveries that were written at or after `since` and came to nothing, oldest first.
pub async fn lost_since(
    tx: &impl Conn,
    endpoint: WebhookEndpointId,
    since: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    delivery::Entity::find()
        .filter(delivery::Column::EndpointId.eq(endpoint))
        .filter(delivery::Column::Id.gte(WebhookDeliveryId::earliest(since)))
        .filter(delivery::Column::State.is_in(LOST))
        .order_by_asc(delivery::Column::EventId)
        .limit(limit)
        .all(tx)
        .await
}

/// Deliveries to an endpoint, newest first, before `before`; in one state if one is named.
pub async fn delivery_page(
    db: &impl Conn,
    endpoint: WebhookEndpointId,
    state: Option<DeliveryState>,
    before: Option<WebhookDeliveryId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query =
        delivery::Entity::find().filter(delivery::Column::EndpointId.eq(endpoint)).limit(limit);
    if let Some(state) = state {
        query = query.filter(delivery::Column::State.eq(state));
    }
    if let Some(before) = before {
        query = query.filter(delivery::Column::Id.lt(before));
    }
    query.order_by_desc(delivery::Column::Id).all(db).await
}

pub async fn insert_attempts(tx: &impl Conn, new: &[Attempt]) -> Result<(), DbErr> {
    let new: Vec<&Attempt> = new.iter().collect();
    rows::insert::<attempt::Entity>(tx, &new, &[]).await?;
    Ok(())
}

/// The latest attempts of a delivery, newest first.
pub async fn attempts(
    db: &impl Conn,
    delivery: WebhookDeliveryId,
    limit: u64,
) -> Result<Vec<Attempt>, DbErr> {
    attempt::Entity::find()
        .filter(attempt::Column::DeliveryId.eq(delivery))
        .order_by_desc(attempt::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// Deletes up to `limit` deliveries that were written before `cutoff` and came to an end, with their attempts; says how
/// many. Others of the same member wait behind one that is still on its way.
pub async fn forget(tx: &impl Conn, cutoff: DateTime<Utc>, limit: u64) -> Result<u64, DbErr> {
    let old: Vec<WebhookDeliveryId> = delivery::Entity::find()
        .select_only()
        .column(delivery::Column::Id)
        .filter(delivery::Column::Id.lt(WebhookDeliveryId::earliest(cutoff)))
        .filter(delivery::Column::State.is_not_in(OPEN))
        .order_by_asc(delivery::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(tx)
        .await?;
    if old.is_empty() {
        return Ok(0);
    }
    attempt::Entity::delete_many()
        .filter(rows::among(tx, attempt::Column::DeliveryId, old.iter().copied()))
        .exec(tx)
        .await?;
    let gone = delivery::Entity::delete_many()
        .filter(rows::among(tx, delivery::Column::Id, old.iter().copied()))
        .exec(tx)
        .await?;
    Ok(gone.rows_affected)
}
