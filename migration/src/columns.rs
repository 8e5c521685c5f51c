//! The column types of the house: one spelling each, right on PostgreSQL, MySQL/MariaDB and SQLite.

use sea_orm_migration::prelude::*;

/// A table whose text compares byte by byte on MySQL and MariaDB too: openids and codes are case-sensitive.
pub fn table(manager: &SchemaManager<'_>, name: &'static str) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name).if_not_exists();
    if manager.get_database_backend() == sea_orm::DbBackend::MySql {
        table.character_set("utf8mb4").collate("utf8mb4_bin");
    }
    table
}

/// A UUIDv7 made by us.
pub fn id(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.uuid().not_null();
    column
}

/// A UUIDv7 that may be absent.
pub fn id_null(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.uuid();
    column
}

/// The key of a table.
pub fn key(name: &'static str) -> ColumnDef {
    let mut column = id(name);
    column.primary_key();
    column
}

/// A word of a closed set.
pub fn code(name: &'static str) -> ColumnDef {
    text(name, 32)
}

/// Text of at most `length` characters.
pub fn text(name: &'static str, length: u32) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.string_len(length).not_null();
    column
}

/// Text that may be absent.
pub fn text_null(name: &'static str, length: u32) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.string_len(length);
    column
}

/// A SHA-256 in hex.
pub fn digest(name: &'static str) -> ColumnDef {
    text(name, 64)
}

/// Fen, points, versions, counts.
pub fn count(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.big_integer().not_null();
    column
}

/// A count that may be absent.
pub fn count_null(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.big_integer();
    column
}

/// A small number.
pub fn small(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.integer().not_null();
    column
}

/// A small number that may be absent.
pub fn small_null(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.integer();
    column
}

/// Yes or no.
pub fn flag(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.boolean().not_null();
    column
}

/// A document.
pub fn json(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.json_binary().not_null();
    column
}

/// A document that may be absent.
pub fn json_null(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.json_binary();
    column
}

/// A calendar day.
pub fn day(name: &'static str) -> ColumnDef {
    let mut column = day_null(name);
    column.not_null();
    column
}

/// A calendar day that may be absent.
pub fn day_null(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.date();
    column
}

/// An instant, UTC. MySQL's TIMESTAMP would cut fractions and end in 2038.
pub fn instant(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let mut column = instant_null(manager, name);
    column.not_null();
    column
}

/// An instant that may be absent.
pub fn instant_null(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    if manager.get_database_backend() == sea_orm::DbBackend::MySql {
        column.custom("datetime(6)");
    } else {
        column.timestamp_with_time_zone();
    }
    column
}

/// Creates an index over `columns`; its name says what it is on.
pub async fn index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    create_index(manager, table, columns, Index::create()).await
}

/// Creates a unique index over `columns`.
pub async fn unique(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let mut index = Index::create();
    index.unique();
    create_index(manager, table, columns, index).await
}

async fn create_index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
    mut index: IndexCreateStatement,
) -> Result<(), DbErr> {
    let name = format!("ix_{table}_{}", columns.join("_"));
    // MySQL knows no IF NOT EXISTS for indexes, and its DDL survives a failed step.
    if manager.has_index(table, &name).await? {
        return Ok(());
    }
    index.name(name).table(table);
    for column in columns {
        index.col(*column);
    }
    manager.create_index(index).await
}

/// A stored answer: longer than a varchar may be.
pub fn answer(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.custom("text");
    column
}
