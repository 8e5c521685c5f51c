//! Where one movement came from and where it went: a fixed number of statements, whatever the length of a history.

use chrono::{DateTime, Utc};
use entity::codes::{Source, TransferKind};
use entity::ids::{AccountId, LotId, OrderId, TransferId};
use entity::{
    points_account as account, points_lot as lot, points_lot_use as lot_use,
    points_transfer as transfer,
};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationDef,
};

use crate::db::{Backend, Conn};

/// A transfer with the account it stands in.
pub async fn transfer_with_account(
    db: &impl Conn,
    id: TransferId,
) -> Result<Option<(transfer::Model, account::Model)>, DbErr> {
    let Some(found) = transfer::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    let account = account::Entity::find_by_id(found.account_id).one(db).await?;
    Ok(account.map(|account| (found, account)))
}

/// A part of a lot that transfers took (below zero) or gave back.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct LotPart {
    /// Which lot.
    pub lot_id: LotId,
    /// The movement that made the lot.
    pub transfer_id: TransferId,
    /// The order that paid for it.
    pub order_id: Option<OrderId>,
    /// Business time of earning.
    pub earned_at: DateTime<Utc>,
    /// When it runs out.
    pub expires_at: Option<DateTime<Utc>>,
    /// By how much what is left of it changed.
    pub points: i64,
}

/// What transfers together took from lots and gave back to them, the lot to be used first first. Lots of which as much
/// came back as was taken are left out.
pub async fn parts_of(
    db: &impl Conn,
    transfers: &[TransferId],
    limit: u64,
) -> Result<Vec<LotPart>, DbErr> {
    use lot::Column as L;
    let integer = if db.get_database_backend() == Backend::MySql { "signed" } else { "bigint" };
    lot_use::Entity::find()
        .select_only()
        .column(lot_use::Column::LotId)
        .columns([L::TransferId, L::OrderId, L::EarnedAt, L::ExpiresAt])
        .column_as(lot_use::Column::Amount.sum().cast_as(integer), "points")
        .join(JoinType::InnerJoin, of_lot())
        .filter(lot_use::Column::TransferId.is_in(transfers.iter().copied()))
        .group_by(lot_use::Column::LotId)
        .group_by(L::TransferId)
        .group_by(L::OrderId)
        .group_by(L::EarnedAt)
        .group_by(L::ExpiresAt)
        .having(ExprTrait::ne(lot_use::Column::Amount.sum(), 0))
        .order_by_asc(L::EarnedAt)
        .order_by_asc(lot_use::Column::LotId)
        .limit(limit)
        .into_model()
        .all(db)
        .await
}

fn of_lot() -> RelationDef {
    lot_use::Entity::belongs_to(lot::Entity).from(lot_use::Column::LotId).to(lot::Column::Id).into()
}

/// A movement that took from a lot (below zero) or gave back to it.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct LotMove {
    /// The movement.
    pub transfer_id: TransferId,
    /// What it was.
    pub kind: TransferKind,
    /// What caused it.
    pub source: Source,
    /// The order behind it.
    pub order_id: Option<OrderId>,
    /// Business time.
    pub occurred_at: DateTime<Utc>,
    /// By how much what is left of the lot changed.
    pub points: i64,
}

/// What happened to a lot, the earliest first.
pub async fn moves_of_lot(db: &impl Conn, lot: LotId, limit: u64) -> Result<Vec<LotMove>, DbErr> {
    use transfer::Column as T;
    lot_use::Entity::find()
        .select_only()
        .column(lot_use::Column::TransferId)
        .columns([T::Kind, T::Source, T::OrderId, T::OccurredAt])
        .column_as(lot_use::Column::Amount, "points")
        .join(JoinType::InnerJoin, of_transfer())
        .filter(lot_use::Column::LotId.eq(lot))
        .order_by_asc(T::Id)
        .order_by_asc(lot_use::Column::Id)
        .limit(limit)
        .into_model()
        .all(db)
        .await
}

fn of_transfer() -> RelationDef {
    lot_use::Entity::belongs_to(transfer::Entity)
        .from(lot_use::Column::TransferId)
        .to(transfer::Column::Id)
        .into()
}

/// Transfers that take one back or resolve it, the earliest first.
pub async fn resolved_by(
    db: &impl Conn,
    original: TransferId,
    limit: u64,
) -> Result<Vec<transfer::Model>, DbErr> {
    transfer::Entity::find()
        .filter(transfer::Column::Reverses.eq(original))
        .order_by_asc(transfer::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// The last transfer of each account that was booked before an instant; what its account had then stands in it.
pub async fn last_before(
    db: &impl Conn,
    account: AccountId,
    at: DateTime<Utc>,
) -> Result<Option<transfer::Model>, DbErr> {
    transfer::Entity::find()
        .filter(transfer::Column::AccountId.eq(account))
        .filter(transfer::Column::RecordedAt.lt(at))
        .order_by_desc(transfer::Column::Seq)
        .limit(1)
        .one(db)
        .await
}

/// The transfers of an account with numbers above one and up to another, by number.
pub async fn numbered(
    db: &impl Conn,
    account: AccountId,
    (after, last): (i64, i64),
    limit: u64,
) -> Result<Vec<transfer::Model>, DbErr> {
    transfer::Entity::find()
        .filter(transfer::Column::AccountId.eq(account))
        .filter(transfer::Column::Seq.gt(after))
        .filter(transfer::Column::Seq.lte(last))
        .order_by_asc(transfer::Column::Seq)
        .limit(limit)
        .all(db)
        .await
}
