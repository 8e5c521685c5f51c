//! Counters of budgets (PT-2b).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::points_budget::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, Func, OnConflict, SimpleExpr};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::CHUNK;
use crate::db::{Backend, Conn};

/// What counters stand at; those that never counted are absent.
pub async fn issued(db: &impl Conn, keys: &[String]) -> Result<HashMap<String, i64>, DbErr> {
    let mut found = HashMap::new();
    for chunk in keys.chunks(CHUNK) {
        let rows = Entity::find().filter(Column::Counter.is_in(chunk)).all(db).await?;
        found.extend(rows.into_iter().map(|row| (row.counter, row.issued)));
    }
    Ok(found)
}

/// The next counters by their key, and what they stand at.
pub async fn counters_after(
    db: &impl Conn,
    after: &str,
    limit: u64,
) -> Result<Vec<(String, i64)>, DbErr> {
    Entity::find()
        .select_only()
        .columns([Column::Counter, Column::Issued])
        .filter(Column::Counter.gt(after))
        .order_by_asc(Column::Counter)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// Locks counters until the transaction ends and says what they stand at; those that are missing begin at nought.
/// Give `keys` sorted: all transactions then make and lock them in one sequence.
pub async fn lock_budgets(
    db: &impl Conn,
    keys: &[String],
    now: DateTime<Utc>,
) -> Result<HashMap<String, i64>, DbErr> {
    let known = issued(db, keys).await?;
    let missing: Vec<Model> = keys
        .iter()
        .filter(|key| !known.contains_key(*key))
        .map(|key| Model { counter: key.clone(), issued: 0, updated_at: now })
        .collect();
    for chunk in missing.chunks(CHUNK) {
        Entity::insert_many(chunk.iter().cloned().map(IntoActiveModel::into_active_model))
            .on_conflict_do_nothing_on([Column::Counter])
            .exec_without_returning(db)
            .await?;
    }
    let mut found = HashMap::new();
    for chunk in keys.chunks(CHUNK) {
        let rows = Entity::find()
            .filter(Column::Counter.is_in(chunk))
            .order_by_asc(Column::Counter)
            .lock_exclusive()
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(|row| (row.counter, row.issued)));
    }
    Ok(found)
}

/// Adds to counters, one statement a chunk; give them sorted.
pub async fn add_issued(
    db: &impl Conn,
    changes: &[(String, i64)],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let offered = |column: Column| match db.get_database_backend() {
        Backend::MySql => SimpleExpr::from(Func::cust("VALUES").arg(Expr::col(column))),
        _ => Expr::col(("excluded", column)),
    };
    let stands = SimpleExpr::from(Expr::col((Entity, Column::Issued)));
    let add = OnConflict::column(Column::Counter)
        .value(Column::Issued, stands.add(offered(Column::Issued)))
        .value(Column::UpdatedAt, offered(Column::UpdatedAt))
        .to_owned();
    for chunk in changes.chunks(CHUNK) {
        let row = |(counter, issued): &(String, i64)| {
            Model { counter: counter.clone(), issued: *issued, updated_at: now }.into_active_model()
        };
        Entity::insert_many(chunk.iter().map(row))
            .on_conflict(add.clone())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}
