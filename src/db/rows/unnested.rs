//! Rows as one array a column (PostgreSQL).

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{ArrayType, Value};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, IdenStatic, ModelTrait};
use uuid::Uuid;

/// An insert of rows whose `clash` columns do not stand yet; `before` parameters stand before its own.
pub(super) fn unnested_insert<E>(
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

/// Rows as they were read, and the columns in which they must still be the same.
pub(super) type AsRead<'a, E> =
    (&'a [&'a <E as EntityTrait>::Model], &'a [<E as EntityTrait>::Column]);

/// An update of `columns` of rows found by `key`. With `read`, only rows that still have the same in its columns are written, and the statement answers a row for each.
pub(super) fn unnested_update<E>(
    before: usize,
    rows: &[&E::Model],
    key: E::Column,
    columns: &[E::Column],
    read: Option<AsRead<'_, E>>,
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
            let _ = write!(end, r#" AND t."{}" IS NOT DISTINCT FROM {name}"#, column.as_str());
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
