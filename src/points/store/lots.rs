//! Lots and the record of who used them.

use chrono::{DateTime, Utc};
use entity::ids::{AccountId, LotId, MemberId, TransferId};
use entity::points_lot::{Column, Entity, Model};
use entity::{points_account as account, points_lot_use as lot_use, points_transfer as transfer};
use sea_orm::sea_query::{Expr, Func, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, ExprTrait, FromQueryResult, JoinType, QueryFilter,
    QueryOrder, QuerySelect, RelationDef,
};

use super::CHUNK;
use crate::db::rows::{self, Writes};
use crate::db::{Backend, Conn};

/// The lots of accounts with something left.
pub async fn lots_left(db: &impl Conn, accounts: &[AccountId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in accounts.chunks(CHUNK) {
        let query = Entity::find()
            .filter(rows::among(db, Column::AccountId, chunk.iter().copied()))
            .filter(Column::Remaining.gt(0));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// What is left of the settled lots of an account, by when they run out; one row without an instant where nothing is.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Left {
    /// Whose.
    pub id: AccountId,
    /// How many transfers the account had when this was read.
    pub version: i64,
    /// When it runs out.
    pub expires_at: Option<DateTime<Utc>>,
    /// How much runs out then.
    pub amount: Option<i64>,
}

/// What is left of the settled lots of accounts that run out one day, summed up by when, soonest first.
pub async fn left_by_expiry(db: &impl Conn, accounts: &[AccountId]) -> Result<Vec<Left>, DbErr> {
    let mut found = Vec::new();
    for chunk in accounts.chunks(CHUNK) {
        let sum = Func::sum(Expr::col((Entity, Column::Remaining)));
        let query = account::Entity::find()
            .select_only()
            .columns([account::Column::Id, account::Column::Version])
            .column(Column::ExpiresAt)
            .expr_as(SimpleExpr::from(sum).cast_as(integer(db)), "amount")
            .join(JoinType::LeftJoin, lots_that_run_out())
            .filter(rows::among(db, account::Column::Id, chunk.iter().copied()))
            .group_by(account::Column::Id)
            .group_by(account::Column::Version)
            .group_by(Column::ExpiresAt)
            .order_by_asc(Column::ExpiresAt);
        found.extend(query.into_model::<Left>().all(db).await?);
    }
    Ok(found)
}

fn lots_that_run_out() -> RelationDef {
    let to_lots: RelationDef =
        account::Entity::belongs_to(Entity).from(account::Column::Id).to(Column::AccountId).into();
    to_lots.on_condition(|_, lot| {
        Condition::all()
            .add(Expr::col((lot.clone(), Column::Remaining)).gt(0))
            .add(Expr::col((lot.clone(), Column::Settled)).eq(true))
            .add(Expr::col((lot, Column::ExpiresAt)).is_not_null())
    })
}

/// What a sum is read as: of 64-bit numbers it is a NUMERIC on PostgreSQL and a DECIMAL on MySQL.
fn integer(db: &impl Conn) -> &'static str {
    if db.get_database_backend() == Backend::MySql { "SIGNED" } else { "BIGINT" }
}

/// What is left of settled lots that have run out by `now`, by account; accounts without any are absent. By account, not
/// by member: joined to accounts, MariaDB without statistics reads every lot there is.
pub async fn ran_out(
    db: &impl Conn,
    accounts: &[AccountId],
    now: DateTime<Utc>,
) -> Result<Vec<(AccountId, i64)>, DbErr> {
    let mut found = Vec::new();
    for chunk in accounts.chunks(CHUNK) {
        let sum = SimpleExpr::from(Func::sum(Expr::col((Entity, Column::Remaining))));
        let query = Entity::find()
            .select_only()
            .column(Column::AccountId)
            .expr_as(sum.cast_as(integer(db)), "gone")
            .filter(rows::among(db, Column::AccountId, chunk.iter().copied()))
            .filter(Column::ExpiresAt.lte(now))
            .filter(Column::Remaining.gt(0))
            .filter(Column::Settled.eq(true))
            .group_by(Column::AccountId);
        found.extend(query.into_tuple::<(AccountId, i64)>().all(db).await?);
    }
    Ok(found)
}

/// Lots by id.
pub async fn lots_by_id(db: &impl Conn, ids: &[LotId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let query = Entity::find().filter(rows::among(db, Column::Id, chunk.iter().copied()));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// For each account whose earnings have become somebody's lots: whose. Her own, until a merge gave them away.
pub async fn holders(
    db: &impl Conn,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, MemberId)>, DbErr> {
    let mut found = Vec::new();
    for chunk in accounts.chunks(CHUNK) {
        let query = Entity::find()
            .select_only()
            .column(transfer::Column::AccountId)
            .column(account::Column::MemberId)
            .distinct()
            .join(JoinType::InnerJoin, made_by())
            .join(JoinType::InnerJoin, held_in())
            .filter(rows::among(db, transfer::Column::AccountId, chunk.iter().copied()));
        found.extend(query.into_tuple::<(AccountId, MemberId)>().all(db).await?);
    }
    Ok(found)
}

/// The accounts whose earnings an account holds: its own, and those of members who were merged into its member.
pub async fn origins(db: &impl Conn, account: AccountId) -> Result<Vec<AccountId>, DbErr> {
    Entity::find()
        .select_only()
        .column(transfer::Column::AccountId)
        .distinct()
        .join(JoinType::InnerJoin, made_by())
        .filter(Column::AccountId.eq(account))
        .into_tuple()
        .all(db)
        .await
}

fn made_by() -> RelationDef {
    Entity::belongs_to(transfer::Entity).from(Column::TransferId).to(transfer::Column::Id).into()
}

fn held_in() -> RelationDef {
    Entity::belongs_to(account::Entity).from(Column::AccountId).to(account::Column::Id).into()
}

/// Lots that transfers made.
pub async fn lots_made_by(db: &impl Conn, transfers: &[TransferId]) -> Result<Vec<Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in transfers.chunks(CHUNK) {
        let query =
            Entity::find().filter(rows::among(db, Column::TransferId, chunk.iter().copied()));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// Adds lots.
pub async fn insert_lots(writes: &mut Writes<'_, impl Conn>, lots: &[Model]) -> Result<(), DbErr> {
    writes.insert::<Entity>(&lots.iter().collect::<Vec<_>>()).await
}

/// Writes what changes in lots whose accounts the transaction has locked.
pub async fn save_lots(writes: &mut Writes<'_, impl Conn>, lots: &[Model]) -> Result<(), DbErr> {
    let lots: Vec<_> = lots.iter().collect();
    let columns = [Column::Remaining, Column::Settled, Column::DueAt];
    writes.update::<Entity>(&lots, Column::Id, &columns).await
}

/// Gives every lot of an account to another one.
pub async fn move_lots(db: &impl Conn, from: AccountId, to: AccountId) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::AccountId, Expr::value(to))
        .filter(Column::AccountId.eq(from))
        .exec(db)
        .await?;
    Ok(())
}

/// What transfers took from lots and gave back to them.
pub async fn uses_of(
    db: &impl Conn,
    transfers: &[TransferId],
) -> Result<Vec<lot_use::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in transfers.chunks(CHUNK) {
        let query = lot_use::Entity::find().filter(rows::among(
            db,
            lot_use::Column::TransferId,
            chunk.iter().copied(),
        ));
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// Appends records of lot use.
pub async fn insert_uses(
    writes: &mut Writes<'_, impl Conn>,
    uses: &[lot_use::Model],
) -> Result<(), DbErr> {
    writes.insert::<lot_use::Entity>(&uses.iter().collect::<Vec<_>>()).await
}
