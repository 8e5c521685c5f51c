//! The first answers to requests with an `Idempotency-Key` (promises A2).

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::idempotency_record as record;
use entity::values::Digest;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::rows::{self, Writes};
use super::{Conn, Db, Tx};

/// How long a run may take before another may take over.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How long an answer is kept: tills may be offline for days.
const KEPT: TimeDelta = TimeDelta::days(7);

/// Keys a statement.
const CHUNK: usize = 1000;

/// What became of a claim.
#[derive(Debug)]
pub enum Claim {
    /// The request is ours to run; only this owner may finish it.
    Ours(Uuid),
    /// It ran before: its status and its body, byte for byte.
    Answered(u16, String),
    /// Another run has it.
    InFlight,
    /// The key came with another request before.
    OtherRequest,
}

/// What stands under a key, for a request with some fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: the request may run.
    Free,
    /// It ran before: its status and its body, byte for byte.
    Answered(u16, String),
    /// Another run has it.
    InFlight,
    /// The key came with another request before.
    OtherRequest,
    /// A run that ended badly, or an answer that may be forgotten: [`claim`] takes it over.
    Stale,
}

/// What stands under each key for a request with its fingerprint.
///
/// # Errors
/// The database's.
pub async fn look_up(
    db: &impl Conn,
    asked: &[(&Digest, &Digest)],
    now: DateTime<Utc>,
) -> Result<Vec<Standing>, DbErr> {
    let mut keys: Vec<&Digest> = asked.iter().map(|(key, _)| *key).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut found = HashMap::new();
    for chunk in keys.chunks(CHUNK) {
        let among = rows::among(db, record::Column::Digest, chunk.iter().copied().cloned());
        let rows = record::Entity::find().filter(among).all(db).await?;
        found.extend(rows.into_iter().map(|row| (row.digest.clone(), row)));
    }
    let standing = |(key, fingerprint): &(&Digest, &Digest)| {
        found.get(*key).map_or(Standing::Free, |row| standing(row, fingerprint, now))
    };
    Ok(asked.iter().map(standing).collect())
}

fn standing(row: &record::Model, fingerprint: &Digest, now: DateTime<Utc>) -> Standing {
    if row.expires_at <= now {
        return Standing::Stale;
    }
    if row.fingerprint != *fingerprint {
        return Standing::OtherRequest;
    }
    match (row.status, &row.body) {
        (Some(status), Some(body)) => {
            Standing::Answered(u16::try_from(status).unwrap_or(200), body.clone())
        }
        _ if row.lease_until > now => Standing::InFlight,
        _ => Standing::Stale,
    }
}

/// A key, the fingerprint of its request and the answer that it got.
pub type Answered<'a> = (&'a Digest, &'a Digest, &'a str);

/// Writes the answers of requests that had a free key, together with their effects. A key that somebody else took
/// meanwhile is a duplicate: roll back and look again.
///
/// # Errors
/// The database's.
pub async fn keep_with(
    writes: &mut Writes<'_, impl Conn>,
    answers: &[Answered<'_>],
    status: u16,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let owner = Uuid::new_v4();
    let row = |(key, fingerprint, body): &Answered<'_>| record::Model {
        digest: (*key).clone(),
        fingerprint: (*fingerprint).clone(),
        owner,
        lease_until: now,
        status: Some(i32::from(status)),
        body: Some((*body).to_owned()),
        created_at: now,
        expires_at: now + KEPT,
    };
    let mut records: Vec<_> = answers.iter().map(row).collect();
    // In one order everywhere, so that two batches never wait for each other in a circle.
    records.sort_unstable_by(|a, b| a.digest.cmp(&b.digest));
    writes.insert::<record::Entity>(&records.iter().collect::<Vec<_>>()).await
}

/// Claims `key` for a request with `fingerprint`, in a transaction of its own.
///
/// # Errors
/// The database's.
pub async fn claim(
    db: &Db,
    key: &Digest,
    fingerprint: &Digest,
    now: DateTime<Utc>,
) -> Result<Claim, DbErr> {
    super::in_tx(db, async |tx| claim_in(tx, key, fingerprint, now).await).await
}

async fn claim_in(
    tx: &Tx,
    key: &Digest,
    fingerprint: &Digest,
    now: DateTime<Utc>,
) -> Result<Claim, DbErr> {
    let owner = Uuid::new_v4();
    let row = record::ActiveModel {
        digest: Set(key.clone()),
        fingerprint: Set(fingerprint.clone()),
        owner: Set(owner),
        lease_until: Set(now + LEASE),
        status: Set(None),
        body: Set(None),
        created_at: Set(now),
        expires_at: Set(now + KEPT),
    };
    record::Entity::insert(row)
        .on_conflict_do_nothing_on([record::Column::Digest])
        .exec_without_returning(tx)
        .await?;
    let found = record::Entity::find_by_id(key.clone()).one(tx).await?;
    let Some(found) = found else { return Ok(Claim::InFlight) };
    if found.owner == owner {
        return Ok(Claim::Ours(owner));
    }
    match standing(&found, fingerprint, now) {
        Standing::Answered(status, body) => Ok(Claim::Answered(status, body)),
        Standing::OtherRequest => Ok(Claim::OtherRequest),
        Standing::InFlight => Ok(Claim::InFlight),
        Standing::Stale | Standing::Free => take_over(tx, &found, fingerprint, owner, now).await,
    }
}

async fn take_over(
    tx: &Tx,
    found: &record::Model,
    fingerprint: &Digest,
    owner: Uuid,
    now: DateTime<Utc>,
) -> Result<Claim, DbErr> {
    let taken = record::Entity::update_many()
        .col_expr(record::Column::Owner, Expr::value(owner))
        .col_expr(record::Column::Fingerprint, Expr::value(fingerprint.clone()))
        .col_expr(record::Column::LeaseUntil, Expr::value(now + LEASE))
        .col_expr(record::Column::ExpiresAt, Expr::value(now + KEPT))
        .col_expr(record::Column::Status, Expr::value(Option::<i32>::None))
        .col_expr(record::Column::Body, Expr::value(Option::<String>::None))
        .filter(record::Column::Digest.eq(found.digest.clone()))
        .filter(record::Column::Owner.eq(found.owner))
        .filter(record::Column::LeaseUntil.eq(found.lease_until))
        // An answer that was committed meanwhile stays until it may be forgotten.
        .filter(
            Condition::any()
                .add(record::Column::Status.is_null())
                .add(record::Column::ExpiresAt.lte(now)),
        )
        .exec(tx)
        .await?;
    Ok(if taken.rows_affected == 1 { Claim::Ours(owner) } else { Claim::InFlight })
}

/// Writes the answer in the transaction of the effect; `false` means that another run took over and this
/// transaction must roll back.
///
/// # Errors
/// The database's.
pub async fn finish(
    tx: &impl Conn,
    key: &Digest,
    owner: Uuid,
    status: u16,
    body: &str,
) -> Result<bool, DbErr> {
    let written = record::Entity::update_many()
        .col_expr(record::Column::Status, Expr::value(Some(i32::from(status))))
        .col_expr(record::Column::Body, Expr::value(Some(body.to_owned())))
        .filter(record::Column::Digest.eq(key.clone()))
        .filter(record::Column::Owner.eq(owner))
        .filter(record::Column::Status.is_null())
        .exec(tx)
        .await?;
    Ok(written.rows_affected == 1)
}

/// Forgets a run that had no effect, so that the same key may be tried again.
///
/// # Errors
/// The database's.
pub async fn release(db: &Db, key: &Digest, owner: Uuid) -> Result<(), DbErr> {
    record::Entity::delete_many()
        .filter(record::Column::Digest.eq(key.clone()))
        .filter(record::Column::Owner.eq(owner))
        .filter(record::Column::Status.is_null())
        .exec(db.write())
        .await?;
    Ok(())
}

/// Deletes up to `limit` answers that have been kept long enough.
///
/// # Errors
/// The database's.
pub async fn forget_old(db: &Db, now: DateTime<Utc>, limit: u64) -> Result<u64, DbErr> {
    use sea_orm::{QueryOrder, QuerySelect};
    let old: Vec<Digest> = record::Entity::find()
        .select_only()
        .column(record::Column::Digest)
        .filter(record::Column::ExpiresAt.lte(now))
        .order_by_asc(record::Column::ExpiresAt)
        .limit(limit)
        .into_tuple()
        .all(db.read())
        .await?;
    if old.is_empty() {
        return Ok(0);
    }
    let gone = record::Entity::delete_many()
        .filter(record::Column::Digest.is_in(old))
        .filter(record::Column::ExpiresAt.lte(now))
        .exec(db.write())
        .await?;
    Ok(gone.rows_affected)
}
