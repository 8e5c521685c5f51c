//! Many rows in one statement (architecture 3).
//!
//! On PostgreSQL a set travels as one array a column and is unnested there: one prepared statement whatever the size
//! of the batch, and no parameter a value. MySQL and SQLite get VALUES lists in chunks.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{ArrayType, Expr, OnConflict, SimpleExpr, Value};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, ExprTrait, IdenStatic, IntoActiveModel,
    Iterable, ModelTrait, Statement, TryInsertResult,
};
use uuid::Uuid;

use super::{Backend, Conn};

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
    for chunk in rows.chunks(CHUNK) {
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
    for chunk in rows.chunks(CHUNK) {
        let insert = E::insert_many(listed::<E>(chunk)).on_conflict(update.clone());
        insert.exec_without_returning(db).await?;
    }
    Ok(())
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

fn unnested_insert<E>(
    before: usize,
    rows: &[&E::Model],
    columns: &[E::Column],
    clash: &[E::Column],
) -> Result<(String, Vec<Value>), DbErr>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    let set = Unnested::of::<E>(before, rows, columns)?;
    let (table, names) = (E::default().as_str().to_owned(), quoted(columns));
    let mut sql = format!(
        r#"INSERT INTO "{table}" ({names}) SELECT {} FROM {}"#,
        set.picked.join(", "),
        set.source()
    );
    if !clash.is_empty() {
        sql = format!("{sql} ON CONFLICT ({}) DO NOTHING", quoted(clash));
    }
    Ok((sql, set.arrays))
}

/// With `read`, only rows that still have the same in its columns are written, and the statement answers a row for each.
fn unnested_update<E>(
    before: usize,
    rows: &[&E::Model],
    key: E::Column,
    columns: &[E::Column],
    read: Option<(&[&E::Model], &[E::Column])>,
) -> Result<(String, Vec<Value>), DbErr>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
{
    let every: Vec<E::Column> = std::iter::once(key).chain(columns.iter().copied()).collect();
    let mut set = Unnested::of::<E>(before, rows, &every)?;
    let mut end = String::new();
    if let Some((then, same)) = read {
        for column in same {
            let name = set.add_column::<E>(then, *column)?;
            let _ = write!(end, r#" AND t."{}" = {name}"#, column.as_str());
        }
        end.push_str(" RETURNING 1");
    }
    let sets = columns.iter().zip(&set.picked[1..]);
    let sets = sets.map(|(column, picked)| format!(r#""{}" = {picked}"#, column.as_str()));
    let sql = format!(
        r#"UPDATE "{}" AS t SET {} FROM {} WHERE t."{}" = {}{end}"#,
        E::default().as_str(),
        sets.collect::<Vec<_>>().join(", "),
        set.source(),
        key.as_str(),
        set.picked[0],
    );
    Ok((sql, set.arrays))
}

fn quoted<C: IdenStatic>(columns: &[C]) -> String {
    let names = columns.iter().map(|column| format!(r#""{}""#, column.as_str()));
    names.collect::<Vec<_>>().join(", ")
}

/// A set of rows as one array a column.
struct Unnested {
    /// How many parameters stand before these.
    before: usize,
    /// `$1::uuid[]`, …
    places: Vec<String>,
    /// What each column of a row is read as.
    picked: Vec<String>,
    arrays: Vec<Value>,
}

impl Unnested {
    fn of<E>(before: usize, rows: &[&E::Model], columns: &[E::Column]) -> Result<Self, DbErr>
    where
        E: EntityTrait,
        E::Model: ModelTrait<Entity = E>,
    {
        let mut set = Self { before, places: vec![], picked: vec![], arrays: vec![] };
        for column in columns {
            let name = set.add_column::<E>(rows, *column)?;
            set.picked.push(name);
        }
        Ok(set)
    }

    /// One more column; answers what it is read as.
    fn add_column<E>(&mut self, rows: &[&E::Model], column: E::Column) -> Result<String, DbErr>
    where
        E: EntityTrait,
        E::Model: ModelTrait<Entity = E>,
    {
        let nullable = column.def().is_null();
        let kind = Kind::of(&<E::Model as ModelTrait>::get_value_type(column))?;
        if nullable && matches!(kind, Kind::Bool) {
            return Err(DbErr::Type("a flag that may be absent cannot be sent".to_owned()));
        }
        let name = format!("u.c{}", self.arrays.len());
        let values = rows.iter().map(|row| solid(row.get(column))).collect();
        self.arrays.push(Value::Array(kind.array(), Some(Box::new(values))));
        self.places.push(format!("${}::{}[]", self.before + self.arrays.len(), kind.sent()));
        Ok(kind.picked(&name, nullable))
    }

    /// `UNNEST($1::uuid[], …) AS u(c0, …)`
    fn source(&self) -> String {
        let names: Vec<_> = (0..self.places.len()).map(|i| format!("c{i}")).collect();
        format!("UNNEST({}) AS u({})", self.places.join(", "), names.join(", "))
    }
}

/// The kinds of column that can be sent as an array. The driver bears no NULL inside one, so a value that no row can
/// have stands for it and is turned back by NULLIF.
#[derive(Clone, Copy)]
enum Kind {
    Uuid,
    BigInt,
    Int,
    Bool,
    Text,
    Json,
    Instant,
    Date,
}

/// Stands for an absent text: no text of ours begins with a control character.
const NO_TEXT: &str = "\u{1}";

impl Kind {
    fn of(kind: &ArrayType) -> Result<Self, DbErr> {
        Ok(match kind {
            ArrayType::Uuid => Self::Uuid,
            ArrayType::BigInt => Self::BigInt,
            ArrayType::Int => Self::Int,
            ArrayType::Bool => Self::Bool,
            ArrayType::String => Self::Text,
            ArrayType::Json => Self::Json,
            ArrayType::ChronoDateTimeUtc => Self::Instant,
            ArrayType::ChronoDate => Self::Date,
            other => return Err(DbErr::Type(format!("{other:?} cannot be sent as an array"))),
        })
    }

    const fn array(self) -> ArrayType {
        match self {
            Self::Uuid => ArrayType::Uuid,
            Self::BigInt => ArrayType::BigInt,
            Self::Int => ArrayType::Int,
            Self::Bool => ArrayType::Bool,
            Self::Text | Self::Json => ArrayType::String,
            Self::Instant => ArrayType::ChronoDateTimeUtc,
            Self::Date => ArrayType::ChronoDate,
        }
    }

    const fn sent(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::BigInt => "int8",
            Self::Int => "int4",
            Self::Bool => "bool",
            Self::Text | Self::Json => "text",
            Self::Instant => "timestamptz",
            Self::Date => "date",
        }
    }

    fn picked(self, name: &str, nullable: bool) -> String {
        let none = match self {
            _ if !nullable => None,
            Self::Uuid => Some(format!("'{}'::uuid", Uuid::nil())),
            Self::BigInt => Some(format!("({})::int8", i64::MIN)),
            Self::Int => Some(format!("({})::int4", i32::MIN)),
            Self::Text | Self::Json => Some("E'\\x01'".to_owned()),
            Self::Instant => Some("'0001-01-01T00:00:00Z'::timestamptz".to_owned()),
            Self::Date => Some("'0001-01-01'::date".to_owned()),
            Self::Bool => None,
        };
        let name = none.map_or_else(|| name.to_owned(), |none| format!("NULLIF({name}, {none})"));
        if matches!(self, Self::Json) { format!("{name}::jsonb") } else { name }
    }
}

/// The first day of the year 1.
fn no_instant() -> DateTime<Utc> {
    DateTime::from_timestamp(-62_135_596_800, 0).unwrap_or_default()
}

/// The value, or what stands for none.
fn solid(value: Value) -> Value {
    match value {
        Value::Uuid(None) => Value::Uuid(Some(Uuid::nil())),
        Value::BigInt(None) => Value::BigInt(Some(i64::MIN)),
        Value::Int(None) => Value::Int(Some(i32::MIN)),
        Value::Bool(None) => Value::Bool(Some(false)),
        Value::String(None) | Value::Json(None) => Value::String(Some(NO_TEXT.to_owned())),
        Value::Json(Some(document)) => Value::String(Some(document.to_string())),
        Value::ChronoDateTimeUtc(None) => Value::ChronoDateTimeUtc(Some(no_instant())),
        Value::ChronoDate(None) => Value::ChronoDate(Some(no_instant().date_naive())),
        there => there,
    }
}
