//! Rows of `member_timeline`.

use chrono::{DateTime, Utc};
use entity::codes::TimelineKind;
use entity::ids::{EventId, MemberId};
use entity::member_timeline::{Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::db::{Conn, keyset};

/// Rows a statement.
const CHUNK: usize = 500;

/// Where a page ends.
pub type Position = (DateTime<Utc>, EventId);

/// Which rows somebody wants to read.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of these members.
    pub members: Vec<MemberId>,
    /// Of this kind; none is all.
    pub kind: Option<TimelineKind>,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub until: Option<DateTime<Utc>>,
    /// After the last of the page before.
    pub after: Option<Position>,
}

/// Writes rows, each event once: what is there stays as it is.
pub async fn insert(db: &impl Conn, rows: &[Model]) -> Result<(), DbErr> {
    for chunk in rows.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        Entity::insert_many(rows)
            .on_conflict_do_nothing_on([Column::EventId])
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Rows, the latest business time first.
pub async fn page(db: &impl Conn, wanted: &Wanted, limit: u64) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find()
        .filter(Column::MemberId.is_in(wanted.members.iter().copied()))
        .order_by_desc(Column::OccurredAt)
        .order_by_desc(Column::EventId)
        .limit(limit);
    if let Some(kind) = wanted.kind {
        query = query.filter(Column::Kind.eq(kind));
    }
    if let Some(from) = wanted.from {
        query = query.filter(Column::OccurredAt.gte(from));
    }
    if let Some(until) = wanted.until {
        query = query.filter(Column::OccurredAt.lt(until));
    }
    if let Some((at, id)) = wanted.after {
        query = query.filter(keyset::earlier(Column::OccurredAt, at, Column::EventId.lt(id)));
    }
    query.all(db).await
}
