//! Many rows in one statement (architecture 3).
//!
//! On PostgreSQL a set travels as one array a column and is unnested there: one prepared statement whatever the size
//! of the batch, and no parameter a value. MySQL and SQLite get VALUES lists in chunks.

mod unnested;

use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{ArrayType, Expr, OnConflict, SimpleExpr, Value};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel, Iterable,
    ModelTrait, Statement, TryInsertResult,
};

use super::{Backend, Conn};
use unnested::{unnested_insert, unnested_update};

/// Rows or values a statement where they are written out: SQLite binds at most 32,766 values.
const CHUNK: usize = 1000;

/// Inserts `rows`. Those whose `clash` columns stand already are left out; without such columns a clash is an error.
/// Answers how many were written.
///
/// # Errors
/// The database's.
pub async fn insert<E>(
    db: &impl Conn,
    rows: &[&E::Model],
    clash: &[E::Column],
) -> Result<u64, DbErr>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: Send,
{
    if rows.is_empty() {
        return Ok(0);
    }
    if db.get_database_backend() == Backend::Postgres {
        let columns: Vec<E::Column> = E::Column::iter().collect();
        let (sql, values) = unnested_insert::<E>(0, rows, &columns, clash)?;
        let statement = Statement::from_sql_and_values(Backend::Postgres, sql, values);
        return Ok(db.execute_raw(statement).await?.rows_affected());
    }
    let mut written = 0;
    for chunk in in_few_sizes(rows) {
        let insert = E::insert_many(listed::<E>(chunk));
        if clash.is_empty() {
            written += insert.exec_without_returning(db).await?;
            continue;
        }
        let insert = insert.on_conflict_do_nothing_on(clash.iter().copied());
        if let TryInsertResult::Inserted(rows) = insert.exec_without_returning(db).await? {
            written += rows;
        }
    }
    Ok(written)
}

/// Writes `columns` of rows that stand, found by `key`; give them in the order in which everybody locks them.
///
/// # Errors
/// The database's.
pub async fn update<E>(
    db: &impl Conn,
    rows: &[&E::Model],
    key: E::Column,
    columns: &[E::Column],
) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: Send,
{
    if rows.is_empty() {
        return Ok(());
    }
    if db.get_database_backend() == Backend::Postgres {
        let (sql, values) = unnested_update::<E>(0, rows, key, columns, None)?;
        let statement = Statement::from_sql_and_values(Backend::Postgres, sql, values);
        db.execute_raw(statement).await?;
        return Ok(());
    }
    let update = OnConflict::column(key).update_columns(columns.iter().copied()).to_owned();
    for chunk in in_few_sizes(rows) {
        let insert = E::insert_many(listed::<E>(chunk)).on_conflict(update.clone());
        insert.exec_without_returning(db).await?;
    }
    Ok(())
}

/// Parts of a thousand, then of ever smaller powers of two: each length is a statement of its own, which has to be
/// prepared, and more lengths than a connection remembers would be prepared again and again.
fn in_few_sizes<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let largest = if rows.len() >= CHUNK { CHUNK } else { 1 << rows.len().checked_ilog2()? };
        let (part, rest) = rows.split_at(largest);
        rows = rest;
        Some(part)
    })
}

/// Writes to several tables that are sent together: one statement on PostgreSQL, where each would be a round trip; one
/// after the other elsewhere. No row may be written twice, for the parts of one statement do not see each other.
#[derive(Debug)]
pub struct Writes<'a, C> {
    db: &'a C,
    parts: Vec<String>,
    values: Vec<Value>,
    /// Parts that must change so many rows.
    guards: Vec<(usize, usize)>,
}

impl<'a, C: Conn> Writes<'a, C> {
    /// Nothing yet.
    pub const fn new(db: &'a C) -> Self {
        Self { db, parts: Vec::new(), values: Vec::new(), guards: Vec::new() }
    }

    /// Where they go: for reading beside them. What is not sent yet is not seen.
    #[must_use]
    pub const fn db(&self) -> &'a C {
        self.db
    }

    /// As [`insert`], where a clash is an error.
    ///
    /// # Errors
    /// The database's.
    pub async fn insert<E>(&mut self, rows: &[&E::Model]) -> Result<(), DbErr>
    where
        E: EntityTrait,
        E::Model: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: Send,
    {
        if self.db.get_database_backend() != Backend::Postgres {
            insert::<E>(self.db, rows, &[]).await?;
        } else if !rows.is_empty() {
            let columns: Vec<E::Column> = E::Column::iter().collect();
            self.add(unnested_insert::<E>(self.values.len(), rows, &columns, &[])?);
        }
        Ok(())
    }

    /// As [`update`].
    ///
    /// # Errors
    /// The database's.
    pub async fn update<E>(
        &mut self,
        rows: &[&E::Model],
        key: E::Column,
        columns: &[E::Column],
    ) -> Result<(), DbErr>
    where
        E: EntityTrait,
        E::Model: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel>,
        E::ActiveModel: Send,
    {
        if self.db.get_database_backend() != Backend::Postgres {
            update::<E>(self.db, rows, key, columns).await?;
        } else if !rows.is_empty() {
            self.add(unnested_update::<E>(self.values.len(), rows, key, columns, None)?);
        }
        Ok(())
    }

    /// As [`update`], of rows that were read without a lock: each comes with itself as it was read, and must still have
    /// the same in the columns `same`, or nothing of all that is sent together is written
    /// ([`is_outdated`](super::is_outdated)). PostgreSQL only.
    ///
    /// # Errors
    /// The database's.
    pub fn update_as_read<E>(
        &mut self,
        rows: &[(&E::Model, &E::Model)],
        key: E::Column,
        same: &[E::Column],
        columns: &[E::Column],
    ) -> Result<(), DbErr>
    where
        E: EntityTrait,
        E::Model: ModelTrait<Entity = E>,
    {
        if rows.is_empty() {
            return Ok(());
        }
        let (now, then): (Vec<&E::Model>, Vec<&E::Model>) = rows.iter().copied().unzip();
        let read = Some((then.as_slice(), same));
        let update = unnested_update::<E>(self.values.len(), &now, key, columns, read)?;
        self.guards.push((self.parts.len(), rows.len()));
        self.add(update);
        Ok(())
    }

    fn add(&mut self, (sql, values): (String, Vec<Value>)) {
        self.parts.push(sql);
        self.values.extend(values);
    }

    /// Sends what was put together so far.
    ///
    /// # Errors
    /// The database's.
    pub async fn send(&mut self) -> Result<(), DbErr> {
        let mut parts = std::mem::take(&mut self.parts);
        let mut values = std::mem::take(&mut self.values);
        // Division by zero is the one error that a plain expression can raise: it takes back the whole statement. How
        // many rows there are is no part of the text, which would be prepared anew for each number.
        let mut kept = Vec::new();
        for (part, rows) in std::mem::take(&mut self.guards) {
            values.push(i64::try_from(rows).unwrap_or(i64::MAX).into());
            kept.push(format!("(SELECT count(*) FROM w{part}) = ${}", values.len()));
        }
        let kept = kept.join(" AND ");
        let last = if kept.is_empty() {
            let Some(last) = parts.pop() else { return Ok(()) };
            last
        } else {
            format!("SELECT 1 / ({kept})::int")
        };
        let with = parts.iter().enumerate().map(|(i, part)| format!("w{i} AS ({part})"));
        let with = with.collect::<Vec<_>>().join(", ");
        let sql = if with.is_empty() { last } else { format!("WITH {with} {last}") };
        let statement = Statement::from_sql_and_values(Backend::Postgres, sql, values);
        self.db.execute_raw(statement).await?;
        Ok(())
    }
}

/// Whether `column` holds one of `values`, in a statement whose text depends little on how many there are, so that it is
/// prepared once. `values` are not empty.
pub fn among<C, V>(db: &impl Conn, column: C, values: impl IntoIterator<Item = V>) -> SimpleExpr
where
    C: ColumnTrait,
    V: Into<Value>,
{
    let mut values: Vec<Value> = values.into_iter().map(Into::into).collect();
    if db.get_database_backend() != Backend::Postgres {
        // Lists of a few lengths only: the last value again and again up to the next power of two.
        if let Some(last) = values.last().cloned() {
            values.resize(values.len().next_power_of_two().min(CHUNK.max(values.len())), last);
        }
        return column.is_in(values);
    }
    match values.first().and_then(kind_of) {
        Some(kind) => {
            let array = Value::Array(kind, Some(Box::new(values)));
            column.into_expr().eq(SimpleExpr::from(PgFunc::any(Expr::val(array))))
        }
        None => column.is_in(values),
    }
}

fn kind_of(value: &Value) -> Option<ArrayType> {
    Some(match value {
        Value::Uuid(_) => ArrayType::Uuid,
        Value::String(_) => ArrayType::String,
        Value::BigInt(_) => ArrayType::BigInt,
        Value::Int(_) => ArrayType::Int,
        _ => return None,
    })
}

fn listed<E>(rows: &[&E::Model]) -> Vec<E::ActiveModel>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    rows.iter().map(|&row| row.clone().into_active_model().reset_all()).collect()
}
