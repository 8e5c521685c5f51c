//! Runs: what is asked for and how far it is.

use chrono::{DateTime, Utc};
use entity::bulk_run::{Column, Entity, Model};
use entity::codes::{ActorKind, BulkDirection, BulkState};
use entity::ids::{BulkRunId, StaffId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, UpdateMany,
};
use uuid::Uuid;

use crate::bulk::rules::outcome::Tally;
use crate::db::{Conn, Tx};

/// States that are not the last.
const OPEN: [BulkState; 4] =
    [BulkState::PendingApproval, BulkState::Queued, BulkState::Running, BulkState::Cancelling];

pub(in crate::bulk) async fn insert_run(db: &impl Conn, run: &Model) -> Result<(), DbErr> {
    Entity::insert(run.clone().into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub(in crate::bulk) async fn run_by_id(
    db: &impl Conn,
    id: BulkRunId,
) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

pub(in crate::bulk) async fn lock_run(tx: &Tx, id: BulkRunId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).lock_exclusive().one(tx).await
}

/// Who asked for runs: everybody, or one.
pub(in crate::bulk) type AskedBy = Option<(ActorKind, Uuid)>;

/// Runs of one direction, newest first, older than `before`.
pub(in crate::bulk) async fn runs_before(
    db: &impl Conn,
    direction: BulkDirection,
    by: AskedBy,
    before: Option<BulkRunId>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(Column::Direction.eq(direction));
    if let Some((kind, id)) = by {
        query = query.filter(Column::ActorId.eq(id)).filter(Column::ActorKind.eq(kind));
    }
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    query.order_by_desc(Column::Id).limit(limit).all(db).await
}

/// How many runs of somebody have not ended.
pub(in crate::bulk) async fn count_open(
    db: &impl Conn,
    (kind, id): (ActorKind, Uuid),
) -> Result<u64, DbErr> {
    let of_hers = Entity::find().filter(Column::ActorId.eq(id)).filter(Column::ActorKind.eq(kind));
    of_hers.filter(Column::State.is_in(OPEN)).count(db).await
}

/// Moves a run from one of some states to another; `false` when it stands elsewhere.
pub(in crate::bulk) async fn move_run(
    db: &impl Conn,
    id: BulkRunId,
    from: &[BulkState],
    to: BulkState,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let moved = stepped(now)
        .col_expr(Column::State, Expr::value(to))
        .filter(Column::Id.eq(id))
        .filter(Column::State.is_in(from.iter().copied()));
    let moved = match to {
        BulkState::Running => moved
            .col_expr(Column::StartedAt, Expr::col(Column::StartedAt).if_null(Expr::value(now)))
            .col_expr(Column::FinishedAt, Expr::value(Option::<DateTime<Utc>>::None))
            .col_expr(Column::Reason, Expr::value(Option::<String>::None)),
        BulkState::Cancelled | BulkState::Done | BulkState::Failed => {
            moved.col_expr(Column::FinishedAt, Expr::value(Some(now)))
        }
        BulkState::PendingApproval | BulkState::Queued | BulkState::Cancelling => moved,
    };
    Ok(moved.exec(db).await?.rows_affected == 1)
}

/// Gives a run up with a reason; one that has ended stays as it is.
pub(in crate::bulk) async fn fail_run(
    db: &impl Conn,
    id: BulkRunId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let open = [BulkState::Queued, BulkState::Running, BulkState::Cancelling];
    stepped(now)
        .col_expr(Column::State, Expr::value(BulkState::Failed))
        .col_expr(Column::Reason, Expr::value(Some(reason.to_owned())))
        .col_expr(Column::FinishedAt, Expr::value(Some(now)))
        .filter(Column::Id.eq(id))
        .filter(Column::State.is_in(open))
        .exec(db)
        .await?;
    Ok(())
}

pub(in crate::bulk) async fn approve_run(
    db: &impl Conn,
    id: BulkRunId,
    staff: StaffId,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    stepped(now)
        .col_expr(Column::State, Expr::value(BulkState::Queued))
        .col_expr(Column::ApprovedBy, Expr::value(Some(staff)))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

pub(in crate::bulk) async fn set_total(
    db: &impl Conn,
    id: BulkRunId,
    rows: i64,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let known = stepped(now).col_expr(Column::RowsTotal, Expr::value(Some(rows)));
    known.filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// A step of a run.
#[derive(Clone, Copy, Debug)]
pub(in crate::bulk) struct Step {
    /// Which run.
    pub run: BulkRunId,
    /// Rows gone through before it.
    pub before: i64,
    /// Rows gone through in it.
    pub rows: i64,
    /// What they came to.
    pub tally: Tally,
    /// The last row of an export.
    pub position: Option<Uuid>,
    /// Where it stands afterwards.
    pub state: BulkState,
}

/// Takes a step; `false` when the run was cancelled or somebody else took it.
pub(in crate::bulk) async fn take_step(
    tx: &Tx,
    step: &Step,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let add = |column: Column, rows: i64| Expr::col(column).add(rows);
    let done = step.state == BulkState::Done;
    let taken = stepped(now)
        .col_expr(Column::State, Expr::value(step.state))
        .col_expr(Column::RowsDone, add(Column::RowsDone, step.rows))
        .col_expr(Column::RowsCreated, add(Column::RowsCreated, step.tally.created))
        .col_expr(Column::RowsUpdated, add(Column::RowsUpdated, step.tally.updated))
        .col_expr(Column::RowsUnchanged, add(Column::RowsUnchanged, step.tally.unchanged))
        .col_expr(Column::RowsRefused, add(Column::RowsRefused, step.tally.refused))
        .col_expr(Column::Position, Expr::value(step.position))
        .col_expr(Column::FinishedAt, Expr::value(done.then_some(now)))
        .filter(Column::Id.eq(step.run))
        .filter(Column::State.eq(BulkState::Running))
        .filter(Column::RowsDone.eq(step.before))
        .exec(tx)
        .await?;
    Ok(taken.rows_affected == 1)
}

/// Runs whose files have had their time.
pub(in crate::bulk) async fn expired(
    db: &impl Conn,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<BulkRunId>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::FilesDeleted.eq(false))
        .filter(Column::ExpiresAt.lte(now))
        .order_by_asc(Column::ExpiresAt)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// Notes that the files of runs are gone; those that had not ended cannot go on.
pub(in crate::bulk) async fn note_deleted(
    db: &impl Conn,
    runs: &[BulkRunId],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let of = |update: UpdateMany<Entity>| update.filter(Column::Id.is_in(runs.iter().copied()));
    of(Entity::update_many()).col_expr(Column::FilesDeleted, Expr::value(true)).exec(db).await?;
    of(stepped(now))
        .col_expr(Column::State, Expr::value(BulkState::Cancelled))
        .col_expr(Column::FinishedAt, Expr::value(Some(now)))
        .filter(Column::State.is_in(OPEN))
        .exec(db)
        .await?;
    Ok(())
}

/// Runs under way that took no step since `since`.
pub(in crate::bulk) async fn quiet(
    db: &impl Conn,
    since: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<BulkRunId>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::State.is_in([BulkState::Running, BulkState::Cancelling]))
        .filter(Column::UpdatedAt.lte(since))
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

fn stepped(now: DateTime<Utc>) -> UpdateMany<Entity> {
    Entity::update_many().col_expr(Column::UpdatedAt, Expr::value(now))
}
