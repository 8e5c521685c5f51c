//! What the reconciliation reads: everything, in steps of bounded size.

use entity::codes::{Ledger, Source, TransferKind};
use entity::ids::{AccountId, LotId, MemberId, TransferId};
use entity::{
    points_account as account, points_lot as lot, points_lot_use as lot_use,
    points_transfer as transfer,
};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryOrder,
    QueryResult, QuerySelect,
};

use super::{CHUNK, Page};
use crate::db::{Backend, Conn, rows};

/// A row, or what is known of one that holds a word that is none: somebody changed it by hand.
#[derive(Debug)]
pub struct Readable<M, K>(pub Result<M, K>);

impl<M: FromQueryResult, K: FromQueryResult> FromQueryResult for Readable<M, K> {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        if let Ok(row) = M::from_query_result(row, prefix) {
            return Ok(Self(Ok(row)));
        }
        Ok(Self(Err(K::from_query_result(row, prefix)?)))
    }
}

/// Where a transfer stands.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct TransferKey {
    /// Which one.
    pub id: TransferId,
    /// In which account.
    pub account_id: AccountId,
    /// As which.
    pub seq: i64,
}

/// Which account.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct AccountKey {
    /// Its id.
    pub id: AccountId,
}

/// Accounts by id, in id order.
pub async fn accounts_named(
    db: &impl Conn,
    ids: &[AccountId],
) -> Result<Vec<Readable<account::Model, AccountKey>>, DbErr> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let query = account::Entity::find()
            .filter(rows::among(db, account::Column::Id, chunk.iter().copied()))
            .order_by_asc(account::Column::Id);
        found.extend(query.into_model().all(db).await?);
    }
    Ok(found)
}

/// The accounts of a page.
pub async fn account_rows_in(
    db: &impl Conn,
    page: Page,
) -> Result<Vec<Readable<account::Model, AccountKey>>, DbErr> {
    let query = account::Entity::find()
        .filter(account::Column::Id.gt(page.above))
        .filter(account::Column::Id.lte(page.upto));
    query.into_model().all(db).await
}

/// The next transfers of a page of accounts, by account and number; the place begins at the page's lower end.
pub async fn transfers_in(
    db: &impl Conn,
    page: Page,
    (account, seq): (AccountId, i64),
    limit: u64,
) -> Result<Vec<Readable<transfer::Model, TransferKey>>, DbErr> {
    use transfer::Column;
    let place = Expr::tuple([Column::AccountId.into_expr(), Column::Seq.into_expr()]);
    let after = Expr::tuple([Expr::value(account), Expr::value(seq)]);
    let query = transfer::Entity::find()
        .filter(place.gt(after))
        // MariaDB finds no way into the index by the pair.
        .filter(Column::AccountId.gte(account))
        .filter(Column::AccountId.lte(page.upto))
        .order_by_asc(Column::AccountId)
        .order_by_asc(Column::Seq)
        .limit(limit);
    query.into_model().all(db).await
}

/// The next transfers of accounts by account and number.
pub async fn transfers_after(
    db: &impl Conn,
    accounts: &[AccountId],
    after: Option<(AccountId, i64)>,
    limit: u64,
) -> Result<Vec<Readable<transfer::Model, TransferKey>>, DbErr> {
    let Some((account, seq)) = after else {
        return transfers_of(db, accounts, i64::MIN, limit).await;
    };
    // By themselves: no database finds its way into the index by "this account above that number, or a later account".
    let mut rows = transfers_of(db, &[account], seq, limit).await?;
    let left = limit - rows.len() as u64;
    let later: Vec<AccountId> = accounts.iter().copied().filter(|id| *id > account).collect();
    if left > 0 && !later.is_empty() {
        rows.extend(transfers_of(db, &later, i64::MIN, left).await?);
    }
    Ok(rows)
}

async fn transfers_of(
    db: &impl Conn,
    accounts: &[AccountId],
    above: i64,
    limit: u64,
) -> Result<Vec<Readable<transfer::Model, TransferKey>>, DbErr> {
    use transfer::Column;
    let query = transfer::Entity::find()
        .filter(Column::AccountId.is_in(accounts.iter().copied()))
        .filter(Column::Seq.gt(above))
        .order_by_asc(Column::AccountId)
        .order_by_asc(Column::Seq)
        .limit(limit);
    query.into_model().all(db).await
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
            .filter(rows::among(db, lot_use::Column::LotId, chunk.iter().copied()))
            .group_by(lot_use::Column::LotId);
        sums.extend(query.into_tuple::<(LotId, i64)>().all(db).await?);
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
            .filter(rows::among(db, transfer::Column::Reverses, chunk.iter().copied()))
            .group_by(transfer::Column::Reverses);
        sums.extend(query.into_tuple::<(TransferId, i64)>().all(db).await?);
    }
    Ok(sums)
}

/// What used freezes or gave them back: the freeze, the kind whatever its word, and how much.
pub async fn ends_of(
    db: &impl Conn,
    freezes: &[TransferId],
) -> Result<Vec<(TransferId, String, i64)>, DbErr> {
    let mut found = Vec::new();
    for chunk in freezes.chunks(CHUNK) {
        let query = transfer::Entity::find()
            .select_only()
            .columns([transfer::Column::Reverses, transfer::Column::Kind, transfer::Column::Amount])
            .filter(rows::among(db, transfer::Column::Reverses, chunk.iter().copied()));
        found.extend(query.into_tuple::<(TransferId, String, i64)>().all(db).await?);
    }
    Ok(found)
}

/// Those of these earnings whose points have settled.
pub async fn settled_of(db: &impl Conn, earnings: &[TransferId]) -> Result<Vec<TransferId>, DbErr> {
    let mut found = Vec::new();
    for chunk in earnings.chunks(CHUNK) {
        let query = transfer::Entity::find()
            .select_only()
            .column(transfer::Column::SourceId)
            .filter(transfer::Column::Ledger.is_in(Ledger::ALL.iter().copied()))
            .filter(transfer::Column::Source.eq(Source::Transfer))
            .filter(rows::among(
                db,
                transfer::Column::SourceId,
                chunk.iter().map(ToString::to_string),
            ))
            .filter(transfer::Column::Kind.eq(TransferKind::Settle));
        let ids: Vec<String> = query.into_tuple().all(db).await?;
        found.extend(ids.iter().filter_map(|id| id.parse::<TransferId>().ok()));
    }
    Ok(found)
}

/// The member and the ledger of accounts, whatever the ledger's word.
pub async fn owners(
    db: &impl Conn,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, MemberId, String)>, DbErr> {
    let mut found = Vec::new();
    for chunk in accounts.chunks(CHUNK) {
        let query = account::Entity::find()
            .select_only()
            .columns([account::Column::Id, account::Column::MemberId, account::Column::Ledger])
            .filter(rows::among(db, account::Column::Id, chunk.iter().copied()));
        found.extend(query.into_tuple::<(AccountId, MemberId, String)>().all(db).await?);
    }
    Ok(found)
}

/// A sum that is read as an integer: PostgreSQL and MySQL widen it to a decimal.
fn total(db: &impl Conn, column: impl ColumnTrait) -> Expr {
    let integer = match db.get_database_backend() {
        Backend::MySql => "signed",
        _ => "bigint",
    };
    column.sum().cast_as(integer)
}
