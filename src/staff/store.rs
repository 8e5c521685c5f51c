//! Queries.

use chrono::{DateTime, Utc};
use entity::codes::StaffStatus;
use entity::ids::StaffId;
use entity::values::Digest;
use entity::{sign_in_failure, staff, staff_invitation};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::db::Conn;

/// Values in one IN list.
const CHUNK: usize = 1000;

/// Adds a person; false when the number is taken.
pub async fn insert(db: &impl Conn, row: staff::Model) -> Result<bool, DbErr> {
    let id = row.id;
    let row: staff::ActiveModel = row.into();
    staff::Entity::insert(row)
        .on_conflict_do_nothing_on([staff::Column::StaffNo])
        .exec_without_returning(db)
        .await?;
    Ok(find(db, id).await?.is_some())
}

pub async fn find(db: &impl Conn, id: StaffId) -> Result<Option<staff::Model>, DbErr> {
    staff::Entity::find_by_id(id).one(db).await
}

/// The row, locked.
pub async fn lock(db: &impl Conn, id: StaffId) -> Result<Option<staff::Model>, DbErr> {
    staff::Entity::find_by_id(id).lock_exclusive().one(db).await
}

pub async fn by_number(db: &impl Conn, number: &str) -> Result<Option<staff::Model>, DbErr> {
    staff::Entity::find().filter(staff::Column::StaffNo.eq(number)).one(db).await
}

pub async fn by_numbers(db: &impl Conn, numbers: &[String]) -> Result<Vec<staff::Model>, DbErr> {
    let mut rows = Vec::with_capacity(numbers.len());
    for chunk in numbers.chunks(CHUNK) {
        let query = staff::Entity::find().filter(staff::Column::StaffNo.is_in(chunk));
        rows.extend(query.filter(staff::Column::Status.ne(StaffStatus::Disabled)).all(db).await?);
    }
    Ok(rows)
}

pub async fn by_ids(db: &impl Conn, ids: &[StaffId]) -> Result<Vec<staff::Model>, DbErr> {
    let mut rows = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let ids = chunk.iter().copied();
        rows.extend(staff::Entity::find().filter(staff::Column::Id.is_in(ids)).all(db).await?);
    }
    Ok(rows)
}

/// Staff by number, after `after`.
pub async fn page(
    db: &impl Conn,
    after: Option<String>,
    limit: u64,
) -> Result<Vec<staff::Model>, DbErr> {
    let mut query = staff::Entity::find().order_by_asc(staff::Column::StaffNo).limit(limit);
    if let Some(after) = after {
        query = query.filter(staff::Column::StaffNo.gt(after));
    }
    query.all(db).await
}

pub async fn set_status(db: &impl Conn, id: StaffId, status: StaffStatus) -> Result<(), DbErr> {
    staff::Entity::update_many()
        .col_expr(staff::Column::Status, Expr::value(status))
        .filter(staff::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Sets the password of staff and lets them sign in.
pub async fn set_password(db: &impl Conn, id: StaffId, hash: String) -> Result<(), DbErr> {
    staff::Entity::update_many()
        .col_expr(staff::Column::Password, Expr::value(Some(hash)))
        .col_expr(staff::Column::Status, Expr::value(StaffStatus::Active))
        .filter(staff::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn insert_invitation(db: &impl Conn, row: staff_invitation::Model) -> Result<(), DbErr> {
    let row: staff_invitation::ActiveModel = row.into();
    staff_invitation::Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

pub async fn find_invitation(
    db: &impl Conn,
    digest: &Digest,
) -> Result<Option<staff_invitation::Model>, DbErr> {
    let query = staff_invitation::Entity::find();
    query.filter(staff_invitation::Column::TokenDigest.eq(digest.clone())).one(db).await
}

/// Uses an invitation up; true for exactly one of all callers.
pub async fn use_invitation(
    db: &impl Conn,
    digest: &Digest,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let used = staff_invitation::Entity::update_many()
        .col_expr(staff_invitation::Column::UsedAt, Expr::value(Some(now)))
        .filter(staff_invitation::Column::TokenDigest.eq(digest.clone()))
        .filter(staff_invitation::Column::UsedAt.is_null())
        .filter(staff_invitation::Column::ExpiresAt.gt(now))
        .exec(db)
        .await?;
    Ok(used.rows_affected == 1)
}

/// Uses up whatever invitations of theirs are left.
pub async fn drop_invitations(
    db: &impl Conn,
    staff: StaffId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    staff_invitation::Entity::update_many()
        .col_expr(staff_invitation::Column::UsedAt, Expr::value(Some(now)))
        .filter(staff_invitation::Column::StaffId.eq(staff))
        .filter(staff_invitation::Column::UsedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// The failures of one account from one network, locked; made when there are none.
pub async fn lock_failures(
    db: &impl Conn,
    digest: &Digest,
    now: DateTime<Utc>,
) -> Result<sign_in_failure::Model, DbErr> {
    let row = sign_in_failure::ActiveModel {
        digest: Set(digest.clone()),
        failures: Set(0),
        failed_at: Set(now),
        blocked_until: Set(None),
    };
    sign_in_failure::Entity::insert(row)
        .on_conflict_do_nothing_on([sign_in_failure::Column::Digest])
        .exec_without_returning(db)
        .await?;
    let found =
        sign_in_failure::Entity::find_by_id(digest.clone()).lock_exclusive().one(db).await?;
    found.ok_or_else(|| DbErr::RecordNotFound("sign_in_failure".to_owned()))
}

pub async fn save_failures(db: &impl Conn, row: sign_in_failure::Model) -> Result<(), DbErr> {
    sign_in_failure::Entity::update_many()
        .col_expr(sign_in_failure::Column::Failures, Expr::value(row.failures))
        .col_expr(sign_in_failure::Column::FailedAt, Expr::value(row.failed_at))
        .col_expr(sign_in_failure::Column::BlockedUntil, Expr::value(row.blocked_until))
        .filter(sign_in_failure::Column::Digest.eq(row.digest))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn forget_failures(db: &impl Conn, digest: &Digest) -> Result<(), DbErr> {
    sign_in_failure::Entity::delete_by_id(digest.clone()).exec(db).await?;
    Ok(())
}

/// Deletes up to `limit` failures older than `then`; answers how many.
pub async fn forget_old_failures(
    db: &impl Conn,
    then: DateTime<Utc>,
    limit: u64,
) -> Result<u64, DbErr> {
    let old: Vec<Digest> = sign_in_failure::Entity::find()
        .select_only()
        .column(sign_in_failure::Column::Digest)
        .filter(sign_in_failure::Column::FailedAt.lt(then))
        .order_by_asc(sign_in_failure::Column::FailedAt)
        .order_by_asc(sign_in_failure::Column::Digest)
        .limit(limit.min(CHUNK as u64))
        .into_tuple()
        .all(db)
        .await?;
    if old.is_empty() {
        return Ok(0);
    }
    let gone = sign_in_failure::Entity::delete_many()
        .filter(sign_in_failure::Column::Digest.is_in(old))
        .filter(sign_in_failure::Column::FailedAt.lt(then))
        .exec(db)
        .await?;
    Ok(gone.rows_affected)
}
