//! Queries.

use std::collections::HashSet;

use entity::ids::CreditId;
use entity::sales_credit::{Column, Entity, Model};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use crate::db::Conn;

/// Rows a statement: SQLite binds at most 32,766 values.
const CHUNK: usize = 1000;

/// Appends credits, leaving out those whose cause and kind stand already; gives the ids of the new ones.
pub(super) async fn append(db: &impl Conn, rows: &[Model]) -> Result<HashSet<CreditId>, DbErr> {
    let mut new = HashSet::with_capacity(rows.len());
    for chunk in rows.chunks(CHUNK) {
        Entity::insert_many(chunk.iter().cloned().map(IntoActiveModel::into_active_model))
            .on_conflict_do_nothing_on([Column::Cause, Column::Kind])
            .exec_without_returning(db)
            .await?;
        // MySQL counts a row left out as affected, so the ids say which ones stand.
        let stand: Vec<CreditId> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.is_in(chunk.iter().map(|row| row.id)))
            .into_tuple()
            .all(db)
            .await?;
        new.extend(stand);
    }
    Ok(new)
}
