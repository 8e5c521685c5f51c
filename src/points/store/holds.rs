//! Points held for checkouts.

use chrono::{DateTime, Utc};
use entity::codes::{HoldState, Source};
use entity::ids::{AccountId, HoldId, MemberId};
use entity::points_hold::{Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::CHUNK;
use crate::db::rows::{self, Writes};
use crate::db::{Conn, keyset};

/// Locks holds in id order until the transaction ends and reads them as they are then. `ids` are sorted.
pub async fn lock_holds(db: &impl Conn, ids: &[HoldId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let query = Entity::find()
            .filter(rows::among(db, Column::Id, chunk.iter().copied()))
            .order_by_asc(Column::Id)
            .lock_exclusive();
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// Holds, not locked.
pub async fn holds_by_id(db: &impl Conn, ids: &[HoldId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let query = Entity::find().filter(rows::among(db, Column::Id, chunk.iter().copied()));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// The holds that these caused, not locked.
pub async fn holds_by_source(
    db: &impl Conn,
    source: Source,
    source_ids: &[String],
) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in source_ids.chunks(CHUNK) {
        let query = Entity::find().filter(Column::Source.eq(source)).filter(rows::among(
            db,
            Column::SourceId,
            chunk.iter().cloned(),
        ));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// The holds of accounts that are not resolved, latest first, after a position.
pub async fn holds_of(
    db: &impl Conn,
    accounts: &[AccountId],
    after: Option<(DateTime<Utc>, HoldId)>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find()
        .filter(Column::AccountId.is_in(accounts.iter().copied()))
        .filter(Column::State.eq(HoldState::Held));
    if let Some((at, id)) = after {
        query = query.filter(keyset::earlier(Column::CreatedAt, at, Column::Id.lt(id)));
    }
    query.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).limit(limit).all(db).await
}

/// Ids of what is held for members, sorted.
pub async fn open_holds_of(db: &impl Conn, members: &[MemberId]) -> Result<Vec<HoldId>, DbErr> {
    let accounts: Vec<AccountId> =
        super::accounts_of(db, members).await?.into_iter().map(|row| row.id).collect();
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::AccountId.is_in(accounts))
        .filter(Column::State.eq(HoldState::Held))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(db)
        .await
}

/// What should have been finished by `now`, the oldest first.
pub async fn holds_due(
    db: &impl Conn,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::State.eq(HoldState::Held))
        .filter(Column::LapsesAt.lte(now))
        .order_by_asc(Column::LapsesAt)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// The next holds of accounts in id order, resolved ones too.
pub async fn holds_after(
    db: &impl Conn,
    accounts: &[AccountId],
    after: Option<HoldId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(Column::AccountId.is_in(accounts.iter().copied()));
    if let Some(id) = after {
        query = query.filter(Column::Id.gt(id));
    }
    query.order_by_asc(Column::Id).limit(limit).all(db).await
}

/// Adds holds.
pub async fn insert_holds(
    writes: &mut Writes<'_, impl Conn>,
    holds: &[Model],
) -> Result<(), DbErr> {
    let holds: Vec<_> = holds.iter().collect();
    writes.insert::<Entity>(&holds).await
}

/// Writes how holds were resolved that the transaction has locked.
pub async fn save_holds(writes: &mut Writes<'_, impl Conn>, holds: &[Model]) -> Result<(), DbErr> {
    let holds: Vec<_> = holds.iter().collect();
    let columns = [Column::State, Column::Captured, Column::ResolvedAt];
    writes.update::<Entity>(&holds, Column::Id, &columns).await
}

/// Gives every hold of an account to another one, resolved ones too: they may be refunded.
pub async fn move_holds(
    db: &impl Conn,
    from: AccountId,
    (to, member): (AccountId, MemberId),
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::AccountId, Expr::value(to))
        .col_expr(Column::MemberId, Expr::value(member))
        .filter(Column::AccountId.eq(from))
        .exec(db)
        .await?;
    Ok(())
}
