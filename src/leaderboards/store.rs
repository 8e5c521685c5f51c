//! Sums of facts, and the boards that missed some.

use chrono::{DateTime, Utc};
use entity::codes::{Board, Bucket, Ledger, TransferKind};
use entity::ids::{MemberId, RegionId, StaffId, StoreId};
use entity::{
    board_gap, member, member_merge, points_account, points_transfer, sales_credit, store,
};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, FromQueryResult, JoinType, QueryFilter,
    QuerySelect, Select,
};
use uuid::Uuid;

use super::rules::{Fact, Stretch};
use crate::db::{Backend, Conn};
use crate::http::Result;

/// Ids a statement.
const CHUNK: usize = 1000;

/// The first instant, and the first after.
pub(super) type Instants = (DateTime<Utc>, DateTime<Utc>);

/// What a member earned in a stretch, under her own id.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct Earned {
    pub member_id: MemberId,
    pub merged_into: Option<MemberId>,
    pub store_id: Option<StoreId>,
    pub region_id: Option<RegionId>,
    pub score: i64,
    pub facts: i64,
    pub reached_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct Sold {
    guide_id: StaffId,
    store_id: Option<StoreId>,
    region_id: Option<RegionId>,
    score: i64,
    facts: i64,
    reached_at: DateTime<Utc>,
}

/// Credited sales by guide and store; of these guides only, or of all.
pub(super) async fn sold(
    db: &impl Conn,
    (from, to): Instants,
    guides: Option<&[StaffId]>,
) -> Result<Vec<Fact>> {
    use sales_credit::Column;
    let backend = db.get_database_backend();
    let all = sales_credit::Entity::find()
        .select_only()
        .columns([Column::GuideId, Column::StoreId, Column::RegionId])
        .column_as(whole(backend, Column::AmountFen.sum()), "score")
        .column_as(Column::Id.count(), "facts")
        .column_as(Column::OccurredAt.max(), "reached_at")
        .filter(Column::OccurredAt.gte(from))
        .filter(Column::OccurredAt.lt(to))
        .group_by(Column::GuideId)
        .group_by(Column::StoreId)
        .group_by(Column::RegionId);
    let rows: Vec<Sold> = some_or_all(db, all, Column::GuideId, guides).await?;
    Ok(rows.into_iter().map(Sold::into_fact).collect())
}

impl Sold {
    fn into_fact(self) -> Fact {
        Fact {
            subject: self.guide_id.0,
            store: self.store_id,
            region: self.region_id,
            score: self.score,
            rows: self.facts,
            reached_at: self.reached_at,
        }
    }
}

/// Points earned less earnings taken back, by member as the accounts name her; of these members only, or of all.
pub(super) async fn earned(
    db: &impl Conn,
    (from, to): Instants,
    members: Option<&[MemberId]>,
) -> Result<Vec<Earned>> {
    use points_transfer::Column;
    let backend = db.get_database_backend();
    let amount = || Expr::col((points_transfer::Entity, Column::Amount));
    let earned = Column::Kind.eq(TransferKind::Earn);
    let net: Expr = Expr::case(earned, amount()).finally(amount().mul(-1)).into();
    let all = points_transfer::Entity::find()
        .select_only()
        .column(points_account::Column::MemberId)
        .columns([member::Column::MergedInto, member::Column::StoreId])
        .column(store::Column::RegionId)
        .column_as(whole(backend, net.sum()), "score")
        .column_as(Column::Id.count(), "facts")
        .column_as(Column::OccurredAt.max(), "reached_at")
        .join(JoinType::InnerJoin, account_of_transfer())
        .join(JoinType::InnerJoin, member_of_account())
        .join(JoinType::LeftJoin, store_of_member())
        .filter(Column::Ledger.eq(Ledger::Points))
        .filter(Column::OccurredAt.gte(from))
        .filter(Column::OccurredAt.lt(to))
        .filter(counts())
        .group_by(points_account::Column::MemberId)
        .group_by(member::Column::MergedInto)
        .group_by(member::Column::StoreId)
        .group_by(store::Column::RegionId);
    some_or_all(db, all, points_account::Column::MemberId, members).await
}

/// Earnings, and what takes earnings back; a reversal that gives back a spending is neither.
fn counts() -> Condition {
    use points_transfer::Column;
    let taken_back = Condition::all()
        .add(Column::Kind.eq(TransferKind::Reverse))
        .add(Column::ToBucket.eq(Bucket::Reversed));
    Condition::any().add(Column::Kind.eq(TransferKind::Earn)).add(taken_back)
}

fn account_of_transfer() -> sea_orm::RelationDef {
    points_transfer::Entity::belongs_to(points_account::Entity)
        .from(points_transfer::Column::AccountId)
        .to(points_account::Column::Id)
        .into()
}

fn member_of_account() -> sea_orm::RelationDef {
    points_account::Entity::belongs_to(member::Entity)
        .from(points_account::Column::MemberId)
        .to(member::Column::Id)
        .into()
}

fn store_of_member() -> sea_orm::RelationDef {
    member::Entity::belongs_to(store::Entity)
        .from(member::Column::StoreId)
        .to(store::Column::Id)
        .into()
}

/// A sum as a 64-bit integer: PostgreSQL, MySQL and MariaDB widen sums to decimals.
fn whole(backend: Backend, sum: Expr) -> Expr {
    sum.cast_as(if backend == Backend::MySql { "signed" } else { "bigint" })
}

async fn some_or_all<E, T, C, I>(
    db: &impl Conn,
    all: Select<E>,
    column: C,
    ids: Option<&[I]>,
) -> Result<Vec<T>>
where
    E: EntityTrait,
    T: FromQueryResult,
    C: ColumnTrait,
    I: Copy + Into<sea_orm::Value>,
{
    let Some(ids) = ids else { return Ok(all.into_model().all(db).await?) };
    let mut rows = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let some = all.clone().filter(column.is_in(chunk.iter().copied()));
        rows.extend(some.into_model().all(db).await?);
    }
    Ok(rows)
}

/// Everybody who was merged into one of `members`, also over several merges.
pub(super) async fn losers(db: &impl Conn, members: &[MemberId]) -> Result<Vec<MemberId>> {
    let mut all = Vec::new();
    let mut frontier = members.to_vec();
    while !frontier.is_empty() {
        let mut found = Vec::new();
        for chunk in frontier.chunks(CHUNK) {
            let merges = member_merge::Entity::find()
                .filter(member_merge::Column::WinnerId.is_in(chunk.iter().copied()))
                .all(db)
                .await?;
            found.extend(merges.into_iter().map(|merge| merge.loser_id));
        }
        all.extend_from_slice(&found);
        frontier = found;
    }
    Ok(all)
}

/// Says durably that these boards missed changes.
pub(super) async fn mark_gaps(db: &impl Conn, gaps: &[(Board, Stretch)]) -> Result<()> {
    if gaps.is_empty() {
        return Ok(());
    }
    let rows = gaps.iter().map(|(board, stretch)| board_gap::ActiveModel {
        board: Set(*board),
        period: Set(stretch.period),
        starts_on: Set(stretch.starts_on),
        mark: Set(Uuid::new_v4()),
    });
    let key = [board_gap::Column::Board, board_gap::Column::Period, board_gap::Column::StartsOn];
    let again = OnConflict::columns(key).update_column(board_gap::Column::Mark).to_owned();
    board_gap::Entity::insert_many(rows).on_conflict(again).exec_without_returning(db).await?;
    Ok(())
}

/// The mark of a board that missed changes; `None` when it missed none.
pub(super) async fn gap(db: &impl Conn, board: Board, stretch: Stretch) -> Result<Option<Uuid>> {
    let found =
        board_gap::Entity::find_by_id((board, stretch.period, stretch.starts_on)).one(db).await?;
    Ok(found.map(|gap| gap.mark))
}

/// Every board that missed changes.
pub(super) async fn gaps(db: &impl Conn) -> Result<Vec<(Board, Stretch)>> {
    let rows = board_gap::Entity::find().all(db).await?;
    let stretch = |gap: &board_gap::Model| Stretch { period: gap.period, starts_on: gap.starts_on };
    Ok(rows.iter().map(|gap| (gap.board, stretch(gap))).collect())
}

/// Forgets a miss, unless another came since `mark` was read.
pub(super) async fn clear_gap(
    db: &impl Conn,
    board: Board,
    stretch: Stretch,
    mark: Uuid,
) -> Result<()> {
    board_gap::Entity::delete_many()
        .filter(board_gap::Column::Board.eq(board))
        .filter(board_gap::Column::Period.eq(stretch.period))
        .filter(board_gap::Column::StartsOn.eq(stretch.starts_on))
        .filter(board_gap::Column::Mark.eq(mark))
        .exec(db)
        .await?;
    Ok(())
}
