//! Queries.

use chrono::{DateTime, Utc};
use entity::ids::{AuditId, MemberId};
use entity::{audit_log as log, audit_mark as mark, audit_proof as proof};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use crate::db::{Conn, rows};

/// Name of the mark of the last line.
pub const HEAD: &str = "head";
/// Name of the mark of the last line that was deleted.
pub const START: &str = "start";
/// Name of the one proof.
const ALL: &str = "audit_log";
/// Values in one IN list.
const CHUNK: usize = 1000;

/// Which lines are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of this actor.
    pub actor: Option<Uuid>,
    /// Of this action.
    pub action: Option<&'static str>,
    /// About any of these members.
    pub members: Option<Vec<MemberId>>,
    /// At or after this.
    pub from: Option<DateTime<Utc>>,
    /// Before this.
    pub until: Option<DateTime<Utc>>,
    /// Below this one.
    pub before: Option<AuditId>,
}

/// Adds lines.
pub async fn insert(db: &impl Conn, lines: &[log::Model]) -> Result<(), DbErr> {
    let lines: Vec<&log::Model> = lines.iter().collect();
    rows::insert::<log::Entity>(db, &lines, &[]).await?;
    Ok(())
}

/// Lines, the latest first.
pub async fn page(db: &impl Conn, wanted: &Wanted, limit: u64) -> Result<Vec<log::Model>, DbErr> {
    use log::Column as C;
    let mut query = log::Entity::find().order_by_desc(C::Id).limit(limit);
    if let Some(actor) = wanted.actor {
        query = query.filter(C::ActorId.eq(actor));
    }
    if let Some(action) = wanted.action {
        query = query.filter(C::Action.eq(action));
    }
    if let Some(members) = &wanted.members {
        query = query.filter(C::MemberId.is_in(members.iter().copied().take(CHUNK)));
    }
    // Ids are made at the time of the line.
    if let Some(from) = wanted.from {
        query = query.filter(C::Id.gte(AuditId::earliest(from)));
    }
    if let Some(until) = wanted.until {
        query = query.filter(C::Id.lt(AuditId::earliest(until)));
    }
    if let Some(before) = wanted.before {
        query = query.filter(C::Id.lt(before));
    }
    query.all(db).await
}

/// The mark of this name.
pub async fn mark(db: &impl Conn, name: &str) -> Result<Option<mark::Model>, DbErr> {
    mark::Entity::find_by_id(name).one(db).await
}

/// Locks the mark of the head, which must stand: one process at a time makes the chain longer or shorter.
pub async fn lock_head(tx: &impl Conn) -> Result<Option<mark::Model>, DbErr> {
    mark::Entity::find_by_id(HEAD).lock_exclusive().one(tx).await
}

/// Writes a mark where there is none.
pub async fn add_mark(db: &impl Conn, row: mark::Model) -> Result<(), DbErr> {
    let row: mark::ActiveModel = row.into();
    mark::Entity::insert(row)
        .on_conflict_do_nothing_on([mark::Column::Name])
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Writes a mark.
pub async fn save_mark(tx: &impl Conn, row: mark::Model) -> Result<(), DbErr> {
    use mark::Column as C;
    let columns = [C::Seq, C::Link, C::MarkedAt, C::Mac];
    let replace = OnConflict::column(C::Name).update_columns(columns).to_owned();
    let row = row.into_active_model().reset_all();
    mark::Entity::insert(row).on_conflict(replace).exec_without_returning(tx).await?;
    Ok(())
}

/// Lines without a number after `after`, the earliest first.
pub async fn loose(
    db: &impl Conn,
    after: Option<AuditId>,
    limit: u64,
) -> Result<Vec<log::Model>, DbErr> {
    let query = log::Entity::find().filter(log::Column::Seq.is_null());
    let query = match after {
        Some(after) => query.filter(log::Column::Id.gt(after)),
        None => query,
    };
    query.order_by_asc(log::Column::Id).limit(limit).all(db).await
}

/// Numbers and links of lines that had none.
pub async fn save_links(tx: &impl Conn, lines: &[log::Model]) -> Result<(), DbErr> {
    use log::Column as C;
    let lines: Vec<&log::Model> = lines.iter().collect();
    rows::update::<log::Entity>(tx, &lines, C::Id, &[C::Seq, C::PrevLink, C::Link]).await
}

/// Lines of the chain after a number.
pub async fn chained(db: &impl Conn, after: i64, limit: u64) -> Result<Vec<log::Model>, DbErr> {
    let query = log::Entity::find().filter(log::Column::Seq.gt(after));
    query.order_by_asc(log::Column::Seq).limit(limit).all(db).await
}

/// Numbers of the lines of the chain after a number, where the lines themselves cannot be read.
pub async fn numbers(db: &impl Conn, after: i64, limit: u64) -> Result<Vec<i64>, DbErr> {
    let query = log::Entity::find().select_only().column(log::Column::Seq);
    let query = query.filter(log::Column::Seq.gt(after)).order_by_asc(log::Column::Seq);
    query.limit(limit).into_tuple().all(db).await
}

/// The line with this number.
pub async fn numbered(db: &impl Conn, seq: i64) -> Result<Option<log::Model>, DbErr> {
    log::Entity::find().filter(log::Column::Seq.eq(seq)).one(db).await
}

/// Deletes the lines up to a number; the mark of the start must say so first. Answers how many.
pub async fn delete_upto(tx: &impl Conn, seq: i64) -> Result<u64, DbErr> {
    let gone = log::Entity::delete_many().filter(log::Column::Seq.lte(seq)).exec(tx).await?;
    Ok(gone.rows_affected)
}

/// What the last proof found; none before the first one.
pub async fn last_proof(db: &impl Conn) -> Result<Option<proof::Model>, DbErr> {
    proof::Entity::find_by_id(ALL).one(db).await
}

/// Notes what a proof found.
pub async fn save_proof(
    db: &impl Conn,
    faults: i64,
    proved_at: DateTime<Utc>,
) -> Result<(), DbErr> {
    use proof::Column as C;
    let row = proof::Model { name: ALL.to_owned(), faults, proved_at };
    let columns = [C::Faults, C::ProvedAt];
    let replace = OnConflict::column(C::Name).update_columns(columns).to_owned();
    let row = row.into_active_model().reset_all();
    proof::Entity::insert(row).on_conflict(replace).exec_without_returning(db).await?;
    Ok(())
}
