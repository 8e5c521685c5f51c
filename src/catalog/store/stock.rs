//! Levels of stock, their moves, and what is held.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entity::codes::{HoldState, StockSource};
use entity::ids::{SkuId, StockHoldId, StockLevelId, StoreId};
use entity::{stock_hold, stock_level, stock_move};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::CHUNK;
use super::stock_audit::total;
use crate::db::rows::{self, Writes, among};
use crate::db::{Conn, Tx};

/// Stores a condition: SQLite's parser goes no deeper than 1,000.
const STORES: usize = 100;

/// A SKU in a store.
pub type Place = (SkuId, StoreId);

/// The levels of places, not locked; places where nothing ever moved have none.
pub(in crate::catalog) async fn levels_at(
    db: &impl Conn,
    places: &BTreeSet<Place>,
) -> Result<Vec<stock_level::Model>, DbErr> {
    use stock_level::Column as C;
    let mut by_store: BTreeMap<StoreId, Vec<SkuId>> = BTreeMap::new();
    for (sku, store) in places {
        by_store.entry(*store).or_default().push(*sku);
    }
    let by_store: Vec<(StoreId, Vec<SkuId>)> = by_store.into_iter().collect();
    let mut found = Vec::new();
    for chunk in by_store.chunks(STORES) {
        let any = chunk.iter().fold(Condition::any(), |any, (store, skus)| {
            let skus = among(db, C::SkuId, skus.iter().copied());
            any.add(Condition::all().add(C::StoreId.eq(*store)).add(skus))
        });
        found.extend(stock_level::Entity::find().filter(any).all(db).await?);
    }
    Ok(found)
}

/// Adds levels that are missing; another transaction may add the same.
pub(in crate::catalog) async fn insert_levels(
    tx: &Tx,
    rows: &[stock_level::Model],
) -> Result<(), DbErr> {
    use stock_level::Column as C;
    let rows: Vec<&stock_level::Model> = rows.iter().collect();
    rows::insert::<stock_level::Entity>(tx, &rows, &[C::SkuId, C::StoreId]).await?;
    Ok(())
}

/// Locks levels in the order of their ids until the transaction ends. `ids` are sorted.
pub(in crate::catalog) async fn lock_levels(
    tx: &Tx,
    ids: &[StockLevelId],
) -> Result<Vec<stock_level::Model>, DbErr> {
    use stock_level::Column as C;
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let query = stock_level::Entity::find()
            .filter(among(tx, C::Id, chunk.iter().copied()))
            .order_by_asc(C::Id)
            .lock_exclusive();
        found.extend(query.all(tx).await?);
    }
    Ok(found)
}

/// Levels by id.
pub(in crate::catalog) async fn levels_by_id(
    db: &impl Conn,
    ids: &[StockLevelId],
) -> Result<Vec<stock_level::Model>, DbErr> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let filter = among(db, stock_level::Column::Id, chunk.iter().copied());
        found.extend(stock_level::Entity::find().filter(filter).all(db).await?);
    }
    Ok(found)
}

/// The moves that these caused, of any kind.
pub(in crate::catalog) async fn moves_by_cause(
    db: &impl Conn,
    source: StockSource,
    source_ids: &[String],
) -> Result<Vec<stock_move::Model>, DbErr> {
    use stock_move::Column as C;
    let mut found = Vec::new();
    for chunk in source_ids.chunks(CHUNK) {
        let query = stock_move::Entity::find().filter(C::Source.eq(source)).filter(among(
            db,
            C::SourceId,
            chunk.iter().cloned(),
        ));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// Sums of what was added to levels by what happened after a time.
pub(in crate::catalog) async fn moved_since(
    db: &impl Conn,
    levels: &[StockLevelId],
    at: DateTime<Utc>,
) -> Result<HashMap<StockLevelId, i64>, DbErr> {
    use stock_move::Column as C;
    let mut found = HashMap::new();
    for chunk in levels.chunks(CHUNK) {
        let rows: Vec<(StockLevelId, i64)> = stock_move::Entity::find()
            .select_only()
            .column(C::LevelId)
            .column_as(total(db, C::Delta), "delta")
            .filter(among(db, C::LevelId, chunk.iter().copied()))
            .filter(C::OccurredAt.gt(at))
            .group_by(C::LevelId)
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// What a batch of moves writes.
#[derive(Debug, Default)]
pub(in crate::catalog) struct StockChanges<'a> {
    pub levels: Vec<&'a stock_level::Model>,
    pub moves: Vec<&'a stock_move::Model>,
}

/// Writes a batch; its levels are locked.
pub(in crate::catalog) async fn save_moves<C: Conn>(
    writes: &mut Writes<'_, C>,
    changes: &StockChanges<'_>,
) -> Result<(), DbErr> {
    use stock_level::Column as L;
    writes.insert::<stock_move::Entity>(&changes.moves).await?;
    let columns = [L::OnHand, L::Held, L::Short, L::Version, L::CountedAt, L::UpdatedAt];
    writes.update::<stock_level::Entity>(&changes.levels, L::Id, &columns).await
}

/// Adds a hold.
pub(in crate::catalog) async fn insert_hold(tx: &Tx, row: &stock_hold::Model) -> Result<(), DbErr> {
    rows::insert::<stock_hold::Entity>(tx, &[row], &[]).await?;
    Ok(())
}

/// The hold that this caused.
pub(in crate::catalog) async fn hold_by_cause(
    db: &impl Conn,
    source: StockSource,
    source_id: &str,
) -> Result<Option<stock_hold::Model>, DbErr> {
    use stock_hold::Column as C;
    stock_hold::Entity::find()
        .filter(C::Source.eq(source))
        .filter(C::SourceId.eq(source_id))
        .one(db)
        .await
}

/// One hold, not locked.
pub(in crate::catalog) async fn hold_by_id(
    db: &impl Conn,
    id: StockHoldId,
) -> Result<Option<stock_hold::Model>, DbErr> {
    stock_hold::Entity::find_by_id(id).one(db).await
}

/// Locks holds in the order of their ids until the transaction ends. `ids` are sorted.
pub(in crate::catalog) async fn lock_stock_holds(
    tx: &Tx,
    ids: &[StockHoldId],
) -> Result<Vec<stock_hold::Model>, DbErr> {
    use stock_hold::Column as C;
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let query = stock_hold::Entity::find()
            .filter(among(tx, C::Id, chunk.iter().copied()))
            .order_by_asc(C::Id)
            .lock_exclusive();
        found.extend(query.all(tx).await?);
    }
    Ok(found)
}

/// What should have been used or given back by `now`, the oldest first.
pub(in crate::catalog) async fn stock_holds_due(
    db: &impl Conn,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<StockHoldId>, DbErr> {
    use stock_hold::Column as C;
    stock_hold::Entity::find()
        .select_only()
        .column(C::Id)
        .filter(C::State.eq(HoldState::Held))
        .filter(C::LapsesAt.lte(now))
        .order_by_asc(C::LapsesAt)
        .order_by_asc(C::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// Writes how holds ended; they are locked.
pub(in crate::catalog) async fn save_holds(
    tx: &Tx,
    rows: &[stock_hold::Model],
) -> Result<(), DbErr> {
    use stock_hold::Column as C;
    let rows: Vec<&stock_hold::Model> = rows.iter().collect();
    let columns = [C::Captured, C::State, C::ResolvedAt];
    rows::update::<stock_hold::Entity>(tx, &rows, C::Id, &columns).await
}

/// Which levels are of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockOnly {
    /// Those with something that can be sold.
    Available,
    /// Those of which more left than was there.
    Short,
}

/// Which levels are listed.
#[derive(Clone, Debug, Default)]
pub(in crate::catalog) struct StockFilter {
    pub sku: Option<SkuId>,
    pub store: Option<StoreId>,
    pub only: Option<StockOnly>,
    pub after: Option<StockLevelId>,
}

/// Levels in the order of their ids.
pub(in crate::catalog) async fn list_levels(
    db: &impl Conn,
    filter: &StockFilter,
    limit: u64,
) -> Result<Vec<stock_level::Model>, DbErr> {
    use stock_level::Column as C;
    let only = filter.only.map(|only| match only {
        StockOnly::Available => Expr::col(C::OnHand).gt(Expr::col(C::Held)),
        StockOnly::Short => C::Short.gt(0),
    });
    let wanted = Condition::all()
        .add_option(filter.sku.map(|sku| C::SkuId.eq(sku)))
        .add_option(filter.store.map(|store| C::StoreId.eq(store)))
        .add_option(only)
        .add_option(filter.after.map(|after| C::Id.gt(after)));
    stock_level::Entity::find().filter(wanted).order_by_asc(C::Id).limit(limit).all(db).await
}
