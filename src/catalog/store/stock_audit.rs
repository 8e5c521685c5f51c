//! What the proof of stock reads, in steps of bounded size.

use std::collections::HashMap;

use entity::codes::HoldState;
use entity::ids::StockLevelId;
use entity::{stock_hold, stock_level, stock_move};
use sea_orm::sea_query::{ExprTrait, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::CHUNK;
use crate::db::rows::among;
use crate::db::{Backend, Conn};

/// Sums of the moves of a level.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(in crate::catalog) struct MoveSums {
    pub level_id: StockLevelId,
    pub delta: i64,
    pub held_delta: i64,
    pub last: i64,
    pub moves: i64,
}

/// The next levels, in the order of their ids.
pub(in crate::catalog) async fn levels_after(
    db: &impl Conn,
    after: Option<StockLevelId>,
    limit: u64,
) -> Result<Vec<stock_level::Model>, DbErr> {
    let mut query = stock_level::Entity::find();
    if let Some(after) = after {
        query = query.filter(stock_level::Column::Id.gt(after));
    }
    query.order_by_asc(stock_level::Column::Id).limit(limit).all(db).await
}

/// Sums over all moves of the levels above one and up to another, also of levels that do not exist.
pub(in crate::catalog) async fn sums_between(
    db: &impl Conn,
    above: Option<StockLevelId>,
    upto: Option<StockLevelId>,
) -> Result<Vec<MoveSums>, DbErr> {
    use stock_move::Column as C;
    let within = Condition::all()
        .add_option(above.map(|above| C::LevelId.gt(above)))
        .add_option(upto.map(|upto| C::LevelId.lte(upto)));
    stock_move::Entity::find()
        .select_only()
        .column(C::LevelId)
        .column_as(total(db, C::Delta), "delta")
        .column_as(total(db, C::HeldDelta), "held_delta")
        .column_as(C::Seq.max(), "last")
        .column_as(C::Id.count(), "moves")
        .filter(within)
        .group_by(C::LevelId)
        .into_model()
        .all(db)
        .await
}

/// A sum as an integer: PostgreSQL and MySQL would answer a decimal.
pub(super) fn total(db: &impl Conn, column: impl ColumnTrait) -> SimpleExpr {
    let name = if db.get_database_backend() == Backend::MySql { "signed" } else { "bigint" };
    column.sum().cast_as(name)
}

/// Sums of what is held now of levels.
pub(in crate::catalog) async fn held_by_level(
    db: &impl Conn,
    levels: &[StockLevelId],
) -> Result<HashMap<StockLevelId, i64>, DbErr> {
    use stock_hold::Column as C;
    let mut found = HashMap::new();
    for chunk in levels.chunks(CHUNK) {
        let rows: Vec<(StockLevelId, i64)> = stock_hold::Entity::find()
            .select_only()
            .column(C::LevelId)
            .column_as(total(db, C::Quantity), "held")
            .filter(among(db, C::LevelId, chunk.iter().copied()))
            .filter(C::State.eq(HoldState::Held))
            .group_by(C::LevelId)
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// The next moves of a level, in their sequence.
pub(in crate::catalog) async fn moves_after(
    db: &impl Conn,
    level: StockLevelId,
    seq: i64,
    limit: u64,
) -> Result<Vec<stock_move::Model>, DbErr> {
    use stock_move::Column as C;
    let query = stock_move::Entity::find().filter(C::LevelId.eq(level)).filter(C::Seq.gt(seq));
    query.order_by_asc(C::Seq).limit(limit).all(db).await
}
