//! Files in pieces.

use entity::bulk_file_part::{Column, Entity, Model};
use entity::codes::BulkFile;
use entity::ids::BulkRunId;
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::db::Conn;

pub(in crate::bulk) async fn insert_part(db: &impl Conn, part: Model) -> Result<(), DbErr> {
    Entity::insert(part.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// The next piece of a file.
pub(in crate::bulk) async fn part_after(
    db: &impl Conn,
    run: BulkRunId,
    file: BulkFile,
    after: i64,
) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::RunId.eq(run))
        .filter(Column::File.eq(file))
        .filter(Column::Seq.gt(after))
        .order_by_asc(Column::Seq)
        .limit(1)
        .one(db)
        .await
}

/// Deletes all files of runs.
pub(in crate::bulk) async fn delete_parts(db: &impl Conn, runs: &[BulkRunId]) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::RunId.is_in(runs.iter().copied())).exec(db).await?;
    Ok(())
}
