//! Transfers: written once, never changed.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use entity::codes::{Ledger, Source, TransferKind};
use entity::ids::{AccountId, TransferId};
use entity::points_transfer::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::CHUNK;
use crate::db::rows::{self, Writes};
use crate::db::{Conn, keyset};
use crate::points::rules::Cause;

/// Appends transfers.
pub async fn insert_transfers(
    writes: &mut Writes<'_, impl Conn>,
    transfers: &[&Model],
) -> Result<(), DbErr> {
    writes.insert::<Entity>(transfers).await
}

/// The transfers that stand with any of these causes.
pub async fn with_causes(db: &impl Conn, causes: &HashSet<Cause>) -> Result<Vec<Model>, DbErr> {
    let ledgers: BTreeSet<Ledger> = causes.iter().map(|cause| cause.ledger).collect();
    let sources: BTreeSet<Source> = causes.iter().map(|cause| cause.source).collect();
    let ids: BTreeSet<&str> = causes.iter().map(|cause| cause.source_id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let query = Entity::find()
            .filter(rows::among(db, Column::Ledger, ledgers.iter().copied()))
            .filter(rows::among(db, Column::Source, sources.iter().copied()))
            .filter(rows::among(db, Column::SourceId, chunk.iter().copied()));
        found.extend(query.all(db).await?);
    }
    // The query asks for every combination of ledger, source and id.
    found.retain(|transfer| causes.contains(&Cause::of(transfer)));
    Ok(found)
}

/// The transfers that take any of `originals` back, whole or in part.
pub async fn reversals_of(db: &impl Conn, originals: &[TransferId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in originals.chunks(CHUNK) {
        let query = Entity::find().filter(rows::among(db, Column::Reverses, chunk.iter().copied()));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// What accounts earned in a span of business time, one entry an earning.
pub async fn earnings_between(
    db: &impl Conn,
    accounts: &[AccountId],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<(AccountId, i64)>, DbErr> {
    let mut found = Vec::new();
    for chunk in accounts.chunks(CHUNK) {
        let query = Entity::find()
            .select_only()
            .columns([Column::AccountId, Column::Amount])
            .filter(rows::among(db, Column::AccountId, chunk.iter().copied()))
            .filter(Column::Kind.eq(TransferKind::Earn))
            .filter(Column::OccurredAt.gte(from))
            .filter(Column::OccurredAt.lt(to));
        found.extend(query.into_tuple::<(AccountId, i64)>().all(db).await?);
    }
    Ok(found)
}

/// Where a history was left.
pub type HistoryPosition = (DateTime<Utc>, i64, TransferId);

/// The transfers of accounts, latest business time first, after a position.
pub async fn history(
    db: &impl Conn,
    accounts: &[AccountId],
    after: Option<HistoryPosition>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(Column::AccountId.is_in(accounts.iter().copied()));
    if let Some((at, seq, id)) = after {
        let same_time = Condition::any()
            .add(Column::Seq.lt(seq))
            .add(Condition::all().add(Column::Seq.eq(seq)).add(Column::Id.lt(id)));
        query = query.filter(keyset::earlier(Column::OccurredAt, at, same_time));
    }
    query
        .order_by_desc(Column::OccurredAt)
        .order_by_desc(Column::Seq)
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}
