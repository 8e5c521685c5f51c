//! Rows of `member_total` and `member_spend`.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::ids::MemberId;
use entity::values::Fen;
use entity::{member_spend as spend, member_total as total};
use sea_orm::sea_query::{Expr, Func, OnConflict, SimpleExpr};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, ExprTrait, IdenStatic, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::CHUNK;
use crate::db::rows::among;
use crate::db::{Backend, Conn};

/// The value that an upsert tried to insert.
fn offered(db: &impl Conn, column: &(impl IdenStatic + 'static)) -> SimpleExpr {
    match db.get_database_backend() {
        Backend::MySql => Func::cust("VALUES").arg(Expr::col(*column)).into(),
        _ => Expr::col(("excluded", *column)),
    }
}

/// The earlier or the later of what stands and what is offered; either may be absent.
fn outer(stands: SimpleExpr, offered: &SimpleExpr, beats: SimpleExpr) -> SimpleExpr {
    let takes = stands.clone().is_null().or(beats);
    Expr::case(offered.clone().is_null(), stands.clone())
        .case(takes, offered.clone())
        .finally(stands)
        .into()
}

/// Adds `rows` to the running totals, one statement a chunk; give them in id order.
pub(in crate::members) async fn add_totals(
    db: &impl Conn,
    rows: &[total::Model],
) -> Result<(), DbErr> {
    use total::Column::{FirstOrderAt, LastOrderAt, MemberId, OrderCount, PaidFen, RefundedFen};
    let stands = |column: total::Column| SimpleExpr::from(Expr::col((total::Entity, column)));
    let mut add = OnConflict::column(MemberId);
    for column in [OrderCount, PaidFen, RefundedFen] {
        add.value(column, stands(column).add(offered(db, &column)));
    }
    let (first, last) = (offered(db, &FirstOrderAt), offered(db, &LastOrderAt));
    let earlier = first.clone().lt(stands(FirstOrderAt));
    let later = last.clone().gt(stands(LastOrderAt));
    add.value(FirstOrderAt, outer(stands(FirstOrderAt), &first, earlier));
    add.value(LastOrderAt, outer(stands(LastOrderAt), &last, later));
    for chunk in rows.chunks(CHUNK) {
        let rows = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
        total::Entity::insert_many(rows)
            .on_conflict(add.clone())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Adds `rows` to what was spent by day, one statement a chunk; give them in order of member and day.
pub(in crate::members) async fn add_spend(
    db: &impl Conn,
    rows: &[spend::Model],
) -> Result<(), DbErr> {
    use spend::Column::{Day, MemberId, PaidFen, RefundedFen};
    let mut add = OnConflict::columns([MemberId, Day]);
    for column in [PaidFen, RefundedFen] {
        let stands = SimpleExpr::from(Expr::col((spend::Entity, column)));
        add.value(column, stands.add(offered(db, &column)));
    }
    for chunk in rows.chunks(CHUNK) {
        let rows = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
        spend::Entity::insert_many(rows)
            .on_conflict(add.clone())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Paid less refunded since a day, by member; members without a row are absent.
pub(in crate::members) async fn spent_since(
    db: &impl Conn,
    members: &[MemberId],
    day: NaiveDate,
) -> Result<HashMap<MemberId, Fen>, DbErr> {
    // A sum of 64-bit numbers is a NUMERIC on PostgreSQL and a DECIMAL on MySQL.
    let integer = match db.get_database_backend() {
        Backend::MySql => "SIGNED",
        _ => "BIGINT",
    };
    let net = Expr::col(spend::Column::PaidFen).sub(Expr::col(spend::Column::RefundedFen));
    let mut spent = HashMap::new();
    for chunk in members.chunks(CHUNK) {
        let rows: Vec<(MemberId, i64)> = spend::Entity::find()
            .select_only()
            .column(spend::Column::MemberId)
            .expr_as(SimpleExpr::from(Func::sum(net.clone())).cast_as(integer), "net")
            .filter(among(db, spend::Column::MemberId, chunk.iter().copied()))
            .filter(spend::Column::Day.gte(day))
            .group_by(spend::Column::MemberId)
            .into_tuple()
            .all(db)
            .await?;
        spent.extend(rows.into_iter().map(|(member, net)| (member, Fen(net))));
    }
    Ok(spent)
}

/// Paid less refunded since a day, by member and day.
pub(in crate::members) async fn spend_by_day(
    db: &impl Conn,
    members: &[MemberId],
    since: NaiveDate,
) -> Result<Vec<spend::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in members.chunks(CHUNK) {
        let rows = spend::Entity::find()
            .filter(among(db, spend::Column::MemberId, chunk.iter().copied()))
            .filter(spend::Column::Day.gte(since))
            .order_by_asc(spend::Column::MemberId)
            .order_by_asc(spend::Column::Day)
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// The running totals of a member, if she ever bought.
pub(in crate::members) async fn total(
    db: &impl Conn,
    member: MemberId,
) -> Result<Option<total::Model>, DbErr> {
    total::Entity::find_by_id(member).one(db).await
}

/// What a member spent, by day.
pub(in crate::members) async fn spend(
    db: &impl Conn,
    member: MemberId,
) -> Result<Vec<spend::Model>, DbErr> {
    spend::Entity::find()
        .filter(spend::Column::MemberId.eq(member))
        .order_by_asc(spend::Column::Day)
        .all(db)
        .await
}

/// Removes totals and spend of a member whose rows were added to another's.
pub(in crate::members) async fn remove(db: &impl Conn, member: MemberId) -> Result<(), DbErr> {
    total::Entity::delete_by_id(member).exec(db).await?;
    spend::Entity::delete_many().filter(spend::Column::MemberId.eq(member)).exec(db).await?;
    Ok(())
}

/// Sets the dates of the first and the latest order, one statement a chunk; give rows in id order.
pub(in crate::members) async fn set_order_dates(
    db: &impl Conn,
    rows: &[total::Model],
) -> Result<(), DbErr> {
    use total::Column::{FirstOrderAt, LastOrderAt, MemberId};
    let set = OnConflict::column(MemberId).update_columns([FirstOrderAt, LastOrderAt]).to_owned();
    for chunk in rows.chunks(CHUNK) {
        let rows = chunk.iter().cloned().map(IntoActiveModel::into_active_model);
        total::Entity::insert_many(rows)
            .on_conflict(set.clone())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// The running totals of members that have any.
pub(in crate::members) async fn totals(
    db: &impl Conn,
    members: &[MemberId],
) -> Result<Vec<total::Model>, DbErr> {
    let mut found = Vec::new();
    for chunk in members.chunks(CHUNK) {
        let ids = chunk.iter().copied();
        found.extend(
            total::Entity::find().filter(total::Column::MemberId.is_in(ids)).all(db).await?,
        );
    }
    Ok(found)
}
