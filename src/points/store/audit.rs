//! What the reconciliation reads: everything, in steps of bounded size.

use entity::ids::{AccountId, LotId, TransferId};
use entity::{points_lot as lot, points_lot_use as lot_use, points_transfer as transfer};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::CHUNK;
use crate::db::{Backend, Conn};

/// The next transfers of accounts by account and number.
pub async fn transfers_after(
    db: &impl Conn,
    accounts: &[AccountId],
    after: Option<(AccountId, i64)>,
    limit: u64,
) -> Result<Vec<transfer::Model>, DbErr> {
    use transfer::Column;
    let mut query =
        transfer::Entity::find().filter(Column::AccountId.is_in(accounts.iter().copied()));
    if let Some((account, seq)) = after {
        let same = Condition::all().add(Column::AccountId.eq(account)).add(Column::Seq.gt(seq));
        query = query.filter(Condition::any().add(Column::AccountId.gt(account)).add(same));
    }
    query.order_by_asc(Column::AccountId).order_by_asc(Column::Seq).limit(limit).all(db).await
}

/// The next lots of accounts in id order.
pub async fn lots_after(
    db: &impl Conn,
    accounts: &[AccountId],
    after: Option<LotId>,
    limit: u64,
) -> Result<Vec<lot::Model>, DbErr> {
    let mut query =
        lot::Entity::find().filter(lot::Column::AccountId.is_in(accounts.iter().copied()));
    if let Some(id) = after {
        query = query.filter(lot::Column::Id.gt(id));
    }
    query.order_by_asc(lot::Column::Id).limit(limit).all(db).await
}

/// By how much each lot changed since it was made.
pub async fn used_of_lots(db: &impl Conn, lots: &[LotId]) -> Result<Vec<(LotId, i64)>, DbErr> {
    let mut sums = Vec::new();
    for chunk in lots.chunks(CHUNK) {
        let query = lot_use::Entity::find()
            .select_only()
            .column(lot_use::Column::LotId)
            .column_as(total(db, lot_use::Column::Amount), "total")
            .filter(lot_use::Column::LotId.is_in(chunk.iter().copied()))
            .group_by(lot_use::Column::LotId);
        sums.extend(query.into_tuple::<(LotId, i64)>().all(db).await?);
    }
    Ok(sums)
}

/// By how much each transfer changed lots.
pub async fn used_of_transfers(
    db: &impl Conn,
    transfers: &[TransferId],
) -> Result<Vec<(TransferId, i64)>, DbErr> {
    let mut sums = Vec::new();
    for chunk in transfers.chunks(CHUNK) {
        let query = lot_use::Entity::find()
            .select_only()
            .column(lot_use::Column::TransferId)
            .column_as(total(db, lot_use::Column::Amount), "total")
            .filter(lot_use::Column::TransferId.is_in(chunk.iter().copied()))
            .group_by(lot_use::Column::TransferId);
        sums.extend(query.into_tuple::<(TransferId, i64)>().all(db).await?);
    }
    Ok(sums)
}

/// How much of each transfer was taken back.
pub async fn reversed_sums(
    db: &impl Conn,
    originals: &[TransferId],
) -> Result<Vec<(TransferId, i64)>, DbErr> {
    let mut sums = Vec::new();
    for chunk in originals.chunks(CHUNK) {
        let query = transfer::Entity::find()
            .select_only()
            .column(transfer::Column::Reverses)
            .column_as(total(db, transfer::Column::Amount), "total")
            .filter(transfer::Column::Reverses.is_in(chunk.iter().copied()))
            .group_by(transfer::Column::Reverses);
        sums.extend(query.into_tuple::<(TransferId, i64)>().all(db).await?);
    }
    Ok(sums)
}

/// A sum that is read as an integer: PostgreSQL and MySQL widen it to a decimal.
fn total(db: &impl Conn, column: impl ColumnTrait) -> Expr {
    let integer = match db.get_database_backend() {
        Backend::MySql => "signed",
        _ => "bigint",
    };
    column.sum().cast_as(integer)
}
