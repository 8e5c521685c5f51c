//! The first answers to requests with an `Idempotency-Key` (promises A2).

use chrono::{DateTime, TimeDelta, Utc};
use entity::idempotency_record as record;
use entity::values::Digest;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{Conn, Db, Tx};

/// How long a run may take before another may take over.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How long an answer is kept: tills may be offline for days.
const KEPT: TimeDelta = TimeDelta::days(7);

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
    if found.expires_at <= now {
        return take_over(tx, &found, fingerprint, owner, now).await;
    }
    if found.fingerprint != *fingerprint {
        return Ok(Claim::OtherRequest);
    }
    match (found.status, &found.body) {
        (Some(status), Some(body)) => {
            Ok(Claim::Answered(u16::try_from(status).unwrap_or(200), body.clone()))
        }
        _ if found.lease_until > now => Ok(Claim::InFlight),
        _ => take_over(tx, &found, fingerprint, owner, now).await,
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
