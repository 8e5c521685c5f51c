//! The rows of the queue.

use chrono::{DateTime, Utc};
use entity::codes::JobState;
use entity::ids::JobId;
use entity::{job, job_schedule};
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DbErr, EntityTrait, ExprTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select, UpdateMany,
};
use uuid::Uuid;

use super::NewJob;
use crate::db::Conn;

/// Rows a statement: SQLite binds at most 32,766 values.
const CHUNK: usize = 1000;

pub(super) async fn insert(
    db: &impl Conn,
    jobs: &[NewJob],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = |new: &NewJob| job::ActiveModel {
        id: Set(JobId::new(now)),
        kind: Set(new.kind.to_owned()),
        key: Set(new.key.clone()),
        payload: Set(new.payload.to_string()),
        run_at: Set(new.run_at),
        attempts: Set(0),
        max_attempts: Set(new.max_attempts),
        lease_token: Set(None),
        lease_until: Set(None),
        state: Set(JobState::Queued),
        reason: Set(None),
        created_at: Set(now),
        finished_at: Set(None),
    };
    for chunk in jobs.chunks(CHUNK) {
        job::Entity::insert_many(chunk.iter().map(row))
            .on_conflict_do_nothing_on([job::Column::Key])
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

fn free(now: DateTime<Utc>) -> Condition {
    Condition::any().add(job::Column::LeaseUntil.is_null()).add(job::Column::LeaseUntil.lte(now))
}

fn waiting(now: DateTime<Utc>) -> Select<job::Entity> {
    job::Entity::find()
        .filter(job::Column::State.eq(JobState::Queued))
        .filter(job::Column::RunAt.lte(now))
        .filter(free(now))
}

/// Jobs that nobody works on and whose time has come, the longest due first.
pub(super) async fn due(
    db: &impl Conn,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<JobId>, DbErr> {
    waiting(now)
        .select_only()
        .column(job::Column::Id)
        .order_by_asc(job::Column::RunAt)
        .order_by_asc(job::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// Locks up to `limit` of those of `ids` that are still free; what another worker holds is passed over, so that claims never wait.
pub(super) async fn lock_free(
    tx: &impl Conn,
    ids: &[JobId],
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<job::Model>, DbErr> {
    waiting(now)
        .filter(job::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(job::Column::RunAt)
        .order_by_asc(job::Column::Id)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await
}

/// Claims under `token`; the attempt counts from here, so that a job that kills its worker uses its attempts up (J4).
pub(super) async fn claim(
    tx: &impl Conn,
    ids: &[JobId],
    token: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let claimed = job::Entity::update_many()
        .col_expr(job::Column::LeaseToken, Expr::value(Some(token)))
        .col_expr(job::Column::LeaseUntil, Expr::value(Some(until)))
        .col_expr(job::Column::Attempts, Expr::col(job::Column::Attempts).add(1))
        .filter(job::Column::Id.is_in(ids.iter().copied()))
        .filter(job::Column::State.eq(JobState::Queued))
        .filter(free(now))
        .exec(tx)
        .await?;
    Ok(claimed.rows_affected)
}

/// Changes of a job that only the claim `token` may make.
fn of_claim(id: JobId, token: Uuid) -> UpdateMany<job::Entity> {
    job::Entity::update_many()
        .filter(job::Column::Id.eq(id))
        .filter(job::Column::LeaseToken.eq(token))
        .filter(job::Column::State.eq(JobState::Queued))
}

fn let_go(update: UpdateMany<job::Entity>) -> UpdateMany<job::Entity> {
    update
        .col_expr(job::Column::LeaseToken, Expr::value(Option::<Uuid>::None))
        .col_expr(job::Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
}

async fn one(db: &impl Conn, update: UpdateMany<job::Entity>) -> Result<bool, DbErr> {
    Ok(update.exec(db).await?.rows_affected == 1)
}

pub(super) async fn renew(
    db: &impl Conn,
    id: JobId,
    token: Uuid,
    until: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let renewed = of_claim(id, token).col_expr(job::Column::LeaseUntil, Expr::value(Some(until)));
    one(db, renewed).await
}

pub(super) async fn end(
    db: &impl Conn,
    id: JobId,
    token: Uuid,
    state: JobState,
    reason: Option<String>,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let ended = let_go(of_claim(id, token))
        .col_expr(job::Column::State, Expr::value(state))
        .col_expr(job::Column::Reason, Expr::value(reason))
        .col_expr(job::Column::FinishedAt, Expr::value(Some(now)));
    one(db, ended).await
}

/// To be tried again at `at`.
pub(super) async fn postpone(
    db: &impl Conn,
    id: JobId,
    token: Uuid,
    reason: String,
    at: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let postponed = let_go(of_claim(id, token))
        .col_expr(job::Column::RunAt, Expr::value(at))
        .col_expr(job::Column::Reason, Expr::value(Some(reason)));
    one(db, postponed).await
}

/// Gives a claim back as if it had not been made.
pub(super) async fn give_back(db: &impl Conn, id: JobId, token: Uuid) -> Result<bool, DbErr> {
    let given = let_go(of_claim(id, token))
        .col_expr(job::Column::Attempts, Expr::col(job::Column::Attempts).sub(1));
    one(db, given).await
}

/// Gives up jobs whose last worker died: nobody holds a token any more.
pub(super) async fn bury(
    tx: &impl Conn,
    ids: &[JobId],
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let buried = job::Entity::update_many()
        .filter(job::Column::Id.is_in(ids.iter().copied()))
        .filter(job::Column::State.eq(JobState::Queued))
        .filter(free(now));
    let_go(buried)
        .col_expr(job::Column::State, Expr::value(JobState::Dead))
        .col_expr(job::Column::Reason, Expr::value(Some(reason.to_owned())))
        .col_expr(job::Column::FinishedAt, Expr::value(Some(now)))
        .exec(tx)
        .await?;
    Ok(())
}

/// A dead job starts over.
pub(super) async fn revive(db: &impl Conn, id: JobId, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let revived = let_go(job::Entity::update_many())
        .col_expr(job::Column::State, Expr::value(JobState::Queued))
        .col_expr(job::Column::Attempts, Expr::value(0))
        .col_expr(job::Column::RunAt, Expr::value(now))
        .col_expr(job::Column::FinishedAt, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(job::Column::Id.eq(id))
        .filter(job::Column::State.eq(JobState::Dead));
    one(db, revived).await
}

/// A dead job is not to run any more.
pub(super) async fn discard(db: &impl Conn, id: JobId, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let discarded = job::Entity::update_many()
        .col_expr(job::Column::State, Expr::value(JobState::Discarded))
        .col_expr(job::Column::FinishedAt, Expr::value(Some(now)))
        .filter(job::Column::Id.eq(id))
        .filter(job::Column::State.eq(JobState::Dead));
    one(db, discarded).await
}

pub(super) async fn find(db: &impl Conn, id: JobId) -> Result<Option<job::Model>, DbErr> {
    job::Entity::find_by_id(id).one(db).await
}

/// Jobs in one state, newest first, older than `before`.
pub(super) async fn in_state(
    db: &impl Conn,
    state: JobState,
    before: Option<JobId>,
    limit: u64,
) -> Result<Vec<job::Model>, DbErr> {
    let mut query = job::Entity::find().filter(job::Column::State.eq(state));
    if let Some(before) = before {
        query = query.filter(job::Column::Id.lt(before));
    }
    query.order_by_desc(job::Column::Id).limit(limit).all(db).await
}

/// Deletes up to `limit` jobs that were done or discarded before `cutoff`. They ran after their time had come, so the
/// index over `run_at` finds them.
pub(super) async fn forget(
    db: &impl Conn,
    cutoff: DateTime<Utc>,
    limit: u64,
) -> Result<u64, DbErr> {
    let mut gone = 0;
    for state in [JobState::Done, JobState::Discarded] {
        let old: Vec<JobId> = job::Entity::find()
            .select_only()
            .column(job::Column::Id)
            .filter(job::Column::State.eq(state))
            .filter(job::Column::RunAt.lte(cutoff))
            .filter(job::Column::FinishedAt.lte(cutoff))
            .order_by_asc(job::Column::RunAt)
            .limit(limit)
            .into_tuple()
            .all(db)
            .await?;
        for ids in old.chunks(CHUNK) {
            let deleted = job::Entity::delete_many().filter(job::Column::Id.is_in(ids.to_vec()));
            gone += deleted.exec(db).await?.rows_affected;
        }
    }
    Ok(gone)
}

pub(super) async fn count(db: &impl Conn, state: JobState) -> Result<u64, DbErr> {
    job::Entity::find().filter(job::Column::State.eq(state)).count(db).await
}

/// Since when the job that waits longest has been due.
pub(super) async fn longest_due(
    db: &impl Conn,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, DbErr> {
    waiting(now)
        .select_only()
        .column(job::Column::RunAt)
        .order_by_asc(job::Column::RunAt)
        .limit(1)
        .into_tuple()
        .one(db)
        .await
}

pub(super) async fn schedules(db: &impl Conn) -> Result<Vec<job_schedule::Model>, DbErr> {
    job_schedule::Entity::find().order_by_asc(job_schedule::Column::Name).all(db).await
}

/// Notes a schedule that is new here.
pub(super) async fn begin_schedule(
    db: &impl Conn,
    name: &str,
    slot: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = job_schedule::ActiveModel { name: Set(name.to_owned()), last_slot: Set(slot) };
    job_schedule::Entity::insert(row)
        .on_conflict_do_nothing_on([job_schedule::Column::Name])
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Moves a schedule on; `false` when another worker did.
pub(super) async fn advance_schedule(
    tx: &impl Conn,
    name: &str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let advanced = job_schedule::Entity::update_many()
        .col_expr(job_schedule::Column::LastSlot, Expr::value(to))
        .filter(job_schedule::Column::Name.eq(name))
        .filter(job_schedule::Column::LastSlot.eq(from))
        .exec(tx)
        .await?;
    Ok(advanced.rows_affected == 1)
}

/// Whether a job of this kind waits or runs.
pub(super) async fn is_queued(db: &impl Conn, kind: &str) -> Result<bool, DbErr> {
    let found: Option<JobId> = job::Entity::find()
        .select_only()
        .column(job::Column::Id)
        .filter(job::Column::Kind.eq(kind))
        .filter(job::Column::State.eq(JobState::Queued))
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(found.is_some())
}
