//! Accounts.

use chrono::{DateTime, Utc};
use entity::codes::Ledger;
use entity::ids::{AccountId, MemberId};
use entity::points_account::{Column, Entity, Model};
use entity::{earning_rule, points_lot as lot};
use sea_orm::sea_query::{Expr, Func, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::{CHUNK, Count};
use crate::db::rows::{self, Writes};
use crate::db::{Backend, Conn};

/// The accounts of members, in both ledgers.
pub async fn accounts_of(db: &impl Conn, members: &[MemberId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in members.chunks(CHUNK) {
        let query = Entity::find().filter(rows::among(db, Column::MemberId, chunk.iter().copied()));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// Accounts by id, not locked.
pub async fn accounts_by_id(db: &impl Conn, ids: &[AccountId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        found.extend(
            Entity::find()
                .filter(rows::among(db, Column::Id, chunk.iter().copied()))
                .all(db)
                .await?,
        );
    }
    Ok(found)
}

/// Opens accounts; one that another transaction opened meanwhile stays as it is.
pub async fn insert_accounts(db: &impl Conn, accounts: &[Model]) -> Result<(), DbErr> {
    let accounts: Vec<_> = accounts.iter().collect();
    rows::insert::<Entity>(db, &accounts, &[Column::MemberId, Column::Ledger]).await?;
    Ok(())
}

/// Locks accounts in id order until the transaction ends and reads them as they are then. `ids` are sorted.
pub async fn lock_accounts(db: &impl Conn, ids: &[AccountId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let query = Entity::find()
            .filter(rows::among(db, Column::Id, chunk.iter().copied()))
            .order_by_asc(Column::Id)
            .lock_exclusive();
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// The accounts of members in some ledgers, locked in id order until the transaction ends, as they are then.
pub async fn lock_accounts_of(
    db: &impl Conn,
    members: &[MemberId],
    ledgers: &[Ledger],
) -> Result<Vec<Model>, DbErr> {
    // PostgreSQL locks in the order asked for; others in that of the index they read, so they are asked by id.
    if db.get_database_backend() != Backend::Postgres {
        let found = accounts_of(db, members).await?;
        let wanted = found.iter().filter(|row| ledgers.contains(&row.ledger));
        let mut ids: Vec<AccountId> = wanted.map(|row| row.id).collect();
        ids.sort_unstable();
        return lock_accounts(db, &ids).await;
    }
    if members.is_empty() {
        return Ok(Vec::new());
    }
    Entity::find()
        .filter(rows::among(db, Column::MemberId, members.iter().copied()))
        .filter(rows::among(db, Column::Ledger, ledgers.iter().copied()))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(db)
        .await
}

/// An account as it stood when it was read, with what a till has to know beside it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Glance {
    /// The account, not locked.
    #[sea_orm(nested)]
    pub account: Model,
    /// What is left of its settled lots that have run out and are not booked as expired yet.
    pub gone: Option<i64>,
    /// Tells whether any earning rule has changed.
    #[sea_orm(nested)]
    pub rules: Count,
}

/// Open accounts of members as they stand, in one statement. PostgreSQL only.
pub async fn glance(
    db: &impl Conn,
    members: &[MemberId],
    ledger: Ledger,
    now: DateTime<Utc>,
) -> Result<Vec<Glance>, DbErr> {
    if members.is_empty() {
        return Ok(Vec::new());
    }
    let gone = Query::select()
        .expr(SimpleExpr::from(Func::sum(Expr::col(lot::Column::Remaining))).cast_as("BIGINT"))
        .from(lot::Entity)
        .and_where(
            Expr::col((lot::Entity, lot::Column::AccountId)).eq(Expr::col((Entity, Column::Id))),
        )
        .and_where(lot::Column::ExpiresAt.lte(now))
        .and_where(lot::Column::Remaining.gt(0))
        .and_where(lot::Column::Settled.eq(true))
        .to_owned();
    let rules = |column| {
        let count = SimpleExpr::from(Func::count(Expr::col(column)));
        Query::select().expr(count).from(earning_rule::Entity).to_owned()
    };
    Entity::find()
        .expr_as(subquery(gone), "gone")
        .expr_as(subquery(rules(earning_rule::Column::Id)), "versions")
        .expr_as(subquery(rules(earning_rule::Column::StoppedAt)), "stopped")
        .filter(rows::among(db, Column::MemberId, members.iter().copied()))
        .filter(Column::Ledger.eq(ledger))
        .filter(Column::Closed.eq(false))
        .order_by_asc(Column::Id)
        .into_model()
        .all(db)
        .await
}

fn subquery(select: SelectStatement) -> SimpleExpr {
    SimpleExpr::SubQuery(None, Box::new(select.into()))
}

/// Closes accounts that the transaction has locked, for ever.
pub async fn close_accounts(db: &impl Conn, ids: &[AccountId]) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Closed, Expr::value(true))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(db)
        .await?;
    Ok(())
}

const BALANCES: [Column; 7] = [
    Column::Pending,
    Column::Available,
    Column::Frozen,
    Column::Version,
    Column::UpdatedAt,
    Column::LastMac,
    Column::Mac,
];

/// Writes the balances of accounts, each given with itself as it was read. If one of them has moved or was closed since,
/// nothing of what is sent with them is written. They are sorted by id.
pub fn save_accounts_as_read(
    writes: &mut Writes<'_, impl Conn>,
    accounts: &[(&Model, &Model)],
) -> Result<(), DbErr> {
    // Sealing moves nothing, but the code over the account covers the seal.
    let same = [Column::Version, Column::Closed, Column::SealedMac];
    writes.update_as_read::<Entity>(accounts, Column::Id, &same, &BALANCES)
}

/// Writes the balances of accounts that the transaction has locked.
pub async fn save_accounts(
    writes: &mut Writes<'_, impl Conn>,
    accounts: &[Model],
) -> Result<(), DbErr> {
    let accounts: Vec<_> = accounts.iter().collect();
    writes.update::<Entity>(&accounts, Column::Id, &BALANCES).await
}

/// Writes the codes of accounts from before there were any; the transaction has locked them.
pub async fn save_seals(tx: &impl Conn, accounts: &[Model]) -> Result<(), DbErr> {
    let accounts: Vec<_> = accounts.iter().collect();
    rows::update::<Entity>(tx, &accounts, Column::Id, &[Column::SealedMac, Column::Mac]).await
}

/// Whether any account was sealed.
pub async fn is_any_sealed(db: &impl Conn) -> Result<bool, DbErr> {
    let sealed = Entity::find().select_only().column(Column::Id);
    let sealed = sealed.filter(Column::SealedMac.is_not_null()).limit(1);
    Ok(sealed.into_tuple::<AccountId>().one(db).await?.is_some())
}
