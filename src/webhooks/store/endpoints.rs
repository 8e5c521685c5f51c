//! Endpoints.

use chrono::{DateTime, Utc};
use entity::codes::WebhookState;
use entity::ids::{PartnerId, WebhookEndpointId};
use entity::webhook_endpoint::{self as endpoint, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use crate::db::Conn;
use crate::db::rows;

pub async fn insert(db: &impl Conn, row: &Model) -> Result<(), DbErr> {
    rows::insert::<endpoint::Entity>(db, &[row], &[]).await?;
    Ok(())
}

pub async fn find(db: &impl Conn, id: WebhookEndpointId) -> Result<Option<Model>, DbErr> {
    endpoint::Entity::find_by_id(id).one(db).await
}

pub async fn lock(tx: &impl Conn, id: WebhookEndpointId) -> Result<Option<Model>, DbErr> {
    endpoint::Entity::find_by_id(id).lock_exclusive().one(tx).await
}

/// Endpoints locked in id order; those that are gone are left out.
pub async fn lock_many(tx: &impl Conn, ids: &[WebhookEndpointId]) -> Result<Vec<Model>, DbErr> {
    endpoint::Entity::find()
        .filter(rows::among(tx, endpoint::Column::Id, ids.iter().copied()))
        .order_by_asc(endpoint::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await
}

/// All of them: there are few, and each event is held against each.
pub async fn all(db: &impl Conn) -> Result<Vec<Model>, DbErr> {
    endpoint::Entity::find().order_by_asc(endpoint::Column::Id).all(db).await
}

/// Endpoints in the order they were added, after `after`; of one partner if one is named.
pub async fn page(
    db: &impl Conn,
    partner: Option<PartnerId>,
    after: Option<WebhookEndpointId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = endpoint::Entity::find().order_by_asc(endpoint::Column::Id).limit(limit);
    if let Some(partner) = partner {
        query = query.filter(endpoint::Column::PartnerId.eq(partner));
    }
    if let Some(after) = after {
        query = query.filter(endpoint::Column::Id.gt(after));
    }
    query.all(db).await
}

pub async fn count_of(db: &impl Conn, partner: PartnerId) -> Result<u64, DbErr> {
    endpoint::Entity::find().filter(endpoint::Column::PartnerId.eq(partner)).count(db).await
}

/// Writes everything that may change of an endpoint that is locked.
pub async fn save(tx: &impl Conn, row: &Model) -> Result<(), DbErr> {
    use endpoint::Column::{
        Description, Events, FailingSince, LeaseToken, LeaseUntil, OffReason, OffSince, OldSecret,
        OldSecretUntil, RestUntil, Secret, State, Url, Version, WakeAt,
    };
    let columns = [
        Url,
        Description,
        Events,
        State,
        OffReason,
        OffSince,
        FailingSince,
        RestUntil,
        Secret,
        OldSecret,
        OldSecretUntil,
        Version,
        WakeAt,
        LeaseToken,
        LeaseUntil,
    ];
    rows::update::<endpoint::Entity>(tx, &[row], endpoint::Column::Id, &columns).await
}

pub async fn delete(tx: &impl Conn, id: WebhookEndpointId) -> Result<(), DbErr> {
    endpoint::Entity::delete_by_id(id).exec(tx).await?;
    Ok(())
}

/// Something is due at these endpoints from `at` on.
pub async fn wake(
    tx: &impl Conn,
    ids: &[WebhookEndpointId],
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    endpoint::Entity::update_many()
        .col_expr(endpoint::Column::WakeAt, Expr::value(Some(at)))
        .filter(rows::among(tx, endpoint::Column::Id, ids.iter().copied()))
        .exec(tx)
        .await?;
    Ok(())
}

fn free(now: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(endpoint::Column::LeaseUntil.is_null())
        .add(endpoint::Column::LeaseUntil.lte(now))
}

/// Endpoints at which something is due and nobody delivers, and whose they are.
pub async fn due(
    db: &impl Conn,
    now: DateTime<Utc>,
) -> Result<Vec<(WebhookEndpointId, PartnerId)>, DbErr> {
    endpoint::Entity::find()
        .select_only()
        .columns([endpoint::Column::Id, endpoint::Column::PartnerId])
        .filter(endpoint::Column::State.eq(WebhookState::Enabled))
        .filter(endpoint::Column::WakeAt.lte(now))
        .filter(free(now))
        .order_by_asc(endpoint::Column::WakeAt)
        .into_tuple()
        .all(db)
        .await
}

/// Claims an endpoint under `token`; `false` when another worker was first.
pub async fn claim(
    db: &impl Conn,
    id: WebhookEndpointId,
    token: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let claimed = endpoint::Entity::update_many()
        .col_expr(endpoint::Column::LeaseToken, Expr::value(Some(token)))
        .col_expr(endpoint::Column::LeaseUntil, Expr::value(Some(until)))
        .filter(endpoint::Column::Id.eq(id))
        .filter(endpoint::Column::State.eq(WebhookState::Enabled))
        .filter(free(now))
        .exec(db)
        .await?;
    Ok(claimed.rows_affected == 1)
}
