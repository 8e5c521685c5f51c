//! Sums over everybody (PT-9).
//!
//! A transfer's id carries the time it was booked, so a span of booked time is a range of the table's key: no index of
//! its own is written with every movement.

use chrono::{DateTime, NaiveDate, Utc};
use entity::codes::{Bucket, Ledger, TransferKind};
use entity::ids::{PointsDayTotalId, TransferId};
use entity::{
    points_account as account, points_closed_day as closed_day, points_day_total as day_total,
    points_lot as lot, points_lot_use as lot_use, points_transfer as transfer,
};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, FromQueryResult, IntoActiveModel, JoinType,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, RelationDef,
};

use super::{CHUNK, Readable};
use crate::db::{Backend, Conn};
use crate::points::rules::Flow;

#[derive(FromQueryResult)]
struct Moved {
    kind: TransferKind,
    from_bucket: Bucket,
    to_bucket: Bucket,
    expires_at: Option<DateTime<Utc>>,
    points: i64,
    transfers: i64,
}

impl From<Moved> for Flow {
    fn from(row: Moved) -> Self {
        Self {
            kind: row.kind,
            from: row.from_bucket,
            to: row.to_bucket,
            expires_at: row.expires_at,
            points: row.points,
            transfers: row.transfers,
        }
    }
}

/// A sum or count that is read as an integer: PostgreSQL and MySQL widen it to a decimal.
fn integer(db: &impl Conn, sum: Expr) -> Expr {
    let integer = if db.get_database_backend() == Backend::MySql { "signed" } else { "bigint" };
    sum.cast_as(integer)
}

fn booked(from: DateTime<Utc>, to: DateTime<Utc>) -> Condition {
    Condition::all()
        .add(transfer::Column::Id.gte(TransferId::earliest(from)))
        .add(transfer::Column::Id.lt(TransferId::earliest(to)))
}

#[derive(FromQueryResult)]
struct MovedIn {
    ledger: Ledger,
    #[sea_orm(nested)]
    moved: Moved,
}

/// What moved in a span of booked time, by ledger, by way and, for movements that made a lot, by when that runs out.
pub async fn flows(
    db: &impl Conn,
    ledgers: &[Ledger],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<(Ledger, Flow)>, DbErr> {
    use transfer::Column as T;
    let mut rows: Vec<MovedIn> = transfer::Entity::find()
        .select_only()
        .columns([T::Ledger, T::Kind, T::FromBucket, T::ToBucket])
        .column(lot::Column::ExpiresAt)
        .column_as(integer(db, T::Amount.sum()), "points")
        .column_as(integer(db, T::Id.count()), "transfers")
        .join(JoinType::LeftJoin, made())
        .filter(booked(from, to))
        .filter(T::Ledger.is_in(ledgers.iter().copied()))
        .filter(T::Kind.ne(TransferKind::Expire))
        .group_by(T::Ledger)
        .group_by(T::Kind)
        .group_by(T::FromBucket)
        .group_by(T::ToBucket)
        .group_by(lot::Column::ExpiresAt)
        .into_model()
        .all(db)
        .await?;
    rows.extend(expiries(db, ledgers, from, to).await?);
    Ok(rows.into_iter().map(|row| (row.ledger, row.moved.into())).collect())
}

/// Not bound to the span again by the lot's own id: PostgreSQL would believe the few lots of a day to be one.
fn made() -> RelationDef {
    transfer::Entity::belongs_to(lot::Entity)
        .from(transfer::Column::Id)
        .to(lot::Column::TransferId)
        .into()
}

async fn expiries(
    db: &impl Conn,
    ledgers: &[Ledger],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<MovedIn>, DbErr> {
    use transfer::Column as T;
    transfer::Entity::find()
        .select_only()
        .columns([T::Ledger, T::Kind, T::FromBucket, T::ToBucket])
        .column(lot::Column::ExpiresAt)
        .column_as(integer(db, Expr::val(0).sub(lot_use::Column::Amount.sum())), "points")
        .column_as(integer(db, T::Id.into_expr().count_distinct()), "transfers")
        .join(JoinType::InnerJoin, used_by())
        .join(JoinType::InnerJoin, of_lot())
        .filter(booked(from, to))
        .filter(T::Ledger.is_in(ledgers.iter().copied()))
        .filter(T::Kind.eq(TransferKind::Expire))
        .group_by(T::Ledger)
        .group_by(T::Kind)
        .group_by(T::FromBucket)
        .group_by(T::ToBucket)
        .group_by(lot::Column::ExpiresAt)
        .into_model()
        .all(db)
        .await
}

fn used_by() -> RelationDef {
    transfer::Entity::belongs_to(lot_use::Entity)
        .from(transfer::Column::Id)
        .to(lot_use::Column::TransferId)
        .into()
}

fn of_lot() -> RelationDef {
    lot_use::Entity::belongs_to(lot::Entity).from(lot_use::Column::LotId).to(lot::Column::Id).into()
}

/// When the first transfer was booked, or the first one since.
pub async fn first_booked(
    db: &impl Conn,
    since: Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>, DbErr> {
    let mut booked = transfer::Entity::find();
    if let Some(since) = since {
        booked = booked.filter(transfer::Column::Id.gte(TransferId::earliest(since)));
    }
    booked
        .select_only()
        .column(transfer::Column::RecordedAt)
        .order_by_asc(transfer::Column::Id)
        .limit(1)
        .into_tuple()
        .one(db)
        .await
}

/// The last day that was closed; days are closed in sequence.
pub async fn last_closed(db: &impl Conn) -> Result<Option<NaiveDate>, DbErr> {
    closed_day::Entity::find()
        .select_only()
        .column(closed_day::Column::Day)
        .order_by_desc(closed_day::Column::Day)
        .limit(1)
        .into_tuple()
        .one(db)
        .await
}

/// Closes days; refused by their key when another worker has closed one of them.
pub async fn insert_closed(
    db: &impl Conn,
    days: &[closed_day::Model],
    totals: &[day_total::Model],
) -> Result<(), DbErr> {
    let rows = days.iter().map(|row| row.clone().into_active_model().reset_all());
    closed_day::Entity::insert_many(rows).exec_without_returning(db).await?;
    for chunk in totals.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        day_total::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// What moved on closed days, day by day, from the first to the last.
pub async fn day_totals(
    db: &impl Conn,
    ledger: Ledger,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<day_total::Model>, DbErr> {
    use day_total::Column as D;
    day_total::Entity::find()
        .filter(D::Ledger.eq(ledger))
        .filter(D::Day.gte(from))
        .filter(D::Day.lte(to))
        .order_by_asc(D::Day)
        .order_by_asc(D::Id)
        .all(db)
        .await
}

/// A total, or its id.
pub type AnyTotal = Readable<day_total::Model, DayTotalKey>;

/// The next closed days.
pub async fn closed_after(
    db: &impl Conn,
    after: Option<NaiveDate>,
    limit: u64,
) -> Result<Vec<NaiveDate>, DbErr> {
    let mut query = closed_day::Entity::find().select_only().column(closed_day::Column::Day);
    if let Some(day) = after {
        query = query.filter(closed_day::Column::Day.gt(day));
    }
    query.order_by_asc(closed_day::Column::Day).limit(limit).into_tuple().all(db).await
}

/// Which total.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct DayTotalKey {
    /// Its id.
    pub id: PointsDayTotalId,
}

/// The totals of days, both ends in it, readable or not.
pub async fn totals_between(
    db: &impl Conn,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<AnyTotal>, DbErr> {
    use day_total::Column as D;
    let within = day_total::Entity::find().filter(D::Day.gte(from)).filter(D::Day.lte(to));
    within.order_by_asc(D::Day).order_by_asc(D::Id).into_model().all(db).await
}

/// The totals of days after one that nobody closed, readable or not: by one statement, so that a day which is being closed
/// is never seen in part.
pub async fn totals_of_open_days(
    db: &impl Conn,
    after: Option<NaiveDate>,
) -> Result<Vec<AnyTotal>, DbErr> {
    use day_total::Column as D;
    let closed = closed_day::Entity::find()
        .select_only()
        .column(closed_day::Column::Day)
        .filter(closed_day::Column::Day.into_expr().eq(D::Day.into_expr()));
    let mut open = day_total::Entity::find().filter(Expr::exists(closed.into_query()).not());
    if let Some(day) = after {
        open = open.filter(D::Day.gt(day));
    }
    open.order_by_asc(D::Id).into_model().all(db).await
}

/// What moved on closed days before a day, all together.
pub async fn flows_before(
    db: &impl Conn,
    ledger: Ledger,
    day: NaiveDate,
) -> Result<Vec<Flow>, DbErr> {
    summed(db, day_total::Column::Ledger.eq(ledger).and(day_total::Column::Day.lt(day))).await
}

/// What closed days say of lots that run out after `from` and not after `to`.
pub async fn flows_of_lots(
    db: &impl Conn,
    ledger: Ledger,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<Flow>, DbErr> {
    use day_total::Column as D;
    summed(db, D::Ledger.eq(ledger).and(D::ExpiresAt.gt(from)).and(D::ExpiresAt.lte(to))).await
}

async fn summed(db: &impl Conn, of: Expr) -> Result<Vec<Flow>, DbErr> {
    use day_total::Column as D;
    let rows: Vec<Moved> = day_total::Entity::find()
        .select_only()
        .columns([D::Kind, D::FromBucket, D::ToBucket, D::ExpiresAt])
        .column_as(integer(db, D::Points.sum()), "points")
        .column_as(integer(db, D::Transfers.sum()), "transfers")
        .filter(of)
        .group_by(D::Kind)
        .group_by(D::FromBucket)
        .group_by(D::ToBucket)
        .group_by(D::ExpiresAt)
        .into_model()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What is left in lots, by whether it is settled and when it runs out.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Left {
    /// Whether it can be spent.
    pub settled: bool,
    /// When it runs out; none is never.
    pub expires_at: Option<DateTime<Utc>>,
    /// How many.
    pub points: i64,
    /// In how many lots.
    pub lots: i64,
}

/// What is left in the lots of everybody. Reads every lot that has something left.
pub async fn left_in_lots(db: &impl Conn, ledger: Ledger) -> Result<Vec<Left>, DbErr> {
    use lot::Column as L;
    let accounts = Query::select()
        .column(account::Column::Id)
        .from(account::Entity)
        .and_where(account::Column::Ledger.eq(ledger))
        .to_owned();
    lot::Entity::find()
        .select_only()
        .columns([L::Settled, L::ExpiresAt])
        .column_as(integer(db, L::Remaining.sum()), "points")
        .column_as(integer(db, L::Id.count()), "lots")
        .filter(L::Remaining.gt(0))
        .filter(L::AccountId.in_subquery(accounts))
        .group_by(L::Settled)
        .group_by(L::ExpiresAt)
        .into_model()
        .all(db)
        .await
}

/// The balances of everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct Balances {
    /// Pending.
    pub pending: i64,
    /// Available, debts taken off.
    pub available: i64,
    /// Frozen.
    pub frozen: i64,
    /// What is owed, above zero.
    pub debt: i64,
}

/// The balances of everybody added up.
pub async fn balances_of_all(db: &impl Conn, ledger: Ledger) -> Result<Balances, DbErr> {
    use account::Column as A;
    let nothing = |sum: Expr| integer(db, Expr::expr(sum).if_null(0));
    let minus = Expr::val(0_i64).sub(A::Available.into_expr());
    let owed: Expr = Expr::case(A::Available.lt(0), minus).finally(0_i64).into();
    let found = account::Entity::find()
        .select_only()
        .column_as(nothing(A::Pending.sum()), "pending")
        .column_as(nothing(A::Available.sum()), "available")
        .column_as(nothing(A::Frozen.sum()), "frozen")
        .column_as(nothing(owed.sum()), "debt")
        .filter(A::Ledger.eq(ledger))
        .into_model::<Balances>()
        .one(db)
        .await?;
    Ok(found.unwrap_or_default())
}
